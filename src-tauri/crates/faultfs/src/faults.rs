//! Which call fails: orders as text, and the count of calls.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Calls that can fail.
pub(crate) const CALLS: &[&str] =
    &["lookup", "getattr", "open", "read", "readdir", "write", "fsync", "create", "rename", "mkdir"];

#[derive(Debug)]
struct Fault {
    call: String,
    /// Calls until it fails; `None`: every one does.
    left: Option<u64>,
    /// Only paths that hold this.
    text: String,
}

/// Faults that wait for their call.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    state: Mutex<(Vec<Fault>, BTreeMap<String, u64>)>,
}

impl Faults {
    /// Whether this call fails. One that was ordered for the N-th call is over then.
    pub(crate) fn hit(&self, call: &str, path: &Path) -> bool {
        let mut state = lock(&self.state);
        let (faults, counts) = &mut *state;
        *counts.entry(call.to_owned()).or_default() += 1;
        let text = path.to_string_lossy();
        let mut hit = false;
        faults.retain_mut(|fault| {
            if fault.call != call || !text.contains(&fault.text) {
                return true;
            }
            match &mut fault.left {
                None => hit = true,
                Some(left) => *left -= 1,
            }
            let now = fault.left == Some(0);
            hit |= now;
            !now
        });
        hit
    }

    /// Does what a line says, and gives the answer.
    pub(crate) fn order(&self, line: &str) -> String {
        let mut words = line.splitn(4, ' ');
        let mut state = lock(&self.state);
        let (faults, counts) = &mut *state;
        match (words.next(), words.next(), words.next()) {
            (Some("clear"), None, None) => {
                let waiting = faults.iter().filter(|fault| fault.left.is_some()).count();
                faults.clear();
                waiting.to_string()
            }
            (Some("count"), Some(call), None) => counts.get(call).copied().unwrap_or_default().to_string(),
            (Some("fail"), Some(call), Some(number)) if CALLS.contains(&call) => {
                match number.parse::<u64>() {
                    Ok(number) => {
                        let left = (number > 0).then_some(number);
                        let text = words.next().unwrap_or_default().to_owned();
                        faults.push(Fault { call: call.to_owned(), left, text });
                        "ok".to_owned()
                    }
                    Err(error) => format!("error: {number}: {error}"),
                }
            }
            _ => format!("error: \"{line}\" is no order"),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_call_fails_once_and_others_do_not() {
        let faults = Faults::default();
        assert_eq!(faults.order("fail read 2 a.jpg"), "ok");
        let hits: Vec<_> =
            ["b.jpg", "a.jpg", "a.jpg", "a.jpg"].iter().map(|p| faults.hit("read", Path::new(p))).collect();
        assert_eq!(hits, [false, false, true, false]);
        assert!(!faults.hit("write", Path::new("a.jpg")));
        assert_eq!(faults.order("count read"), "4");
    }

    #[test]
    fn zero_means_always_until_it_is_cleared() {
        let faults = Faults::default();
        assert_eq!(faults.order("fail fsync 0"), "ok");
        assert!((0..3).all(|_| faults.hit("fsync", Path::new("x"))));
        assert_eq!(faults.order("clear"), "0");
        assert!(!faults.hit("fsync", Path::new("x")));
    }

    #[test]
    fn what_is_no_order_is_told() {
        for line in ["", "fail", "fail dance 1", "fail read one", "clear all"] {
            assert!(Faults::default().order(line).starts_with("error"), "{line}");
        }
    }
}
