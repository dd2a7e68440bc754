# Evidence of every commit: forged, amended, by hand, and a pull request that changes what it is judged by.
hello
run session audit
greeting
farewell
run session audit
run session --json audit
run session audit --since HEAD~2
run session --json audit --since HEAD~2
run session audit --since nowhere
run session audit --base HEAD~3
base="$(git rev-parse HEAD)"
write forged.txt forged
git add forged.txt
git commit --quiet -m 'feat: forged

Session-Id: HI-03
Session-Verified: 3 passed'
run session audit
run session audit --format github
run session --json audit
printf 'checks = ["true"]\n' > "$T/setting"
below '[project]'
commit 'chore: one more check'
run session audit --since "$base"
run session audit --since "$base" --format github
run session audit --base "$base" --strict
git reset --quiet --hard "$base"
write farewell.txt 'goodbye, and more'
git commit --quiet -a --amend --no-edit
run session audit
write docs/sessions/records/HI-09.json '{'
run session audit
run session audit --strict --format github
