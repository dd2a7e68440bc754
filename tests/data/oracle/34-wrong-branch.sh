# Another branch was checked out since the start.
hello
git add --all
git commit --quiet -m setup
git switch --quiet -c feature/one
quiet session start HI-01
write greeting.txt 'hello, Kim'
quiet session checkpoint -m half
git switch --quiet main
run session status
run session verify
for command in 'checkpoint -m x' complete rollback 'note x'; do
  # shellcheck disable=SC2086
  run session $command
done
run session --json complete
git switch --quiet -c ahead feature/one
run session complete
git switch --quiet main
run session status
run session next
quiet session start HI-02
write farewell.txt goodbye
quiet session checkpoint -m half
git switch --quiet feature/one
run session pause
run session status
