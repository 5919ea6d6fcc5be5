//! The keys of the practice bucket: made once, kept beside the data, readable by this user only.

use std::io::Write as _;
use std::path::Path;

use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::PracticeError;

#[derive(Serialize, Deserialize)]
struct Kept {
    access_key: String,
    secret_key: String,
}

/// Reads the kept keys or makes new ones. The file appears in one step, so a kill leaves either all of it or nothing.
///
/// # Errors
/// [`PracticeError::Credentials`] when the file is there but unreadable, or cannot be written.
pub(crate) fn load_or_create(root: &Path) -> Result<(String, String), PracticeError> {
    let path = root.join("credentials.json");
    let wrap = |e: std::io::Error| PracticeError::Credentials(Box::new(e));
    match std::fs::read(&path) {
        Ok(bytes) => {
            let kept: Kept =
                serde_json::from_slice(&bytes).map_err(|e| PracticeError::Credentials(Box::new(e)))?;
            return Ok((kept.access_key, kept.secret_key));
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(wrap(e)),
    }
    let kept = Kept {
        access_key: format!("PRACTICE{}", random(12, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
        secret_key: random(40, ALPHANUMERIC),
    };
    let text = serde_json::to_vec(&kept).map_err(|e| PracticeError::Credentials(Box::new(e)))?;
    let temp = root.join("credentials.json.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&temp).map_err(wrap)?;
    file.write_all(&text).map_err(wrap)?;
    file.sync_all().map_err(wrap)?;
    drop(file);
    std::fs::rename(&temp, &path).map_err(wrap)?;
    Ok((kept.access_key, kept.secret_key))
}

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn random(length: usize, alphabet: &[u8]) -> String {
    let mut rng = rand::rng();
    (0..length)
        .filter_map(|_| alphabet.get(rng.random_range(0..alphabet.len())))
        .map(|b| char::from(*b))
        .collect()
}
