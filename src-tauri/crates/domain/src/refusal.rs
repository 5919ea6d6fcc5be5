//! What an identity was refused, and what follows from it for the controls of a window.
//!
//! A refusal at a key says that the same is refused in its folder and below it, for a day: rights are given by prefix. It is a
//! memory, never a rule: whoever wants to may try again, and what is tried is always asked of the server.
use serde::{Deserialize, Serialize};

use crate::state::Timestamp;

/// A refusal is remembered for a day: rights are changed by others, who do not tell.
const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;
/// The same again within this time is nothing new.
const MINUTE: i64 = 60 * 1_000_000_000;
/// More are not remembered; the oldest go first.
const MOST: usize = 200;

/// Something that an identity may do or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See what is in a bucket.
    List,
    /// Read objects.
    Read,
    /// Write objects.
    Write,
    /// Delete objects.
    Delete,
    /// Make buckets; of no bucket.
    MakeBuckets,
    /// Delete a bucket.
    DeleteBucket,
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was refused.
    pub right: Right,
    /// In which bucket; empty for none.
    pub bucket: String,
    /// In this folder, and below it.
    pub prefix: String,
    /// When.
    pub at: Timestamp,
}

impl Refusal {
    fn covers(&self, right: Right, bucket: &str, prefix: &str) -> bool {
        self.right == right && self.bucket == bucket && prefix.starts_with(&self.prefix)
    }

    /// A time that is yet to come is a clock that was set back: nothing is known of its age then.
    const fn holds(&self, now: Timestamp) -> bool {
        let age = now.0.saturating_sub(self.at.0);
        age >= 0 && age < DAY
    }
}

/// What one connection was refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refusals(Vec<Refusal>);

impl Refusals {
    /// Notes a refusal at a key, or at a prefix that ends in `/`.
    pub fn note(&mut self, right: Right, bucket: &str, key: &str, now: Timestamp) {
        let prefix = level(key);
        // A job may be refused a thousand times a second.
        if self.find(right, bucket, prefix, now).is_some_and(|known| now.0 - known.at.0 < MINUTE) {
            return;
        }
        self.0.retain(|known| {
            // What lies below is said by the new one.
            let below = known.right == right && known.bucket == bucket && known.prefix.starts_with(prefix);
            known.holds(now) && !below
        });
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        self.0.push(Refusal { right, bucket, prefix, at: now });
    }

    /// The newest refusal that says no to this, if one does.
    #[must_use]
    pub fn find(&self, right: Right, bucket: &str, prefix: &str, now: Timestamp) -> Option<&Refusal> {
        self.0
            .iter()
            .filter(|known| known.holds(now) && known.covers(right, bucket, prefix))
            .max_by_key(|known| known.at)
    }

    /// What was done at a key is not refused any more, in its folder and above.
    pub fn allowed(&mut self, right: Right, bucket: &str, key: &str) {
        self.forget(right, bucket, level(key));
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets everything that says no to this, so that it can be tried again.
    pub fn forget(&mut self, right: Right, bucket: &str, prefix: &str) {
        self.0.retain(|known| !known.covers(right, bucket, prefix));
    }
}

/// The folder of a key; of a folder itself.
fn level(key: &str) -> &str {
    key.rfind('/').and_then(|at| key.get(..=at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_800_000_000_000_000_000);

    fn later(nanos: i64) -> Timestamp {
        Timestamp(NOON.0 + nanos)
    }

    fn refused(key: &str) -> Refusals {
        let mut known = Refusals::default();
        known.note(Right::Delete, "b", key, NOON);
        known
    }

    #[test]
    fn a_refusal_counts_in_its_folder_and_below_and_for_what_was_refused() {
        let known = refused("raw/a.jpg");
        let says_no =
            |right, bucket: &str, prefix: &str| known.find(right, bucket, prefix, later(1)).is_some();
        for (prefix, no) in
            [("raw/", true), ("raw/2026/", true), ("", false), ("other/", false), ("ra", false)]
        {
            assert_eq!(says_no(Right::Delete, "b", prefix), no, "{prefix}");
        }
        assert!(!says_no(Right::Write, "b", "raw/"));
        assert!(!says_no(Right::Delete, "c", "raw/"));
        assert_eq!(known.find(Right::Delete, "b", "raw/", later(1)).map(|r| r.at), Some(NOON));
        // At the top of a bucket it counts everywhere in it.
        assert!(refused("a.jpg").find(Right::Delete, "b", "any/where/", later(1)).is_some());
    }

    #[test]
    fn it_is_forgotten_after_a_day_and_when_the_clock_was_set_back() {
        let known = refused("raw/a.jpg");
        let finds = |now| known.find(Right::Delete, "b", "raw/", now).is_some();
        assert!(finds(NOON) && finds(later(DAY - 1)));
        assert!(!finds(later(DAY)) && !finds(later(-1)));
    }

    #[test]
    fn trying_again_forgets_what_says_no_there_and_nothing_else() {
        let mut known = refused("raw/a.jpg");
        known.note(Right::Write, "b", "raw/a.jpg", NOON);
        known.note(Right::Delete, "b", "old/a.jpg", NOON);
        known.forget(Right::Delete, "b", "raw/2026/");
        assert!(known.find(Right::Delete, "b", "raw/", NOON).is_none());
        assert!(known.find(Right::Write, "b", "raw/", NOON).is_some());
        assert!(known.find(Right::Delete, "b", "old/", NOON).is_some());
    }

    #[test]
    fn what_was_done_after_all_is_not_refused_any_more() {
        let mut known = refused("raw/a.jpg");
        known.allowed(Right::Delete, "b", "b.jpg");
        assert!(
            known.find(Right::Delete, "b", "raw/", NOON).is_some(),
            "another folder says nothing of this one"
        );
        known.allowed(Right::Delete, "b", "raw/2026/b.jpg");
        assert!(known.is_empty());
    }

    #[test]
    fn the_same_again_is_one_and_a_wider_one_takes_the_place_of_those_below() {
        let mut known = refused("raw/2026/a.jpg");
        known.note(Right::Delete, "b", "raw/2026/b.jpg", later(1));
        assert_eq!(known, refused("raw/2026/a.jpg"), "nothing new within a minute");
        known.note(Right::Delete, "b", "raw/2026/b.jpg", later(MINUTE));
        assert_eq!(known.0.len(), 1);
        assert_eq!(
            known.find(Right::Delete, "b", "raw/2026/", later(MINUTE)).map(|r| r.at),
            Some(later(MINUTE))
        );
        known.note(Right::Delete, "b", "raw/c.jpg", later(MINUTE + 2));
        assert_eq!(known.0.len(), 1);
        assert_eq!(
            known.find(Right::Delete, "b", "raw/2026/", later(MINUTE + 3)).map(|r| r.at),
            Some(later(MINUTE + 2))
        );
        for number in 0..300 {
            known.note(Right::Read, "b", &format!("{number}/a"), later(4));
        }
        assert_eq!(known.0.len(), MOST);
        assert!(known.find(Right::Read, "b", "299/", later(5)).is_some());
    }

    #[test]
    fn it_is_kept_as_text_and_read_again() {
        let known = refused("raw/a.jpg");
        let text = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<Refusals>(&text).unwrap(), known);
    }
}
