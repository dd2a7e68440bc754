#!/usr/bin/env bash
# Whole-process times, interleaved in one run, as ratios against git:
#   status, next            against  git status
#   complete (two commits)  against  two times git add -A && git commit; the same with a pre-commit hook that does nothing
#   checkpoint              against  as many times git add -A && git commit as it makes commits
# and the number of system calls and fsyncs of each. Usage: tests/bench/complete.sh [SESSION] [FILES…]
set -euo pipefail
session=$(realpath "${1:-target/release/session}"); shift || true
sizes=("${@:-1000}")
rounds=${ROUNDS:-15}
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/home GIT_CONFIG_NOSYSTEM=1; mkdir -p "$HOME"

repository() { # folder, files
  mkdir -p "$1" && cd "$1" && git init -q -b main && git config user.name Kim && git config user.email kim@example.com && git config gc.auto 0
  for ((i = 0; i < $2; i++)); do
    mkdir -p "src/d$((i / 50))"; printf 'file %s\n%.0s' "$i" {1..10} > "src/d$((i / 50))/f$i.txt"
  done
  git add -A && git commit -qm first
}
touch_ten() { for i in 0 1 2 3 4 5 6 7 8 9; do echo "$1" >> "src/d0/f$i.txt"; done; }
now() { echo "${EPOCHREALTIME/[.,]/}"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for files in "${sizes[@]}"; do
  a=$scratch/a-$files b=$scratch/b-$files
  repository "$a" "$files"; "$session" init Bench > /dev/null 2>&1
  git add -A; git commit -qm setup
  cp -r "$a" "$b"
  for name in ours gits status gitstatus kept gitkept hooked githooked; do : > "$scratch/$name"; done
  for ((n = 1; n <= rounds; n++)); do
    cd "$a"; "$session" start "FIX-$n" --title "round $n" > /dev/null 2>&1; touch_ten "half $n"
    head=$(git rev-parse HEAD)
    t=$(now); "$session" checkpoint -m half > /dev/null 2>&1; echo $(($(now) - t)) >> "$scratch/kept"
    made=$(git rev-list --count "$head..HEAD")
    cd "$b"; total=0
    for ((i = 1; i <= made; i++)); do
      if ((i == 1)); then touch_ten "half $n"; else echo "$n" >> docs/log.txt; fi
      t=$(now); git add -A && git commit -qm "half $n"; total=$((total + $(now) - t))
    done
    echo "$total" >> "$scratch/gitkept"
    cd "$a"; touch_ten "$n"
    t=$(now); "$session" complete --unverified > /dev/null 2>&1; echo $(($(now) - t)) >> "$scratch/ours"
    t=$(now); "$session" status > /dev/null 2>&1; echo $(($(now) - t)) >> "$scratch/status"
    cd "$b"; touch_ten "$n"
    t=$(now); git add -A && git commit -qm "work $n"; first=$(($(now) - t))
    echo "$n" >> docs/log.txt
    t=$(now); git add -A && git commit -qm "docs $n"; echo $(($(now) - t + first)) >> "$scratch/gits"
    t=$(now); git status > /dev/null; echo $(($(now) - t)) >> "$scratch/gitstatus"
  done
  for at in "$a" "$b"; do printf '#!/bin/sh\nexit 0\n' > "$at/.git/hooks/pre-commit"; chmod +x "$at/.git/hooks/pre-commit"; done
  for ((n = 1; n <= rounds; n++)); do
    cd "$a"; "$session" start "HOOK-$n" --title "round $n" > /dev/null 2>&1; touch_ten "hooked $n"
    t=$(now); "$session" complete --unverified > /dev/null 2>&1; echo $(($(now) - t)) >> "$scratch/hooked"
    cd "$b"; touch_ten "hooked $n"
    t=$(now); git add -A && git commit -qm "work $n"; first=$(($(now) - t))
    echo "$n" >> docs/log.txt
    t=$(now); git add -A && git commit -qm "docs $n"; echo $(($(now) - t + first)) >> "$scratch/githooked"
  done
  rm "$a/.git/hooks/pre-commit" "$b/.git/hooks/pre-commit"
  compared() { # what, ours, theirs
    local x y; x=$(median < "$scratch/$2") y=$(median < "$scratch/$3")
    echo "$files files: $1: $x µs against $y µs, ratio $(awk "BEGIN { printf \"%.2f\", $x / $y }")"
  }
  compared 'complete, two git commits' ours gits
  compared "checkpoint, $made git commit(s)" kept gitkept
  compared 'complete with a hook, two git commits with it' hooked githooked
  compared 'status, git status' status gitstatus
  if command -v strace > /dev/null; then
    cd "$a"
    syncs() { strace -f -o "$scratch/trace" "$@" > /dev/null 2>&1; echo "$(grep -cE '[a-z0-9_]+\(' "$scratch/trace") system calls, $(grep -cE ' f(data)?sync\(' "$scratch/trace" || true) fsyncs"; }
    echo "status: $(syncs "$session" status)"
    "$session" start FIX-99 --title traced > /dev/null 2>&1; touch_ten traced
    echo "complete: $(syncs "$session" complete --unverified)"
    touch_ten again
    echo "git add -A: $(syncs git add -A)"
    echo "git commit: $(syncs git commit -qm traced)"
  fi
done
