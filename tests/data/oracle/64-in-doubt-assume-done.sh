# A command that may not run twice was cut off, and a person says `--assume-done`.
hello
scripted complete 'append log.txt one' \
  'run echo ran >> .git/ran; test -f .git/killed || { touch .git/killed; sleep 0.2; kill -9 $PPID; }' 'append log.txt two'
quiet session start HI-01
write greeting.txt 'hello, Kim'
run session complete
run session status
run session complete
run session --json complete
run session resume
run session --json resume
run session checkpoint -m between
run session start HI-02
run session resume --assume-done --dry-run
run session resume --assume-done
run session status
run session complete
show .git/ran
show log.txt
run session log HI-01
