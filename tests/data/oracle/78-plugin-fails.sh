# A plugin that fails, is stuck, or only warns.
hello
scripted complete 'append log.txt one' 'fail no way'
quiet session start HI-01
write greeting.txt 'hello, Kim'
run session complete
run session --json complete
run session status
run session log
sed "s/'''fail no way'''/'''stuck ask Kim'''/" plugins.toml > "$T/plugins.toml"
cp "$T/plugins.toml" plugins.toml
quiet session trust --yes
run session complete
run session status
run session resume
sed "s/'''stuck ask Kim'''/'''fail a little'''/; s/^path = .tools.*/&\non-error = \"warn\"/" plugins.toml > "$T/plugins.toml"
cp "$T/plugins.toml" plugins.toml
quiet session trust --yes
run session complete
run session resume --abort
run session complete
run session status
