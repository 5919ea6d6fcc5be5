//! How the program ends. The numbers are part of the contract with scripts: they are in `--help` and the guide.
use std::process::ExitCode;

use windlass_ports::{JournalErrorKind, RemoteError, RemoteErrorKind};

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Everything asked for is so.
    Done = 0,
    /// Unexpected.
    Unexpected = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// Some files need a person.
    NeedsYou = 3,
    /// No connection.
    Offline = 4,
    /// Not signed in, or not allowed.
    NotAllowed = 5,
    /// Another Windlass owns the journal.
    Owned = 6,
    /// Nothing there.
    NotFound = 7,
    /// Interrupted.
    Interrupted = 130,
}

impl Code {
    /// Its number.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

/// Why it ended without doing what was asked, in plain words.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Code.
    pub(crate) code: Code,
    /// What happened, what it means, what to do.
    pub(crate) message: String,
    /// Technical detail.
    pub(crate) detail: Option<String>,
}

impl Failure {
    /// A command line that makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: Code::Usage, message: message.into(), detail: None }
    }

    /// Something nobody planned for.
    pub(crate) fn unexpected(message: &str, source: impl std::fmt::Display) -> Self {
        Self { code: Code::Unexpected, message: message.to_owned(), detail: Some(source.to_string()) }
    }

    /// Nothing is there.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { code: Code::NotFound, message: message.into(), detail: None }
    }

    /// Trouble with S3, while doing `what` ("List s3://b/").
    pub(crate) fn remote(what: &str, error: &RemoteError) -> Self {
        let (code, meaning) = match error.kind {
            RemoteErrorKind::NotFound => (Code::NotFound, "There is no such object."),
            RemoteErrorKind::BucketMissing => (Code::NotFound, "There is no such bucket."),
            RemoteErrorKind::NoSuchUpload => {
                (Code::Unexpected, "The server forgot the upload. Run it again.")
            }
            RemoteErrorKind::PreconditionFailed | RemoteErrorKind::ConditionalConflict => {
                (Code::NeedsYou, "Something else is there already. It was left as it is.")
            }
            RemoteErrorKind::AccessDenied => {
                (Code::NotAllowed, "This identity may not do that. Ask whoever owns the bucket.")
            }
            RemoteErrorKind::Unauthenticated => (
                Code::NotAllowed,
                "The key or its secret is wrong, or the sign-in has ended. Check the profile.",
            ),
            RemoteErrorKind::ClockSkew => {
                (Code::NotAllowed, "This computer's clock differs too much from the server's. Set the clock.")
            }
            RemoteErrorKind::WrongRegion => {
                (Code::NotAllowed, "The bucket is in another region. Name it with --region.")
            }
            RemoteErrorKind::Throttled => {
                (Code::Offline, "The server asks for patience. Try again in a minute.")
            }
            RemoteErrorKind::Network => {
                (Code::Offline, "There is no S3 answer from the endpoint. Check the network and the address.")
            }
            RemoteErrorKind::Integrity => {
                (Code::Unexpected, "The bytes that came are not the bytes that were sent. Nothing was kept.")
            }
            RemoteErrorKind::Unsupported => (Code::Unexpected, "This server does not support that."),
            RemoteErrorKind::Archived => {
                (Code::NeedsYou, "The object is archived. Restore it first; nothing was changed.")
            }
            RemoteErrorKind::BadRequest | RemoteErrorKind::Unexpected => {
                (Code::Unexpected, "The server gave an answer that nobody planned for.")
            }
        };
        Self { code, message: format!("{what} did not work. {meaning}"), detail: Some(chain(error)) }
    }

    /// What the engine did not do.
    pub(crate) fn engine(error: windlass_engine::EngineError) -> Self {
        use windlass_engine::EngineError;
        match error {
            EngineError::Journal(error) => Self::journal(&error),
            EngineError::Remote(error) => Self::remote("This", &error),
            other => {
                let code = match &other {
                    EngineError::NotFound(_) => Code::NotFound,
                    EngineError::Paired
                    | EngineError::Overlaps(_)
                    | EngineError::Ignore(_)
                    | EngineError::Job(_)
                    | EngineError::Edit(_) => Code::Usage,
                    EngineError::CannotUndo(_)
                    | EngineError::Stale
                    | EngineError::Over
                    | EngineError::FolderPaused
                    | EngineError::OtherMarker => Code::NeedsYou,
                    EngineError::Journal(_)
                    | EngineError::Remote(_)
                    | EngineError::Disk(_)
                    | EngineError::Stopping => Code::Unexpected,
                };
                // The API's words: what happened, what it means, what to do.
                let words = windlass_api::UiError::from(other);
                Self { code, message: words.message, detail: words.detail }
            }
        }
    }

    /// Trouble with the journal.
    pub(crate) fn journal(error: &windlass_ports::JournalError) -> Self {
        let (code, message) = match error.kind {
            JournalErrorKind::Owned => (Code::Owned, OWNED),
            JournalErrorKind::Full => (
                Code::Unexpected,
                "There is no space left for the journal, so nothing new was begun. Free some space, then run it again.",
            ),
            JournalErrorKind::TooNew => (
                Code::Unexpected,
                "The journal was written by a newer Windlass. Nothing was changed. Update this one.",
            ),
            JournalErrorKind::Corrupt => (
                Code::Unexpected,
                "The journal is damaged. Your files and the bucket are untouched. Move the journal aside and run it again: Windlass then compares both sides without deleting anything.",
            ),
            JournalErrorKind::Other => (Code::Unexpected, "The journal could not be read or written."),
        };
        Self { code, message: message.to_owned(), detail: Some(chain(error)) }
    }
}

/// Said when the app or another command runs on the same journal.
pub(crate) const OWNED: &str = "Another Windlass (the app, or another command) is at work on this journal and goes on by itself. Use it there, end it first, or give this command a journal of its own with --data.";

/// An error with its sources in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
