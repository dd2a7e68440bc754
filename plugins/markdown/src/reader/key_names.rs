//! The keys of a session by name, and which one was meant by a name that is almost one.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    SessionId,
    Title,
    Project,
    Phase,
    Week,
    Track,
    Repository,
    WorkingDirectory,
    Execution,
    Size,
    EstimatedTime,
    Dependencies,
    /// Dependencies among things that are no sessions.
    Prerequisites,
    ParallelWith,
    Files,
    Skills,
    SubAgents,
    Model,
    Thinking,
    Ultrathink,
    MaxThinkingTokens,
    Temperature,
    /// Whether it is done.
    Status,
}

impl Field {
    /// Its value is IDs of sessions.
    pub fn names_sessions(self) -> bool {
        matches!(self, Self::Dependencies | Self::Prerequisites | Self::ParallelWith)
    }
}

/// Names in lower case with `_`, in their order.
const NAMES: [(&str, Field); 47] = [
    ("after", Field::Dependencies),
    ("agents", Field::SubAgents),
    ("blocked_by", Field::Dependencies),
    ("can_run_with", Field::ParallelWith),
    ("dependencies", Field::Dependencies),
    ("dependency", Field::Dependencies),
    ("depends", Field::Dependencies),
    ("depends_on", Field::Dependencies),
    ("duration", Field::EstimatedTime),
    ("effort", Field::EstimatedTime),
    ("estimate", Field::EstimatedTime),
    ("estimated_duration", Field::EstimatedTime),
    ("estimated_effort", Field::EstimatedTime),
    ("estimated_time", Field::EstimatedTime),
    ("execution", Field::Execution),
    ("file", Field::Files),
    ("files", Field::Files),
    ("max_thinking_tokens", Field::MaxThinkingTokens),
    ("model", Field::Model),
    ("parallel", Field::ParallelWith),
    ("parallel_with", Field::ParallelWith),
    ("phase", Field::Phase),
    ("prerequisite", Field::Prerequisites),
    ("prerequisites", Field::Prerequisites),
    ("project", Field::Project),
    ("project_name", Field::Project),
    ("repo", Field::Repository),
    ("repository", Field::Repository),
    ("requires", Field::Dependencies),
    ("session_id", Field::SessionId),
    ("size", Field::Size),
    ("skill", Field::Skills),
    ("skills", Field::Skills),
    ("skills_registry", Field::Skills),
    ("status", Field::Status),
    ("sub_agents", Field::SubAgents),
    ("subagents", Field::SubAgents),
    ("temperature", Field::Temperature),
    ("thinking", Field::Thinking),
    ("thinking_mode", Field::Thinking),
    ("title", Field::Title),
    ("track", Field::Track),
    ("ultrathink", Field::Ultrathink),
    ("week", Field::Week),
    ("workdir", Field::WorkingDirectory),
    ("working_dir", Field::WorkingDirectory),
    ("working_directory", Field::WorkingDirectory),
];

/// Words of their own that are close to a name by accident.
const WORDS: [&str; 22] = [
    "mode",
    "modes",
    "models",
    "phrase",
    "phases",
    "weeks",
    "trace",
    "tracks",
    "truck",
    "title",
    "titles",
    "tiles",
    "sizes",
    "fields",
    "profiles",
    "projects",
    "required",
    "require",
    "dependent",
    "dependents",
    "defends",
    "skips",
];

pub fn field(name: &str) -> Option<Field> {
    NAMES.binary_search_by_key(&name, |(known, _)| known).ok().map(|at| NAMES[at].1)
}

/// Words for what a session waits for that the format does not know.
const WAITS: [&str; 11] = [
    "dependent_on",
    "depends_upon",
    "hard_dependencies",
    "needs",
    "predecessor",
    "predecessors",
    "required_sessions",
    "requires_sessions",
    "session_dependencies",
    "upstream",
    "waits_for",
];

/// Names for what waits for the session: no dependencies, and no slips of the pen.
pub fn is_blocked(name: &str) -> bool {
    const NAMES: [&str; 9] =
        ["blocks", "unblocks", "blocking", "enables", "required_by", "needed_by", "used_by", "next", "followed_by"];
    NAMES.contains(&name)
}

/// A name for dependencies, where its value may tell that they are meant.
pub fn waits(name: &str) -> bool {
    WAITS.contains(&name)
}

/// The key that was meant, where the name is one or two typing mistakes away from it.
pub fn suggestion(name: &str) -> Option<&'static str> {
    if name.len() < 5 || field(name).is_some() || WORDS.contains(&name) {
        return None;
    }
    let near = if name.len() < 8 { 1 } else { 2 };
    let close = NAMES.iter().filter(|(known, _)| known.len().abs_diff(name.len()) <= near && known.len() > 4);
    let ranked = close.map(|(known, _)| (strsim::osa_distance(known, name), *known));
    ranked.filter(|(distance, _)| *distance <= near).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
        for (name, meant) in [
            ("dependancies", Some("dependencies")),
            ("depend_on", Some("depends_on")),
            ("modle", Some("model")),
            ("repositroy", Some("repository")),
            ("estimatd_time", Some("estimated_time")),
            ("mode", None),
            ("status", None),
            ("owner", None),
            ("required", None),
            ("model", None),
            ("notes", None),
            ("branch", None),
            ("priority", None),
            ("description", None),
            ("objective", None),
        ] {
            assert_eq!(suggestion(name), meant, "{name}");
        }
    }
}
