//! Words for trouble: what happened, what it means, what to do.
use windlass_ports::{
    FsError, FsErrorKind, JournalError, JournalErrorKind, RemoteError, RemoteErrorKind, SecretError,
};

use crate::dto::{ErrorCode, UiError};

impl UiError {
    /// An error with these words.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None }
    }

    /// With technical detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl std::fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// A call that makes no sense.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }
}

/// An error with its sources in one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// Code and words for a kind of trouble with S3.
#[must_use]
pub const fn remote_words(kind: RemoteErrorKind) -> (ErrorCode, &'static str) {
    match kind {
        RemoteErrorKind::NotFound => (
            ErrorCode::NotFound,
            "It is not in the bucket any more. Someone may have moved or deleted it. Refresh the list to see what is there now.",
        ),
        RemoteErrorKind::BucketMissing => (
            ErrorCode::NotFound,
            "The bucket is not there. It may have been removed or renamed. Check its name, or choose another bucket.",
        ),
        RemoteErrorKind::NoSuchUpload => (
            ErrorCode::NotFound,
            "The server no longer knows this upload. Its parts are gone there; the file is still here. Try again to send it anew.",
        ),
        RemoteErrorKind::PreconditionFailed => (
            ErrorCode::Conflict,
            "Something else is there than a moment ago, so nothing was changed. Refresh the list and look at it before you try again.",
        ),
        RemoteErrorKind::ConditionalConflict => (
            ErrorCode::Conflict,
            "Another program is writing to the same place right now, so nothing was changed. Try again in a moment.",
        ),
        RemoteErrorKind::AccessDenied => (
            ErrorCode::NoPermission,
            "This identity may not do that here. Nothing was changed. Ask whoever owns the bucket for the right.",
        ),
        RemoteErrorKind::Unauthenticated => (
            ErrorCode::SignInAgain,
            "The server does not accept the credentials: the key is wrong or the sign-in has ended. Nothing is lost. Sign in again or correct the key.",
        ),
        RemoteErrorKind::ClockSkew => (
            ErrorCode::SignInAgain,
            "This computer's clock differs too much from the server's, so requests are refused. Set the clock and try again.",
        ),
        RemoteErrorKind::WrongRegion => (
            ErrorCode::BadRequest,
            "The bucket is in another region than this connection says. Correct the region of the connection.",
        ),
        RemoteErrorKind::Throttled => (
            ErrorCode::Offline,
            "The server asks for patience: it gets too many requests. Nothing is lost. Try again in a minute.",
        ),
        RemoteErrorKind::Network => (
            ErrorCode::Offline,
            "The storage server does not answer. What is under way waits and goes on by itself. Check the network and the address.",
        ),
        RemoteErrorKind::Integrity => (
            ErrorCode::Unexpected,
            "The bytes that arrived are not the bytes that were sent, so they were thrown away. Try again; if it stays, check the network.",
        ),
        RemoteErrorKind::Unsupported => (
            ErrorCode::NotSupported,
            "This server does not do that. Everything else works on. See what it supports on the connection's page.",
        ),
        RemoteErrorKind::BadRequest => (
            ErrorCode::Unexpected,
            "The server found our request malformed. Nothing was changed. The details help to report it.",
        ),
        RemoteErrorKind::Archived => (
            ErrorCode::NotSupported,
            "It is archived and cannot be read at once. Nothing is lost. Restore it from the archive first.",
        ),
        RemoteErrorKind::Unexpected => (
            ErrorCode::Unexpected,
            "The server gave an answer that nobody planned for. Try again; the details help whoever runs it.",
        ),
    }
}

impl From<RemoteError> for UiError {
    fn from(error: RemoteError) -> Self {
        let (code, message) = remote_words(error.kind);
        Self::new(code, message).with_detail(chain(&error))
    }
}

impl From<JournalError> for UiError {
    fn from(error: JournalError) -> Self {
        let (code, message) = match error.kind {
            JournalErrorKind::Full => (
                ErrorCode::DiskFull,
                "There is no space left on this computer, so nothing new was begun. Free some space; work goes on then.",
            ),
            JournalErrorKind::TooNew => (
                ErrorCode::JournalTooNew,
                "The journal was written by a newer Windlass. Nothing was changed. Update this one.",
            ),
            JournalErrorKind::Corrupt => (
                ErrorCode::Unexpected,
                "The journal is damaged. Your files and the bucket are untouched. Start Windlass again; it compares both sides anew without deleting anything.",
            ),
            JournalErrorKind::Owned => (
                ErrorCode::AlreadyRunning,
                "Another Windlass is at work on this journal and goes on by itself. Use that one, or end it first.",
            ),
            JournalErrorKind::Other => (
                ErrorCode::Unexpected,
                "The journal could not be read or written. Nothing was changed. Check the disk and try again.",
            ),
        };
        Self::new(code, message).with_detail(chain(&error))
    }
}

impl From<FsError> for UiError {
    fn from(error: FsError) -> Self {
        let (code, what) = match error.kind {
            FsErrorKind::NotFound => {
                (ErrorCode::NotFound, "is not there. It may have been moved. Choose it again.")
            }
            FsErrorKind::Denied => (
                ErrorCode::NoPermission,
                "may not be read or written by Windlass. Check its permissions, then try again.",
            ),
            FsErrorKind::Full => {
                (ErrorCode::DiskFull, "does not fit: the disk is full. Free some space, then try again.")
            }
            FsErrorKind::Changed => (
                ErrorCode::Conflict,
                "is not what it was a moment ago, so it was left alone. Look at it, then try again.",
            ),
            FsErrorKind::RootMissing => {
                (ErrorCode::FolderMissing, "is not there. Nothing is changed. Plug the drive in.")
            }
            FsErrorKind::Short | FsErrorKind::Other => {
                (ErrorCode::Unexpected, "could not be read or written. Check the disk, then try again.")
            }
        };
        Self::new(code, format!("{} {what}", error.path)).with_detail(chain(&error))
    }
}

impl From<SecretError> for UiError {
    fn from(error: SecretError) -> Self {
        let message = match &error {
            SecretError::NoKeychain(_) => {
                "No keychain answers on this computer, so the secret was not kept. Choose another place for it."
            }
            SecretError::Locked(_) => {
                "The keychain is locked or refuses, so the secret was not kept. Unlock it, or choose another place."
            }
            SecretError::WrongPassphrase => "The passphrase does not open the file. Enter it again.",
            SecretError::Io(_) => {
                "The secret could not be read or written. Check the disk, or choose another place for it."
            }
        };
        Self::new(ErrorCode::KeychainLocked, message).with_detail(chain(&error))
    }
}
