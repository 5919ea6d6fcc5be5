//! Names that Windlass keeps for itself inside a person's folder.

/// Folder of ours at a root.
pub(crate) const OURS: &str = ".windlass";
/// The marker in it.
pub(crate) const MARKER: &str = "root.json";
/// What a person does not want to sync, in the syntax of gitignore.
pub(crate) const IGNORE: &str = ".windlassignore";
/// Start of the name of every temporary file.
pub(crate) const TEMP: &str = ".windlass-tmp-";

/// A fresh name for a temporary file.
pub(crate) fn temp() -> String {
    format!("{TEMP}{:016x}", rand::random::<u64>())
}

/// Whether a name is that of a temporary file.
pub(crate) fn is_temp(name: &[u8]) -> bool {
    name.starts_with(TEMP.as_bytes())
}

/// Whether a path below a root is ours: below `.windlass`, or a temporary file.
pub(crate) fn is_ours(path: &str) -> bool {
    path.split('/').next() == Some(OURS) || path.split('/').any(|part| is_temp(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_only_ours() {
        for ours in [".windlass", ".windlass/root.json", ".windlass-tmp-1", "a/.windlass-tmp-1"] {
            assert!(is_ours(ours), "{ours}");
        }
        for theirs in [".windlassignore", "a/.windlass/x", "windlass-tmp-1", "a/b"] {
            assert!(!is_ours(theirs), "{theirs}");
        }
        assert!(is_ours(&temp()) && temp() != temp());
    }
}
