//! Credentials, kept until shortly before they expire, so that a provider (a file, a program, a sign-in) is not asked
//! once per request.
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::Identity;
use windlass_ports::{RemoteError, RemoteErrorKind};

use crate::error::{chain, own};

/// How long before their end credentials are renewed.
const EARLY: Duration = Duration::from_secs(30);
/// Credentials without an end are looked at again after this, as the SDK does: the file they are from may change.
const UNENDING: Duration = Duration::from_mins(15);
/// Longest wait for a provider; a program that asks a person takes a while.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Held {
    provider: Option<SharedCredentialsProvider>,
    now: Mutex<Option<(Identity, SystemTime)>>,
    /// Held while a provider is asked, so that it is asked once.
    asking: tokio::sync::Mutex<()>,
}

impl Held {
    pub(super) fn new(provider: Option<SharedCredentialsProvider>) -> Self {
        Self { provider, now: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    fn fresh(&self) -> Option<Identity> {
        let held = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(_, until)| *until > SystemTime::now()).map(|(identity, _)| identity.clone())
    }

    pub(super) fn forget(&self) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The credentials to sign with now.
    pub(super) async fn get(&self) -> Result<Identity, RemoteError> {
        if let Some(identity) = self.fresh() {
            return Ok(identity);
        }
        let refuse = |text: String| own(RemoteErrorKind::Unauthenticated, text);
        let Some(provider) = &self.provider else {
            return Err(refuse("there are no credentials".to_owned()));
        };
        let _asking = self.asking.lock().await;
        if let Some(identity) = self.fresh() {
            return Ok(identity);
        }
        let given = tokio::time::timeout(PATIENCE, provider.provide_credentials()).await;
        let given = match given {
            Ok(Ok(given)) => given,
            Ok(Err(error)) => return Err(refuse(chain(&error))),
            Err(_) => {
                return Err(refuse(format!(
                    "credentials did not come within {} seconds",
                    PATIENCE.as_secs()
                )));
            }
        };
        let now = SystemTime::now();
        let until = given.expiry().map_or(now + UNENDING, |end| end.checked_sub(EARLY).unwrap_or(now));
        let identity = Identity::from(given);
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Some((identity.clone(), until));
        Ok(identity)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::{ProvideCredentials, future};

    use super::*;

    #[derive(Debug)]
    struct Counting(Arc<AtomicU32>, Option<Duration>);

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            self.0.fetch_add(1, Ordering::Relaxed);
            let end = self.1.map(|d| SystemTime::now() + d);
            future::ProvideCredentials::ready(Ok(Credentials::new("a", "b", None, end, "test")))
        }
    }

    async fn asked(life: Option<Duration>) -> u32 {
        let count = Arc::new(AtomicU32::new(0));
        let held = Held::new(Some(SharedCredentialsProvider::new(Counting(Arc::clone(&count), life))));
        for _ in 0..3 {
            held.get().await.unwrap();
        }
        count.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn he5_a_provider_is_asked_once_and_again_shortly_before_the_end() {
        assert_eq!(asked(None).await, 1);
        assert_eq!(asked(Some(Duration::from_secs(3600))).await, 1);
        assert_eq!(asked(Some(Duration::from_secs(5))).await, 3);
    }

    #[tokio::test]
    async fn what_the_server_no_longer_takes_is_asked_for_again() {
        let count = Arc::new(AtomicU32::new(0));
        let held = Held::new(Some(SharedCredentialsProvider::new(Counting(Arc::clone(&count), None))));
        held.get().await.unwrap();
        held.forget();
        held.get().await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 2);
        assert_eq!(Held::new(None).get().await.unwrap_err().kind, RemoteErrorKind::Unauthenticated);
    }
}
