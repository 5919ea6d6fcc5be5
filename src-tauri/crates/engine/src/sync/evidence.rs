//! Evidence for absence (invariant I6): what is missing once may be on its way; what is missing twice, some time apart, with
//! everything around it in place, is gone.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;
use windlass_domain::RelPath;

use crate::planted::{self, Bug};

/// Paths whose events are kept; more prove nothing and the clock decides.
const MOST_TOUCHED: usize = 100_000;

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Here,
    There,
}

/// What was missing, and since when. Lives as long as the folder's actor: after a start everything is looked at twice again.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    since: BTreeMap<(Side, RelPath), Instant>,
    /// Missing in the look under way or in the one before.
    missing: BTreeSet<(Side, RelPath)>,
    now_missing: BTreeSet<(Side, RelPath)>,
    /// The system told of a change there: with one scan that is evidence enough.
    touched: BTreeSet<RelPath>,
}

impl Evidence {
    /// An event of the file system.
    pub(crate) fn touched(&mut self, path: RelPath) {
        if self.touched.len() < MOST_TOUCHED {
            self.touched.insert(path);
        }
    }

    /// A look begins.
    pub(crate) fn begin(&mut self) {
        self.now_missing.clear();
    }

    /// It is there.
    pub(crate) fn present(&mut self, side: Side, path: &RelPath) {
        if self.since.is_empty() {
            return;
        }
        let place = (side, path.clone());
        self.since.remove(&place);
    }

    /// It is missing in a complete look. `None`: that is proved now. Otherwise the time of the next look that can prove it.
    pub(crate) fn absent(&mut self, side: Side, path: &RelPath, apart: Duration) -> Option<Instant> {
        let place = (side, path.clone());
        let now = Instant::now();
        let seen_before = self.since.contains_key(&place);
        let since = *self.since.entry(place.clone()).or_insert(now);
        self.now_missing.insert(place.clone());
        if side == Side::There && planted::is(Bug::OneListingIsEnough) {
            return None;
        }
        let told = (side == Side::Here || planted::is(Bug::EventProvesThere)) && self.is_touched(path);
        if told || (seen_before && now.duration_since(since) >= apart) {
            return None;
        }
        Some(since + apart)
    }

    /// An event of the path itself or of a folder above it.
    fn is_touched(&self, path: &RelPath) -> bool {
        if self.touched.is_empty() {
            return false;
        }
        let mut text = path.as_str();
        loop {
            if RelPath::parse(text).is_ok_and(|path| self.touched.contains(&path)) {
                return true;
            }
            match text.rsplit_once('/') {
                Some((above, _)) => text = above,
                None => return false,
            }
        }
    }

    /// A complete look ended: what it did not miss any more is no longer missing.
    pub(crate) fn looked(&mut self) {
        self.missing = std::mem::take(&mut self.now_missing);
        let missing = &self.missing;
        self.since.retain(|place, _| missing.contains(place));
    }

    /// What the system told was looked at.
    pub(crate) fn told(&mut self) {
        self.touched.clear();
    }

    /// The root went away, or the journal is another one: nothing counts.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn hb16_gone_means_missing_twice_and_apart() {
        let (mut evidence, apart) = (Evidence::default(), Duration::from_secs(60));
        let a = path("a");
        assert!(evidence.absent(Side::There, &a, apart).is_some(), "once is nothing");
        evidence.looked();
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(evidence.absent(Side::There, &a, apart).is_some(), "too soon");
        evidence.looked();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(evidence.absent(Side::There, &a, apart).is_none());
        evidence.present(Side::There, &a);
        assert!(evidence.absent(Side::There, &a, apart).is_some(), "it was there in between");
        evidence.looked();
        evidence.looked();
        tokio::time::advance(apart).await;
        assert!(evidence.absent(Side::There, &a, apart).is_some(), "a look in between did not miss it");
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_and_a_scan_are_enough_here_and_never_there() {
        let (mut evidence, apart) = (Evidence::default(), Duration::from_secs(60));
        evidence.touched(path("folder"));
        assert!(evidence.absent(Side::There, &path("folder/a"), apart).is_some());
        assert!(evidence.absent(Side::Here, &path("folder/a"), apart).is_none());
        assert!(evidence.absent(Side::Here, &path("folders/a"), apart).is_some());
        evidence.looked();
        evidence.told();
        assert!(evidence.absent(Side::Here, &path("folder/b"), apart).is_some(), "an event counts once");
    }
}
