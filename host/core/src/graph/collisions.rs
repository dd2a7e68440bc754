//! Which of many patterns meet which, without comparing each with each. Two that meet agree on what is certain of how
//! their paths begin and end, so both are orders in which they stand together.

use session_types::pattern::{Pattern, Route};

/// Up to here the second order costs more than it saves.
const FEW: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Collisions {
    meeting: Vec<Vec<usize>>,
    /// Nothing was left uncompared.
    pub complete: bool,
}

impl Collisions {
    /// Gives up after `most` comparisons.
    pub(super) fn new(texts: &[&str], most: usize) -> Self {
        let patterns: Vec<Pattern> = texts.iter().map(|text| Pattern::parse(text)).collect();
        let index = Index::new(&patterns);
        let mut meeting: Vec<Vec<usize>> = vec![Vec::new(); texts.len()];
        let mut compared = 0;
        for (at, (route, own)) in index.routes.iter().enumerate() {
            meeting[*own].push(*own);
            for (other, pattern) in index.candidates(at).into_iter().map(|at| index.routes[at]) {
                compared += 1;
                if *own != pattern && route.meets(other) {
                    meeting[*own].push(pattern);
                    meeting[pattern].push(*own);
                }
            }
            if compared > most {
                break;
            }
        }
        for list in &mut meeting {
            list.sort_unstable();
            list.dedup();
        }
        Self { meeting, complete: compared <= most }
    }

    /// Pattern indices, ascending; the pattern itself is one of them unless it matches nothing.
    pub(super) fn of(&self, pattern: usize) -> &[usize] {
        &self.meeting[pattern]
    }
}

struct Index<'p> {
    /// By prefix; with the index of their pattern.
    routes: Vec<(&'p Route, usize)>,
    /// Places of routes, by tail.
    tails: Vec<usize>,
}

impl<'p> Index<'p> {
    fn new(patterns: &'p [Pattern]) -> Self {
        let each = |(index, pattern): (usize, &'p Pattern)| pattern.routes().iter().map(move |route| (route, index));
        let mut routes: Vec<(&Route, usize)> = patterns.iter().enumerate().flat_map(each).collect();
        routes.sort_by(|a, b| a.0.prefix.cmp(&b.0.prefix));
        let mut tails: Vec<usize> = (0..routes.len()).collect();
        tails.sort_by(|a, b| routes[*a].0.tail.cmp(&routes[*b].0.tail));
        Self { routes, tails }
    }

    /// Places of routes after this one that may meet it, by whichever order leaves fewer. A path below what looked like
    /// a file has another tail, so that whole paths go by prefix alone.
    fn candidates(&self, at: usize) -> Vec<usize> {
        let route = self.routes[at].0;
        let after = &self.routes[at + 1..];
        let range = at + 1..at + 1 + after.partition_point(|(other, _)| other.prefix.starts_with(&route.prefix));
        if range.len() <= FEW || route.is_literal() {
            return range.collect();
        }
        let tails = self.with_tail(&route.tail);
        if tails.iter().map(|tails| tails.len()).sum::<usize>() >= range.len() {
            return range.collect();
        }
        tails.into_iter().flatten().copied().filter(|place| range.contains(place)).collect()
    }

    /// Routes whose tail goes on where this one ends, and those whose tail is a part of it.
    fn with_tail(&self, tail: &str) -> Vec<&[usize]> {
        let tail_of = |place: &usize| self.routes[*place].0.tail.as_str();
        let from = |key: &str| self.tails.partition_point(|place| tail_of(place) < key);
        let start = from(tail);
        let longer = self.tails[start..].partition_point(|place| tail_of(place).starts_with(tail));
        let mut found = vec![&self.tails[start..start + longer]];
        for (end, _) in tail.char_indices() {
            let (key, start) = (&tail[..end], from(&tail[..end]));
            let same = self.tails[start..].partition_point(|place| tail_of(place) == key);
            found.push(&self.tails[start..start + same]);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_finds_what_comparing_each_with_each_finds() {
        let parts =
            ["**", "*", "src", "s*", "api", "main.rs", "*.rs", "[am]*", "{api,lib}", "**/x.rs", "v1.2", "*n.rs"];
        let mut texts: Vec<String> = parts.map(str::to_owned).to_vec();
        for a in parts {
            texts.extend(parts.iter().map(|b| format!("{a}/{b}")));
            texts.extend(parts.iter().map(|b| format!("src/{a}/{b}/")));
            texts.extend(parts.iter().map(|b| format!("{a}/{b}x.rs")));
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let collisions = Collisions::new(&texts, usize::MAX);
        let patterns: Vec<Pattern> = texts.iter().map(|text| Pattern::parse(text)).collect();
        for (index, pattern) in patterns.iter().enumerate() {
            let expected: Vec<usize> = (0..texts.len()).filter(|other| pattern.meets(&patterns[*other])).collect();
            assert_eq!(collisions.of(index), expected, "{}", texts[index]);
        }
    }

    #[test]
    fn what_looked_like_a_file_holds_more_files_than_the_second_order_is_for() {
        let texts: Vec<String> = (0..2 * FEW).map(|i| format!("v1.2/{i}.rs")).chain(["v1.2".to_owned()]).collect();
        let collisions = Collisions::new(&texts.iter().map(String::as_str).collect::<Vec<_>>(), usize::MAX);
        assert_eq!(collisions.of(2 * FEW).len(), 2 * FEW + 1);
    }

    #[test]
    fn a_hopeless_plan_is_given_up_and_says_so() {
        let texts = ["**/*a*", "**/*b*", "**/*c*"];
        assert!(!Collisions::new(&texts, 2).complete && Collisions::new(&texts, 3).complete);
    }
}
