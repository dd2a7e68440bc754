# History was amended since the start, commits were made by hand, and the start is gone.
hello
greeting
quiet session start HI-02
write farewell.txt goodbye
git add farewell.txt
git commit --quiet -m 'feat: by hand'
run session complete
run session show HI-02
quiet session start HI-03
cat greeting.txt farewell.txt > letter.txt
quiet session checkpoint -m half
git commit --quiet --amend -m 'feat: amended'
run session complete --dry-run
git checkout --quiet --orphan fresh
git commit --quiet -m 'all anew'
run session complete
run session complete --base nowhere
run session complete --base HEAD
run session status
run session audit
