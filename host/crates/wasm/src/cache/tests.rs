use super::*;
use cofferdam_config::SandboxConfig;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn engine() -> Engine {
    Engine::new(&crate::engine::config(&SandboxConfig::default(), crate::engine::Purpose::Compile)).unwrap()
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A cache with one entry, and the path of that.
fn with_entry() -> (tempfile::TempDir, CodeCache, Engine, CacheKey, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(&dir.path().join("code")).unwrap();
    let engine = engine();
    let bytes = component("(component)");
    let key = CacheKey::new(&engine, &bytes);
    cache.store(&key, &engine.precompile_component(&bytes).unwrap()).unwrap();
    let path = cache.path.join(&key.0);
    (dir, cache, engine, key, path)
}

#[test]
fn what_was_stored_is_loaded() {
    let (_dir, cache, engine, key, path) = with_entry();
    assert!(cache.load(&engine, &key).is_some());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&cache.path).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(&cache.path).unwrap().count(), 1, "no temporary file is left");
    assert!(cache.load(&engine, &CacheKey::new(&engine, b"another")).is_none());
}

#[test]
fn a_damaged_entry_is_no_entry() {
    let (_dir, cache, engine, key, path) = with_entry();
    let whole = fs::read(&path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for (what, bytes) in [
        ("magic", flipped(0)),
        ("hash", flipped(20)),
        ("code", flipped(whole.len() / 2)),
        ("end", flipped(whole.len() - 1)),
        ("short", whole[..whole.len() - 1].to_vec()),
        ("longer", [&whole[..], b"x"].concat()),
        ("header only", whole[..16].to_vec()),
        ("empty", Vec::new()),
    ] {
        fs::write(&path, bytes).unwrap();
        assert!(cache.load(&engine, &key).is_none(), "{what}");
        assert!(!path.exists(), "{what}: removed");
    }
}

#[test]
fn sound_bytes_that_are_no_code_of_this_engine_are_refused() {
    let (_dir, cache, engine, key, path) = with_entry();
    cache.store(&key, b"no code").unwrap();
    assert!(cache.load(&engine, &key).is_none());
    let other = SandboxConfig { memory_max: 512 << 20, ..SandboxConfig::default() };
    let other = Engine::new(&crate::engine::config(&other, crate::engine::Purpose::Compile)).unwrap();
    assert_ne!(CacheKey::new(&other, b"x"), CacheKey::new(&engine, b"x"));
    assert_eq!(CacheKey::new(&engine, b"x"), CacheKey::new(&self::engine(), b"x"), "keys outlive the process's engine");
    assert!(!path.exists());
}

#[test]
fn an_entry_that_others_could_have_written_is_refused() {
    let (dir, cache, engine, key, path) = with_entry();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(cache.load(&engine, &key).is_none());

    let (_dir, _, _, _, genuine) = with_entry();
    std::os::unix::fs::symlink(&genuine, &path).unwrap();
    assert!(cache.load(&engine, &key).is_none(), "a link is not followed");
    drop(dir);
}

#[test]
fn a_directory_that_others_can_use_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    for mode in [0o755, 0o701, 0o770, 0o720] {
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
        let error = CodeCache::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains(&dir.path().display().to_string()), "{error}");
        assert!(error.contains(&format!("its mode is {mode:04o}")) && error.contains("chmod 700"), "{error}");
    }
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(CodeCache::open(dir.path()).is_ok());
}

#[test]
fn somebody_elses_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    // Only root may give a directory away; others find one of root's everywhere.
    let (path, owner) = match std::os::unix::fs::chown(dir.path(), Some(12345), None) {
        Ok(()) => (dir.path(), 12345),
        Err(_) => (Path::new("/"), 0),
    };
    let error = CodeCache::open(path).unwrap_err().to_string();
    assert!(error.contains(&format!("it belongs to user {owner}")), "{error}");
}

#[test]
fn a_directory_that_others_could_replace_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let above = dir.path().join("above");
    let cache = above.join("parent/code");
    fs::create_dir_all(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).unwrap();
    std::os::unix::fs::symlink(above.join("parent"), dir.path().join("link")).unwrap();
    for (mode, refused) in [(0o777, true), (0o1777, false), (0o755, false)] {
        fs::set_permissions(&above, fs::Permissions::from_mode(mode)).unwrap();
        for path in [cache.clone(), dir.path().join("link/code")] {
            match CodeCache::open(&path) {
                Ok(_) => assert!(!refused, "{mode:o} {}", path.display()),
                Err(error) => {
                    let above = above.canonicalize().unwrap();
                    let says = format!("everybody can write to {}", above.display());
                    assert!(refused && error.to_string().contains(&says), "{error}");
                }
            }
        }
    }
    // The way there counts, not only where it leads.
    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    std::os::unix::fs::symlink(above.join("parent"), open.join("link")).unwrap();
    assert!(matches!(CodeCache::open(&open.join("link/code")), Err(CacheError::Replaceable { .. })));
}

#[test]
fn what_is_no_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(CodeCache::open(&file), Err(CacheError::Unavailable { .. })));
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path(), &link).unwrap();
    assert!(matches!(CodeCache::open(&link), Err(CacheError::Unavailable { .. })));
}
