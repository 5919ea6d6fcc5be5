//! Object Lock: what holds a version, and which change of it a server takes.
//!
//! **Sources.** [AWS: Retention modes and legal
//! holds](https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-overview).
use serde::{Deserialize, Serialize};

use crate::state::Timestamp;

/// How firmly a version is held until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LockMode {
    /// Who has a right of its own (`s3:BypassGovernanceRetention`) and says so may still delete it.
    Governance,
    /// Nobody may, the owner of the account included.
    Compliance,
}

impl LockMode {
    /// By its name at the server.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "GOVERNANCE" => Some(Self::Governance),
            "COMPLIANCE" => Some(Self::Compliance),
            _ => None,
        }
    }

    /// Its name at the server.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }
}

/// A version is kept until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// How firmly.
    pub mode: LockMode,
    /// Until then.
    pub until: Timestamp,
}

/// What holds a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ObjectLock {
    /// Kept until then, or was: a moment that has passed holds nothing.
    pub retention: Option<Retention>,
    /// Kept until somebody takes the hold away.
    pub hold: bool,
}

impl ObjectLock {
    /// Whether the version cannot be deleted at this moment; governance holds until somebody asks to go past it.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.hold || self.retention.is_some_and(|retention| retention.until > now)
    }
}

/// What a change of a retention is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It holds as long and as firmly as before, or more.
    Holds,
    /// It weakens governance: taken only from who may go past it and says so.
    GoesPastGovernance,
    /// It weakens compliance, which no server takes.
    Never,
}

/// What it is to give a version the retention `to` at this moment; `None` takes it away.
#[must_use]
pub fn change(from: Option<&Retention>, to: Option<&Retention>, now: Timestamp) -> Change {
    let Some(from) = from.filter(|from| from.until > now) else { return Change::Holds };
    let weaker = to.is_none_or(|to| to.until < from.until || to.mode < from.mode);
    match (weaker, from.mode) {
        (false, _) => Change::Holds,
        (true, LockMode::Governance) => Change::GoesPastGovernance,
        (true, LockMode::Compliance) => Change::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    fn kept(mode: LockMode, until: i64) -> Option<Retention> {
        Some(Retention { mode, until: Timestamp(until) })
    }

    #[test]
    fn compliance_is_never_weakened_and_governance_only_by_who_says_so() {
        use LockMode::{Compliance as C, Governance as G};
        for (from, to, expected) in [
            (None, kept(C, 2_000), Change::Holds),
            (None, None, Change::Holds),
            (kept(G, 2_000), kept(G, 2_000), Change::Holds),
            (kept(G, 2_000), kept(G, 3_000), Change::Holds),
            (kept(G, 2_000), kept(C, 2_000), Change::Holds),
            (kept(G, 2_000), kept(G, 1_999), Change::GoesPastGovernance),
            (kept(G, 2_000), kept(C, 1_999), Change::GoesPastGovernance),
            (kept(G, 2_000), None, Change::GoesPastGovernance),
            (kept(C, 2_000), kept(C, 2_001), Change::Holds),
            (kept(C, 2_000), kept(C, 1_999), Change::Never),
            (kept(C, 2_000), kept(G, 3_000), Change::Never),
            (kept(C, 2_000), None, Change::Never),
            // What has passed holds nothing, to the last nanosecond.
            (kept(C, 1_000), None, Change::Holds),
            (kept(C, 1_001), None, Change::Never),
        ] {
            assert_eq!(change(from.as_ref(), to.as_ref(), NOW), expected, "{from:?} {to:?}");
        }
    }

    #[test]
    fn a_hold_has_no_end_and_a_retention_has() {
        let lock = |retention, hold| ObjectLock { retention, hold };
        assert!(lock(None, true).holds(NOW));
        assert!(lock(kept(LockMode::Governance, 1_001), false).holds(NOW));
        assert!(!lock(kept(LockMode::Compliance, 1_000), false).holds(NOW));
        assert!(!ObjectLock::default().holds(NOW));
    }

    #[test]
    fn modes_have_the_names_of_the_server() {
        for mode in [LockMode::Governance, LockMode::Compliance] {
            assert_eq!(LockMode::parse(mode.name()), Some(mode));
        }
        assert_eq!(LockMode::parse("governance"), None);
    }
}
