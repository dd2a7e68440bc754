# The plan has other checks after the start: the frozen ones count until somebody takes the new ones over.
project Change 'CH-01@Work@none@test -f a'
quiet session start CH-01
plan docs/PLAN_PROMPTS.md Change 'CH-01@Work@none@test -f a@test -f b'
write a a
run session verify
run session complete --dry-run
run session complete --accept-checks
quiet session trust --yes
run session complete --accept-checks
write b b
run session complete --accept-checks
show docs/sessions/records/CH-01.json
run session show CH-01 --evidence
