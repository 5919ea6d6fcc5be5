//! Keys and paths: the way there and back, and never out of the root.
use std::path::{Component, Path};

use windlass_domain::names::{NameRules, key_of, path_of, twin_key};
use windlass_domain::{ObjectKey, Prefix, RelPath};

use crate::Bytes;

/// One key and one file name, on one kind of disk.
pub fn check(bytes: &[u8]) {
    let mut bytes = Bytes::new(bytes);
    let rules = match bytes.below(4) {
        0 => NameRules::EXACT,
        1 => NameRules { insensitive: true, windows: true, max_component_bytes: 255, max_path: 32_000 },
        2 => NameRules { insensitive: true, windows: false, max_component_bytes: 255, max_path: 1024 },
        _ => NameRules {
            insensitive: bytes.byte() & 1 == 0,
            windows: bytes.byte() & 1 == 0,
            max_component_bytes: bytes.below(256),
            max_path: bytes.below(4096),
        },
    };
    let prefix = Prefix::new(bytes.of(&["", "prefix", "prefix/", "..", "a//", "/"]));
    let text = bytes.text(12);
    // With and without the prefix.
    for text in [format!("{prefix}{text}"), text.clone()] {
        let Ok(key) = ObjectKey::parse(&text) else { continue };
        if let Ok(path) = path_of(&key, &prefix, rules) {
            assert!(key.as_str().starts_with(prefix.as_str()), "{key:?} is not below {prefix:?}");
            inside(&path, rules);
            assert_eq!(key_of(&path, &prefix, rules), Ok(key), "the way back from {path:?}");
        }
    }
    if let Ok(path) = RelPath::parse(&text) {
        inside(&path, NameRules::EXACT);
        let twin = twin_key(&path, rules);
        if let Ok(again) = RelPath::parse(&twin) {
            assert_eq!(twin_key(&again, rules), twin, "taken twice");
        }
        if let Ok(key) = key_of(&path, &prefix, rules) {
            assert!(key.as_str().starts_with(prefix.as_str()));
            if path_fits(&path, rules) {
                assert_eq!(path_of(&key, &prefix, rules), Ok(path), "the way back from {key:?}");
            }
        }
    }
}

fn path_fits(path: &RelPath, rules: NameRules) -> bool {
    path.as_str().len() <= rules.max_path
        && path.as_str().split('/').all(|segment| segment.len() <= rules.max_component_bytes.min(255))
}

/// Below its root, whatever it is joined to, and a name that such a disk takes.
fn inside(path: &RelPath, rules: NameRules) {
    let root = Path::new("/root");
    let whole = root.join(path.as_str());
    let rest = whole.strip_prefix(root).expect("outside of the root");
    assert!(rest.components().all(|part| matches!(part, Component::Normal(_))), "{path:?} climbs");
    assert_eq!(
        rest.components().count(),
        path.as_str().split('/').count(),
        "{path:?} is another path on the disk"
    );
    assert!(!path.as_str().contains('\0'));
    if rules != NameRules::EXACT {
        assert!(path_fits(path, rules), "{path:?} is too long");
    }
    if rules.windows {
        for segment in path.as_str().split('/') {
            let bad = |c: char| (c < ' ') || "<>:\"\\|?*".contains(c);
            assert!(
                !segment.contains(bad) && !segment.ends_with(['.', ' ']),
                "{segment:?} is no name on Windows"
            );
            let device = segment.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
            assert!(
                !["CON", "PRN", "AUX", "NUL", "COM1", "LPT¹", "CONOUT$"].contains(&device.as_str()),
                "{segment:?}"
            );
        }
    }
}
