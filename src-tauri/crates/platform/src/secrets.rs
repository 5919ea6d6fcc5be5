//! Secrets: in the system's keychain, in memory, or in a file under a passphrase; always where a person chose.
mod keychain;
mod vault;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use keyring_core::CredentialStore;
use windlass_ports::{Secret, SecretError, SecretKeep, SecretStore};

use keychain::Keychain;
use vault::Vault;

/// The three places. Finding looks in memory, in the opened file, in the keychain, in this order; keeping a secret in
/// one place takes it out of the others, so that an old one is never found in its stead.
///
/// A keychain that nobody ever unlocked answers like one that has nothing, so `get` may then say `None`. A keychain that
/// does not answer at all has nothing. Forgetting needs no passphrase: what is in a closed file is taken out when it is
/// next opened.
#[derive(Clone)]
pub struct Secrets {
    places: Arc<Places>,
}

struct Places {
    memory: Mutex<BTreeMap<String, Secret>>,
    vault: Mutex<Vault>,
    keychain: Keychain,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// The system's keychain, and the file in this folder. Nothing is opened yet.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self::with(data_dir, Keychain::system())
    }

    /// Another keychain, or none.
    #[must_use]
    pub fn with_keychain(data_dir: &Path, keychain: Option<Arc<CredentialStore>>) -> Self {
        Self::with(data_dir, Keychain::given(keychain))
    }

    fn with(data_dir: &Path, keychain: Keychain) -> Self {
        let vault = Mutex::new(Vault::closed(data_dir));
        Self { places: Arc::new(Places { memory: Mutex::default(), vault, keychain }) }
    }

    /// D-Bus, scrypt and the disk all block.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Places) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let places = Arc::clone(&self.places);
        match tokio::task::spawn_blocking(move || work(&places)).await {
            Ok(result) => result,
            Err(stopped) => Err(SecretError::Io(Box::new(stopped))),
        }
    }
}

#[async_trait]
impl SecretStore for Secrets {
    async fn keychain_available(&self) -> Result<(), SecretError> {
        self.aside(|places| places.keychain.answers()).await
    }

    async fn passphrase_file_exists(&self) -> bool {
        self.aside(|places| Ok(places.vault().exists())).await.unwrap_or(false)
    }

    async fn unlock(&self, passphrase: Secret) -> Result<(), SecretError> {
        self.aside(move |places| places.vault().open(passphrase)).await
    }

    async fn set(&self, keep: SecretKeep, account: &str, secret: Secret) -> Result<(), SecretError> {
        let account = account.to_owned();
        self.aside(move |places| places.set(keep, &account, secret)).await
    }

    async fn get(&self, account: &str) -> Result<Option<Secret>, SecretError> {
        let account = account.to_owned();
        self.aside(move |places| places.get(&account)).await
    }

    async fn forget(&self, account: &str) -> Result<(), SecretError> {
        let account = account.to_owned();
        self.aside(move |places| {
            places.memory().remove(&account);
            places.vault().forget(&account)?;
            places.forget_in_keychain(&account)
        })
        .await
    }
}

impl Places {
    fn memory(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn vault(&self) -> MutexGuard<'_, Vault> {
        self.vault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, keep: SecretKeep, account: &str, secret: Secret) -> Result<(), SecretError> {
        match keep {
            SecretKeep::Keychain => {
                self.keychain.set(account, &secret)?;
                self.memory().remove(account);
                self.vault().forget(account)
            }
            SecretKeep::ThisSession => {
                self.memory().insert(account.to_owned(), secret);
                self.vault().forget(account)?;
                self.forget_in_keychain(account)
            }
            SecretKeep::PassphraseFile => {
                self.vault().set(account, secret)?;
                self.memory().remove(account);
                self.forget_in_keychain(account)
            }
        }
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, SecretError> {
        if let Some(secret) = self.memory().get(account) {
            return Ok(Some(secret.clone()));
        }
        let in_file = self.vault().get(account);
        if let Ok(Some(secret)) = in_file {
            return Ok(Some(secret));
        }
        match self.keychain.get(account) {
            Ok(Some(secret)) => Ok(Some(secret)),
            // No keychain has nothing. What a closed file has, nobody knows.
            Ok(None) | Err(SecretError::NoKeychain(_)) => in_file,
            Err(error) => Err(error),
        }
    }

    fn forget_in_keychain(&self, account: &str) -> Result<(), SecretError> {
        match self.keychain.forget(account) {
            Err(SecretError::NoKeychain(_)) => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
