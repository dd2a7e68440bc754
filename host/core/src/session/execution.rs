//! The `execution` and `size` keys of a plan: where a session is worked on, how long it is, and how. What a mark does
//! is decided elsewhere: 🧠 in `model.rs`. Estimates are read in `estimate.rs`.

use std::fmt;

use session_types::Metadata;

use super::estimate::{minutes, without_notes};

/// What the keys say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Execution {
    /// In the order of writing, each once.
    pub places: Vec<Place>,
    pub size: Option<Size>,
    pub ultrathink: bool,
    pub subagents: bool,
    /// What was not understood, as written.
    pub unknown: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Cli,
    VsCode,
    ClaudeAi,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    Quick,
    Medium,
    Heavy,
}

/// What one word or phrase says.
enum Mark {
    Place(Place),
    Size(Size),
    Ultrathink,
    Subagents,
    /// Says nothing and needs no complaint: `CLI only`, `no subagents`.
    Filler,
}

impl Execution {
    /// Reads `execution` and `size`; the size is the `size` key's, else the mark's, else the estimate's.
    pub fn read(metadata: &Metadata) -> Self {
        let mut read = Self::default();
        read.marks(metadata.execution.as_deref().unwrap_or_default());
        let mut size = Self::default();
        size.marks(metadata.size.as_deref().unwrap_or_default());
        let estimate = || metadata.estimated_time.as_deref().and_then(minutes).map(Size::of);
        read.size = size.size.or(read.size).or_else(estimate);
        read.unknown.append(&mut size.unknown);
        read
    }

    fn marks(&mut self, text: &str) {
        if text.trim().eq_ignore_ascii_case("n/a") {
            return;
        }
        for item in without_notes(text).split(['|', ',', '+', '/', '&', ';', '·', '\n']) {
            let words: Vec<&str> = item.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
            if words.is_empty() {
                item.chars().filter_map(icon).for_each(|mark| self.take(mark));
            } else {
                self.words(&words);
            }
        }
    }

    /// Phrases of up to three words, one behind the other: `Heavy VS Code CLI` is three marks.
    fn words(&mut self, mut words: &[&str]) {
        let mut unknown: Vec<&str> = Vec::new();
        while let Some((first, rest)) = words.split_first() {
            let known = |n: usize| Some((n, mark(&words[..n].join(" ").to_lowercase())?));
            if let Some((length, mark)) = (1..=words.len().min(3)).find_map(known) {
                self.take(mark);
                words = &words[length..];
            } else {
                unknown.push(first);
                words = rest;
            }
        }
        if !unknown.is_empty() {
            self.unknown.push(unknown.join(" "));
        }
    }

    fn take(&mut self, mark: Mark) {
        match mark {
            Mark::Place(place) if self.places.contains(&place) => {}
            Mark::Place(place) => self.places.push(place),
            // `Quick | Medium` is a range, and its larger end counts, as it does for estimates.
            Mark::Size(size) => self.size = self.size.max(Some(size)),
            Mark::Ultrathink => self.ultrathink = true,
            Mark::Subagents => self.subagents = true,
            Mark::Filler => {}
        }
    }
}

impl Size {
    /// By the estimate.
    pub const fn of(minutes: u32) -> Self {
        match minutes {
            0..30 => Self::Quick,
            30..=60 => Self::Medium,
            _ => Self::Heavy,
        }
    }

    /// For people, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Quick => "under 30 minutes",
            Self::Medium => "30 to 60 minutes",
            Self::Heavy => "over an hour: take checkpoints",
        }
    }
}

impl Place {
    /// For people, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Cli => "in the terminal",
            Self::VsCode => "in the editor",
            Self::ClaudeAi => "in the browser",
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quick => "quick",
            Self::Medium => "medium",
            Self::Heavy => "heavy",
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cli => "CLI",
            Self::VsCode => "VS Code",
            Self::ClaudeAi => "claude.ai",
        })
    }
}

/// `CLI, heavy, ultrathink, subagents`; nothing where nothing is said.
impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.places.iter().map(Place::to_string);
        let flags = [(self.ultrathink, "ultrathink"), (self.subagents, "subagents")];
        let flags = flags.into_iter().filter(|(on, _)| *on).map(|(_, name)| name.to_owned());
        let all: Vec<String> = places.chain(self.size.map(|size| size.to_string())).chain(flags).collect();
        f.write_str(&all.join(", "))
    }
}

fn mark(phrase: &str) -> Option<Mark> {
    Some(match phrase {
        "cli" | "terminal" | "shell" | "command line" | "claude code" => Mark::Place(Place::Cli),
        "vscode" | "vs code" | "visual studio code" | "editor" | "ide" => Mark::Place(Place::VsCode),
        "claude ai" | "claudeai" | "web" | "browser" => Mark::Place(Place::ClaudeAi),
        "quick" | "small" | "short" | "xs" | "s" => Mark::Size(Size::Quick),
        "medium" | "m" => Mark::Size(Size::Medium),
        "heavy" | "large" | "big" | "long" | "l" | "xl" | "xxl" => Mark::Size(Size::Heavy),
        "ultrathink" | "ultra think" => Mark::Ultrathink,
        "subagents" | "sub agents" | "subagent" | "sub agent" => Mark::Subagents,
        "no ultrathink" | "without ultrathink" | "no subagents" | "no sub agents" | "without subagents" => Mark::Filler,
        "and" | "or" | "only" | "mode" | "none" | "with" | "in" | "the" | "use" => Mark::Filler,
        _ => return None,
    })
}

