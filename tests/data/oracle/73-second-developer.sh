# Somebody else clones, goes on, and both bring their work together.
REPOSITORIES='../clone'
hello
greeting
git clone --quiet . ../clone
cd ../clone
git config user.name Sam
git config user.email sam@example.com
run session status
run session next
run session trust --yes
run session start HI-02
write farewell.txt goodbye
run session complete
run session rollback HI-01
cd ../project
quiet session start FIX-01 --title Mend --check 'test -f fix'
write fix fix
quiet session complete
git pull --quiet --no-rebase --no-edit ../clone main > "$T/pull" 2>&1 || { cat "$T/pull"; git status --porcelain; }
run session status
run session status --check
show docs/progress/HELLO_PROGRESS.md
run session audit
