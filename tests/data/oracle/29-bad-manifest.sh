# plugins.toml with faults, each named with its place.
hello
cp plugins.toml "$T/good"
try() {
  part "$1"
  cat "$T/good" - > plugins.toml
  run session status
  run session start HI-01
  run session --json status
}
try 'no TOML' << 'X'
[project
X
try 'an unknown key' << 'X'
colour = "red"
X
try 'an unknown plugin' << 'X'
[[plugin]]
name = "nobody"
X
try 'twice' << 'X'
[[plugin]]
name = "git"
X
try 'no file' << 'X'
[[plugin]]
name = "bell"
path = "tools/bell.wasm"
X
try 'a file out of the project' << 'X'
[[plugin]]
name = "bell"
path = "../bell.wasm"
X
try 'no component' << 'X'
[[plugin]]
name = "bell"
path = "README.md"
on-error = "warn"
X
try 'no time' << 'X'
timeout = "soon"
X
part 'a configuration that a plugin does not take'
cp "$T/good" plugins.toml
setting git 'bookkeeping = "never"'
run session start HI-01
run session explain complete
