//! One file per guest, named for what it does. Each is built as a component; `commits` as a native library too.
