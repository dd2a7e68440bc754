# `plan add`: at the end, behind others, with checks, twice, with an ID that is none.
hello
run session plan add HI-04 'Stamp' --after HI-03 --check 'test -f stamp' --prompt 'Put a stamp on it.' --dry-run
run session plan add HI-04 'Stamp' --after HI-03 --check 'test -f stamp' --prompt 'Put a stamp on it.'
run session --json plan add HI-05 'Envelope' --after HI-01 --after HI-02
run session plan add HI-04 'Again'
run session plan add HI-06 'Nobody' --after HI-99
run session plan add 'no id' 'Nothing'
run session plan add HI-07 ''
run session plan add hi-08 'Lower'
git diff
run session plan
run session start HI-04
run session --json next
