# Notes, a pause, another session in between, and the first one goes on.
hello
quiet session start HI-01
run session note 'Decision: Kim it is' --dry-run
run session note Decision: Kim it is
run session --json note again
write greeting.txt 'hello, Kim'
at 10:00
run session pause --dry-run
run session pause
run session pause
run session --json status
run session note --session HI-01 'while it waits'
run session start HI-02
run session resume HI-01
run session pause
at 11:00
run session resume HI-01 --dry-run
run session resume HI-01
run session note last
run session --json pause
run session start HI-01
run session complete
run session log HI-01
# Lines of the journal hold process numbers and digests of plugins; one tells of a program only where it still runs.
entries() { session --json log "$@" | grep -o '"entry":"[a-z-]*"' | grep -v child | uniq -c; }
run entries HI-01
show docs/sessions/records/HI-01.json
show docs/progress/HELLO_PROGRESS.md
