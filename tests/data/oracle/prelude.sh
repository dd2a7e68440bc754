# What every scenario of the oracle shares: `sh -eu prelude.sh SCENARIO`. The environment is fixed by tests/e2e/oracle.rs;
# $SANDBOX is the folder of this run, $DATA is tests/data, $GUESTS the folder of the guests' components.
umask 022
T="$SANDBOX/transcript"
mkdir -p "$T"
ROOT="$SANDBOX/project"
UNDATED=

# The time of day of all that follows, for `session` and for git.
at() {
  SESSION_NOW="2026-03-02T$1:00Z"
  export SESSION_NOW
  [ -n "$UNDATED" ] && return
  GIT_AUTHOR_DATE="$SESSION_NOW"
  GIT_COMMITTER_DATE="$SESSION_NOW"
  export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
}

# From here on git's dates are not fixed, as with people. Hashes of commits then stand in the transcript as numbers.
undated() {
  UNDATED=1
  unset GIT_AUTHOR_DATE GIT_COMMITTER_DATE
  exec 3>&1 > "$T/undated"
}

# Runs a command and puts all that it says into the transcript.
run() {
  printf '$ %s\n' "$*"
  _code=0
  "$@" > "$T/out" 2> "$T/err" < /dev/null || _code=$?
  cat "$T/out"
  # What this shell says of a program that was killed is the shell's own word.
  sed '/^Killed$/d; /: line [0-9]*: *[0-9]* Killed/d; s/^/! /' "$T/err"
  printf '= %s\n' "$_code"
  # What the program had begun may still be there, and the next command would wait for it.
  if [ "$_code" -ge 128 ]; then gone; fi
}

# Runs a command that is not what the scenario is about; it must succeed.
quiet() {
  "$@" > "$T/quiet" 2>&1 < /dev/null || {
    echo "\`$*\` failed with $?:" >&2
    cat "$T/quiet" >&2
    exit 1
  }
}

# Waits until no program of an event of this sandbox runs.
gone() {
  while grep -qsz "^SESSION_EVENT=.*$SANDBOX" /proc/[0-9]*/environ; do sleep 0.05; done
}

# A heading in the transcript.
part() { printf '\n## %s\n' "$*"; }

# write FILE LINE…: makes the folder too.
write() {
  _file="$1"
  shift
  case "$_file" in */*) mkdir -p "${_file%/*}" ;; esac
  printf '%s\n' "$@" > "$_file"
}

# Shows a file.
show() {
  printf -- '--- %s\n' "$1"
  cat "$1"
}

# commit MESSAGE: everything, by hand.
commit() {
  git add --all
  git commit --quiet -m "$1"
}

# plan FILE NAME 'ID@Title@dependencies@check@check'…: writes a plan. A check `[person] …` is for a person.
plan() {
  _file="$1"
  _name="$2"
  shift 2
  case "$_file" in */*) mkdir -p "${_file%/*}" ;; esac
  printf '# %s - Implementation Prompts\n' "$_name" > "$_file"
  for _line in "$@"; do
    printf '%s\n' "$_line" | awk -F@ '{
      printf "\n## Session %s: %s\n\n### Metadata\n\n```yaml\nsession_id: %s\ndependencies: %s\n```\n", $1, $2, $1, $3
      printf "\n### Prompt\n\nWrite what %s is about.\n\n### Verification Checklist\n\n", $1
      for (i = 4; i <= NF; i++) print ($i ~ /^\[person\] /) ? "- [ ] " substr($i, 10) : "- [ ] `" $i "`"
      printf "\n### Git Commit\n\n```\nfeat(%s): %s\n```\n", tolower($1), tolower($2)
    }' >> "$_file"
  done
}

# A repository with this plan, set up and approved: `project NAME 'ID@…'…`.
project() {
  plan docs/PLAN_PROMPTS.md "$@"
  commit plan
  quiet session init "$1"
}

# The plan that the demo plays.
hello() {
  mkdir -p docs
  cp "$DATA/plans/hello.md" docs/HELLO_PROMPTS.md
  commit plan
  quiet session init Hello
}

# The three sessions of the demo, done one by one.
greeting() { quiet session start HI-01; write greeting.txt 'hello, Kim'; quiet session complete; }
farewell() { quiet session start HI-02; write farewell.txt goodbye; quiet session complete; }
letter() { quiet session start HI-03; cat greeting.txt farewell.txt > letter.txt; quiet session complete; }

# hook NAME < SCRIPT: a hook of git.
hook() {
  mkdir -p .git/hooks
  cat > ".git/hooks/$1"
  chmod +x ".git/hooks/$1"
}

