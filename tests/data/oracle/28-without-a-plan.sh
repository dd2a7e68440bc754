# No plan at all, and a plan that is gone while a session is active.
for command in status next plan 'plan check' 'start AA-01' 'plan add AA-01 One' log progress audit; do
  # shellcheck disable=SC2086
  run session $command
done
run session --json status
hello
quiet session start HI-01
rm docs/HELLO_PROMPTS.md
run session status
run session start HI-02
run session show
write greeting.txt 'hello, Kim'
run session verify
run session complete
run session status
run session rollback HI-01
git checkout --quiet docs/HELLO_PROMPTS.md
run session status
write docs/HELLO_PROMPTS.md 'Nothing here.'
run session status
run session plan
