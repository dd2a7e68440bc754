//! x
mod graph; mod ini; mod output; mod python; mod revision; mod sql;
