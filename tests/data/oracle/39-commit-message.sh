# The message: from the plan, from the task file, from the command line, refused, and any where the project allows that.
project Message 'ME-01@First@none@true' 'ME-02@Second@none@true' 'ME-03@Third@none@true'
quiet session start ME-01
write a a
run session complete -m 'no kind of commit'
run session complete -m ''
run session --json complete -m 'feat(x)!: with a mark'
quiet session start ME-02
write b b
sed 's/^feat(me-02): second$/fix: in the task file/' docs/sessions/SESSION.md > "$T/task"
cp "$T/task" docs/sessions/SESSION.md
run session complete --dry-run
run session complete
setting git 'conventional = false'
quiet session start ME-03
write c c
run session complete -m 'Any subject will do

And a body.'
git log --format='%s' -n 6
