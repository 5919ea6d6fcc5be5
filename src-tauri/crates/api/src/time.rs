//! A place in time: what it looked like at a moment, told by a version index, and what a restore of it comes to. Nothing here
//! asks the server but the samples; the plan that is carried out is made anew from a fresh listing (ADR 0016).
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use windlass_domain::job::restore::Restore;
use windlass_domain::lifecycle::Versioning;
use windlass_domain::price::Carry;
use windlass_domain::thaw::Archive;
use windlass_domain::time::{
    self, Change, Choice, Content, Planned, Timeline, Version, on_top, plan, plan::Amount, since,
};
use windlass_domain::{Bucket, ObjectKey, Timestamp};
use windlass_ports::{HistoryId, HistoryInfo, KeyHistory};

use crate::dto_jobs::{Added, Undelete};
use crate::dto_time::{
    BucketVersions, ObjectAmount, TimeBar, TimeChange, TimeChoice, TimeCounts, TimePlace, TimePlan, TimeRow,
    TimeSamples, TimeShow, TimeVersion, TimeWindow,
};
use crate::histories::{gone, is_of, parse};
use crate::names::visible;
use crate::{Api, UiError};

/// Places whose timelines stay in memory.
const KEPT: usize = 2;
const MOST_BARS: u16 = 400;
const MOST_ROWS: u64 = 500;
/// Older versions that are looked at before a plan is begun.
const SAMPLES: usize = 5;
/// Requests of one copied object: a look at both ends, and the copy.
const REQUESTS: u64 = 3;
/// Objects that a job has in hand at once.
const AT_ONCE: u64 = 32;

/// A place of a version index, in memory.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    id: HistoryId,
    prefix: String,
    /// The number that its first key has in the index, and the place of its first version.
    key: u32,
    version: u32,
    line: Arc<Timeline>,
}

impl Placed {
    /// Its keys by the names of the index.
    fn named(&self, keys: &[u32]) -> Vec<(u32, std::ops::Range<u32>)> {
        let name = |key: &u32| {
            let places = self.line.places(*key);
            (self.key + key, self.version + places.start..self.version + places.end)
        };
        keys.iter().map(name).collect()
    }
}

/// Which keys were shown last.
type Shown = (HistoryId, String, i64, TimeShow, String);

/// Timelines in memory, newest last, and the keys that were shown last.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    placed: Vec<Placed>,
    shown: Option<(Shown, Arc<Vec<u32>>)>,
}

fn lock(lines: &Mutex<Lines>) -> std::sync::MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks through a timeline where it holds up nobody else.
async fn look<T: Send + 'static>(
    placed: &Placed,
    through: impl FnOnce(&Timeline) -> T + Send + 'static,
) -> Result<T, UiError> {
    let line = Arc::clone(&placed.line);
    tokio::task::spawn_blocking(move || through(&line)).await.map_err(|died| {
        UiError::new(
            crate::ErrorCode::Unexpected,
            "The past could not be looked at, for a reason of our own.",
        )
        .with_detail(died)
    })
}

impl Api {
    pub(crate) async fn bucket_versions(
        &self,
        connection: String,
        bucket: String,
    ) -> Result<BucketVersions, UiError> {
        let browse = self.remotes.browse(&connection).await?;
        Ok(match browse.versioning(&Bucket::new(bucket.as_str())).await {
            Ok(Versioning::On) => BucketVersions::On,
            Ok(Versioning::Suspended) => BucketVersions::Suspended,
            Ok(Versioning::Never) => BucketVersions::Off,
            Err(error) if error.kind.is_passing() => return Err(error.into()),
            Err(_) => BucketVersions::Unknown,
        })
    }

    pub(crate) async fn keep_versions(&self, connection: String, bucket: String) -> Result<(), UiError> {
        let browse = self.remotes.browse(&connection).await?;
        Ok(browse.start_versions(&Bucket::new(bucket.as_str())).await?)
    }

