# What passed for the same files is not run again, and no check takes any time where the clock stands.
project Evidence 'EV-01@Slow@none@sleep 0.3@echo said; echo more >&2; test -f a@test "$(cat a)" = a'
quiet session start EV-01
write a b
run session verify
at 09:10
write a a
run session verify
at 09:20
run session verify
run session verify --fresh
run session --json verify
run session verify --dry-run
write later.txt later
at 09:30
run session complete
run session show EV-01 --evidence
show docs/sessions/records/EV-01.json
