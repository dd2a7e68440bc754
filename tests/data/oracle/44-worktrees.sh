# Two working trees, one session in each, and one whose working tree is gone.
hello
git add --all
git commit --quiet -m setup
git worktree add --quiet -b second ../second
quiet session start HI-01
cd ../second
run session status
run session start HI-01
run session start HI-02
run session complete HI-01
write farewell.txt goodbye
quiet session checkpoint -m half
write lost.txt lost
cd ../project
run session status
run session --json status
run session start HI-02
rm -rf ../second
run session status
run session complete HI-02
run session resume HI-02 --here
write greeting.txt 'hello, Kim'
run session complete HI-01
run session resume HI-02 --here --dry-run
run session resume HI-02 --here
run session resume HI-02 --here --yes
run session status
git merge --quiet second > "$T/merge" 2>&1 || true
run session resume HI-02 --here --yes
run session complete
run session status
