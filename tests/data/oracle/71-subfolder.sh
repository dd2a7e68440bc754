# A project below the top of its repository, two of them, and commands from elsewhere.
mkdir -p one/sub two
cd one
plan docs/PLAN_PROMPTS.md One 'ON-01@One@none@test -f a'
commit one
run session init One
cd ../two
plan docs/PLAN_PROMPTS.md Two 'TW-01@Two@none@test -f b'
commit two
run session init Two
run session start TW-01
write b b
write ../outside.txt outside
cd ../one/sub
run session status
run session start ON-01
write ../a a
run session complete
run session --project ../../two complete
cd "$ROOT"
run session status
run session --project one status
run session --project one rollback ON-01
