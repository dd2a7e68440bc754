# Lettered IDs without any dependency are followed in order, or not.
mkdir docs
cat > docs/LOCKER_PROMPTS.md << 'X'
# Locker

## LK-01: Doors

Forty doors in three sizes.

**Verify:** `test -s doors`

## LK-02 — Codes

A code for each door.

**Verify:** `test -s codes`
X
commit plan
run session plan
run session init Locker
run session next
run session start LK-02
setting markdown 'order = "free"'
run session next
run session start LK-02
write codes 1234
run session complete
run session status
