# The README's first session: a check fails, the work is mended, the session is done.
mkdir docs
cp "$DATA/plans/hello.md" docs/HELLO_PROMPTS.md
commit plan
run session init Hello
show plugins.toml
run session next
run session start HI-01
show docs/sessions/SESSION.md
write greeting.txt 'helo, Kim'
run session complete
run session status
write greeting.txt 'hello, Kim'
at 09:30
run session complete
show docs/progress/HELLO_PROGRESS.md
show docs/sessions/records/HI-01.json
run session next
run session log HI-01
run session log HI-01 --calls
run session complete
