# Killed after the first and the second commit of `complete`: the work's and the documents'.
hello
quiet session start HI-01
write greeting.txt 'hello, Kim'
kill_git after 1
run session complete
run session status
run session checkpoint -m between
run session start HI-02
run session complete
run session status
quiet session start HI-02
write farewell.txt goodbye
quiet session checkpoint -m half
kill_git after 2
run session complete
run session status
run session resume --dry-run
run session resume
run session status
run session status --check
run session audit
quiet session start HI-03
cat greeting.txt farewell.txt > letter.txt
kill_git after 1
run session complete --squash
run session resume --abort
run session status
run session complete
