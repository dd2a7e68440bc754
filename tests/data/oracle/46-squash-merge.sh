# A forge squashes a branch, another is rebased: the records know their commits again.
hello
git add --all
git commit --quiet -m setup
git switch --quiet -c one
quiet session start HI-01
write greeting.txt 'hello'
quiet session checkpoint -m half
write greeting.txt 'hello, Kim'
quiet session complete
git switch --quiet main
git merge --quiet --squash one > "$T/merge" 2>&1
git log --reverse --format='* %B' main..one > "$T/message"
git commit --quiet -F "$T/message"
git branch --quiet -D one
run session status
run session audit
run session --json audit
run session audit --strict
write main.txt main
commit 'something on main'
run session show HI-01
git switch --quiet -c two HEAD~2
git cherry-pick main~1 > "$T/pick" 2>&1
farewell
git rebase --quiet main > "$T/rebase" 2>&1 || cat "$T/rebase"
run session audit
run session audit --format github
run session rollback HI-01 --dry-run
run session rollback HI-01
