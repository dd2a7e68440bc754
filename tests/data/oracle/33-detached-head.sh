# A detached HEAD is refused, or taken by force, and so is an empty repository.
run session init Early
run session start EA-01
write README.md readme
run session complete --attest '*'
rm -rf .git docs plugins.toml README.md .gitattributes
git init --quiet --initial-branch=main
hello
git checkout --quiet --detach
run session start HI-01
run session --json start HI-01
run session start HI-01 --force
write greeting.txt 'hello, Kim'
run session checkpoint -m half
run session complete
run session status
git switch --quiet main
run session complete
run session status
