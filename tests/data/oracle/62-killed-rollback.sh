# A rollback that is cut off around its commits.
hello
greeting
kill_git before 1
run session rollback HI-01
git status --porcelain
run session status
run session start HI-02
run session pause
run session resume --dry-run
run session rollback HI-01
run session status
greeting
kill_git after 1
run session rollback HI-01
run session status
run session resume
run session status
greeting
kill_git after 2
run session rollback HI-01
run session rollback HI-01
quiet session start HI-01
write greeting.txt 'not committed'
kill_git after 1
run session rollback
run session status
run session resume
run session status
greeting
kill_git before 1
run session rollback HI-01
run session resume --abort
git status --porcelain
run session status
run session resume --abort
# Of an active session nothing else runs before.
quiet session start HI-03 --force
write letter.txt half
quiet session checkpoint -m half
kill_git before 1
run session rollback
git status --porcelain
run session pause
run session checkpoint -m two
run session verify
run session rollback --to last
run session next
run session resume
