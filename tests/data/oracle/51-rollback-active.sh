# An active session goes back to a checkpoint, by one commit, and to its start.
hello
quiet session start HI-01
run session rollback --dry-run
write greeting.txt one
quiet session checkpoint -m one
write greeting.txt two
quiet session checkpoint -m two
write greeting.txt three
write more.txt more
run session rollback --to checkpoint:1 --dry-run
run session rollback --to checkpoint:3
run session rollback --to checkpoint
show greeting.txt
write greeting.txt four
run session rollback --to last
write greeting.txt five
quiet session checkpoint -m five
run session rollback --to checkpoint:1
show greeting.txt
run session show
run session --json rollback
run session status
quiet session start HI-01
run session rollback
run session status
