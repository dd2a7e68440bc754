# `status --check` names each place where documents and records disagree.
hello
greeting
farewell
file=docs/progress/HELLO_PROGRESS.md
sed 's/^| HI-01 | ✅ Done/| HI-01 | ⬜ Pending/; /^| HI-03/d' $file > "$T/p"
cp "$T/p" $file
rm docs/sessions/records/HI-02.json
run session status --check
run session --json status --check
run session status
git checkout --quiet docs/sessions/records/HI-02.json
run session status --check
run session progress --rebuild
run session status --check
write $file 'No table here.'
run session status --check
run session start HI-03
show $file
