# Checkpoints, their numbers and messages, of nothing, as a dry run, and folded by `complete --squash`.
hello
quiet session start HI-01
run session checkpoint -m nothing
write greeting.txt 'helo'
run session checkpoint -m first --dry-run
run session checkpoint -m first
run session checkpoint -m first
write greeting.txt 'hello'
run session checkpoint -m second --done 'the word' --remaining 'the name'
sed 's/- \[ \] `test -f/- [x] `test -f/' docs/sessions/SESSION.md > "$T/task"
cp "$T/task" docs/sessions/SESSION.md
write greeting.txt 'hello, Kim'
run session --json checkpoint -m third
show docs/sessions/SESSION.md
run session complete --squash --dry-run
run session complete --squash
run session show HI-01
run session log HI-01
quiet session start HI-02
write farewell.txt goodbye
quiet session checkpoint -m half
run session complete
show docs/sessions/records/HI-01.json
