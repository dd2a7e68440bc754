# Commits of documents whose dates nobody fixes: what else is changed or staged stays so, and hooks do not run for them.
undated
project Plan 'P-01@First@none@true'
write mine.txt one
write staged.txt one
commit files
hook pre-commit << 'X'
#!/bin/sh
git diff --cached --name-only | sed 's/^/pre-commit: /' >> .git/seen
X
hook post-index-change << 'X'
#!/bin/sh
exit 0
X
write mine.txt 'not part of it'
write staged.txt 'staged before'
git add staged.txt
write untracked.txt one
run session start P-01
run session note 'a note'
run session pause
run session start P-01
write work.txt one
run session complete
git status --porcelain --untracked-files=all
git diff --cached --stat
cat .git/seen
git log --format=%s --name-only
