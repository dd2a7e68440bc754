# Checks for every session, only where their paths changed, with folders, limits, setup and jobs.
write web/x x
project Checks 'CK-01@One@none@test -f a' 'CK-02@Two@none@test -f web/b'
cat > "$T/setting" << 'X'
checks = ["test -f plugins.toml", { run = "test -f x", paths = ["web/**"], directory = "web", timeout = "5m" }]
X
below '[project]'
setting checklist 'jobs = 4' 'shell = "bash"'
run session start CK-01
write a a
run session complete
run session start CK-02
write web/b b
run session verify
run session complete
run session show CK-02 --evidence
git rm --quiet -r web
run session start FIX-01 --title 'A report' --check 'echo 1 > report'
write fix fix
run session complete
git status --porcelain
show docs/sessions/records/FIX-01.json
