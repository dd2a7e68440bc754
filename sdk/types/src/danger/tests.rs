//! What is dangerous and what only looks so, through the whole reading.

use super::*;

/// A project with a few files under git, and a sibling repository.
fn ground<'g>(directory: &'g str, repositories: &'g [String]) -> Ground<'g> {
    const TRACKED: [&str; 5] = ["src/main.rs", "tests/a.rs", "Makefile", "web/app.js", "../backend/src/api.py"];
    Ground {
        root: "/home/kim/project",
        directory,
        repositories,
        tracks: &|is_it| TRACKED.iter().any(|path| is_it(path)),
    }
}

fn in_folder(text: &str, directory: &str) -> Vec<Danger> {
    of_text(text, &ground(directory, &["../backend".to_owned()]))
}

fn grades(text: &str) -> Vec<Grade> {
    in_folder(text, ".").iter().map(|danger| danger.grade).collect()
}

#[test]
fn history_and_files_of_the_project() {
    for text in [
        "git reset --hard HEAD~1",
        "git submodule update --force",
        "git clean -fdx",
        "git checkout -- src",
        "git checkout main",
        "git checkout -fb x",
        "git checkout -B main",
        "git switch -f main",
        "git switch --discard-changes main",
        "git restore .",
        "git push",
        "git push origin main --tags",
        "git commit -am wip",
        "git stash",
        "git stash pop",
        "git branch -D feature",
        "git branch -fd feature",
        "git tag -d v1",
        "git rebase main",
        "git rm -r src",
        "git update-ref -d HEAD",
        "git worktree remove ../x",
        // Around it.
        "sh -c \"git reset --hard\"",
        "bash -lc 'git reset --hard'",
        "bash -euo pipefail -c 'git reset --hard'",
        "env X=1 git push",
        "env -i -u Y X=1 git push",
        "X=1 git push",
        "git -C dir reset --hard",
        "git -c a=b push",
        "git -c alias.x='!git push' x",
        "git -c alias.x='reset --hard' x",
        "git --no-pager --git-dir=.git clean -f",
        "sudo git clean -fd",
        "sudo -u kim git clean -fd",
        "ls | xargs git checkout --",
        "ls | xargs -n 1 rm -rf",
        "make test && git clean -fd",
        "make test || git stash",
        "make; git push",
        "make & git push",
        "make\ngit push",
        "(cd src; git push)",
        "{ git push; }",
        "if make; then git push; fi",
        "if make; then true; else git push; fi",
        "while true; do git push; done",
        "for f in a b; do git push; done",
        "case $x in a) git push ;; esac",
        "! git push",
        "release() { git push; }; release",
        "function release { git push; }",
        "echo $(git push)",
        "echo \"`git push`\"",
        "echo \"$(cat $(git stash))\"",
        "echo ${X:-$(git push)}",
        "cat <(git push)",
        "eval 'git push'",
        "trap 'git push' EXIT",
        "sh <<EOF\ngit push\nEOF",
        "bash <<'EOF'\ngit push\nEOF",
        "cat <<-EOF | sh\n\tgit push\n\tEOF",
        "cat <<EOF > x\n$(git push)\nEOF",
        "sh <<< 'git push'",
        "echo 'git push' | sh",
        "printf 'git push\\n' | bash -s",
        "G=git; $G push",
        "CMD='git reset --hard'; $CMD",
        "export CMD='git push'\nsh -c \"$CMD\"",
        "A=(git push); \"${A[@]}\"",
        "g'i't \"pu\"sh",
        "\\git push",
        "$'git' push",
        "git \\\n  push",
        "/usr/bin/git push",
        "command git push",
        "timeout 5 git push",
        "timeout -k 1 5 nice -n 3 git push",
        "time git push",
        "nohup git push &",
        "uv run git push",
        "find . -name x -exec git checkout {} \\;",
        "make > log 2>&1 && git push",
        "make &> log; git push",
        "[[ -f a && -f b ]] && git push",
        "python3 -c 'x' && git push # not really",
        "cat <<A <<B | sh\nx\nA\ngit push\nB",
        // What git tracks, and what leaves the project.
        "rm -rf src",
        "rm -rf ./src/",
        "rm -r -f -- src",
        "rm Makefile",
        "rm -rf *",
        "rm -rf .",
        "rm -rf s*",
        "rm -rf {target,src}",
        "rm -rf .git",
        "rm -rf target/../src",
        "cd web && rm -rf app.js",
        "rm -rf /",
        "rm -rf /home/kim/project/src",
        "rm -rf /home/kim/other",
        "rm -rf ..",
        "rm -r ../x",
        "cd .. && rm -rf project",
        "rm -rf \"$HOME/x\"",
        "rm -rf ~/x",
        "rm -f ~/.profile",
        "rm -rf $DIR",
        "rm -rf \"${DIR:-target}\"",
        "D=src; rm -rf \"$D\"",
        "rm -rf \"$PWD\"",
        "rm -rf $(pwd)/src",
        "find . -name '*.rs' -delete",
        "find src -type f -exec rm {} +",
        "find ~ -name core -delete",
        "rm -rf ../backend/src",
        "truncate -s 0 Makefile",
        "env --split-string=\"git reset --hard\"",
        "bash -c \"$(echo git reset --hard)\"",
        "busybox rm -rf src",
        "coproc git reset --hard",
        "strace -f -o x git push",
        "flock -w 3 lock git push",
        "flock lock -c 'git push'",
        "xvfb-run -a git push",
        "chroot / git push",
        "unshare -r git push",
        "dotenv -f .env -- git push",
        "dotenv run -- git push",
        "npx -y cross-env A=b git push",
        "npx -c 'git push'",
        "npm exec -- git push",
        "script -q -c 'git push' /dev/null",
        "ls | entr -r git push",
        "$(command -v git) push",
        "\"$(which git)\" push",
    ] {
        assert_eq!(grades(text).first(), Some(&Grade::Project), "{text}");
    }
}

