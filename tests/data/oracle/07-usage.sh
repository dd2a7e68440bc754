# What nobody can mean: unknown commands and options, options that exclude one another, times that are none.
hello
run session
run session nonsense
run session complete --nonsense
run session start
run session start HI-01 HI-02
run session checkpoint
run session note
run session resume HI-01 --retry --abort
run session resume --here
run session show HI-01 --evidence --for pr
run session show HI-01 --for nobody
run session rollback HI-01 --to nowhere
run session plan graph --format gif
run session audit --format xml
run session progress --resolve --rebuild
run session explain nothing
run session --json start
run env SESSION_NOW=yesterday session start HI-01
run env SESSION_NOW=yesterday session --json start HI-01
run session --project nowhere status
run session verify --attest 'no such item'
quiet session start HI-01
run session verify --attest 'no such item'
