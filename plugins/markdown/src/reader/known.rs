//! The keys of a session by name, and which one was meant by a name that is almost one.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// Names in lower case with `_`; the first of each is the one to suggest.
const NAMES: [(&str, Field); 43] = [
    ("session_id", Field::SessionId),
    ("title", Field::Title),
    ("project", Field::Project),
    ("phase", Field::Phase),
    ("week", Field::Week),
    ("track", Field::Track),
    ("repository", Field::Repository),
    ("repo", Field::Repository),
    ("working_directory", Field::WorkingDirectory),
    ("working_dir", Field::WorkingDirectory),
    ("workdir", Field::WorkingDirectory),
    ("execution", Field::Execution),
    ("size", Field::Size),
    ("estimated_time", Field::EstimatedTime),
    ("estimated_duration", Field::EstimatedTime),
    ("estimate", Field::EstimatedTime),
    ("duration", Field::EstimatedTime),
    ("dependencies", Field::Dependencies),
    ("dependency", Field::Dependencies),
    ("depends_on", Field::Dependencies),
    ("depends", Field::Dependencies),
    ("requires", Field::Dependencies),
    ("blocked_by", Field::Dependencies),
    ("prerequisites", Field::Prerequisites),
    ("prerequisite", Field::Prerequisites),
    ("parallel_with", Field::ParallelWith),
    ("files", Field::Files),
    ("file", Field::Files),
    ("skills", Field::Skills),
    ("skill", Field::Skills),
    ("skills_registry", Field::Skills),
    ("sub_agents", Field::SubAgents),
    ("subagents", Field::SubAgents),
    ("agents", Field::SubAgents),
    ("model", Field::Model),
    ("thinking_mode", Field::Thinking),
    ("thinking", Field::Thinking),
    ("ultrathink", Field::Ultrathink),
    ("max_thinking_tokens", Field::MaxThinkingTokens),
    ("temperature", Field::Temperature),
    ("parallel", Field::ParallelWith),
    ("project_name", Field::Project),
    ("can_run_with", Field::ParallelWith),
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
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
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