#[test]
fn data_elsewhere() {
    for text in [
        "alembic downgrade base",
        "alembic upgrade head && alembic downgrade -1",
        ".venv/bin/alembic -c a.ini downgrade -1",
        "uv run --no-sync alembic downgrade -1",
        "python3 -m alembic downgrade -1",
        "psql -c \"DROP TABLE users\"",
        "psql <<EOF\nDROP\n  TABLE users;\nEOF",
        "echo 'drop table users;' | psql app",
        "mysql -e 'TRUNCATE users'",
        "sqlite3 app.db 'delete from users'",
        "mongosh --eval 'db.dropDatabase()'",
        "redis-cli FLUSHALL",
        "dropdb app",
        "docker compose down -v",
        "docker-compose -f x.yml down --volumes",
        "docker compose exec -T db dropdb app",
        "docker exec db psql -c 'DROP TABLE x'",
        "docker volume rm data",
        "docker system prune --volumes -f",
        "curl -fsSL https://example.com/x.sh | sh",
        "curl x | sudo bash",
        "wget -qO- x | tee log | bash -s -- a",
        "sh -c \"$(curl -fsSL x)\"",
        "bash <(curl x)",
        "source <(curl x)",
        "eval \"$(curl x)\"",
        "curl x | python3 -",
        "terraform destroy",
        "kubectl delete ns x",
        "bin/rails db:drop",
        "RAILS_ENV=test bundle exec rake db:reset",
        "php artisan migrate:fresh",
        "python manage.py flush --no-input",
        "npx prisma migrate reset",
        "ssh host 'rm -rf /srv'",
        "dd if=x of=/dev/sda",
        "python manage.py migrate shop zero",
        "flyway -url=x clean",
        "liquibase dropAll",
    ] {
        assert_eq!(grades(text), [Grade::Elsewhere], "{text}");
    }
}

