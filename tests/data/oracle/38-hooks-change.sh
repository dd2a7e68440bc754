# Hooks that rewrite files and messages, and one that only watches.
hello
hook pre-commit << 'X'
#!/bin/sh
sed 's/[[:space:]]*$//' greeting.txt > .git/trimmed && cp .git/trimmed greeting.txt && git add greeting.txt
X
hook commit-msg << 'X'
#!/bin/sh
echo 'Reviewed-by: a hook' >> "$1"
X
hook post-commit << 'X'
#!/bin/sh
git log -1 --format=%s >> .git/watched
X
quiet session start HI-01
write greeting.txt 'hello, Kim   '
run session checkpoint -m half
write greeting.txt 'hello, Kim and Sam   '
run session complete
git log -1 --format=%B HEAD^
show .git/watched
show docs/sessions/records/HI-01.json
run session show HI-01 --evidence
run session audit
run session audit --strict
