# Which model a session gets, and why; marks, estimates and phases.
mkdir docs
cat > docs/MODELS_PROMPTS.md << 'X'
# Models - Implementation Prompts

# PHASE 1: START (Week 1)

## Session MO-01: 🧠 Architecture of the parser

```yaml
estimated_time: 2 hours
files: src/**
```

### Prompt

Design the architecture.

### Verification Checklist

- [ ] `true`

## Session MO-02: Fix a typo

```yaml
model: opus
thinking_mode: extended
files: src/a.rs
```

### Prompt

Fix a typo.

### Verification Checklist

- [ ] `test -f a`

# PHASE 2: END (Week 2)

## Session MO-03: ⚡ Rename

```yaml
dependencies: MO-01
model: claude-2
```

### Prompt

Rename it.
X
commit plan
quiet session init Models
run session plan
run session plan check
run session next
run session start MO-01 --dry-run
run session start MO-02
write a a
write b b
run session complete
run session start MO-01
at 14:00
run session status
run session --json status
write src/x x
run session complete --unverified
cat >> plugins.toml << 'X'

[models.aliases]
fast = "claude-haiku"

[models.simple]
model = "fast"
X
run session start MO-03
run session trust --yes
run session start MO-03
show docs/progress/MODELS_PROGRESS.md
