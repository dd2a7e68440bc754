# Commits whose dates nobody fixes: a whole plan, with a checkpoint.
undated
hello
run session start HI-01
write greeting.txt 'hello'
run session checkpoint -m half
write greeting.txt 'hello, Kim'
run session complete
run session start HI-02
write farewell.txt goodbye
run session complete
run session start HI-03
cat greeting.txt farewell.txt > letter.txt
run session complete
run session log HI-01
run session audit
