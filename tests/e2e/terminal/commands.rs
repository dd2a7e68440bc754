//! Commands that a person or an agent is told to type: nothing of what they take from plans, branches and files runs.

use std::process::Command;

use crate::support::Sandbox;

/// Runs a line as the person does who copies it, with programs that do nothing.
fn typed(s: &Sandbox, line: &str) {
    let script = format!("claude() {{ :; }}; git() {{ :; }}; session() {{ :; }}; cd() {{ :; }}; {line}");
    for shell in ["sh", "bash"] {
        let status = Command::new(shell).current_dir(&s.root).args(["-c", &script]).output().unwrap();
        assert!(status.status.success(), "{shell} does not read {line:?}: {status:?}");
    }
    assert!(!s.exists("owned"), "{line} ran something");
}

fn planned(model: &str) -> Sandbox {
    let s = Sandbox::new();
    let plan = format!(
        "# P\n\n## Session A-01: One\n\n### Metadata\n\nmodel: {model}\n\n### Prompt\n\ndo it\n\n### Verification\n\n- [ ] `true`\n"
    );
    s.write("PLAN.md", &plan);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init P").ok();
    s
}

#[test]
fn a_model_of_the_plan_is_a_plain_word_or_is_left_out() {
    for model in
        ["x;touch owned", "$(touch owned)", "--dangerously-skip-permissions", "`touch owned`", "a'b;touch owned;'"]
    {
        let s = planned(model);
        let ran = s.session("start A-01").ok();
        assert!(ran.out.starts_with("claude 'Work through"), "{model}: {ran:#?}");
        assert!(ran.err.contains("is no plain name, so the command below leaves it out"), "{model}: {ran:#?}");
        typed(&s, ran.out.trim_end());
    }
    let s = planned("gpt-6:latest");
    assert!(s.session("start A-01").ok().out.starts_with("claude --model gpt-6:latest "));
}

#[test]
fn a_branch_is_one_word() {
    for branch in ["x$(touch${IFS}owned)", "y;touch${IFS}owned", "z`touch${IFS}owned`", "w'v", "u\u{202e}v"] {
        let s = Sandbox::hello();
        s.git("add .");
        s.git("commit --quiet -m setup");
        let made = s.command("git", &s.root).args(["switch", "--quiet", "-c", branch]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        s.session("start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        s.session("complete").ok();
        s.git("switch --quiet main");
        let ran = s.session("start HI-01");
        let hint =
            ran.err.lines().find_map(|line| line.strip_prefix("hint: ").filter(|hint| hint.starts_with("git merge")));
        let hint = hint.unwrap_or_else(|| panic!("no merge in {ran:#?}"));
        typed(&s, hint.strip_suffix(" brings it here").unwrap());
        assert!(!hint.contains('\u{202e}'), "{hint:?}");
        let next = s.session("next").ok();
        let merge = next.err.lines().find_map(|line| line.split_once("not merged: ")).map(|(_, merge)| merge);
        if let Some(merge) = merge.filter(|merge| merge.starts_with("git merge ")) {
            typed(&s, merge);
        }
    }
}

#[test]
fn a_check_and_a_path_are_one_word() {
    let s = Sandbox::new();
    let plan = "# P\n\n## Session A-01: One\n\n### Prompt\n\ndo it\n\n### Verification\n\n- [ ] looks \"; touch owned; $(touch owned) 'fine'\n";
    s.write("PLAN.md", plan);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init P").ok();
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    let ran = s.session("complete");
    assert_ne!(ran.code, 0, "{ran:#?}");
    for line in ran.err.lines().filter_map(|line| line.strip_prefix("hint: session complete --attest ")) {
        let end = line.rfind('\'').map_or(line.len(), |at| at + 1);
        typed(&s, &format!("session complete --attest {}", &line[..end]));
    }
    assert!(ran.err.contains("--attest '"), "{ran:#?}");
    let path = "docs/sessions/records/A-01.json";
    s.write("$(touch owned) b.txt", "x\n");
    s.write(path, "{");
    let broken = s.session("status");
    assert!(!broken.err.contains("touch owned"), "{broken:#?}");
}
