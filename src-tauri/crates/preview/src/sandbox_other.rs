//! Where the system has no seccomp: only the limits it has. Such a decoder is a process of its own and no more.
use std::io;

/// Sets what limits there are.
///
/// # Errors
/// When one cannot be set.
pub(crate) fn close() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        for (resource, most) in [(Resource::Cpu, 5), (Resource::Fsize, 0), (Resource::Core, 0)] {
            setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
        }
    }
    Ok(())
}
