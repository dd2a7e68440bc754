# Two plans and no word which of them counts.
plan docs/A_PROMPTS.md A 'A-01@One@none@true' 'A-02@Two@A-01@true'
plan docs/B_PROMPTS.md B 'B-01@One@none@true'
commit plans
for command in status next plan 'plan check' 'plan graph' 'show A-01' 'start A-01' 'plan add A-03 Three' log progress audit; do
  # shellcheck disable=SC2086
  run session $command
done
run session --json status
run session --json start A-01
run session status --plan docs/B_PROMPTS.md
run session next --plan docs/A_PROMPTS.md
run session trust --plan docs/A_PROMPTS.md --yes
run session start A-01 --plan docs/A_PROMPTS.md
write a a
run session complete
run session start B-01 --plan docs/NO_PROMPTS.md
run session status
