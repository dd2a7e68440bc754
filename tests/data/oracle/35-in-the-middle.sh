# git is in the middle of a merge, with and without conflicts.
hello
git add --all
git commit --quiet -m setup
git switch --quiet -c other
write shared.txt theirs
commit theirs
git switch --quiet main
write shared.txt ours
commit ours
quiet session start HI-01
write greeting.txt 'hello, Kim'
git add greeting.txt
git stash --quiet
git merge --quiet other > "$T/merge" 2>&1 || true
run session start HI-02
run session checkpoint -m x
run session complete
run session rollback
write shared.txt both
git add shared.txt
run session complete
git commit --quiet -m merged
git stash pop --quiet
run session complete
