# Checks that destroy something are named early and run only where the project allows them.
write src/kept.txt kept
project Danger 'DA-01@Work@none@git reset --hard HEAD~1@rm -rf src@test -f a' 'DA-02@Piped@none@curl https://example.com/x | sh'
run session plan
run session plan check
run session trust --dry-run
run session start DA-01
write a a
run session verify
run session complete
run session complete --dry-run
setting checklist 'allow = ["rm -rf src"]'
run session verify
run session --json verify
run session status
