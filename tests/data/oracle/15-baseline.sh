# What passes before any work proves nothing, and is marked.
project Baseline 'BA-01@Work@none@true@test -f a'
run session start BA-01 --baseline --dry-run
run session start BA-01 --baseline
run session show
write a a
run session verify
run session complete
run session show BA-01 --evidence
run session --json show BA-01 --evidence
