# `status` of sessions in every state, as text and as JSON.
project States 'ST-01@Done@none@true@test -f a' 'ST-02@Back@none@true@test -f b' 'ST-03@Paused@none@true@test -f c' \
  'ST-04@Active@ST-01@true@test -f d' 'ST-05@Waits@ST-04@true' 'ST-06@Waits for two@ST-02, ST-03@true' 'ST-07@Free@none@true'
run session status
quiet session start ST-01; write a a; quiet session complete
quiet session start ST-02; write b b; quiet session complete; quiet session rollback ST-02
quiet session start ST-03; quiet session pause
quiet session start ST-04; write d d
at 13:30
run session status
run session --json status
run session next
run session next --all
run session --json next --all
run session status --check
run session plan
run session --json plan
run session progress
run session --json progress
show docs/progress/STATES_PROGRESS.md
