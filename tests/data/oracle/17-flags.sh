# What makes evidence weaker than it looks: said and kept, and nothing fails of it.
mkdir tests
write tests/test_a.py 'def test_a():' '    assert 1 == 1' 'def test_b():' '    assert 2 == 2'
write check.sh 'exit 0'
project Flags 'FL-01@Work@none@false || true@false | tail -n 1@sh check.sh@echo "collected 0 items"'
quiet session start FL-01
write tests/test_a.py 'def test_a():' '    pass'
write check.sh 'true' 'exit 0'
write a.py 'def a():' '    raise NotImplementedError' '# TODO: all of it'
run session verify
run session complete
run session show FL-01 --evidence
run session show FL-01 --for pr
show docs/sessions/records/FL-01.json
run session audit --strict
