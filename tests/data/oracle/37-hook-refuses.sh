# A hook of git refuses the work: nothing is done, and the same command goes on.
hello
hook pre-commit << 'X'
#!/bin/sh
echo 'not on a Friday' >&2
exit 1
X
quiet session start HI-01
write greeting.txt 'hello, Kim'
run session checkpoint -m half
run session complete
run session --json complete
run session status
run session log
run session checkpoint -m half --no-verify
run session complete
hook commit-msg << 'X'
#!/bin/sh
grep -q '^feat' "$1" || { echo 'only features' >&2; exit 1; }
X
rm .git/hooks/pre-commit
write greeting.txt 'hello, Kim and Sam'
run session complete -m 'fix: greeting'
run session complete
run session show HI-01
