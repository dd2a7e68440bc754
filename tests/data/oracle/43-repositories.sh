# A project of two repositories beside one another.
REPOSITORIES='../backend'
git init --quiet --initial-branch=main ../backend
git -C ../backend commit --quiet --allow-empty -m first
plan docs/PLAN_PROMPTS.md Both 'BE-01@Backend@none@test -f b' 'FE-01@Frontend@BE-01@test -f a'
commit plan
run session init Both --repos backend
show plugins.toml
sed 's/^# prefix = .*/prefix = ["BE"]/' plugins.toml > "$T/plugins.toml"
cp "$T/plugins.toml" plugins.toml
run session start BE-01
run session trust --yes
run session start BE-01
show docs/sessions/SESSION.md
write ../backend/b b
run session checkpoint -m half
run session verify
run session complete
run session start FE-01
write a a
run session complete
run session status
run session audit
show docs/progress/BOTH_PROGRESS.md
run session rollback BE-01
run session rollback FE-01
run session rollback BE-01
