//! The real keychain, only where a session bus says there is one and `WINDLASS_TEST_KEYCHAIN` says it may be used.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(all(test, target_os = "linux"))]

use windlass_platform::Secrets;
use windlass_ports::{Secret, SecretError, SecretKeep, SecretStore as _};

#[tokio::test]
async fn a_secret_goes_into_the_keychain_and_comes_back() {
    let base = tempfile::tempdir().unwrap();
    let secrets = Secrets::new(base.path());
    if std::env::var_os("WINDLASS_TEST_KEYCHAIN").is_none() {
        if std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_none()
            && std::env::var_os("XDG_RUNTIME_DIR").is_none()
        {
            let answer = secrets.keychain_available().await;
            assert!(matches!(answer, Err(SecretError::NoKeychain(_))), "no bus, no keychain: {answer:?}");
        }
        return;
    }
    let account = format!("test-{}", std::process::id());
    secrets.keychain_available().await.unwrap();
    assert!(secrets.get(&account).await.unwrap().is_none());
    secrets.set(SecretKeep::Keychain, &account, Secret::new("s3cret".to_owned())).await.unwrap();
    let fresh = Secrets::new(base.path());
    assert_eq!(fresh.get(&account).await.unwrap().unwrap().expose(), "s3cret");
    fresh.forget(&account).await.unwrap();
    assert!(secrets.get(&account).await.unwrap().is_none());
}
