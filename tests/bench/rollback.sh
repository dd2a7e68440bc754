#!/usr/bin/env bash
# Time of `session rollback` with a migration against its alembic calls alone, interleaved in one run: SQLite, one head.
# Usage: tests/bench/rollback.sh [SESSION] [FOLDER OF ALEMBIC]
set -euo pipefail
session=$(realpath "${1:-target/release/session}")
export PATH="$(realpath "${2:-target/test-tools/bin}"):$PATH" PYTHONDONTWRITEBYTECODE=1
rounds=${ROUNDS:-9}
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/home GIT_CONFIG_NOSYSTEM=1; mkdir -p "$HOME" "$scratch/a"

now() { echo "${EPOCHREALTIME/[.,]/}"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] / 1000 }'; }
revision() { # name
  cat > "migrations/versions/$1.py" <<PY
"""$1"""
from alembic import op
import sqlalchemy as sa

revision = "$1"
down_revision = "first"


def upgrade():
    op.create_table("t_$1", sa.Column("id", sa.Integer))


def downgrade():
    op.drop_table("t_$1")
PY
}

cd "$scratch/a"
git init -q -b main; git config user.name Kim; git config user.email kim@example.com
alembic init migrations > /dev/null
sed -i 's#^sqlalchemy.url.*#sqlalchemy.url = sqlite:///app.db#' alembic.ini
revision first; sed -i 's/^down_revision.*/down_revision = None/' migrations/versions/first.py
printf 'app.db\n' > .gitignore
git add .; git commit -qm first; alembic upgrade head 2> /dev/null
"$session" init Bench > /dev/null 2>&1; git add .; git commit -qm setup
for ((n = 1; n <= rounds; n++)); do
  "$session" start "FIX-$n" --title "round $n" --check "alembic upgrade head" > /dev/null 2>&1
  revision "r$n"
  "$session" complete > /dev/null 2>&1
  rm -rf "$scratch/b"; cp -r "$scratch/a" "$scratch/b"
  cd "$scratch/b"
  # A copy is another clone.
  "$session" trust --yes > /dev/null 2>&1
  t=$(now)
  for call in 'current --verbose' "downgrade r$n:r$n@first --sql" "downgrade r$n@first" 'current --verbose'; do
    # shellcheck disable=SC2086
    alembic $call > /dev/null 2>&1
  done
  echo $(($(now) - t)) >> "$scratch/alone"
  cd "$scratch/a"
  t=$(now); "$session" rollback "FIX-$n" --yes > /dev/null 2>&1; echo $(($(now) - t)) >> "$scratch/ours"
done
alone=$(median < "$scratch/alone"); ours=$(median < "$scratch/ours")
echo "rollback $ours ms, its four alembic calls alone $alone ms: $(awk "BEGIN { printf \"%+.0f ms, %.2f\", $ours - $alone, $ours / $alone }") times"
