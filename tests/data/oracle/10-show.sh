# `show` before, during and after a session, for a review and for a pull request, and the answer that comes back.
hello
run session show HI-01
run session --json show HI-01
run session show HI-01 --for review
run session show HI-01 --for pr
quiet session start HI-01
write greeting.txt 'hello, Kim'
quiet session checkpoint -m half
quiet session note 'Decision: Kim it is'
write other.txt 'not yet'
run session show
run session show --for review
run session show --for pr
write answer.md 'It is good.' '' '- [ ] say why'
run session show --paste answer.md
run session show --paste nowhere.md
rm answer.md
quiet session complete
run session show HI-01
run session --json show HI-01
run session show HI-01 --for review
run session show HI-01 --for pr
run session --json show HI-01 --for pr
run session show HI-01 --evidence
run session --json show HI-01 --evidence
run session show HI-02 --evidence
