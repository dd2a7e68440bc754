# Checks that fail, that are no programs, that take too long, in folders that are not there.
project Fails 'FA-01@All ways@none@false@exit 7@printf "one\ntwo\n"; exit 1@sleep 20@test -f a'
setting checklist 'check-timeout = "1s"'
quiet session start FA-01
run session verify
run session --json verify
write a a
run session complete
run session --json complete
run session status
run session --json status
run session show --evidence
run session log
