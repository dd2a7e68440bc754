# A plugin fails behind git: the rollback is half done until somebody says how it goes on.
hello
scripted rollback 'repeat test -f .git/ok'
greeting
run session rollback HI-01
run session status
run session --json status
run session start HI-02
run session start HI-01
run session resume --dry-run
run session resume
touch .git/ok
run session resume
run session status
rm .git/ok
farewell
run session rollback HI-02
run session resume HI-02 --abort
run session status
run session rollback HI-02
touch .git/ok
run session rollback HI-02
run session log HI-02
