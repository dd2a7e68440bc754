# A record and a journal that are damaged stop their own session only.
hello
greeting
quiet session start HI-02
write docs/sessions/records/HI-01.json '{ "schema": 1,' '  "id": 7 }'
run session status
run session --json status
run session show HI-01
run session rollback HI-01
run session start HI-01
run session audit
git checkout --quiet docs/sessions/records/HI-01.json
sed '2s/./#/' .git/session/open/HI-02.jsonl > "$T/journal"
cp "$T/journal" .git/session/open/HI-02.jsonl
run session status
run session complete
run session show HI-02
run session log HI-02
run session start HI-03
run session resume
run session rollback HI-02
