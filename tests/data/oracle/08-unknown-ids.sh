# IDs that no plan has, that are nearly one, that are no IDs, and sessions that are in the wrong state.
hello
for command in start show complete verify pause rollback log resume; do run session "$command" HI-04; done
run session start hi-01
run session start HO-01
run session start ../up
run session start 'a b'
run session --json start HI-04
for command in 'complete' 'verify' 'pause' 'rollback' 'show' 'log' 'note x' 'checkpoint -m x' 'resume'; do
  # shellcheck disable=SC2086
  run session $command
done
run session complete HI-01
run session resume HI-01
run session rollback HI-01
greeting
run session start HI-01
run session complete HI-01
run session pause HI-01
run session verify HI-01
run session checkpoint HI-01 -m x
run session note --session HI-01 x
quiet session start HI-02
run session start HI-02
run session start HI-03
run session start HI-01
