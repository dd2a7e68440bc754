# What another branch calls done: it is not ready here, unless somebody does it again, and after a merge it is done.
hello
git add --all
git commit --quiet -m setup
git switch --quiet -c one
greeting
git switch --quiet main
run session status
run session --json status
run session next
run session start HI-01
run session start HI-03
git switch --quiet -c two
farewell
git switch --quiet main
git merge --quiet --no-edit one
run session status
git merge --quiet --no-edit two > "$T/merge" 2>&1 || { cat "$T/merge"; git status --porcelain; }
run session status
run session status --check
show docs/progress/HELLO_PROGRESS.md
run session next
git switch --quiet --detach main~1
git switch --quiet -c three HEAD^
run session status
run session start HI-01 --again --dry-run
run session start HI-01 --again
run session audit
