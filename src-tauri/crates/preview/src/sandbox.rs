//! What the decoder's process gives up before it reads a stranger's byte (hazard HS17). Each line stands alone: a kernel
//! without Landlock still has the others, and seccomp alone is enough to reach nothing.
use std::collections::BTreeMap;
use std::io;

use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{SeccompAction, SeccompFilter, TargetArch};

/// Bytes of address space; a photo of 100 megapixels fits.
const MEMORY: u64 = 600 * 1024 * 1024;
/// Seconds of processor time.
const SECONDS: u64 = 5;

/// Calls a decoder makes once it runs: bytes through its pipes, memory, and its end.
const ALLOWED: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    // A panic or a refused allocation ends by a signal to itself.
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Calls that are answered with "not permitted" instead of the end: a decoder's library asks how many processors there are, and
/// where a group of processes says so. It is told nothing, and goes on with one.
const REFUSED: &[libc::c_long] = &[libc::SYS_openat, libc::SYS_sched_getaffinity];

/// Gives up memory beyond a limit, time, files, connections and other programs, for good.
///
/// # Errors
/// When a limit or the filter of system calls cannot be set: then nothing may be read.
pub(crate) fn close() -> io::Result<()> {
    for (resource, most) in [
        (Resource::As, MEMORY),
        (Resource::Cpu, SECONDS),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 3),
        (Resource::Nproc, 0),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    rustix::thread::set_no_new_privs(true)?;
    filter().map_err(io::Error::other)
}

fn filter() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // Best effort: kernels before 5.13 have none of it. No rule is added, so nothing on any disk or network can be reached.
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create();
    match rules.and_then(landlock::RulesetCreated::restrict_self) {
        Ok(_) => {}
        Err(error) => eprintln!("Landlock is not used: {error}"),
    }
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let calls = |all: &[&[libc::c_long]]| -> BTreeMap<i64, Vec<seccompiler::SeccompRule>> {
        all.iter().flat_map(|some| some.iter()).map(|call| (*call, Vec::new())).collect()
    };
    let end = SeccompFilter::new(
        calls(&[ALLOWED, REFUSED]),
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        arch,
    )?;
    // Of two filters the stricter answer counts; one of them has one answer for what it names, so two are needed.
    let refusal = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let refuse = SeccompFilter::new(calls(&[REFUSED]), SeccompAction::Allow, refusal, arch)?;
    for filter in [refuse, end] {
        let program: seccompiler::BpfProgram = filter.try_into()?;
        seccompiler::apply_filter(&program)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use super::*;

    /// Runs this very test program again, for one attempt behind the closed door. How it ended.
    fn attempt(what: &str) -> std::process::ExitStatus {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sandbox::tests::behind_the_door", "--nocapture", "--test-threads=1"])
            .env("WINDLASS_ATTEMPT", what)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap()
    }

    /// Does nothing but for [`attempt`].
    #[test]
    fn behind_the_door() {
        let Ok(what) = std::env::var("WINDLASS_ATTEMPT") else { return };
        close().unwrap();
        let reached = match what.as_str() {
            "nothing" => true,
            "read a file" => std::fs::read("/etc/hostname").is_ok(),
            "write a file" => std::fs::write("/tmp/windlass-escaped", "x").is_ok(),
            "connect" => std::net::TcpStream::connect("127.0.0.1:9").is_ok(),
            "listen" => std::net::TcpListener::bind("127.0.0.1:0").is_ok(),
            "start a program" => Command::new("/bin/true").status().is_ok(),
            "take memory" => {
                let mut all: Vec<u8> = Vec::new();
                all.try_reserve_exact(700 * 1024 * 1024).is_ok()
            }
            "burn time" => loop {
                std::hint::black_box(1);
            },
            other => panic!("unknown attempt {other}"),
        };
        // Not through the test harness, whose own calls are not allowed either.
        rustix::thread::sched_yield();
        std::process::exit(if reached { 0 } else { 3 });
    }

    #[test]
    fn hs17_a_decoder_reaches_no_file_no_line_and_no_program() {
        assert_eq!(attempt("nothing").code(), Some(0), "what a decoder needs must work");
        for what in ["read a file", "write a file"] {
            assert_eq!(attempt(what).code(), Some(3), "{what}: it is refused, and the decoder goes on");
        }
        for what in ["connect", "listen", "start a program"] {
            let status = attempt(what);
            assert_eq!(status.signal(), Some(31), "{what}: {status:?} instead of SIGSYS");
        }
    }

    #[test]
    fn hs17_a_decoder_has_a_bounded_share_of_memory_and_time() {
        assert_eq!(attempt("take memory").code(), Some(3));
        let ended = attempt("burn time").signal();
        assert!(matches!(ended, Some(9 | 24)), "ended by {ended:?} instead of SIGKILL or SIGXCPU");
    }
}
