//! Secrets: they go in and come out here and nowhere else.
use std::fmt;

use async_trait::async_trait;
use zeroize::Zeroizing;

/// A secret text. Prints as `Secret(…)`, is wiped when dropped, and cannot be serialised.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text. Every call site is a place to look at.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a secret is kept; always a person's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKeep {
    /// The operating system's keychain.
    Keychain,
    /// Memory, until the process ends.
    ThisSession,
    /// A file encrypted with a passphrase.
    PassphraseFile,
}

/// Trouble with secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No keychain answers on this computer.
    #[error("no keychain answers on this computer")]
    NoKeychain(#[source] crate::BoxError),
    /// It is locked, or refuses.
    #[error("the keychain is locked or refuses")]
    Locked(#[source] crate::BoxError),
    /// The passphrase does not open the file, or none was given.
    #[error("the passphrase does not open the file")]
    WrongPassphrase,
    /// Reading or writing failed.
    #[error("the secret could not be read or written")]
    Io(#[source] crate::BoxError),
}

/// A place for secrets, by account name. Calls may block on D-Bus, so they are async and run aside.
#[async_trait]
pub trait SecretStore: fmt::Debug + Send + Sync {
    /// Whether a keychain answers; the reason in plain words when not.
    async fn keychain_available(&self) -> Result<(), SecretError>;
    /// Whether the passphrase file exists.
    async fn passphrase_file_exists(&self) -> bool;
    /// Opens (or creates) the passphrase file for this session.
    async fn unlock(&self, passphrase: Secret) -> Result<(), SecretError>;
    /// Keeps a secret there.
    async fn set(&self, keep: SecretKeep, account: &str, secret: Secret) -> Result<(), SecretError>;
    /// Finds a secret wherever it is kept. `None` when no place has it.
    async fn get(&self, account: &str) -> Result<Option<Secret>, SecretError>;
    /// Removes it from every place.
    async fn forget(&self, account: &str) -> Result<(), SecretError>;
}
