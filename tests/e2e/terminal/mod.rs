//! What plugins, programs, plans and records can make a person read, copy and run, and what is left on disk of it.

mod caches;
mod commands;
mod forged;
mod libraries;
mod logs;
mod records;
