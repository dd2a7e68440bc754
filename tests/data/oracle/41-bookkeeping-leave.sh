# Documents with `bookkeeping = "leave"`.
hello
setting git 'bookkeeping = "leave"'
run session start HI-01
write greeting.txt 'hello, Kim'
run session checkpoint -m half
run session note 'a thought'
run session complete
git status --porcelain
run session start HI-02
git status --porcelain
write farewell.txt goodbye
run session pause
run session start HI-02
run session complete
git status --porcelain
run session rollback HI-02
git status --porcelain
run session status --check
