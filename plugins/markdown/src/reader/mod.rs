//! Reads a document of sessions as people really write them. Nothing on content is fatal: what is not understood is a
//! warning, and the rest is used. Linear in the size of the document.

mod check;
mod commit;
mod depends;
mod document;
mod element;
mod id;
mod keys;
mod lines;
mod runner;
mod section;
mod session;
mod shell;

pub use document::read;
