//! What a project is: its root, its plugins.toml, its state folder, its plan and its records.

mod access;
mod claim;
mod find;
mod home;
mod json_fault;
mod manifest;
mod manifest_lines;
mod plan;
mod records;
mod unmerged;

pub use claim::{Claim, Claims};
pub use find::{Project, ProjectError};
pub use home::{ClonePlace, Home, ProjectLock};
pub use json_fault::JsonFault;
pub use manifest::{
    FILE as MANIFEST, Manifest, ManifestError, OnError, PluginTable, ProjectCheck, ProjectTable, RepositoryTable,
};
pub use manifest_lines::{ManifestLines, key_parts};
pub use plan::{PlanPathError, Texts, documented_plans, has_plan_name, named_plan, usual_plans};
pub use records::{RECORDS, RecordError, Records};
pub use unmerged::unmerged;
