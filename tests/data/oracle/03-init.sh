# `init`: without a plan, with one, with two, twice, as a dry run.
run session init
run session init 'Pipeline Unification' --dry-run
run session --json init 'Pipeline Unification' --dry-run
run session init 'Pipeline Unification'
show docs/PIPELINE_UNIFICATION_PROMPTS.md
run session init Again
rm -rf plugins.toml docs .git/session
plan docs/A_PROMPTS.md A 'A-01@One@none@true'
plan docs/B_PROMPTS.md B 'B-01@One@none@true'
run session init Two
run session init Two --plan docs/NO_PROMPTS.md
run session init Two --plan docs/B_PROMPTS.md
show plugins.toml
run session --json init Again
run session status
