# Checkpoints that the work commit takes the place of, whose dates nobody fixes: nothing else moves, and they are kept.
undated
project Plan 'P-01@First@none@true' 'P-02@Second@P-01@true'
write kept.txt one
write other.txt one
commit files
write other.txt staged
git add other.txt
git commit --quiet -m 'other'
run session start P-01
write kept.txt two
write taken-back.txt one
run session checkpoint -m one
rm taken-back.txt
write new.txt one
run session checkpoint -m two
rm kept.txt
mkdir kept.txt
write kept.txt/inside one
run session complete --squash
git for-each-ref --format='%(refname) %(subject)'
git log --format='%s %T' --name-status
git ls-files --stage | grep -v docs/
git fsck --no-dangling --no-progress
run session start P-02
write new.txt two
run session checkpoint -m one
git branch elsewhere
git update-ref refs/remotes/origin/main HEAD
write new.txt three
run session complete --squash
run session complete
git for-each-ref --format='%(refname) %(subject)'
git log -4 --format=%s --name-status
run session rollback P-02
git log -3 --format=%s --name-status
