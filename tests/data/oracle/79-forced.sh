# What is refused goes on by force or with a yes, and says so.
write docs/PROMPTS.md 'Nothing here yet.'
commit notes
run session init Forced
run session init Forced --starter
run session start FO-01
write README.md readme
run session complete --attest 'A newcomer would understand it'
run session plan add FO-02 Second --after FO-01 --check 'test -f b'
run session plan add FO-03 Third --after FO-02 --check 'test -f c'
quiet session trust --yes
run session start FO-03 --dry-run
run session start FO-03 --force
write c c
run session complete
show docs/progress/FORCED_PROGRESS.md
run session plan add FO-04 Fourth --check 'test -f d'
quiet session trust --yes
run session start FO-04
git config user.name Sam
git config user.email sam@example.com
write d d
git add d
git commit --quiet -m 'feat: d'
git config user.name Kim
git config user.email kim@example.com
write e e
run session complete
run session rollback FO-04
run session rollback FO-04 --dry-run
run session --json rollback FO-04
run session rollback FO-04 --yes
run session rollback FO-03
run session --json rollback FO-01 --yes --force
run session status
