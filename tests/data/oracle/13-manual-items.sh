# Items for a person: open, attested, ticked in the task file, confirmed by an agent, required.
project Manual 'MA-01@Look@none@true@[person] Looks fine@[person] Reads well' 'MA-02@Again@none@[person] Looks fine' \
  'MA-03@Required@none@true@[person] Looks fine' 'MA-04@By an agent@none@true@[person] Looks fine'
quiet session start MA-01
write a a
run session verify
run session verify --attest 'Looks fine'
run session verify
sed 's/- \[ \] Reads well/- [x] Reads well/' docs/sessions/SESSION.md > "$T/task"
cp "$T/task" docs/sessions/SESSION.md
run session complete
show docs/sessions/records/MA-01.json
quiet session start MA-02
write b b
run session complete
run session complete --attest '*'
write "$T/setting" 'require-manual = true'
below '[project]'
quiet session trust --yes
quiet session start MA-03
write c c
run session complete
run session complete --attest 'Looks fine'
quiet session start MA-04
write d d
run env SESSION_AGENT=Robot session complete --attest 'Looks fine'
run session complete --attest 'Looks fine'
run session show MA-04 --evidence
run session audit --strict
