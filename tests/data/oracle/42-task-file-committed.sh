# The task file is committed, in a form of the project's own.
hello
write docs/session.tpl.md '{{head}}' '' 'House rule: {{id}}.' '' '{{prompt}}' '{{checks}}' '{{commit}}' '{{notes}}'
commit template
setting markdown 'session_file = "commit"' 'template = "docs/session.tpl.md"'
run session start HI-01
sed 's/{{id}}/no new dependencies/' docs/session.tpl.md > "$T/template"
cp "$T/template" docs/session.tpl.md
run session resume
show docs/sessions/SESSION.md
setting git 'squash = true'
write greeting.txt 'hello, Kim'
run session checkpoint -m half
run session complete
git ls-files
run session start HI-02
git status --porcelain
