# Plans as people write them: what is read of each kind.
for kind in "$DATA"/kinds/*; do
  name="${kind##*/}"
  part "$name"
  rm -rf docs
  cp -R "$kind/docs" docs
  run session plan
  run session plan check
  run session next
done
for plan in harbor pipeline hello; do
  part "$plan"
  rm -rf docs
  mkdir docs
  cp "$DATA/plans/$plan.md" docs/PLAN.md
  run session plan
  run session plan check
  run session next --all
  session --json plan > "$T/json"
  git hash-object "$T/json"
done
