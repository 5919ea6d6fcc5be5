//! All three places, with a keychain made of memory. The real one is asked only in `tests/keychain.rs`.
use keyring_core::Error;
use keyring_core::mock;

use super::*;

const ACCOUNT: &str = "c1";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

async fn found(secrets: &Secrets, account: &str) -> Option<String> {
    secrets.get(account).await.unwrap().map(|s| s.expose().to_owned())
}

fn mock_store() -> Arc<mock::Store> {
    mock::Store::new().unwrap()
}

fn with_mock(folder: &Path, store: &Arc<mock::Store>) -> Secrets {
    let store: Arc<CredentialStore> = Arc::clone(store) as _;
    Secrets::with_keychain(folder, Some(store))
}

fn fail_next(store: &Arc<mock::Store>, account: &str, error: Error) {
    let entry =
        keyring_core::api::CredentialStoreApi::build(store.as_ref(), "Windlass", account, None).unwrap();
    entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
}

#[tokio::test]
async fn the_last_place_chosen_is_the_only_one() {
    let base = tempfile::tempdir().unwrap();
    let store = mock_store();
    let secrets = with_mock(base.path(), &store);
    secrets.keychain_available().await.unwrap();
    secrets.unlock(secret("pass")).await.unwrap();
    let (k, s, f) = (SecretKeep::Keychain, SecretKeep::ThisSession, SecretKeep::PassphraseFile);
    // Each step from one place to another.
    let places = [k, s, k, f, s, f, k];
    for (n, keep) in places.into_iter().enumerate() {
        secrets.set(keep, ACCOUNT, secret(&n.to_string())).await.unwrap();
        assert_eq!(found(&secrets, ACCOUNT).await, Some(n.to_string()), "{keep:?}");
        let later = with_mock(base.path(), &store);
        later.unlock(secret("pass")).await.unwrap();
        let after_a_restart = (keep != SecretKeep::ThisSession).then(|| n.to_string());
        assert_eq!(found(&later, ACCOUNT).await, after_a_restart, "{keep:?}");
    }
    secrets.forget(ACCOUNT).await.unwrap();
    assert_eq!(found(&secrets, ACCOUNT).await, None);
    secrets.forget(ACCOUNT).await.expect("twice is no error");
}

#[tokio::test]
async fn without_a_keychain_the_other_places_work() {
    let base = tempfile::tempdir().unwrap();
    let secrets = Secrets::with_keychain(base.path(), None);
    assert!(matches!(secrets.keychain_available().await, Err(SecretError::NoKeychain(_))));
    let refused = secrets.set(SecretKeep::Keychain, ACCOUNT, secret("s")).await;
    assert!(matches!(refused, Err(SecretError::NoKeychain(_))), "never silently somewhere else");
    assert_eq!(found(&secrets, ACCOUNT).await, None);
    secrets.set(SecretKeep::ThisSession, ACCOUNT, secret("s")).await.unwrap();
    assert_eq!(found(&secrets, ACCOUNT).await.as_deref(), Some("s"));
    secrets.forget(ACCOUNT).await.unwrap();
    assert_eq!(std::fs::read_dir(base.path()).unwrap().count(), 0, "nothing was written");
}

#[tokio::test]
async fn a_locked_keychain_says_so() {
    let base = tempfile::tempdir().unwrap();
    let store = mock_store();
    let secrets = with_mock(base.path(), &store);
    fail_next(&store, ACCOUNT, Error::NoStorageAccess("locked".into()));
    let refused = secrets.set(SecretKeep::Keychain, ACCOUNT, secret("s")).await;
    assert!(matches!(refused, Err(SecretError::Locked(_))), "{refused:?}");
    fail_next(&store, ACCOUNT, Error::NoStorageAccess("locked".into()));
    assert!(matches!(secrets.get(ACCOUNT).await, Err(SecretError::Locked(_))));
}

#[tokio::test]
async fn an_error_never_carries_the_secret() {
    let base = tempfile::tempdir().unwrap();
    let store = mock_store();
    let secrets = with_mock(base.path(), &store);
    fail_next(&store, ACCOUNT, Error::BadEncoding(vec![83, 51, 67, 82, 51, 84]));
    let error = secrets.get(ACCOUNT).await.unwrap_err();
    assert!(!format!("{error:?}").contains("83"), "{error:?}");
    secrets.set(SecretKeep::ThisSession, ACCOUNT, secret("S3CR3T")).await.unwrap();
    assert!(!format!("{secrets:?}").contains("S3CR3T"));
}

#[tokio::test]
async fn the_file_opens_only_with_its_passphrase() {
    let base = tempfile::tempdir().unwrap();
    let secrets = Secrets::with_keychain(base.path(), None);
    assert!(!secrets.passphrase_file_exists().await);
    let closed = secrets.set(SecretKeep::PassphraseFile, ACCOUNT, secret("s")).await;
    assert!(matches!(closed, Err(SecretError::WrongPassphrase)), "{closed:?}");
    secrets.unlock(secret("right")).await.unwrap();
    assert!(secrets.passphrase_file_exists().await);
    secrets.set(SecretKeep::PassphraseFile, ACCOUNT, secret("S3CR3T \u{1F5DD} \"")).await.unwrap();

    let file = base.path().join("secrets.age");
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(6).any(|w| w == b"S3CR3T"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }

    let later = Secrets::with_keychain(base.path(), None);
    assert!(
        matches!(later.get(ACCOUNT).await, Err(SecretError::WrongPassphrase)),
        "nobody knows what is in it"
    );
    assert!(matches!(later.unlock(secret("wrong")).await, Err(SecretError::WrongPassphrase)));
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "a wrong passphrase changes nothing");
    later.unlock(secret("right")).await.unwrap();
    assert_eq!(found(&later, ACCOUNT).await.as_deref(), Some("S3CR3T \u{1F5DD} \""));
    assert!(matches!(later.unlock(secret("wrong")).await, Err(SecretError::WrongPassphrase)));
    assert!(found(&later, ACCOUNT).await.is_some(), "and it stays open");

    std::fs::write(&file, bytes.get(..bytes.len() - 3).unwrap()).unwrap();
    let cut = Secrets::with_keychain(base.path(), None).unlock(secret("right")).await;
    assert!(cut.is_err(), "a damaged file is no empty one");
}

#[tokio::test]
async fn forgetting_needs_no_passphrase_and_lasts() {
    let base = tempfile::tempdir().unwrap();
    let first = Secrets::with_keychain(base.path(), None);
    first.unlock(secret("pass")).await.unwrap();
    first.set(SecretKeep::PassphraseFile, "a", secret("1")).await.unwrap();
    first.set(SecretKeep::PassphraseFile, "b", secret("2")).await.unwrap();

    let second = Secrets::with_keychain(base.path(), None);
    second.forget("a").await.unwrap();
    assert_eq!(found(&second, "a").await, None);
    second.unlock(secret("pass")).await.unwrap();
    assert_eq!(found(&second, "a").await, None, "taken out when opened");
    assert_eq!(found(&second, "b").await.as_deref(), Some("2"));
    second.set(SecretKeep::PassphraseFile, "a", secret("3")).await.unwrap();

    let third = Secrets::with_keychain(base.path(), None);
    third.unlock(secret("pass")).await.unwrap();
    assert_eq!(found(&third, "a").await.as_deref(), Some("3"), "a new secret is not the forgotten one");
}