/// An icon counts where no word stands beside it.
fn icon(c: char) -> Option<Mark> {
    Some(match c {
        '🖥' | '💻' => Mark::Place(Place::Cli),
        '📝' => Mark::Place(Place::VsCode),
        '🌐' => Mark::Place(Place::ClaudeAi),
        '⚡' => Mark::Size(Size::Quick),
        '🔨' => Mark::Size(Size::Medium),
        '🏗' => Mark::Size(Size::Heavy),
        '🧠' => Mark::Ultrathink,
        '🤖' => Mark::Subagents,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(execution: &str, size: &str, estimate: &str) -> Execution {
        let key = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Execution::read(&Metadata {
            execution: key(execution),
            size: key(size),
            estimated_time: key(estimate),
            ..Metadata::default()
        })
    }

    #[test]
    fn as_people_write() {
        for (text, expected, unknown) in [
            ("🖥️ CLI | 🏗️ Heavy | 🧠 Ultrathink | 🤖 Subagents", "CLI, heavy, ultrathink, subagents", ""),
            ("🖥️ CLI | ⚡ Quick", "CLI, quick", ""),
            ("📝 VSCode | 🔨 Medium", "VS Code, medium", ""),
            ("🌐 claude.ai", "claude.ai", ""),
            ("cli, heavy + ULTRATHINK / sub-agents", "CLI, heavy, ultrathink, subagents", ""),
            ("CLI and VS Code", "CLI, VS Code", ""),
            ("CLI/VSCode", "CLI, VS Code", ""),
            ("Heavy VS Code CLI", "VS Code, CLI, heavy", ""),
            ("vs-code", "VS Code", ""),
            ("Visual Studio Code", "VS Code", ""),
            ("in the terminal", "CLI", ""),
            ("web", "claude.ai", ""),
            ("Claude Code", "CLI", ""),
            ("CLI | CLI", "CLI", ""),
            ("Quick | Medium", "medium", ""),
            ("Medium or Quick", "medium", ""),
            ("⚡ Quick (< 30 min) | CLI (Ada's machine)", "CLI, quick", ""),
            ("🖥️ | 🏗️ | 🧠🤖", "CLI, heavy, ultrathink, subagents", ""),
            ("CLI | no subagents", "CLI", ""),
            ("CLI | Needs Review | Turbo", "CLI", "Needs Review;Turbo"),
            ("Heavy lifting", "heavy", "lifting"),
            ("VS", "", "VS"),
            ("none", "", ""),
            ("n/a", "", ""),
            ("—", "", ""),
            ("", "", ""),
        ] {
            let read = read(text, "", "");
            assert_eq!((read.to_string().as_str(), read.unknown.join(";").as_str()), (expected, unknown), "{text}");
        }
    }

    #[test]
    fn the_size_is_the_keys_then_the_marks_then_the_estimates() {
        for (execution, size, estimate, expected) in [
            ("CLI", "🔨 Medium", "", Some(Size::Medium)),
            ("Quick", "L", "25 min", Some(Size::Heavy)),
            ("Quick", "", "90 min", Some(Size::Quick)),
            ("CLI", "", "29 min", Some(Size::Quick)),
            ("CLI", "", "30 min", Some(Size::Medium)),
            ("CLI", "", "1h", Some(Size::Medium)),
            ("CLI", "", "61", Some(Size::Heavy)),
            ("CLI", "huge", "61", Some(Size::Heavy)),
            ("CLI", "", "soon", None),
        ] {
            assert_eq!(read(execution, size, estimate).size, expected, "{execution} {size} {estimate}");
        }
        for (size, word) in [("small", "quick"), ("S", "quick"), ("m", "medium"), ("large", "heavy"), ("XL", "heavy")] {
            assert_eq!(read("", size, "").to_string(), word);
        }
        assert_eq!(read("", "huge", "").unknown, ["huge"]);
    }

    #[test]
    fn each_mode_says_what_it_means() {
        let sizes = [Size::Quick, Size::Medium, Size::Heavy].map(|size| format!("{size}: {}", size.meaning()));
        assert_eq!(
            sizes,
            ["quick: under 30 minutes", "medium: 30 to 60 minutes", "heavy: over an hour: take checkpoints"]
        );
        let places = [Place::Cli, Place::VsCode, Place::ClaudeAi].map(|place| format!("{place}: {}", place.meaning()));
        assert_eq!(places, ["CLI: in the terminal", "VS Code: in the editor", "claude.ai: in the browser"]);
    }
}
