# Commits whose dates nobody fixes: taken back, active and done, and begun anew.
undated
hello
greeting
run session rollback HI-01 --dry-run
run session rollback HI-01
run session start HI-01
write greeting.txt one
run session checkpoint -m one
write greeting.txt two
run session rollback --to checkpoint
run session rollback
greeting
write later.txt later
commit later
run session rollback HI-01
run session status
run session audit
