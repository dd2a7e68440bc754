# Commits whose dates nobody fixes: checkpoints that are folded, documents that wait, hooks in between.
undated
hello
setting git 'bookkeeping = "next"' 'squash = true'
run session start HI-01
write greeting.txt one
run session checkpoint -m one
write greeting.txt 'hello, two'
run session checkpoint -m two
run session complete
hook pre-commit << 'X'
#!/bin/sh
exit 0
X
run session start HI-02
write farewell.txt goodbye
run session checkpoint -m one
run session complete
run session rollback HI-02
