//! From the system's errors to the port's kinds.
use std::io;
use std::path::Path;

use windlass_ports::{FsError, FsErrorKind};

/// The kind that decides behaviour.
pub(crate) fn kind_of(error: &io::Error) -> FsErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => FsErrorKind::NotFound,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FsErrorKind::Denied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FsErrorKind::Full,
        _ => FsErrorKind::Other,
    }
}

/// An error about a path, its kind from the system's.
pub(crate) fn fs(path: &Path, error: io::Error) -> FsError {
    FsError { kind: kind_of(&error), path: path.display().to_string(), source: Box::new(error) }
}

/// An error about a path, for a reason of our own.
pub(crate) fn because(kind: FsErrorKind, path: &Path, why: &'static str) -> FsError {
    FsError { kind, path: path.display().to_string(), source: why.into() }
}

/// An error on the way into a root. A root that is not there, or whose disk went away under it, is missing; nothing is
/// known about what was in it.
pub(crate) fn root(path: &Path, error: io::Error) -> FsError {
    let gone = matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::StaleNetworkFileHandle
            | io::ErrorKind::NotConnected
            | io::ErrorKind::HostUnreachable
    ) || disk_went_away(&error);
    let kind = if gone { FsErrorKind::RootMissing } else { kind_of(&error) };
    FsError { kind, path: path.display().to_string(), source: Box::new(error) }
}

#[cfg(unix)]
fn disk_went_away(error: &io::Error) -> bool {
    use rustix::io::Errno;
    error
        .raw_os_error()
        .is_some_and(|raw| [Errno::NODEV, Errno::NXIO].contains(&Errno::from_raw_os_error(raw)))
}

#[cfg(not(unix))]
fn disk_went_away(_: &io::Error) -> bool {
    false
}

/// Runs blocking work on a thread that may block.
pub(crate) async fn aside<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, FsError> + Send + 'static,
) -> Result<T, FsError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(FsError {
            kind: FsErrorKind::Other,
            path: path.display().to_string(),
            source: Box::new(stopped),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_decide() {
        let of = |kind: io::ErrorKind| kind_of(&io::Error::from(kind));
        assert_eq!(of(io::ErrorKind::NotFound), FsErrorKind::NotFound);
        assert_eq!(of(io::ErrorKind::PermissionDenied), FsErrorKind::Denied);
        assert_eq!(of(io::ErrorKind::ReadOnlyFilesystem), FsErrorKind::Denied);
        assert_eq!(of(io::ErrorKind::StorageFull), FsErrorKind::Full);
        assert_eq!(of(io::ErrorKind::QuotaExceeded), FsErrorKind::Full);
        assert_eq!(of(io::ErrorKind::InvalidData), FsErrorKind::Other);
    }

    #[cfg(unix)]
    #[test]
    fn ha6_a_disk_that_went_away_is_a_missing_root() {
        use rustix::io::Errno;
        for raw in [Errno::NOENT, Errno::NOTDIR, Errno::STALE, Errno::NOTCONN, Errno::NODEV, Errno::NXIO] {
            let error = root(Path::new("/r"), raw.into());
            assert_eq!(error.kind, FsErrorKind::RootMissing, "{raw:?}");
        }
        assert_eq!(root(Path::new("/r"), Errno::ACCESS.into()).kind, FsErrorKind::Denied);
        assert_eq!(kind_of(&Errno::DQUOT.into()), FsErrorKind::Full);
        assert_eq!(kind_of(&Errno::NOSPC.into()), FsErrorKind::Full);
    }
}