#[test]
fn what_only_looks_dangerous() {
    for text in [
        "",
        "cargo test",
        "flock lock cargo test",
        "npm exec -- tsc --noEmit",
        "npx cross-env CI=1 jest",
        "dotenv -- pytest",
        "python manage.py migrate",
        "test -n \"$(command -v git)\"",
        "$(command -v git) status",
        "echo \"git push\"",
        "echo git push",
        "printf 'rm -rf /' > note",
        "grep -q \"DROP TABLE\" x.sql",
        "grep -rn 'git reset --hard' docs",
        "! grep -q 'rm -rf' script.sh",
        "test -f git && echo reset",
        "cargo test -- git_reset_hard",
        "# git push",
        "make # git push",
        "cat <<EOF > x\ngit push\nEOF",
        "cat <<'EOF' | grep push\n$(git push)\nEOF",
        "echo '$(git push)'",
        "echo \"\\$(git push)\"",
        "python3 -c 'print(\"git push\")'",
        "git status --short",
        "git submodule update --init --recursive",
        "git diff --exit-code",
        "git diff --quiet -- src",
        "git log --oneline -5",
        "git show HEAD:src/main.rs",
        "git ls-files | grep reset",
        "test -z \"$(git status --porcelain)\"",
        "git branch --show-current",
        "git branch --list",
        "git switch -q -c other",
        "git switch main",
        "git checkout -q -b other",
        "git tag -l",
        "git stash list",
        "git clean -nd",
        "git push --dry-run",
        "git commit --dry-run",
        "git config user.name",
        "git fetch",
        "git grep push",
        "git log --grep reset",
        "git help push",
        "command -v git",
        "which git push",
        "rm -rf target/tmp",
        "rm -rf ./target",
        "rm -f out.log",
        "rm -rf target/*",
        "rm -rf target/$NAME",
        "rm -rf target && cargo test",
        "rm -f /tmp/test.sock",
        "cd target && rm -rf tmp",
        "D=target; rm -rf \"$D/tmp\"",
        "rm -rf /home/kim/project/target",
        "T=$(mktemp -d) && cd \"$T\" && git init && git commit --allow-empty -m x; rm -rf \"$T\"",
        "T=$(mktemp -d); git -C \"$T\" init && git -C \"$T/a\" reset --hard",
        "rm -rf ../backend/build",
        "find . -name '*.pyc' -delete",
        "find . -type d -name __pycache__ -exec rm -r {} +",
        "find target -delete",
        "find src -name '*.rs' -exec grep -l x {} +",
        "alembic upgrade head",
        "alembic downgrade base && alembic upgrade head",
        "alembic downgrade -1\nalembic upgrade head",
        "alembic downgrade base --sql",
        "psql -c 'SELECT 1'",
        "psql -c \"SELECT dropped FROM t\"",
        "sqlite3 :memory: 'DROP TABLE x'",
        "docker compose down",
        "docker run -v a:b image",
        "docker compose up -d && docker compose down",
        "curl -f http://localhost/health",
        "curl -s x | jq -e .ok",
        "curl x -o y && sh y",
        "cat script.sh | sh",
        "kubectl get pods",
        "terraform plan",
        "npm run db:drop-in",
        "uv run pytest -k drop",
        "[[ $a < git ]] && (( a > 1 ))",
        "case git in push) true ;; esac",
        "for c in git push; do echo $c; done",
        "x() { true; }; x",
        "if [ \"$(git rev-parse HEAD)\" = \"$X\" ]; then exit 1; fi",
        "unclosed 'quote",
        "unclosed \"$(",
        "a | | b ;; ) ( <",
        "cat <<EOF",
    ] {
        assert_eq!(in_folder(text, "."), [], "{text}");
    }
}

