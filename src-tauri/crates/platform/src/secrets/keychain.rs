//! The system's keychain (Secret Service on Linux). Every call may block on D-Bus, or on a person at a prompt.
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error};
use windlass_ports::{Secret, SecretError};

/// Under this name a person finds our secrets in the keychain's own window.
const SERVICE: &str = "Windlass";

/// A keychain that is connected when first needed.
pub(super) struct Keychain {
    connect: fn() -> Result<Arc<CredentialStore>, SecretError>,
    connected: Mutex<Option<Arc<CredentialStore>>>,
}

impl Keychain {
    pub(super) fn system() -> Self {
        Self { connect: system, connected: Mutex::new(None) }
    }

    pub(super) fn given(store: Option<Arc<CredentialStore>>) -> Self {
        Self { connect: none, connected: Mutex::new(store) }
    }

    pub(super) fn answers(&self) -> Result<(), SecretError> {
        self.store().map(drop)
    }

    pub(super) fn set(&self, account: &str, secret: &Secret) -> Result<(), SecretError> {
        self.entry(account)?.set_password(secret.expose()).map_err(|error| self.trouble(error))
    }

    pub(super) fn get(&self, account: &str) -> Result<Option<Secret>, SecretError> {
        match self.entry(account)?.get_password() {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(self.trouble(error)),
        }
    }

    pub(super) fn forget(&self, account: &str) -> Result<(), SecretError> {
        match self.entry(account)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(self.trouble(error)),
        }
    }

    fn store(&self) -> Result<Arc<CredentialStore>, SecretError> {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*connected {
            return Ok(Arc::clone(store));
        }
        let store = (self.connect)()?;
        *connected = Some(Arc::clone(&store));
        Ok(store)
    }

    fn entry(&self, account: &str) -> Result<Entry, SecretError> {
        self.store()?.build(SERVICE, account, None).map_err(|error| self.trouble(error))
    }

    fn trouble(&self, error: Error) -> SecretError {
        match error {
            Error::NoStorageAccess(_) => SecretError::Locked(Box::new(error)),
            Error::PlatformFailure(_) => {
                // The line may be dead: the next call connects anew. A given store has no other.
                let fresh = (self.connect)();
                if let Ok(store) = fresh {
                    *self.connected.lock().unwrap_or_else(PoisonError::into_inner) = Some(store);
                }
                SecretError::Io(Box::new(error))
            }
            // These carry the secret's bytes, which must not reach a log.
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                SecretError::Io("what the keychain holds is not text".into())
            }
            other => SecretError::Io(Box::new(other)),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd"))]
fn system() -> Result<Arc<CredentialStore>, SecretError> {
    match zbus_secret_service_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(SecretError::NoKeychain(Box::new(error))),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd")))]
fn system() -> Result<Arc<CredentialStore>, SecretError> {
    Err(SecretError::NoKeychain("this build reaches no keychain of this system".into()))
}

fn none() -> Result<Arc<CredentialStore>, SecretError> {
    Err(SecretError::NoKeychain("none was given".into()))
}
