# A fresh clone asks once. What is new or gone asks again, what requires more does not.
hello
git add --all
git commit --quiet -m setup
cd "$SANDBOX"
git clone --quiet project clone
cd clone
for command in status next plan 'show HI-01' log 'explain complete' audit progress; do
  # shellcheck disable=SC2086
  run session $command
done
run session start HI-01
run session --json start HI-01
run env SESSION_AGENT=Robot session start HI-01
run session start HI-99
run session complete
run session trust
run session trust --dry-run
run session --json trust --dry-run
run session trust --commands
run session trust --yes
run session trust --yes
run session trust --dry-run
run session start HI-01 --dry-run
part 'more is asked'
printf 'checks = ["true"]\n' > "$T/setting"
below '[project]'
run session start HI-01
run session trust --dry-run
run session --json trust --dry-run
run session trust --yes
part 'what requires more is not'
printf 'require-checks = true\n' > "$T/setting"
below '[project]'
run session start HI-01 --dry-run
part 'what is gone is'
grep -v '^checks' plugins.toml > "$T/gone"
cp "$T/gone" plugins.toml
run session start HI-01 --dry-run
run session trust --native nobody
run session trust --dev git
part 'without plugins.toml'
rm plugins.toml
run session start HI-01 --dry-run
run session trust --yes
run session start HI-01
