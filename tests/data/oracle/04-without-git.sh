# A folder without a repository: nothing is committed, and `rollback` has nothing to take back.
rm -rf .git
mkdir docs
cp "$DATA/plans/hello.md" docs/HELLO_PROMPTS.md
run session init Hello
run session start HI-01
write plugins.toml '[project]' 'plan = "docs/HELLO_PROMPTS.md"' '[[plugin]]' 'name = "checklist"' '[[plugin]]' \
  'name = "progress"' '[[plugin]]' 'name = "markdown"'
run session start HI-01
run session trust --yes
run session start HI-01
write greeting.txt 'hello, Kim'
run session checkpoint -m half
run session complete
run session rollback HI-01
run session status
run session audit
show docs/progress/HELLO_PROGRESS.md
