# A session that nothing verified is done only with `--unverified`, and stays apart.
project Open 'OP-01@No check@none' 'OP-02@A person@none@[person] Looks fine' 'OP-03@Required@none@[person] Looks fine'
quiet session start OP-01
write a a
run session complete
run session complete --unverified
quiet session start OP-02
write b b
run session complete
run session --json complete
run session complete --unverified
run session audit
run session audit --strict
run session --json audit --strict
run session status
write "$T/setting" 'require-checks = true'
below '[project]'
quiet session trust --yes
quiet session start OP-03
write c c
run session complete --unverified
run session complete --attest '*'
show docs/progress/OPEN_PROGRESS.md
