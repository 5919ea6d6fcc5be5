//! The settle rule: a file is read only when size, times and identity have lain still for a while (hazard HA1).
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use windlass_domain::{LocalState, RelPath, Timestamp};

use crate::planted::{self, Bug};

/// Times of some disks (FAT) move on in steps so long. What is written after a file was read must get another time than the
/// one that was seen, so such a file lies still for a step at least (hazard HA3).
const COARSE: Duration = Duration::from_secs(2);

/// Whether a disk that knows parts of a second would hardly have given these times.
fn has_coarse_times(local: &LocalState) -> bool {
    [local.mtime, local.ctime].iter().all(|time| time.0 % 1_000_000_000 == 0)
}

/// Files that are not still yet.
#[derive(Debug, Default)]
pub(crate) struct Settling {
    seen: BTreeMap<RelPath, (LocalState, Instant)>,
    /// Files that were seen to lie still though their times lie ahead: once is enough, however long a clock that was set back
    /// takes to get there.
    ahead: BTreeMap<RelPath, LocalState>,
}

/// What the rule says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Still for long enough.
    Still,
    /// Look again then.
    Until(Instant),
}

impl Settling {
    /// Notes a look at a file. The clock of the disk may be wrong in either direction, so a file counts as still when its
    /// times are old enough, or when two looks that far apart saw the same.
    pub(crate) fn look(
        &mut self,
        path: &RelPath,
        local: &LocalState,
        now: Timestamp,
        settle: Duration,
    ) -> Rest {
        let settle = if has_coarse_times(local) { settle.max(COARSE) } else { settle };
        let touched = local.mtime.max(local.ctime);
        let age = Duration::from_nanos(now.since(touched));
        if age >= settle || planted::is(Bug::DoesNotSettle) {
            self.forget(path);
            return Rest::Still;
        }
        if self.ahead.get(path).is_some_and(|before| before.same_snapshot(local)) {
            return Rest::Still;
        }
        let instant = Instant::now();
        let since = match self.seen.get(path) {
            Some((before, since)) if before.same_snapshot(local) || planted::is(Bug::GrowsAndIsStill) => {
                *since
            }
            _ => {
                self.seen.insert(path.clone(), (local.clone(), instant));
                instant
            }
        };
        if instant.duration_since(since) >= settle {
            self.forget(path);
            if touched > now {
                self.ahead.insert(path.clone(), local.clone());
            }
            return Rest::Still;
        }
        // Whichever comes first; a time in the future leaves only the second.
        let by_looks = since + settle;
        let by_times = instant + (settle - age);
        Rest::Until(if touched <= now { by_looks.min(by_times) } else { by_looks })
    }

    pub(crate) fn forget(&mut self, path: &RelPath) {
        self.seen.remove(path);
        self.ahead.remove(path);
    }

    /// Files that are not still yet.
    pub(crate) fn paths(&self) -> impl Iterator<Item = RelPath> {
        self.seen.keys().cloned()
    }

    pub(crate) fn clear(&mut self) {
        self.seen.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }
}

#[cfg(test)]
mod tests {
    use windlass_domain::FileId;

    use super::*;

    fn file(size: u64, at: i64) -> LocalState {
        LocalState {
            size,
            mtime: Timestamp::from_millis(at),
            ctime: Timestamp::from_millis(at),
            file_id: FileId::default(),
            digest: None,
        }
    }

    const SETTLE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn ha1_a_growing_file_is_never_still() {
        let mut settling = Settling::default();
        let path = RelPath::parse("a.mov").unwrap();
        for step in 0..500 {
            let now = Timestamp::from_millis(1_000_000 + step * 200);
            let rest = settling.look(&path, &file(step as u64, 1_000_000 + step * 200), now, SETTLE);
            assert!(matches!(rest, Rest::Until(_)), "step {step}");
            tokio::time::advance(Duration::from_millis(200)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ha1_it_is_still_after_the_time_and_not_before() {
        let mut settling = Settling::default();
        let path = RelPath::parse("a.mov").unwrap();
        let local = file(5, 1_000_000);
        let Rest::Until(at) = settling.look(&path, &local, Timestamp::from_millis(1_003_000), SETTLE) else {
            panic!("three seconds are not ten");
        };
        assert_eq!(at - Instant::now(), Duration::from_secs(7));
        assert_eq!(settling.look(&path, &local, Timestamp::from_millis(1_010_000), SETTLE), Rest::Still);
        assert_eq!(settling.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn ha3_a_disk_with_coarse_times_gets_one_step_of_them_at_least() {
        let mut settling = Settling::default();
        let path = RelPath::parse("a.mov").unwrap();
        let now = Timestamp::from_millis(1_001_900);
        let rest = settling.look(&path, &file(5, 1_000_000), now, Duration::ZERO);
        assert!(matches!(rest, Rest::Until(_)), "a write in this step would leave the time as it is");
        let fine = LocalState { ctime: Timestamp(1_001_899_000_001), ..file(5, 1_000_000) };
        assert_eq!(settling.look(&path, &fine, now, Duration::ZERO), Rest::Still);
        let later = Timestamp::from_millis(1_002_000);
        assert_eq!(settling.look(&path, &file(5, 1_000_000), later, Duration::ZERO), Rest::Still);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_in_the_future_does_not_keep_a_file_waiting_for_ever() {
        let mut settling = Settling::default();
        let path = RelPath::parse("a.mov").unwrap();
        let local = file(5, 9_000_000);
        let now = Timestamp::from_millis(1_000_000);
        assert!(matches!(settling.look(&path, &local, now, SETTLE), Rest::Until(_)));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(matches!(settling.look(&path, &local, now, SETTLE), Rest::Until(_)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(settling.look(&path, &local, now, SETTLE), Rest::Still);
    }

    #[tokio::test(start_paused = true)]
    async fn i11_a_time_in_the_future_is_waited_for_once() {
        let mut settling = Settling::default();
        let path = RelPath::parse("a.mov").unwrap();
        let (local, now) = (file(5, 9_000_000), Timestamp::from_millis(1_000_000));
        assert!(matches!(settling.look(&path, &local, now, SETTLE), Rest::Until(_)));
        tokio::time::advance(SETTLE).await;
        assert_eq!(settling.look(&path, &local, now, SETTLE), Rest::Still);
        // A look at everything has ended.
        settling.clear();
        assert_eq!(settling.look(&path, &local, now, SETTLE), Rest::Still);
        assert!(matches!(settling.look(&path, &file(6, 9_000_001), now, SETTLE), Rest::Until(_)));
    }
}
