# A check that was never approved here asks at the start, one that somebody types does not.
project New 'NE-01@One@none@true' 'NE-02@Two@none@true'
plan docs/PLAN_PROMPTS.md New 'NE-01@One@none@true@test -f new' 'NE-02@Two@none@true'
commit 'a new check'
run session start NE-02
run session pause
run session start NE-01
run session trust --dry-run
run session --json trust
run session trust --yes
run session start NE-01 --dry-run
run session start FIX-01 --title Mend --check 'test -f typed'
run session pause
run session plan add NE-03 Three --check 'test -f three'
run session start NE-03
