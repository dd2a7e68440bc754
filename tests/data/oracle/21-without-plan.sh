# A small fix that stands in no plan.
hello
run session start FIX-01
run session start FIX-01 --title 'Mend the parser'
run session pause
run session start FIX-02 --title 'Mend the lexer' --check 'test -f lexer' --check 'grep -q ok lexer' --dry-run
run session start FIX-02 --title 'Mend the lexer' --check 'test -f lexer' --check 'grep -q ok lexer'
run session start HI-01 --title Other
write lexer ok
run session complete -m 'fix: mend the lexer'
run session start FIX-02
run session show FIX-02
run session start HI-02 --title Other --check true
run session status
show docs/progress/HELLO_PROGRESS.md
