//! The TypeScript types of the API: generated from the Rust ones, kept in the repository, checked by the tests.
use std::path::Path;

use anyhow::Context as _;

const FOLDER: &str = "ui/src/lib/api";

/// Writes the files.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    let folder = root.join(FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    for (name, content) in windlass_api::typescript() {
        let path = folder.join(&name);
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
        println!("{FOLDER}/{name}");
    }
    Ok(())
}

/// Fails when a file is not what [`write`] would write.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    for (name, content) in windlass_api::typescript() {
        let found = std::fs::read_to_string(root.join(FOLDER).join(&name)).unwrap_or_default();
        anyhow::ensure!(
            found == content,
            "{FOLDER}/{name} is not what the Rust types say; run: cargo xtask types"
        );
    }
    println!("the TypeScript types are current");
    Ok(())
}