# setting PLUGIN LINE…: configuration of a bundled plugin, in plugins.toml, approved.
setting() {
  _plugin="$1"
  shift
  printf '%s\n' '[plugin.config]' "$@" > "$T/setting"
  below "name = \"$_plugin\""
  quiet session trust --yes
}

# above LINE, below LINE: puts what is in $T/setting into plugins.toml, where it has that line first.
above() { place "$1" above; }
below() { place "$1" below; }
place() {
  awk -v line="$1" -v where="$2" -v file="$T/setting" '
    function put() { while ((getline text < file) > 0) print text; done = 1 }
    $0 == line && !done && where == "above" { put() }
    { print }
    $0 == line && !done && where == "below" { put() }
  ' plugins.toml > "$T/plugins.toml"
  cp "$T/plugins.toml" plugins.toml
}

# scripted EVENT LINE…: a plugin in front of the others that does these lines in that event.
scripted() {
  mkdir -p tools
  cp "$GUESTS/scripted.wasm" tools/
  # Its bytes are another build's tomorrow, so they must be in no commit.
  echo tools/ >> .git/info/exclude
  {
    printf '[[plugin]]\nname = "scripted"\npath = "tools/scripted.wasm"\n[plugin.config]\n%s = [' "$1"
    shift
    for _line in "$@"; do printf "'''%s''', " "$_line"; done
    printf ']\n[plugin.grant]\nrun = ["**"]\nread = ["**"]\nwrite = ["**"]\n\n'
  } > "$T/setting"
  above '[[plugin]]'
  quiet session trust --yes
}

# kill_git before|after N: from now on the program is killed at its Nth `git commit`, once.
kill_git() {
  real="$(command -v git)"
  [ "$real" = "$SANDBOX/bin/git" ] && real="$(cat "$T/git")"
  echo "$real" > "$T/git"
  echo 0 > "$T/commits"
  cat > "$SANDBOX/bin/git" << END
#!/bin/sh
commits() { for word in "\$@"; do [ "\$word" = commit ] && return 0; done; return 1; }
if [ "\$(cat /proc/\$PPID/comm)" = session ] && commits "\$@"; then
  n=\$((\$(cat "$T/commits") + 1))
  echo \$n > "$T/commits"
  if [ \$n = $2 ]; then
    [ $1 = after ] && "$real" "\$@"
    kill -9 \$PPID
    exit 1
  fi
fi
exec "$real" "\$@"
END
  chmod +x "$SANDBOX/bin/git"
}

# What is there in the end: `end` is called for each repository, the project's own first.
end() {
  printf '\n## The end%s\n' "${1:+ of $1}"
  cd "$ROOT/${1:-}"
  if ! git rev-parse --git-dir > "$T/out" 2>&1; then
    echo 'no repository'
    digests
    return
  fi
  git for-each-ref --format='%(objectname) %(refname)'
  printf 'HEAD %s %s\n' "$(git symbolic-ref -q HEAD || echo detached)" "$(git rev-parse -q --verify HEAD || echo none)"
  echo '-- status'
  git status --porcelain --untracked-files=all
  echo '-- log'
  git log --all --topo-order --format='%H %an %cn %aI %cI%n    %s%n%w(0,4,4)%b'
  digests
}

# Every file below a folder `docs`.
documents() { find . -path '*/docs/*' -type f ! -path '*/.git/*' | LC_ALL=C sort; }

# Documents by their bytes.
digests() {
  echo '-- documents'
  documents | while read -r _file; do printf '%s %s\n' "$(git hash-object --no-filters "$_file")" "$_file"; done
}

# Commits as numbers, in the order in which HEAD came to them.
numbered() {
  { cut -d' ' -f2 .git/logs/HEAD; git log --all --format=%H; } | awk '!seen[$0]++' > "$T/commits"
  n=0
  while read -r _hash; do
    n=$((n + 1))
    # Trees too: those with documents in them hold records, and these name commits.
    printf 's/%s/<tree %s>/g\ns/%s/<%s>/g\n' "$(git rev-parse "$_hash^{tree}")" $n "$_hash" $n
    printf 's/%.7s/<%s>/g\n' "$_hash" $n
  done < "$T/commits"
}

cd "$ROOT"
git init --quiet --initial-branch=main
at 09:00
. "$1"
if [ -z "$UNDATED" ]; then
  end
  for other in ${REPOSITORIES:-}; do end "$other"; done
else
  # Dates and digests of documents, which hold hashes, are left out.
  part 'The end'
  git for-each-ref --format='%(objectname) %(refname)'
  git status --porcelain --untracked-files=all
  git log --topo-order --format='%H %an %cn%n    %s%n%w(0,4,4)%b'
  documents | while read -r _file; do show "$_file"; done
  numbered > "$T/numbers"
  sed -f "$T/numbers" "$T/undated" >&3
fi
