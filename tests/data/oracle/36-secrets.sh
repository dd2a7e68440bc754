# What looks like a secret and what is large stays out, unless somebody says so.
hello
setting git 'max-file = "1 kB"'
quiet session start HI-01
write greeting.txt 'hello, Kim'
token="ghp_$(printf %s q7Rk2mZx9TbW4vYc8NfLp3HsJd6GaEu5KiVo)"
write settings.txt "token = $token"
i=0
while [ $i -lt 200 ]; do echo 'a long line'; i=$((i + 1)); done > large.txt
run session checkpoint -m half
run session complete
run session --json complete
run session complete --dry-run
run session complete --include settings.txt
run session complete --leave settings.txt --include large.txt
show docs/sessions/records/HI-01.json
git status --porcelain
quiet session start HI-02
write farewell.txt goodbye
quiet session note "the token is $token"
run session complete
run git grep -l "$token" HEAD
