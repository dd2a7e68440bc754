# Checkpoints of all kinds of files, whose dates nobody fixes: programs, links, odd names, a file for a folder and back.
undated
project Plan 'P-01@First@none@true'
write file one
write folder/inside one
write folder/deep/inside one
write plain one
ln -s plain link
commit files
run session start P-01
write 'name with spaces' one
write '-dash' one
write ':(top)magic*[a]?' one
write 'größe/ü.txt' one
printf '#!/bin/sh\n' > tool
chmod +x tool plain
ln -s 'name with spaces' 'new link'
rm link
write link 'a file now'
run session checkpoint -m kinds
git ls-tree -r HEAD
rm file
write file/inside one
rm -r folder
write folder 'a file now'
rm link
ln -s tool link
chmod -x plain
run session checkpoint -m swapped
git ls-tree -r HEAD
rm -r file folder
ln -s plain file
ln -s nowhere folder
run session complete
git ls-tree -r HEAD~1 | grep -v docs/
git ls-files --stage | grep -v docs/
git fsck --no-dangling --no-progress
run session rollback P-01
git ls-tree -r HEAD~1 | grep -v docs/
git status --porcelain
