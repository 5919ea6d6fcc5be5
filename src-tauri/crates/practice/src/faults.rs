//! Faults by rule: which request goes wrong, and how. Tests script them; the practice bucket has none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::target::{Op, Target};

/// Which provider the server imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Everything as Amazon S3 does it, with a CRC-64/NVME for every object that came without a checksum.
    #[default]
    Aws,
    /// Parts of one size, and multipart checksums over the parts except for CRC-64/NVME.
    R2,
    /// Every bucket has versions, always.
    B2,
    /// No checksums, no trailers, no conditions on Complete, DELETE and copies, and an `If-Match` on PUT that is refused even
    /// when it is right: version 16.2.
    Ceph,
    /// The first HEAD after a write still shows the state before it.
    Wasabi,
    /// Nothing the client did not ask for.
    Minio,
    /// Conditional headers do nothing and nobody is told.
    IgnoresConditions,
}

/// How often a rule fires, counted over the requests it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Only the n-th (from 1).
    Nth(u64),
    /// Each n-th.
    Every(u64),
    /// The first n.
    Times(u64),
    /// All.
    Always,
    /// About this many of 100, from a seed, the same every run.
    Percent(u8, u64),
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The work is done, then the connection is cut without an answer.
    CutAfterCommit,
    /// The request is read, nothing is done, the connection is cut.
    CutBeforeCommit,
    /// Status 200 with an `<Error>` document, after the work was done (`commit`) or without doing it.
    OkWithErrorBody {
        /// Whether the work is done first.
        commit: bool,
    },
    /// An error answer; nothing is done.
    Status {
        /// The HTTP status.
        code: u16,
        /// The S3 error code.
        error_code: String,
    },
    /// Waits, then sends and receives at most this many bytes per second.
    Slow {
        /// Before anything is done.
        delay: Duration,
        /// `None`: full speed after the wait.
        bytes_per_sec: Option<u64>,
    },
    /// The log-in page of a hotel: status 200, HTML.
    CaptivePortal,
    /// The server's clock is off by this much: in `Date`, and in what it accepts as a signature's time.
    WrongClock {
        /// Added to the true time.
        offset_secs: i64,
    },
    /// One bit of the request body flips before anything is checked.
    FlipBitInTransit,
    /// One bit flips on the disk: the answer has the checksums of what was sent, HEAD and GET those of what is stored.
    FlipBitAtRest,
    /// HEAD shows the state before the last write.
    StaleHead,
    /// A GET ends in the middle of its body.
    TruncateBody,
    /// `Range` is ignored: 200 with the whole object.
    IgnoreRange,
    /// A listing is empty.
    EmptyListing,
    /// The document of an answer ends in the middle, in an HTTP answer that is whole.
    CutDocument,
    /// Status 200 and not one byte.
    EmptyBody,
    /// A listing is that of another prefix, as a cache between us might answer.
    ListingOf {
        /// The prefix listed instead.
        prefix: String,
    },
    /// A page of a listing is in the order of folders (`a/b` before `a-b`), not of bytes.
    TreeOrder,
    /// A page of a listing has at most so many keys.
    ShortPages {
        /// Keys.
        most: usize,
    },
    /// A subresource (`?tagging`, `?acl`, ...) is overlooked and the request answered as if it were not there.
    SubresourceIgnored,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Only this operation; `None`: any.
    pub operation: Option<Op>,
    /// Only keys that contain this; `None`: any, also requests without a key.
    pub key_contains: Option<String>,
    /// Which of the matching requests.
    pub nth: When,
    /// What goes wrong.
    pub fault: Fault,
}

impl Rule {
    /// A rule for one operation, whatever the key.
    #[must_use]
    pub fn on(operation: Op, nth: When, fault: Fault) -> Self {
        Self { operation: Some(operation), key_contains: None, nth, fault }
    }

    /// The same rule only for keys that contain `text`.
    #[must_use]
    pub fn for_key(mut self, text: impl Into<String>) -> Self {
        self.key_contains = Some(text.into());
        self
    }

    /// A rule that answers 403 to one operation, as a policy without this action does.
    #[must_use]
    pub fn denied(operation: Op) -> Self {
        Self::on(operation, When::Always, Fault::Status { code: 403, error_code: "AccessDenied".to_owned() })
    }

    fn matches(&self, target: &Target) -> bool {
        self.operation.is_none_or(|op| op == target.op)
            && self
                .key_contains
                .as_deref()
                .is_none_or(|text| target.key.as_deref().is_some_and(|key| key.contains(text)))
    }
}

#[derive(Debug)]
struct Counted {
    rule: Rule,
    matched: u64,
    fired: u64,
}

#[derive(Debug, Default)]
struct Table {
    profile: Profile,
    rules: Vec<Counted>,
}

/// The live table of rules. Clones share it; a change holds for the next request.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    table: Arc<Mutex<Table>>,
}

impl Faults {
    /// No rules, the given provider.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { table: Arc::new(Mutex::new(Table { profile, rules: Vec::new() })) }
    }

    /// The provider imitated now.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.lock().profile
    }

    /// Imitates another provider from the next request on.
    pub fn set_profile(&self, profile: Profile) {
        self.lock().profile = profile;
    }

    /// Adds a rule. All rules that match a request count it; all that fire take part.
    pub fn add(&self, rule: Rule) {
        self.lock().rules.push(Counted { rule, matched: 0, fired: 0 });
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// The rules, in the order they were added.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().rules.iter().map(|c| c.rule.clone()).collect()
    }

    /// How many times any rule has fired.
    #[must_use]
    pub fn fired(&self) -> u64 {
        self.lock().rules.iter().map(|c| c.fired).sum()
    }

    /// Counts a request and says what goes wrong with it.
    pub(crate) fn decide(&self, target: &Target) -> Vec<Fault> {
        let mut table = self.lock();
        let mut faults = Vec::new();
        for counted in table.rules.iter_mut().filter(|c| c.rule.matches(target)) {
            counted.matched += 1;
            let fires = match counted.rule.nth {
                When::Nth(n) => counted.matched == n,
                When::Every(n) => n > 0 && counted.matched % n == 0,
                When::Times(n) => counted.matched <= n,
                When::Always => true,
                When::Percent(percent, seed) => {
                    scatter(seed.wrapping_add(counted.matched)) % 100 < u64::from(percent)
                }
            };
            if fires {
                counted.fired += 1;
                faults.push(counted.rule.fault.clone());
            }
        }
        faults
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A well mixed number from a counter (SplitMix64).
fn scatter(value: u64) -> u64 {
    let mut z = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
