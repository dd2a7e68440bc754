# Later work on the same lines bars a rollback; later work elsewhere does not.
hello
greeting
write greeting.txt 'hello, Sam'
write elsewhere.txt elsewhere
commit 'a later change'
run session rollback HI-01 --dry-run
run session rollback HI-01
run session --json rollback HI-01
git status --porcelain
write greeting.txt 'hello, Kim'
commit 'and back'
write greeting.txt 'not committed'
run session rollback HI-01
git checkout --quiet greeting.txt
quiet session start HI-02
run session rollback HI-01
quiet session pause
run session rollback HI-01
run session status
git switch --quiet -c old HEAD~4
run session rollback HI-01