    /// What is known of a place in time.
    pub(crate) async fn open_time(
        &self,
        connection: String,
        bucket: String,
        prefix: String,
    ) -> Result<TimePlace, UiError> {
        // A server that does not answer keeps nobody from what was read before.
        let versions =
            self.bucket_versions(connection.clone(), bucket.clone()).await.unwrap_or(BucketVersions::Unknown);
        let all = self.histories.histories().await?;
        let whole = all.iter().filter(|info| {
            info.ended.is_some()
                && info.connection == connection
                && info.bucket == bucket
                && prefix.starts_with(&info.prefix)
        });
        let index = whole.max_by_key(|info| (info.began, info.id));
        let filling =
            all.iter().find(|info| info.ended.is_none() && is_of(info, &connection, &bucket, &prefix));
        let range = match index {
            Some(info) => self.placed(info.id, &prefix).await?.line.range(),
            None => None,
        };
        let row = |info: Option<&HistoryInfo>| info.map(|info| self.history_row(info, &all));
        Ok(TimePlace {
            versions,
            index: row(index),
            filling: row(filling),
            first: range.map(|range| after(range.0)),
            last: range.map(|range| after(range.1)),
        })
    }

    pub(crate) async fn time_bars(
        &self,
        id: String,
        prefix: String,
        from: i64,
        to: i64,
        bars: u16,
    ) -> Result<Vec<TimeBar>, UiError> {
        let placed = self.placed(parse(&id)?, &prefix).await?;
        let (from, to) = (Timestamp::from_millis(from), Timestamp::from_millis(to));
        let bars = look(&placed, move |line| line.density(from, to, bars.min(MOST_BARS))).await?;
        Ok(bars.into_iter().map(|bar| TimeBar { written: bar.written, deleted: bar.deleted }).collect())
    }

