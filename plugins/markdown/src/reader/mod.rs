//! Reads a document of sessions as people really write them. Nothing on content is fatal: what is not understood is a
//! warning, and the rest is used. Linear in the size of the document.

mod lines;

mod column;
mod comment;
mod fence;
mod heading;
mod tag;
mod value;
mod warning;

mod boundaries;
mod document;
pub mod folder;
mod scheme;

mod body;
mod metadata;
mod places;
mod section;
mod session;
mod task_file;
mod text;

mod agents;
mod check;
mod commit;
mod depends;
mod element;
mod key_names;
mod keys;
mod label;
mod paths;
mod runner;
mod shell;

pub use document::{Order, read, read_in};
