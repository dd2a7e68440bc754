//! One part of a pattern between two slashes, and whether two of them can be the same name. Whole patterns are
//! `pattern.rs`.

/// `**` is [`Segment::Folders`]; everything else is exactly one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// Any number of folders, and none.
    Folders,
    Literal(String),
    Wild(Vec<Token>),
}

/// Code points, both ends included.
type Range = (u32, u32);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Any number of characters.
    Star,
    Just(char),
    /// One character of these ranges, which are sorted.
    One(Vec<Range>),
}

impl Segment {
    pub(super) fn parse(text: &str) -> Self {
        if text == "**" {
            return Self::Folders;
        }
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some((token, after)) = next_token(rest) {
            // `**` inside a name is no more than `*`.
            if token != Token::Star || tokens.last() != Some(&Token::Star) {
                tokens.push(token);
            }
            rest = after;
        }
        literal(&tokens).map_or(Self::Wild(tokens), Self::Literal)
    }

    /// Any one name.
    pub(super) fn name() -> Self {
        Self::Wild(vec![Token::Star])
    }

    /// Some name is matched by both. Of `**` nothing is said: it is no name.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(a), Self::Literal(b)) => a == b,
            (Self::Wild(a), Self::Wild(b)) => can_be_equal(a, b, is_star, one_meets),
            (Self::Wild(wild), Self::Literal(text)) | (Self::Literal(text), Self::Wild(wild)) => {
                can_be_equal(wild, &text.chars().map(Token::Just).collect::<Vec<_>>(), is_star, one_meets)
            }
            _ => false,
        }
    }

    /// What every name that it matches begins with.
    pub(super) fn prefix(&self) -> String {
        match self {
            Self::Folders => String::new(),
            Self::Literal(text) => text.clone(),
            Self::Wild(tokens) => tokens.iter().map_while(single).collect(),
        }
    }

    /// What every name that it matches ends with, from its end; `/` where that is the whole name.
    pub(super) fn tail(&self) -> String {
        match self {
            Self::Folders => String::new(),
            Self::Literal(text) => text.chars().rev().chain(['/']).collect(),
            Self::Wild(tokens) => tokens.iter().rev().map_while(single).collect(),
        }
    }
}

fn is_star(token: &Token) -> bool {
    *token == Token::Star
}

/// Two sequences, in which a "star" stands for any number of items, can be the same sequence.
pub(super) fn can_be_equal<T>(a: &[T], b: &[T], star: impl Fn(&T) -> bool, meets: impl Fn(&T, &T) -> bool) -> bool {
    match (a.iter().position(&star), b.iter().position(&star)) {
        (None, None) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| meets(a, b)),
        (Some(_), None) => fits(a, b, star, meets),
        (None, Some(_)) => fits(b, a, star, |b, a| meets(a, b)),
        // What is between its stars, each can put where the other has one: only the ends have to agree.
        (Some(x), Some(y)) => {
            let plain = |item: &&T| !star(item);
            let ends = a.iter().rev().take_while(plain).zip(b.iter().rev().take_while(plain));
            a[..x].iter().zip(&b[..y]).chain(ends).all(|(a, b)| meets(a, b))
        }
    }
}

/// A sequence without stars fits one with stars: as early as possible, and one later where that fails further on.
fn fits<T>(stars: &[T], plain: &[T], star: impl Fn(&T) -> bool, meets: impl Fn(&T, &T) -> bool) -> bool {
    let (mut at, mut to) = (0, 0);
    let mut retry = None;
    while to < plain.len() {
        if stars.get(at).is_some_and(&star) {
            at += 1;
            retry = Some((at, to));
        } else if stars.get(at).is_some_and(|item| meets(item, &plain[to])) {
            (at, to) = (at + 1, to + 1);
        } else if let Some((after, from)) = retry {
            (at, to) = (after, from + 1);
            retry = Some((at, to));
        } else {
            return false;
        }
    }
    stars[at..].iter().all(star)
}

fn one_meets(a: &Token, b: &Token) -> bool {
    let holds = |ranges: &[Range], c: char| ranges.iter().any(|(low, high)| (*low..=*high).contains(&u32::from(c)));
    match (a, b) {
        (Token::Just(a), Token::Just(b)) => a == b,
        (Token::Just(c), Token::One(ranges)) | (Token::One(ranges), Token::Just(c)) => holds(ranges, *c),
        (Token::One(a), Token::One(b)) => a.iter().any(|a| b.iter().any(|b| a.0 <= b.1 && b.0 <= a.1)),
        _ => true,
    }
}

