# Stopped by a signal: exit code 130, and the same command goes on.
hello
stop='test -f .git/stopped || { touch .git/stopped; kill -TERM $PPID; sleep 20; }'
quiet session start FIX-01 --title Stop --check "$stop"
write a a
run session complete
run session status
run session complete
quiet session start FIX-02 --title Stop --check "$stop"
write b b
rm .git/stopped
run session --json verify
run session status
run session pause
run session log FIX-02
