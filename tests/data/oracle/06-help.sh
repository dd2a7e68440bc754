# What `--help` says of every command. Completions follow from it, so a digest of them is enough.
run session --help
for command in init next start show checkpoint verify complete status plan progress note pause resume rollback log explain \
  audit trust demo completions; do
  run session "$command" --help
done
for command in check graph add; do run session plan "$command" --help; done
run session -h
run session --version
run session help complete
for shell in bash zsh fish elvish powershell; do
  session completions "$shell" > "$T/completions"
  echo "$shell $(git hash-object "$T/completions")"
done
run session completions tcsh