fn literal(tokens: &[Token]) -> Option<String> {
    tokens.iter().map(single).collect()
}

fn single(token: &Token) -> Option<char> {
    match token {
        Token::Just(c) => Some(*c),
        Token::One(ranges) => match ranges.as_slice() {
            [(low, high)] if low == high => char::from_u32(*low),
            _ => None,
        },
        Token::Star => None,
    }
}

fn next_token(text: &str) -> Option<(Token, &str)> {
    let mut chars = text.chars();
    let token = match chars.next()? {
        '*' => Token::Star,
        '?' => Token::One(outside(&[])),
        '\\' => Token::Just(chars.next().unwrap_or('\\')),
        '[' => match class(chars.as_str()) {
            Some((token, after)) => return Some((token, after)),
            None => Token::Just('['),
        },
        c => Token::Just(c),
    };
    Some((token, chars.as_str()))
}

/// `abc]`, `a-z]`, `!abc]`, `^abc]`, `]abc]`; without the closing bracket it is no class.
fn class(text: &str) -> Option<(Token, &str)> {
    let body = text.strip_prefix(['!', '^']);
    let inner = body.unwrap_or(text);
    let first = inner.chars().next()?.len_utf8();
    let end = first + inner[first..].find(']')?;
    let ranges = ranges(&inner[..end]);
    Some((Token::One(if body.is_some() { outside(&ranges) } else { ranges }), &inner[end + 1..]))
}

fn ranges(text: &str) -> Vec<Range> {
    let mut chars = text.chars().peekable();
    let mut ranges = Vec::new();
    while let Some(low) = chars.next() {
        let mut ahead = chars.clone();
        let high = ahead.next().filter(|c| *c == '-').and_then(|_| ahead.next());
        if high.is_some() {
            chars = ahead;
        }
        ranges.push((u32::from(low), u32::from(high.unwrap_or(low))));
    }
    ranges.retain(|(low, high)| low <= high);
    ranges.sort_unstable();
    ranges
}

/// Everything that is not in sorted ranges.
fn outside(ranges: &[Range]) -> Vec<Range> {
    let mut rest = Vec::new();
    let mut next = 0;
    for (low, high) in ranges {
        if next < *low {
            rest.push((next, low - 1));
        }
        next = next.max(high + 1);
    }
    if next <= u32::from(char::MAX) {
        rest.push((next, u32::from(char::MAX)));
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_two_segments_share() {
        for (a, b, expected) in [
            ("a.rs", "a.rs", true),
            ("a.rs", "b.rs", false),
            ("*.rs", "a.rs", true),
            ("*.rs", "a.py", false),
            ("a*", "*b", true),
            ("a*x", "b*x", false),
            ("a*b*c", "a*c", true),
            ("a*b", "a*c", false),
            ("a*", "ab?", true),
            ("?", "ab", false),
            ("??", "*a", true),
            ("[abc].rs", "[c-z].rs", true),
            ("[abc].rs", "[d-z].rs", false),
            ("[!abc].rs", "b.rs", false),
            ("[!a]", "[^b-z]", true),
            ("[]x]", "]", true),
            ("[a-]", "-", true),
            ("[a", "[a", true),
            ("[a", "a", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a**b", "axyb", true),
            ("Größe?", "Größe漢", true),
        ] {
            let (x, y) = (Segment::parse(a), Segment::parse(b));
            assert_eq!((x.meets(&y), y.meets(&x)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn prefixes_are_what_is_certain() {
        for (text, expected) in [("a.rs", "a.rs"), ("ab*c", "ab"), ("a[b]c?", "abc"), ("a[bc]", "a"), ("**", "")] {
            assert_eq!(Segment::parse(text).prefix(), expected);
        }
        for (text, expected) in [("a.rs", "sr.a/"), ("a*.rs", "sr."), ("a*", ""), ("**", "")] {
            assert_eq!(Segment::parse(text).tail(), expected);
        }
    }

    #[test]
    fn long_patterns_take_no_exponential_time() {
        let a = Segment::parse(&"a*".repeat(500));
        let b = Segment::parse(&format!("{}b", "*a".repeat(500)));
        assert!(!a.meets(&Segment::parse("b")) && a.meets(&b));
    }
}
