# A check kills the program that runs it; the same command or `resume` goes on.
# The program has a moment to write down that it waits.
kill='test -f .git/killed || { touch .git/killed; sleep 0.2; kill -9 $PPID; }'
project Killed "KI-01@One@none@test -f a@$kill" "KI-02@Two@none@test -f b@$kill" "KI-03@Three@none@$kill"
quiet session start KI-01
write a a
run session complete
run session status
run session --json status
run session log
run session checkpoint -m between
rm .git/killed
run session complete
run session resume --dry-run
run session resume
run session status
quiet session start KI-02
write b b
rm .git/killed
run session verify
run session complete
quiet session start KI-03
write c c
rm .git/killed
run session complete
run session resume --abort
run session status
run session complete
run session log KI-03
