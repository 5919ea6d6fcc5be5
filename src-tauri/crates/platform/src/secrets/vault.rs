//! The file under a passphrase: a map of accounts in the format of `age` (scrypt, ChaCha20-Poly1305), written anew with
//! each change. Beside it lies a list of accounts to take out when it is next opened; account names are no secrets.
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use age::{DecryptError, scrypt};
use windlass_ports::{Secret, SecretError};
use zeroize::Zeroizing;

use crate::folder::Folder;
use crate::names;

const FILE: &str = "secrets.age";
const FORGOTTEN: &str = "secrets.forgotten.json";
/// Work of scrypt: 2^17 (128 MiB, under a second), what OWASP asks for; fixed, so that a busy moment makes no weak file.
const WORK: u8 = 17;
const MOST_WORK: u8 = 20;
const MOST: u64 = 16 * 1024 * 1024;

/// The file, open or closed.
pub(super) struct Vault {
    folder: PathBuf,
    open: Option<Open>,
}

struct Open {
    passphrase: Secret,
    secrets: BTreeMap<String, Secret>,
}

fn io_trouble(error: impl Into<windlass_ports::BoxError>) -> SecretError {
    SecretError::Io(error.into())
}

impl Vault {
    pub(super) fn closed(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), open: None }
    }

    pub(super) fn exists(&self) -> bool {
        self.folder.join(FILE).exists()
    }

    /// Opens the file, or makes an empty one. A wrong passphrase leaves everything as it was.
    pub(super) fn open(&mut self, passphrase: Secret) -> Result<(), SecretError> {
        let secrets = match self.read(FILE).map_err(io_trouble)? {
            Some(cipher) => decrypt(&cipher, &passphrase)?,
            None => BTreeMap::new(),
        };
        let forgotten = self.forgotten()?;
        let mut open = Open { passphrase, secrets };
        let before = open.secrets.len();
        open.secrets.retain(|account, _| !forgotten.contains(account));
        if open.secrets.len() != before || !self.exists() {
            self.save(&open)?;
        }
        if !forgotten.is_empty() {
            self.write(FORGOTTEN, b"[]").map_err(io_trouble)?;
        }
        self.open = Some(open);
        Ok(())
    }

    pub(super) fn set(&mut self, account: &str, secret: Secret) -> Result<(), SecretError> {
        self.change(|secrets| {
            secrets.insert(account.to_owned(), secret);
        })
    }

    /// `WrongPassphrase` when the file is closed: nobody knows what is in it.
    pub(super) fn get(&self, account: &str) -> Result<Option<Secret>, SecretError> {
        match &self.open {
            Some(open) => Ok(open.secrets.get(account).cloned()),
            None if self.exists() && !self.forgotten()?.contains(account) => {
                Err(SecretError::WrongPassphrase)
            }
            None => Ok(None),
        }
    }

    pub(super) fn forget(&mut self, account: &str) -> Result<(), SecretError> {
        match &self.open {
            Some(open) if !open.secrets.contains_key(account) => Ok(()),
            Some(_) => self.change(|secrets| {
                secrets.remove(account);
            }),
            None if self.exists() => {
                let mut forgotten = self.forgotten()?;
                if forgotten.insert(account.to_owned()) {
                    let text = serde_json::to_vec(&forgotten).map_err(io_trouble)?;
                    self.write(FORGOTTEN, &text).map_err(io_trouble)?;
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Changes the map after the file was changed: what memory says is always on the disk.
    fn change(&mut self, change: impl FnOnce(&mut BTreeMap<String, Secret>)) -> Result<(), SecretError> {
        let open = self.open.as_ref().ok_or(SecretError::WrongPassphrase)?;
        let mut next = Open { passphrase: open.passphrase.clone(), secrets: open.secrets.clone() };
        change(&mut next.secrets);
        self.save(&next)?;
        self.open = Some(next);
        Ok(())
    }

    fn save(&self, open: &Open) -> Result<(), SecretError> {
        let cipher = encrypt(open)?;
        self.write(FILE, &cipher).map_err(io_trouble)
    }

    fn forgotten(&self) -> Result<BTreeSet<String>, SecretError> {
        match self.read(FORGOTTEN).map_err(io_trouble)? {
            Some(text) => serde_json::from_slice(&text).map_err(io_trouble),
            None => Ok(BTreeSet::new()),
        }
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let opened = Folder::open(&self.folder).and_then(|folder| folder.open_file(OsStr::new(name)));
        let (file, _) = match opened {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Replaces a file in one step; only this user may read it.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = Folder::open(&self.folder)?;
        let temp = names::temp();
        let temp = OsStr::new(&temp);
        let written = folder.create(temp, 0o600).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()?;
            folder.replace(temp, &folder, OsStr::new(name))?;
            folder.sync()
        });
        if written.is_err() {
            // It may not be there; it is encrypted in any case.
            let _left = folder.remove(temp);
        }
        written
    }
}

fn password(passphrase: &Secret) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}

fn encrypt(open: &Open) -> Result<Vec<u8>, SecretError> {
    let plain: BTreeMap<&str, &str> =
        open.secrets.iter().map(|(account, secret)| (account.as_str(), secret.expose())).collect();
    // Enough room at once: a buffer that grows leaves copies behind that nobody wipes. JSON needs six bytes at most for
    // one.
    let room: usize = plain.iter().map(|(account, secret)| 6 * (account.len() + secret.len()) + 8).sum();
    let mut text = Zeroizing::new(Vec::with_capacity(room + 8));
    serde_json::to_writer(&mut *text, &plain).map_err(io_trouble)?;
    let mut recipient = scrypt::Recipient::new(password(&open.passphrase));
    recipient.set_work_factor(WORK);
    age::encrypt(&recipient, &text).map_err(io_trouble)
}

fn decrypt(cipher: &[u8], passphrase: &Secret) -> Result<BTreeMap<String, Secret>, SecretError> {
    let mut identity = scrypt::Identity::new(password(passphrase));
    identity.set_max_work_factor(MOST_WORK);
    let text = match age::decrypt(&identity, cipher) {
        Ok(text) => Zeroizing::new(text),
        Err(
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys,
        ) => {
            return Err(SecretError::WrongPassphrase);
        }
        Err(error) => return Err(io_trouble(error)),
    };
    let plain: BTreeMap<String, String> = serde_json::from_slice(&text).map_err(|error| {
        // The library's message may quote what it could not read.
        io_trouble(format!("the file's content is damaged at column {}", error.column()))
    })?;
    Ok(plain.into_iter().map(|(account, secret)| (account, Secret::new(secret))).collect())
}
