# Plans that cannot be followed: each error at its line.
mkdir docs
cp "$DATA/plans/broken.md" docs/BROKEN_PROMPTS.md
commit plan
run session plan check
run session --json plan check
run session plan
run session --json plan
run session next
run session init Broken
plan docs/BROKEN_PROMPTS.md Cycle 'CY-01@One@CY-03@true' 'CY-02@Two@CY-01@true' 'CY-03@Three@CY-02@true' 'CY-04@Lost@CY-99@true'
run session plan check
run session plan graph
run session status
run session start CY-01
plan docs/BROKEN_PROMPTS.md Twice 'TW-01@One@none@true' 'TW-01@Two@none@true'
run session plan check
run session --json plan check
run session status
