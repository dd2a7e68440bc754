# A hook refuses the commit that undoes: nothing has happened.
hello
greeting
hook pre-commit << 'X'
#!/bin/sh
echo 'not on a Friday' >&2
exit 1
X
run session rollback HI-01
git status --porcelain
run session status
run session status --check
run session start HI-02
write farewell.txt goodbye
run session rollback
git status --porcelain
rm .git/hooks/pre-commit
run session rollback
run session rollback HI-01
