# A plan that is a folder, one session per file.
write docs/plan/phase-1-base/01-first.md '# Session FO-01: First' '' 'Write `a`.' '' '## Verification Checklist' '' '- [ ] `test -f a`'
write docs/plan/phase-2-more/FO-02.md '---' 'dependencies: FO-01' '---' '' 'Write `b`.' '' '## Verification Checklist' '' \
  '- [ ] `test -f b`'
write docs/plan/README.md 'Read me.'
commit plan
run session init Folder --plan docs/plan
run session plan
run session --json plan
run session plan check
run session start FO-02
run session start FO-01
write a a
run session complete
run session plan add FO-03 Third --after FO-02
run session status
show docs/progress/FOLDER_PROGRESS.md
git status --porcelain
