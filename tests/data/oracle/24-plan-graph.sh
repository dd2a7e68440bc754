# A plan as a drawing, in each form, with states.
hello
greeting
quiet session start HI-02
for format in text mermaid dot svg; do run session plan graph --format "$format"; done
run session --json plan graph
run session plan graph --format svg --output graph.svg
run session plan graph --format dot --output nowhere/graph.dot
cp "$DATA/plans/harbor.md" "$SANDBOX"
run session plan --plan "$SANDBOX/harbor.md" graph
for plan in harbor pipeline; do
  cp "$DATA/plans/$plan.md" "docs/$plan.md"
  run session plan --plan "docs/$plan.md" graph
  session plan --plan "docs/$plan.md" graph --format svg > "$T/svg"
  git hash-object "$T/svg"
done
