//! Plain English: sentences that are too long for a reader in a hurry, and words that have a plainer one. Today's counts are
//! limits that may only shrink.

use crate::support::workspace;

/// A reader loses a longer one.
const WORDS: usize = 30;
/// Each has a usual word: the actor by name, still, prevents, from where, nothing.
const UNUSUAL: [&str; 6] = ["whoever", "nobody", "all the same", "bars", "whence", "naught"];

/// Where texts stand: what they are, how many sentences of them are too long, and how many unusual words they have.
const LIMITS: [(&str, usize, usize); 9] = [
    ("README.md", 0, 0),
    ("ARCHITECTURE.md", 2, 0),
    ("CONTRIBUTING.md", 0, 0),
    ("SECURITY.md", 0, 0),
    ("docs", 33, 17),
    ("host", 48, 124),
    ("host/workflow", 1, 13),
    ("sdk", 17, 27),
    ("plugins", 18, 43),
];

/// The paragraphs of a text: an empty line, an item, a heading or a row of a table ends one.
fn paragraphs(markdown: &str) -> Vec<String> {
    let (mut all, mut open, mut fence) = (Vec::new(), String::new(), false);
    for line in markdown.lines().map(str::trim) {
        if line.starts_with("```") {
            fence = !fence;
        }
        let item = ["- ", "* ", "#", "|", "> "].iter().any(|mark| line.starts_with(mark))
            || line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        if line.is_empty() || item || fence || line.starts_with("```") {
            all.push(std::mem::take(&mut open));
        }
        if fence || line.starts_with("```") {
            continue;
        }
        if line.starts_with('|') {
            all.extend(line.split('|').map(str::to_owned));
        } else {
            open.push_str(line.trim_start_matches(['-', '*', '#', '>', ' ']));
            open.push(' ');
        }
    }
    all.push(open);
    all
}

/// The comments of a source file as paragraphs.
fn comments(source: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for line in source.lines().map(str::trim) {
        let text = ["//! ", "/// ", "// "].iter().find_map(|mark| line.strip_prefix(mark));
        match text {
            Some(text) => {
                if let Some(last) = all.last_mut() {
                    last.push_str(text);
                    last.push('\n');
                }
            }
            None => all.push(String::new()),
        }
    }
    all.iter().flat_map(|text| paragraphs(text)).collect()
}

/// Words of each sentence; what stands in backticks is one word.
fn sentences(paragraph: &str) -> Vec<Vec<String>> {
    let mut text = String::new();
    for (at, part) in paragraph.split('`').enumerate() {
        text.push_str(if at % 2 == 1 { "code" } else { part });
    }
    let mut all = vec![Vec::new()];
    for word in text.split_whitespace() {
        if let Some(last) = all.last_mut() {
            last.push(word.to_lowercase());
        }
        let bare = word.trim_end_matches([')', '*', '"', ']', '_']);
        if bare.ends_with(['.', '!', '?']) && !["e.g.", "i.e.", "etc."].contains(&bare) {
            all.push(Vec::new());
        }
    }
    all
}

fn counted(paragraphs: &[String]) -> (usize, usize) {
    let all: Vec<Vec<String>> = paragraphs.iter().flat_map(|one| sentences(one)).collect();
    let long = all.iter().filter(|words| words.len() > WORDS).count();
    let plain = |word: &String| word.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let unusual = |words: &Vec<String>| {
        let text = format!(" {} ", words.iter().map(plain).collect::<Vec<_>>().join(" "));
        UNUSUAL.iter().map(|word| text.matches(&format!(" {word} ")).count()).sum::<usize>()
    };
    (long, all.iter().map(unusual).sum())
}

fn texts(place: &str) -> Vec<String> {
    let whole = workspace().join(place);
    if whole.is_file() {
        return paragraphs(&std::fs::read_to_string(whole).unwrap());
    }
    let mut found = Vec::new();
    let mut folders = vec![whole];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("md") => found.extend(paragraphs(&std::fs::read_to_string(path).unwrap())),
                Some("rs") => found.extend(comments(&std::fs::read_to_string(path).unwrap())),
                _ => {}
            }
        }
    }
    found
}

#[test]
fn sentences_are_short_and_words_are_usual() {
    let found = LIMITS.map(|(place, ..)| {
        let (long, unusual) = counted(&texts(place));
        (place, long, unusual)
    });
    for ((place, long, unusual), (_, most, most_unusual)) in found.iter().zip(LIMITS) {
        assert!(
            *long <= most && *unusual <= most_unusual,
            "{place} has {long} sentences of more than {WORDS} words and {unusual} unusual words, and may {most} and \
             {most_unusual}: shorten what is new. All: {found:?}"
        );
    }
    assert_eq!(found, LIMITS, "fewer than before: lower the limits");
}

#[test]
fn a_sentence_ends_where_a_reader_ends_it() {
    let words = |text: &str| sentences(text).iter().map(Vec::len).filter(|len| *len > 0).collect::<Vec<_>>();
    assert_eq!(words("One two. Three `a b c` four! (Five six.) Seven"), [2, 3, 2, 1]);
    let all = paragraphs("# Head\n- one\n  two\n- three\n\n| a | b c |\n```\ncode that is no text\n```\n1. four");
    let all: Vec<&str> = all.iter().map(|one| one.trim()).filter(|one| !one.is_empty()).collect();
    assert_eq!(all, ["Head", "one two", "three", "a", "b c", "1. four"]);
    assert_eq!(counted(&[format!("{} end.", "word ".repeat(30)), "Whoever asks.".to_owned()]), (1, 1));
}
