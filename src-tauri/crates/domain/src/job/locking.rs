//! Locks put on a selection: what each object's lock becomes. Nothing is ever weakened here.
use serde::{Deserialize, Serialize};

use super::Cause;
use crate::lock::{Change, ObjectLock, Retention, change};
use crate::state::Timestamp;

/// What becomes of the locks of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Locking {
    /// They are kept so from now on; `None` leaves the retention.
    pub retention: Option<Retention>,
    /// Whether a legal hold is on them; `None` leaves it.
    pub hold: Option<bool>,
}

/// What is to be done about one object's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockStep {
    /// The retention that it gets.
    pub retention: Option<Retention>,
    /// The hold that it gets, or loses.
    pub hold: Option<bool>,
}

/// What is to be done at this moment about an object with this lock: `Ok(None)` when it is as it should be.
///
/// # Errors
/// [`Cause::KeptFirmer`] where its retention is longer or firmer than what was asked for, and nothing else is to be done.
pub fn lock_step(wanted: &Locking, there: &ObjectLock, now: Timestamp) -> Result<Option<LockStep>, Cause> {
    let hold = wanted.hold.filter(|hold| *hold != there.hold);
    let (retention, firmer) = match wanted.retention {
        Some(to) if there.retention == Some(to) => (None, false),
        Some(to) => match change(there.retention.as_ref(), Some(&to), now) {
            Change::Holds => (Some(to), false),
            Change::GoesPastGovernance | Change::Never => (None, true),
        },
        None => (None, false),
    };
    match (retention, hold) {
        (None, None) if firmer => Err(Cause::KeptFirmer),
        (None, None) => Ok(None),
        (retention, hold) => Ok(Some(LockStep { retention, hold })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::LockMode::{Compliance, Governance};

    const NOW: Timestamp = Timestamp(1_000);

    fn kept(mode: crate::lock::LockMode, until: i64) -> Option<Retention> {
        Some(Retention { mode, until: Timestamp(until) })
    }

    fn step(wanted: Locking, there: ObjectLock) -> Result<Option<LockStep>, Cause> {
        lock_step(&wanted, &there, NOW)
    }

    #[test]
    fn a_retention_is_made_longer_and_never_weaker() {
        let none = ObjectLock::default();
        let to = |retention| Locking { retention, hold: None };
        for (wanted, there, expected) in [
            (kept(Governance, 2_000), None, Ok(true)),
            (kept(Governance, 2_000), kept(Governance, 1_500), Ok(true)),
            (kept(Compliance, 2_000), kept(Governance, 2_000), Ok(true)),
            (kept(Governance, 2_000), kept(Governance, 2_000), Ok(false)),
            (kept(Governance, 2_000), kept(Governance, 2_001), Err(Cause::KeptFirmer)),
            (kept(Governance, 3_000), kept(Compliance, 2_000), Err(Cause::KeptFirmer)),
            // What has passed holds nothing any more.
            (kept(Governance, 2_000), kept(Compliance, 1_000), Ok(true)),
            (None, kept(Governance, 2_000), Ok(false)),
        ] {
            let there = ObjectLock { retention: there, ..none };
            let step = step(to(wanted), there).map(|step| step.is_some());
            assert_eq!(step, expected, "{wanted:?} {there:?}");
        }
    }

    #[test]
    fn a_hold_is_put_on_or_taken_away_whatever_the_retention_is() {
        let there = |hold| ObjectLock { retention: kept(Compliance, 9_000), hold };
        let wanted = |hold| Locking { retention: kept(Governance, 2_000), hold };
        let on = step(wanted(Some(true)), there(false)).unwrap().unwrap();
        assert_eq!((on.retention, on.hold), (None, Some(true)));
        let off = step(wanted(Some(false)), there(true)).unwrap().unwrap();
        assert_eq!(off.hold, Some(false));
        assert_eq!(step(wanted(Some(true)), there(true)), Err(Cause::KeptFirmer));
        assert_eq!(step(Locking { retention: None, hold: Some(true) }, there(true)), Ok(None));
    }
}
