//! From SQLite's errors to kinds.
use rusqlite::{Error, ErrorCode};
use windlass_ports::{BoxError, JournalError, JournalErrorKind};

pub(crate) type Result<T> = std::result::Result<T, JournalError>;

/// An error of our own.
pub(crate) fn of(kind: JournalErrorKind, text: impl Into<String>) -> JournalError {
    JournalError { kind, source: text.into().into() }
}

/// A row that this version did not write: its text is no value of the type it should have.
pub(crate) fn odd(what: &str, text: &str) -> JournalError {
    of(JournalErrorKind::Corrupt, format!("{what} has a value this version does not know: {text:?}"))
}

pub(crate) fn other(source: impl Into<BoxError>) -> JournalError {
    JournalError { kind: JournalErrorKind::Other, source: source.into() }
}

/// What SQLite's error means to us.
pub(crate) fn kind_of(error: &Error) -> JournalErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalErrorKind::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => JournalErrorKind::Corrupt,
        _ if is_misread(error) => JournalErrorKind::Corrupt,
        _ => JournalErrorKind::Other,
    }
}

/// A value that is not of its column's type, or text that is no UTF-8: SQLite never wrote that for us.
fn is_misread(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
    )
}

pub(crate) fn sql(error: Error) -> JournalError {
    JournalError { kind: kind_of(&error), source: Box::new(error) }
}

/// The same trouble for another caller of the same transaction.
pub(crate) fn again(error: &JournalError) -> JournalError {
    of(error.kind, error.source.to_string())
}
