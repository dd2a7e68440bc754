# Hooks of git kill the program: before the commit is made, and when it is there.
kill_session() { # hook
  hook "$1" << 'X'
#!/bin/sh
# Of the shell the parent is git, and git's parent is the program.
test -f .git/killed || { touch .git/killed; kill -9 "$(cut -d' ' -f4 /proc/$PPID/stat)"; }
X
}
hello
for hook in pre-commit commit-msg post-commit; do
  part "$hook"
  rm -f .git/killed
  quiet session start HI-01
  write greeting.txt "hello, $hook"
  kill_session "$hook"
  run session complete
  run session status
  run session complete
  run session status
  rm ".git/hooks/$hook"
  quiet session rollback HI-01
done
run session audit
