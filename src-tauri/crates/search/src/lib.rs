//! Keys in memory, and those that a question means.
//!
//! **Does** hold millions of keys at about 35 bytes each beyond their prefixes, and find by any fragment of them in tens of
//! milliseconds: names lie one after the other as folded text, by prefix, and are looked through with the processor's widest
//! instructions. **Never** reads a disk, ranks or guesses: what is found is what [`Query::matches`] says of each key, in the order
//! of their numbers.
//! **Start reading** at [`Arena`], then `plan.rs` (what a word means for a prefix and for a name) and `find.rs`.
#![deny(missing_docs)]

mod find;
mod plan;
mod segment;

use std::sync::Arc;

pub use find::{Found, Group};
use segment::Segment;
#[cfg(doc)]
use windlass_domain::search::Query;
use windlass_domain::{Timestamp, search};

/// What is known of one object, or of a folder that a listing told.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its number; found ones come in the order of these.
    pub id: u32,
    /// Whole key.
    pub key: &'a str,
    /// Bytes.
    pub size: u64,
    /// Last change; kept to the second.
    pub modified: Option<Timestamp>,
    /// Storage class.
    pub class: &'a str,
    /// A common prefix and no object: no limit but those of words fits it.
    pub folder: bool,
}

/// Classes that are told apart; there are about ten in the world.
const MOST_CLASSES: usize = 254;
/// So many numbers without an entry are filled up; more begin a new segment.
const SMALL_GAP: u32 = 64;

/// Keys, to be searched. A clone is cheap and stays as it is while the original grows.
#[derive(Debug, Clone, Default)]
pub struct Arena {
    segments: Vec<Arc<Segment>>,
    classes: Vec<String>,
}

impl Arena {
    /// Adds one. What is there already is left out. Quick where numbers rise; what comes before others goes between them.
    pub fn push(&mut self, entry: &Entry<'_>) {
        let class = self.class(entry.class);
        let place = match self.segments.last() {
            Some(last) if last.first_id() > entry.id => {
                self.segments.partition_point(|segment| segment.first_id() <= entry.id)
            }
            Some(_) | None => self.segments.len(),
        };
        let before = place.checked_sub(1).and_then(|at| self.segments.get_mut(at));
        if let Some(before) = before {
            let Some(gap) = entry.id.checked_sub(before.end_id()) else { return };
            if !before.is_full() && gap <= SMALL_GAP {
                let before = Arc::make_mut(before);
                for _ in 0..gap {
                    before.push_gone();
                }
                before.push(entry, class);
                return;
            }
        }
        let mut new = Segment::new(entry.id);
        new.push(entry, class);
        self.segments.insert(place, Arc::new(new));
    }

    /// Objects and bytes below a prefix (empty, or with its slash).
    #[must_use]
    pub fn measure(&self, under: &str) -> (u64, u64) {
        self.segments.iter().fold((0, 0), |(objects, bytes), segment| {
            let (more, sum) = segment.measure(under);
            (objects + more, bytes.saturating_add(sum))
        })
    }

    /// Takes one out, by its number. Unknown ones are nothing.
    pub fn remove(&mut self, id: u32) {
        let at = self.segments.partition_point(|segment| segment.first_id() <= id);
        if let Some(segment) = at.checked_sub(1).and_then(|at| self.segments.get_mut(at)) {
            Arc::make_mut(segment).remove(id);
        }
    }

    /// About how many bytes it holds.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes()).sum()
    }

    fn class(&mut self, class: &str) -> u8 {
        let place = self.classes.iter().position(|known| known == class).unwrap_or_else(|| {
            if self.classes.len() < MOST_CLASSES {
                self.classes.push(class.to_owned());
            }
            self.classes.len() - 1
        });
        u8::try_from(place).unwrap_or(u8::MAX)
    }
}

/// Prefix and name of a key: a folder's own key (`a/b/`) has its slash in the name.
#[must_use]
pub fn split(key: &str) -> (&str, &str) {
    let body = key.strip_suffix('/').unwrap_or(key);
    match body.rfind('/') {
        Some(at) => key.split_at_checked(at + 1).unwrap_or(("", key)),
        None => ("", key),
    }
}

pub(crate) fn fold(text: &str) -> std::borrow::Cow<'_, str> {
    search::fold(text)
}
