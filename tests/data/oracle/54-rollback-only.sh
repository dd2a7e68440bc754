# One plugin alone takes back what it has done.
hello
scripted rollback 'run echo undone >> .git/undone'
greeting
run session rollback HI-01 --only nobody
run session rollback HI-01 --only git
run session rollback HI-01 --only alembic
run session rollback HI-01 --only scripted --dry-run
run session rollback HI-01 --only scripted
show .git/undone
run session status
run session --json status
run session resume HI-01 --abort
run session status
run session rollback HI-01 --only scripted
run session rollback HI-01
show .git/undone
run session status
run session explain rollback
show docs/sessions/records/HI-01.json
