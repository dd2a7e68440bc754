#!/usr/bin/env python3
"""A plan of N sessions on stdout (10,000 make about 26 MB), or the PROGRESS.md that goes with it.

Usage: tests/bench/plan.py [N] > docs/BENCH_PROMPTS.md
       tests/bench/plan.py [N] --progress > docs/progress/BENCH_PROGRESS.md
"""
import sys

PER_PHASE = 250
PREFIXES = ["BE", "FE", "DB", "E2E"]
WORDS = "ledger month rate shift clerk branch payslip import export holiday contract registry audit rounding".split()


def session_id(n):
    return f"{PREFIXES[n % len(PREFIXES)]}-{n:05}"


def dependencies(n):
    if n == 1:
        return "none"
    near = sorted({n - 1, max(1, n - 3), max(1, n - 1 - n % 17)}, reverse=True)[: n % 3 + 1]
    return "[" + ", ".join(map(session_id, near)) + "]" if n % 2 else ", ".join(map(session_id, near)) + " (must be done)"


def prose(n, lines):
    words = (WORDS[(n * 7 + i * i) % len(WORDS)] for i in range(lines * 12))
    return "\n".join(" ".join(next(words) for _ in range(12)) + "." for _ in range(lines))


def session(n):
    id, word = session_id(n), WORDS[n % len(WORDS)]
    return f"""## Session {id}: The {word} of step {n}

### Metadata
```yaml
session_id: {id}
track: {"ABC"[n % 3]}
repository: payroll-{"web" if id.startswith("FE") else "api"}
execution: 🖥️ CLI | 🔨 Medium
estimated_time: {20 + n % 60} minutes
dependencies: {dependencies(n)}
files:
  - src/{word}/step_{n}.py
```

### System Configuration
```yaml
model: sonnet
thinking_mode: standard
```

### Prompt
```markdown
# Session {id}: The {word} of step {n}
## Context
{prose(n, 8)}

## Tasks
### Task 1: The {word}

```python
# src/{word}/step_{n}.py
def step(month: Month) -> Report:
    with db.transaction():
        ...
```

{prose(n + 1, 8)}

- A row with 25 hours is reported with its line
- Nothing is written where one row is refused
```

### Verification Checklist
- [ ] `pytest tests/test_step_{n}.py -q`
- [ ] `ruff check src/{word}`
- [ ] A clerk finds the planted mistake

### Verification Commands
```bash
# one line per month
python -m payroll.{word} check --step {n} \\
  --strict
```

### Git Commit
```
feat({word}): add step {n}

- Whole cents
- No row is lost

Session: {id}
```

---

"""


def plan(count):
    yield "# Bench - Implementation Prompts\n\n> **Project:** Bench\n\n---\n\n"
    for n in range(1, count + 1):
        if n % PER_PHASE == 1:
            phase = n // PER_PHASE + 1
            yield f"# PHASE {phase}: STEPS (Week {phase})\n\n"
        yield session(n)


def progress(count):
    yield "# Bench Progress\n\n> **Started:** 2026-01-02\n"
    for name, is_in in [("payroll-api", lambda id: not id.startswith("FE")), ("payroll-web", lambda id: id.startswith("FE"))]:
        yield f"\n## Repository: {name}\n"
        for first in range(1, count + 1, PER_PHASE):
            yield f"\n### Week {first // PER_PHASE + 1}\n| Session | Status | Started | Completed | Commit |\n"
            yield "|---------|--------|---------|-----------|--------|\n"
            ids = map(session_id, range(first, min(first + PER_PHASE, count + 1)))
            yield from (f"| {id} | ⬜ Pending | — | — | — |\n" for id in ids if is_in(id))
        yield "\n### Notes\n"


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    write = progress if "--progress" in sys.argv else plan
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.writelines(write(numbers[0] if numbers else 10_000))