    pub(crate) async fn time_counts(
        &self,
        id: String,
        prefix: String,
        moment: i64,
    ) -> Result<TimeCounts, UiError> {
        let placed = self.placed(parse(&id)?, &prefix).await?;
        let at = Timestamp::from_millis(moment);
        let counts = look(&placed, move |line| line.counts(at)).await?;
        // A change is told by the first whole millisecond behind it, so one of this very millisecond is no earlier one.
        let begin = Timestamp(at.0.saturating_sub(MILLI - 1));
        Ok(TimeCounts {
            then: amount(counts.then),
            now: amount(counts.now),
            same: counts.same,
            rewritten: counts.rewritten,
            changed: amount(counts.changed),
            deleted: amount(counts.deleted),
            added: amount(counts.added),
            earlier: placed.line.earlier(begin).map(after),
            later: placed.line.later(at).map(after),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a call, by name at the door")]
    pub(crate) async fn time_window(
        &self,
        id: String,
        prefix: String,
        moment: i64,
        show: TimeShow,
        text: String,
        offset: u64,
        limit: u64,
    ) -> Result<TimeWindow, UiError> {
        let placed = self.placed(parse(&id)?, &prefix).await?;
        let keys = self.shown(&placed, moment, show, text).await?;
        let wanted = usize::try_from(limit.min(MOST_ROWS)).unwrap_or_default();
        let some: Vec<u32> =
            keys.iter().skip(usize::try_from(offset).unwrap_or(usize::MAX)).take(wanted).copied().collect();
        let found = self.histories.key_histories(placed.id, placed.named(&some)).await?;
        let at = Timestamp::from_millis(moment);
        let rows = found.into_iter().filter_map(|key| row(key, &prefix, at)).collect();
        Ok(TimeWindow { rows, total: keys.len() as u64 })
    }

    /// The keys that are shown, by their numbers in the place.
    async fn shown(
        &self,
        placed: &Placed,
        moment: i64,
        show: TimeShow,
        text: String,
    ) -> Result<Arc<Vec<u32>>, UiError> {
        let asked: Shown = (placed.id, placed.prefix.clone(), moment, show, text.clone());
        if let Some((known, keys)) = &lock(&self.lines).shown
            && *known == asked
        {
            return Ok(Arc::clone(keys));
        }
        let at = Timestamp::from_millis(moment);
        let mut keys = look(placed, move |line| match show {
            TimeShow::Then => line.there(at),
            TimeShow::Differences | TimeShow::Deleted | TimeShow::Changed | TimeShow::Added => {
                let shown = |change| match show {
                    TimeShow::Deleted => change == Change::Deleted,
                    TimeShow::Changed => matches!(change, Change::Changed | Change::Rewritten),
                    TimeShow::Added => change == Change::Added,
                    TimeShow::Differences | TimeShow::Then => true,
                };
                let differences = line.differences(at).into_iter();
                differences.filter(|one| shown(one.change)).map(|one| one.key).collect()
            }
        })
        .await?;
        if !text.is_empty() {
            let end = placed.key + u32::try_from(placed.line.keys()).unwrap_or(u32::MAX);
            let with = self.histories.keys_with(placed.id, placed.key..end, &text).await?;
            keys.retain(|key| with.binary_search(&(placed.key + key)).is_ok());
        }
        let keys = Arc::new(keys);
        lock(&self.lines).shown = Some((asked, Arc::clone(&keys)));
        Ok(keys)
    }

    /// What a choice comes to.
    async fn planned(&self, placed: &Placed, moment: i64, choice: TimeChoice) -> Result<Planned, UiError> {
        let but = self.histories.key_numbers(placed.id, choice.but.clone()).await?;
        let but: BTreeSet<u32> = but.into_iter().filter_map(|key| key.checked_sub(placed.key)).collect();
        let choice = chosen(moment, &choice);
        look(placed, move |line| line.plan(&choice, &but)).await
    }

    pub(crate) async fn time_plan(
        &self,
        id: String,
        prefix: String,
        moment: i64,
        choice: TimeChoice,
    ) -> Result<TimePlan, UiError> {
        let placed = self.placed(parse(&id)?, &prefix).await?;
        let info = self.histories.history(placed.id).await?.ok_or_else(gone)?;
        let Planned { totals, copies, .. } = self.planned(&placed, moment, choice).await?;
        let price = self
            .price(&info.connection, &info.bucket, |list, at| {
                let once = list.carry(at, at, &copies, Carry::Copy(None))?;
                Ok(once.and(list.storing(at, &copies)?))
            })
            .await?;
        Ok(TimePlan {
            undelete: amount(totals.undelete),
            unmark: amount(totals.unmark),
            roll_back: amount(totals.roll_back),
            thaw: amount(totals.thaw),
            hide: totals.hide,
            left: totals.keep + totals.same_bytes + totals.out,
            price,
        })
    }

    /// Looks at some of the versions that a plan copies. A right that is missing shows before anything is begun; that of
    /// writing shows with the first copy.
    pub(crate) async fn time_samples(
        &self,
        id: String,
        prefix: String,
        moment: i64,
        choice: TimeChoice,
    ) -> Result<TimeSamples, UiError> {
        let placed = self.placed(parse(&id)?, &prefix).await?;
        let info = self.histories.history(placed.id).await?.ok_or_else(gone)?;
        let planned = self.planned(&placed, moment, choice).await?;
        let some: Vec<u32> = spread(&planned.readable);
        let found = self.histories.key_histories(placed.id, placed.named(&some)).await?;
        let browse = self.remotes.browse(&info.connection).await?;
        let (bucket, at) = (Bucket::new(info.bucket.as_str()), Timestamp::from_millis(moment));
        let mut samples = TimeSamples { asked: 0, readable: 0, seconds: None, problem: None };
        let began = Instant::now();
        for KeyHistory { key, versions } in found {
            let (Ok(key), Some(version)) =
                (ObjectKey::parse(&key), on_top(&versions, at).and_then(|place| versions.get(place)))
            else {
                continue;
            };
            let etag = version.content.as_ref().map(|content| &content.etag);
            samples.asked += 1;
            match browse.read_range(&bucket, &key, Some(&version.id), 0..1, etag).await {
                Ok(_) => samples.readable += 1,
                Err(error) => {
                    samples.problem.get_or_insert_with(|| error.into());
                }
            }
        }
        let moves = planned.totals.moves().saturating_sub(planned.totals.thaw.objects);
        if samples.readable > 0 {
            let each = began.elapsed().as_secs_f64() / f64::from(samples.asked);
            let requests = moves.saturating_mul(REQUESTS).div_ceil(AT_ONCE);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "an estimate in seconds"
            )]
            let seconds = (requests as f64 * each).ceil() as u64;
            samples.seconds = Some(seconds.max(1));
        }
        Ok(samples)
    }

    /// The timeline of a place; read from the journal once.
    async fn placed(&self, id: HistoryId, prefix: &str) -> Result<Placed, UiError> {
        if let Some(known) = self.known_place(id, prefix) {
            return Ok(known);
        }
        let info = self.histories.history(id).await?.ok_or_else(gone)?;
        let line = self.histories.timeline(id).await?;
        let placed = if info.prefix == prefix {
            Placed { id, prefix: prefix.to_owned(), key: 0, version: 0, line: Arc::new(line) }
        } else {
            let keys = self.histories.keys_below(id, prefix).await?;
            let (key, version) = (keys.start, line.places(keys.start).start);
            Placed { id, prefix: prefix.to_owned(), key, version, line: Arc::new(line.within(&keys)) }
        };
        let mut lines = lock(&self.lines);
        while lines.placed.len() >= KEPT {
            lines.placed.remove(0);
        }
        lines.placed.push(placed.clone());
        Ok(placed)
    }

    /// One that is in memory; what was used last stays longest.
    fn known_place(&self, id: HistoryId, prefix: &str) -> Option<Placed> {
        let mut lines = lock(&self.lines);
        let place = lines.placed.iter().position(|one| one.id == id && one.prefix == prefix)?;
        let known = lines.placed.remove(place);
        lines.placed.push(known.clone());
        Some(known)
    }
}

/// Nanoseconds.
const MILLI: i64 = 1_000_000;

/// The first whole millisecond at which a change had come.
fn after(at: Timestamp) -> i64 {
    at.0.div_euclid(MILLI) + i64::from(at.0.rem_euclid(MILLI) > 0)
}

const fn amount(amount: Amount) -> ObjectAmount {
    ObjectAmount { objects: amount.objects, bytes: amount.bytes }
}

pub(crate) const fn undelete(undelete: Undelete) -> plan::Undelete {
    match undelete {
        Undelete::Copy => plan::Undelete::Copy,
        Undelete::RemoveMarker => plan::Undelete::RemoveMarker,
    }
}

pub(crate) const fn added(added: Added) -> plan::Added {
    match added {
        Added::Keep => plan::Added::Keep,
        Added::Hide => plan::Added::Hide,
    }
}

fn chosen(moment: i64, choice: &TimeChoice) -> Choice {
    Choice {
        moment: Timestamp::from_millis(moment),
        deleted: choice.deleted,
        undelete: undelete(choice.undelete),
        changed: choice.changed,
        added: added(choice.added),
        rewritten: choice.rewritten,
    }
}

/// The restore of a choice.
pub(crate) fn restore(moment: i64, choice: &TimeChoice) -> Restore {
    Restore::Moment { choice: chosen(moment, choice), but: choice.but.iter().cloned().collect() }
}

/// A few of many, spread over all of them.
fn spread(keys: &[u32]) -> Vec<u32> {
    let few = keys.len().min(SAMPLES);
    (0..few).filter_map(|n| keys.get(n * keys.len() / few).copied()).collect()
}

fn version(version: &Version) -> Option<TimeVersion> {
    let Content { size, class, .. } = version.content.as_ref()?;
    Some(TimeVersion {
        version: version.id.as_str().to_owned(),
        size: *size,
        modified: version.modified.millis(),
        class: class.to_string(),
        archived: Archive::of(class, None).is_some(),
    })
}

fn row(history: KeyHistory, prefix: &str, at: Timestamp) -> Option<TimeRow> {
    let KeyHistory { key, versions } = history;
    let place = on_top(&versions, at);
    let top = versions.first()?;
    let change = match time::change(&versions, at) {
        Change::Same => TimeChange::Same,
        Change::Rewritten => TimeChange::Rewritten,
        Change::Changed => TimeChange::Changed,
        Change::Deleted => TimeChange::Deleted,
        Change::Added => TimeChange::Added,
    };
    Some(TimeRow {
        name: visible(key.strip_prefix(prefix).unwrap_or(&key)),
        change,
        then: place.and_then(|place| versions.get(place)).and_then(version),
        now: version(top),
        when: after(*since(&versions).first()?),
        lone_marker: place == Some(1) && top.content.is_none(),
        key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_in_milliseconds_is_never_before_its_change() {
        assert_eq!([0, 1, MILLI, MILLI + 1, -1].map(|at| after(Timestamp(at))), [0, 1, 1, 2, 0]);
    }

    #[test]
    fn samples_are_spread_over_all_of_a_plan() {
        assert_eq!(spread(&[]), [0; 0]);
        assert_eq!(spread(&[4, 9]), [4, 9]);
        let many: Vec<u32> = (0..1000).collect();
        assert_eq!(spread(&many), [0, 200, 400, 600, 800]);
    }
}
