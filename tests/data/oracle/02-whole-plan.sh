# All sessions of a plan one after the other, each an hour later, with `--json` on the way.
hello
run session --json next
run session start HI-03
run session --json start HI-03
run session --json start HI-01 --dry-run
run session --json start HI-01
write greeting.txt 'hello, Kim'
at 10:00
run session --json checkpoint -m half
run session --json verify
run session --json complete --dry-run
run session --json complete
run session start HI-02
write farewell.txt goodbye
at 11:00
run session complete
run session start HI-03
cat greeting.txt farewell.txt > letter.txt
at 12:00
run session complete
run session next
run session --json next
run session status
run session --json status
show docs/progress/HELLO_PROGRESS.md
