# Which plugins an event runs, in which order, and with which powers.
hello
# Digests of plugins are those of this very build.
undigested() { "$@" | sed 's/sha256:[0-9a-f]*/sha256:…/g'; }
for event in start checkpoint verify complete rollback pause note settle; do run session explain "$event"; done
run undigested session --json explain complete
scripted complete 'write x x'
run session explain complete
run undigested session --json explain settle
