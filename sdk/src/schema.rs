//! JSON schema of everything that crosses the boundary, for plugins in other languages. The file beside the WIT is
//! written from here; a test holds the two together.

use schemars::JsonSchema;

use crate::{
    Answer, Audit, Audited, Checkpoint, Complete, Context, Error, Merge, Merged, Plan, PlanDocument, Request, Rollback,
    Settle, Snapshot, SnapshotRequest, Start, Summary, Verify,
};

/// Every type at the boundary, each under its own name in `$defs`.
#[derive(Debug, JsonSchema)]
#[schemars(title = "session:plugin@0.1.0")]
#[expect(dead_code, reason = "read by the derive only")]
struct Contract {
    on_plan: Context<Plan>,
    on_plan_answer: Option<PlanDocument>,
    on_start: Context<Start>,
    on_checkpoint: Context<Checkpoint>,
    on_verify: Context<Verify>,
    on_complete: Context<Complete>,
    on_rollback: Context<Rollback>,
    on_settle: Context<Settle>,
    on_snapshot: Context<SnapshotRequest>,
    on_snapshot_answer: Option<Snapshot>,
    on_merge: Context<Merge>,
    on_merge_answer: Option<Merged>,
    on_audit: Context<Audit>,
    on_audit_answer: Option<Audited>,
    summary: Summary,
    error: Error,
    request: Request,
    answer: Answer,
}

/// The text of `wit/0.1.0/schema.json`.
pub fn text() -> String {
    let schema = schemars::schema_for!(Contract);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    /// `SESSION_BLESS=1 cargo test -p session-sdk` writes the file anew.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a file of the repository")]
    fn the_file_beside_the_wit_is_this_schema() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/wit/0.1.0/schema.json");
        if std::env::var_os("SESSION_BLESS").is_some() {
            std::fs::write(path, super::text()).expect(path);
        }
        assert!(
            std::fs::read_to_string(path).expect(path) == super::text(),
            "run SESSION_BLESS=1 cargo test -p session-sdk"
        );
    }
}
