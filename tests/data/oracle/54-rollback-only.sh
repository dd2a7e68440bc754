# One plugin alone takes back what it has done.
hello
scripted rollback 'append undone.txt undone'
greeting
run session rollback HI-01 --only nobody
run session rollback HI-01 --only git
run session rollback HI-01 --only alembic
run session rollback HI-01 --only scripted --dry-run
run session rollback HI-01 --only scripted
run session status
run session rollback HI-01
run session status
run session explain rollback
