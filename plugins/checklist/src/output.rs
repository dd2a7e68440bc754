//! What the output of a test program says about itself: that it ran no test at all.

/// A program that succeeded because there was nothing to do.
pub fn flag(output: &str) -> Option<String> {
    let lines = || output.lines().map(str::trim);
    // cargo prints a result for each target; one with tests is enough.
    let results: Vec<&str> = lines().filter(|line| line.starts_with("test result: ")).collect();
    if !results.is_empty() {
        let none = results.iter().all(|line| line.contains(" 0 passed"));
        return none.then(|| "it ran no test: `0 passed`".to_owned());
    }
    let go: Vec<&str> = lines().filter(|line| line.contains("[no test files]") || line.starts_with("ok ")).collect();
    if !go.is_empty() && go.iter().all(|line| line.contains("[no test") || line.contains("no tests to run")) {
        return Some("it ran no test: `[no test files]`".to_owned());
    }
    const NOTHING: [&str; 10] = [
        "no tests ran",
        "collected 0 items",
        "Ran 0 tests",
        "No tests found",
        "0 passing",
        "no test files found",
        "No test files found",
        "No tests executed",
        "0 examples, 0 failures",
        "Total tests: 0",
    ];
    let said = |text: &&&str| lines().any(|line| line.contains(**text) && !ends_a_number(line, text));
    NOTHING.iter().find(said).map(|text| format!("it ran no test: `{text}`"))
}

/// `10 passing` holds `0 passing`.
fn ends_a_number(line: &str, text: &str) -> bool {
    line.find(text).is_some_and(|at| text.starts_with('0') && line[..at].ends_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_ran_is_named() {
        for output in [
            "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n",
            "test result: ok. 0 passed; 3 filtered out\ntest result: ok. 0 passed;",
            "===== no tests ran in 0.01s =====",
            "Ran 0 tests in 0.000s\n\nOK",
            "  0 passing (1ms)",
            "?   \texample.com/a\t[no test files]",
            "No tests found, exiting with code 0",
        ] {
            assert!(flag(output).is_some(), "{output}");
        }
        for output in [
            "test result: ok. 0 passed\ntest result: ok. 12 passed; 0 failed",
            "  10 passing (1ms)",
            "?   \texample.com/a\t[no test files]\nok  \texample.com/b\t0.01s",
            "Ran 3 tests in 0.1s",
            "",
        ] {
            assert_eq!(flag(output), None, "{output}");
        }
    }
}
