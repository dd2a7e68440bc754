# A session whose working tree is gone does not come to one where git was taking files back.
hello
greeting
git worktree add --quiet ../other
cd ../other
quiet session start HI-02
cd "$ROOT"
rm -r ../other
kill_git before 1
run session rollback HI-01
git status --porcelain
run session resume HI-02 --here --yes
run session resume
run session resume HI-02 --here --yes
