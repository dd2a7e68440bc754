//! Which alembic is started: a virtual environment is often a link that leads out of the project.

use super::Shop;

/// One session with a migration; then alembic is in no folder of the path any more.
fn without_path() -> Option<Shop> {
    let mut shop = Shop::sqlite(&["SH-01", "SH-02"], false)?;
    shop.session_with("SH-01", "r0", &[]);
    shop.s.environment.retain(|(name, _)| *name != "PATH");
    shop.s.write(".git/info/exclude", ".venv\n");
    Some(shop)
}

#[test]
fn a_virtual_environment_that_is_a_link_is_used_and_named() {
    let Some(shop) = without_path() else { return };
    shop.session("rollback SH-01 --yes").fails(1, &["alembic"]);
    std::os::unix::fs::symlink(shop.tools.parent().unwrap(), shop.s.path(".venv")).unwrap();
    let ran = shop.session("rollback SH-01 --yes").ok();
    assert!(ran.err.contains("alembic is .venv/bin/alembic, behind the link .venv"), "{ran:?}");
    assert!(ran.err.contains("DROP TABLE t_r0"), "{ran:?}");
    assert!(!shop.database.dump().contains("t_r0"));
}

#[test]
fn a_link_or_file_without_alembic_gives_way() {
    let Some(shop) = without_path() else { return };
    let mut shop = shop;
    let path = format!("{}:{}", shop.tools.display(), std::env::var("PATH").unwrap());
    shop.s.environment.push(("PATH", path));
    std::os::unix::fs::symlink("/nowhere", shop.s.path(".venv")).unwrap();
    shop.session("rollback SH-01 --dry-run").ok();
    std::fs::remove_file(shop.s.path(".venv")).unwrap();
    shop.s.write(".venv", "the name of an environment\n");
    let ran = shop.session("rollback SH-01 --yes").ok();
    assert!(!ran.err.contains("behind the link"), "{ran:?}");
}
