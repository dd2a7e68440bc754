# A checkpoint, a note, a start and a pause that are cut off at their commit.
hello
greeting
kill_git before 1
run session start HI-02
run session status
run session start HI-02
write farewell.txt goodbye
kill_git after 1
run session checkpoint -m half
run session status
run session checkpoint -m half
kill_git before 1
run session pause
run session status
run session resume
run session status
run session start HI-02
kill_git before 2
write farewell.txt 'goodbye, Kim'
run session checkpoint -m more
run session resume
run session complete
run session log HI-02