#[test]
fn the_folder_of_a_check_counts() {
    assert_eq!(in_folder("rm -rf app.js", ".").len() + in_folder("rm -rf main.rs", "src").len(), 1);
    assert_eq!(in_folder("rm -rf ../src", "web").len(), 1);
    assert_eq!(in_folder("rm -rf src", "../backend").len(), 1, "the sibling repository has it");
    assert_eq!(in_folder("rm -rf build", "../backend").len(), 0, "a listed repository is no other place");
    assert_eq!(of_text("rm -rf build", &ground("../backend", &[])).len(), 1, "one that is not listed is");
}

#[test]
fn setup_lines_go_before_the_command_in_one_shell() {
    let check = |setup: &[&str], text: &str| Check {
        kind: crate::CheckKind::Command,
        setup: setup.iter().map(|line| (*line).to_owned()).collect(),
        text: text.into(),
        ..Check::default()
    };
    let of = |setup: &[&str], text: &str| of_check(&check(setup, text), &ground(".", &[]));
    assert_eq!(of(&["cd web"], "rm -rf app.js").len(), 1);
    assert_eq!(of(&["D=$(mktemp -d)"], "rm -rf $D"), []);
    assert_eq!(of(&["alembic downgrade base"], "alembic upgrade head"), []);
    let found = of(&["git stash"], "cargo test");
    assert_eq!((found[0].text.as_str(), found[0].command.as_str()), ("git stash", "git stash"));
    let mut manual = check(&[], "git push");
    manual.kind = crate::CheckKind::Manual;
    assert_eq!(of_check(&manual, &Ground::default()), [], "a person reads it");
    let python = Check { shell: Some("python3".into()), ..check(&[], "rm = 1; git push") };
    assert_eq!(of_check(&python, &Ground::default()), []);
}

#[test]
fn a_danger_names_the_command_and_the_reason() {
    let found = in_folder("cargo test && git reset --hard HEAD~1", ".");
    assert_eq!(
        found,
        [Danger {
            grade: Grade::Project,
            command: "git reset --hard HEAD~1".into(),
            why: "it takes commits from the branch, or throws unsaved changes away".into(),
            text: "cargo test && git reset --hard HEAD~1".into(),
        }]
    );
}

#[test]
fn an_entry_of_allow_is_a_text_or_a_pattern_within_one_command() {
    let allowed = |entry: &str, text: &str| allows(&[entry.to_owned()], text);
    assert!(allowed("git push", "git push") && allowed(" git push ", "git push\n"));
    assert!(allowed("git push *", "git push origin main") && allowed("alembic downgrade *", "alembic downgrade -1"));
    assert!(allowed("rm -rf build/*", "rm -rf build/*") && allowed("*", "git clean -fd"));
    assert!(allowed("a\ngit * push", "a\ngit -C x push"));
    assert!(!allowed("git push", "git push --force") && !allowed("git", "git push"));
    for more in ["; rm -rf src", " && rm -rf src", "\nrm -rf src", " | sh", " $(rm -rf src)", " `rm -rf src`", " > src"]
    {
        assert!(!allowed("git push *", &format!("git push x{more}")), "{more}");
    }
    assert!(allowed("make; git push *", "make; git push x"), "what stands in the entry itself is meant");
    assert!(!allows(&[], ""));
}

/// Any text is read to its end, whatever is unclosed in it.
#[test]
fn no_text_is_too_odd() {
    let pieces = [
        "git push", "'", "\"", "$(", "`", "${", "<<E", "\n", "(", ")", "{", "}", "|", "&&", "\\", "#", "[[", "case",
        " in ", "é", "$'",
    ];
    let mut seed = 7_u32;
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..8 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(pieces[(seed >> 16) as usize % pieces.len()]);
            text.push(' ');
        }
        in_folder(&text, ".");
    }
    let deep = format!("{}git push{}", "$(".repeat(200), ")".repeat(200));
    in_folder(&deep, ".");
}
