//! One file per guest, named for what it does. Each is built as a component; a guest that no test runs fails `guests.rs`.
