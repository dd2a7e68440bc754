# PROGRESS.md: what people write in it stays; it is rewritten, and mended after a merge without the driver.
hello
quiet session start HI-01
file=docs/progress/HELLO_PROGRESS.md
awk '/^### Notes/ { print; print ""; print "Kim was here."; next } { sub("HI-02 \\| ", "HI-02 (mine) | "); print }' $file > "$T/p"
cp "$T/p" $file
write greeting.txt 'hello, Kim'
run session complete
show $file
git rm --quiet $file
run session progress --rebuild --dry-run
run session progress --rebuild
show $file
run session --json progress --rebuild
git add --all
git commit --quiet -m rebuilt
git switch --quiet -c other
quiet session start FIX-02 --title 'Mend more' --check 'test -f more'
write more more
quiet session complete
git switch --quiet main
quiet session start FIX-01 --title Mend --check 'test -f fix'
write fix fix
quiet session complete
git config --remove-section merge.session
git merge --quiet --no-edit other > "$T/merge" 2>&1 || { cat "$T/merge"; git status --porcelain; }
run session progress
run session start HI-02
run session status --check
run session progress --resolve --dry-run
run session progress --resolve
show $file
git add --all
git commit --quiet -m merged
run session progress --resolve
run session status --check
