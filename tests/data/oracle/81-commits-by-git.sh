# Ordinary commits whose dates nobody fixes: new, changed and removed files, what git shall not take, and what else is staged.
undated
project Plan 'P-01@First@none@true' 'P-02@Second@P-01@true'
write kept.txt one
write gone.txt one
write deep/gone.txt one
write staged.txt one
write .gitignore unseen.txt
commit files
run session start P-01
write kept.txt two
write new.txt one
write deep/er/new.txt one
rm gone.txt deep/gone.txt
write vanished.txt one
git add vanished.txt
rm vanished.txt
write unseen.txt two
run session complete
git ls-files --stage | grep -v docs/
git ls-tree -r HEAD~1 | grep -v docs/
run session start P-02
git rm --quiet --cached new.txt
write kept.txt three
run session complete
git ls-files --stage | grep -v docs/
git status --porcelain --untracked-files=all
git ls-tree -r HEAD~1 | grep -v docs/
run session audit
