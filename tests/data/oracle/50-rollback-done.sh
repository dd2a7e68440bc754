# A done session is taken back, begun anew and done again.
hello
greeting
run session rollback HI-01 --dry-run
run session --json rollback HI-01 --dry-run
at 10:00
run session rollback HI-01
run session rollback HI-01
run session status
run session show HI-01
run session log HI-01
show docs/sessions/records/HI-01.json
at 11:00
run session start HI-01
write greeting.txt 'hello again'
run session complete
show docs/sessions/records/HI-01.json
run session log HI-01
run session --json rollback HI-01
show docs/progress/HELLO_PROGRESS.md
run session audit
run session audit --strict
