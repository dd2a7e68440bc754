# `demo` plays a whole plan in a folder of its own.
demo() { session "$@" 2>&1 | sed 's/session-demo-[A-Za-z0-9]*/session-demo-…/g'; }
TMPDIR="$SANDBOX"
export TMPDIR
run demo demo
run demo demo --short
run demo --json demo
for folder in "$SANDBOX"/session-demo-*/hello; do git -C "$folder" log --format='%H %s' | head -n 1; done | LC_ALL=C sort | uniq -c
