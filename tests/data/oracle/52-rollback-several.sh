# Sessions that depend on one another go back one by one, or by force.
hello
greeting
farewell
letter
run session rollback HI-01
run session --json rollback HI-01
run session rollback HI-03
run session rollback HI-02
run session rollback HI-01
run session status
git ls-files
greeting
farewell
letter
run session rollback HI-02 --force --dry-run
run session rollback HI-02 --force
run session status
run session next
run session audit
