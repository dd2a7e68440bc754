# Files that were dirty before the start stay out of the work, unless somebody takes them in; others are left out.
hello
write old.txt old
write sub/kept.txt kept
commit 'files'
write old.txt 'old, and mine'
write before.txt 'before the start'
run session start HI-01
write greeting.txt 'hello, Kim'
write tmp/a.log log
write tmp/b.txt b
run session complete --dry-run
run session --json complete --dry-run --leave tmp/ --include before.txt
run session complete --leave nowhere
run session complete --include nowhere
run session complete --leave tmp/b.txt --include tmp/b.txt
run session complete --leave '**/*.log' --include before.txt
git show --stat --format=%s HEAD^
show docs/sessions/records/HI-01.json
run session start HI-02
write farewell.txt goodbye
write old.txt 'old, and mine, and more'
git mv sub/kept.txt sub/moved.txt
run session complete --leave sub/moved.txt
git status --porcelain
