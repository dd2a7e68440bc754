//! What one line of a diff says: that it defines, skips or asserts something, or only holds a place. By what people write
//! in the common languages; a line that is none of them says nothing.

pub fn defines_test(line: &str) -> bool {
    const BEGINS: [&str; 14] = [
        "def test_",
        "async def test_",
        "#[test]",
        "#[tokio::test",
        "func Test",
        "it(",
        "it.each(",
        "test(",
        "test.each(",
        "@Test",
        "[Fact]",
        "[Test]",
        "TEST(",
        "TEST_F(",
    ];
    let line = line.trim_start();
    BEGINS.iter().any(|begin| line.starts_with(begin))
}

pub fn skips(line: &str) -> bool {
    const MARKS: [&str; 32] = [
        "#[ignore",
        "pytest.mark.skip",
        "pytest.mark.xfail",
        "pytest.skip(",
        "unittest.skip",
        "self.skipTest(",
        "it.skip(",
        "test.skip(",
        "describe.skip(",
        "it.only(",
        "test.only(",
        "describe.only(",
        "it.todo(",
        "test.todo(",
        "xit(",
        "xdescribe(",
        "fit(",
        "fdescribe(",
        "t.Skip(",
        "t.SkipNow(",
        "@Disabled",
        "@Ignore",
        "[Ignore",
        "(Skip =",
        // What keeps a runner from finding them.
        "def load_tests(",
        "def pytest_collection_modifyitems(",
        "collect_ignore",
        "addopts",
        "testPathIgnorePatterns",
        "modulePathIgnorePatterns",
        "--deselect",
        "autotests = false",
    ];
    let line = line.trim_start();
    // `exit(` holds `xit(`.
    let whole = |mark: &str| {
        let before = |at: usize| line[..at].chars().next_back();
        line.match_indices(mark).any(|(at, _)| before(at).is_none_or(|c| !c.is_alphanumeric() && c != '_'))
    };
    MARKS.iter().any(|mark| whole(mark))
}

pub fn is_stub(line: &str) -> bool {
    const MARKS: [&str; 9] = [
        "todo!(",
        "unimplemented!(",
        "raise NotImplementedError",
        "NotImplementedException(",
        "Error(\"not implemented",
        "Error('not implemented",
        "panic(\"not implemented",
        "panic!(\"not implemented",
        "TODO: implement",
    ];
    let line = line.trim();
    let lower = line.to_lowercase();
    MARKS.iter().any(|mark| line.contains(mark) || lower.contains(&mark.to_lowercase()))
}

/// It fails where something does not hold.
pub fn asserts(line: &str) -> bool {
    const BEGINS: [&str; 11] = [
        "assert ",
        "assert(",
        "assert.",
        "assert_",
        "assert!(",
        "self.assert",
        "expect(",
        "require.",
        "ASSERT_",
        "EXPECT_",
        "Assert.",
    ];
    let line = line.trim_start();
    BEGINS.iter().any(|begin| line.starts_with(begin))
}

/// It looks like an assertion and always holds, or takes back what others say.
pub fn asserts_nothing(line: &str) -> bool {
    const WHOLE: [&str; 13] = [
        "assert True",
        "assert 1",
        "assert 1 == 1",
        "assert(True)",
        "assert(true)",
        "assert!(true)",
        "assert.ok(true)",
        "assert.True(t, true)",
        "self.assertTrue(True)",
        "self.assertEqual(1, 1)",
        "expect(true).toBe(true)",
        "expect(true).toBeTruthy()",
        "except AssertionError",
    ];
    let line = line.trim().trim_end_matches([';', ':']);
    WHOLE.contains(&line) || line == "except AssertionError: pass"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_that_always_hold_are_told_from_others() {
        for line in
            ["  assert!(true);", "self.assertTrue(True)", "\texcept AssertionError:", "expect(true).toBe(true);"]
        {
            assert!(asserts_nothing(line), "{line}");
        }
        for line in
            ["assert!(true_or_false());", "self.assertTrue(True is x)", "with pytest.raises(AssertionError):", ""]
        {
            assert!(!asserts_nothing(line), "{line}");
        }
        assert!(asserts("    assert_eq!(a, b);") && asserts("expect(a).toBe(b)"));
        assert!(!asserts("// assert_eq!(a, b);") && !asserts("expected = 1") && !asserts("assertion = 1"));
    }

    #[test]
    fn what_keeps_tests_from_being_found_skips_them() {
        assert!(skips("addopts = \"-k add\"") && skips("def load_tests(loader, tests, pattern):"));
        assert!(!skips("exit(1)") && !skips("def loads_tests():"));
    }
}
