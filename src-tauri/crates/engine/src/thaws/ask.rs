//! Asking: noted, sent, and what the server said noted again.
use futures::{FutureExt as _, StreamExt as _};
use windlass_domain::Timestamp;
use windlass_domain::thaw::item::GONE;
use windlass_domain::thaw::{Again, Heard, ThawItem, ThawItemState, ThawState, Tier};
use windlass_ports::{JournalWrite, RemoteErrorKind};

use super::trouble::{self, Tried};
use super::{Live, look};
use crate::shared::{Shared, Stopping};

/// Objects between two commits; so many at most are looked at again after a kill.
const WINDOW: u32 = 128;
/// Requests under way at once. The budget of requests holds back more of them when the server asks for patience.
pub(super) const AT_ONCE: usize = 16;

/// Seconds after which what had no room is asked for again.
const ROOM_AGAIN: u64 = 300;

const NO_ROOM: &str =
    "There is no room for quick ones at this hour. What is left is asked for again by itself.";
const NO_ROOM_FASTER: &str = "There is no room for quick ones at this hour. They thaw on as they were asked for. Try again later, or wait.";

/// One window of objects that were not asked for yet.
pub(super) async fn round(shared: &Shared, live: &Live) -> Result<(), Stopping> {
    let batch = live.batch();
    let Some(tier) = batch.tier else { return Ok(()) };
    let find = |state| shared.ports.thaws.thaw_items(&batch.id, std::slice::from_ref(state), 0, WINDOW);
    let Some(suspects) = look::found(shared, live, find(&ThawItemState::Asking).await).await else {
        return Ok(());
    };
    if !suspects.is_empty() {
        // They were noted, and whether their requests arrived nobody knows.
        look::at(shared, live, suspects).await?;
        return Ok(());
    }
    let Some(planned) = look::found(shared, live, find(&ThawItemState::Planned).await).await else {
        return Ok(());
    };
    if planned.is_empty() {
        let (id, now) = (batch.id.clone(), shared.now());
        let line = JournalWrite::Audit {
            at: now,
            action: "thaw",
            target: format!("{}/{}", batch.bucket, batch.place),
            detail: format!(
                "batch {id}: {} objects asked for by hand, {}",
                batch.counts.asked(),
                tier.name()
            ),
        };
        shared.commit(vec![line]).await?;
        let all_asked = |batch: &mut windlass_domain::thaw::ThawBatch| {
            if batch.state == ThawState::Asking {
                batch.state = ThawState::Thawing;
                batch.asked_at = Some(now);
                batch.looks = 0;
                batch.note.clear();
            }
        };
        return live.save(shared, all_asked, Vec::new()).await;
    }
    let noted: Vec<(ThawItem, ThawItem)> = planned
        .into_iter()
        .map(|item| (item.clone(), ThawItem { state: ThawItemState::Asking, ..item }))
        .collect();
    let asking: Vec<ThawItem> = noted.iter().map(|(_, asking)| asking.clone()).collect();
    live.save_moved(shared, noted, |_| ()).await?;
    let sent = send(shared, live, asking, (tier, batch.days)).await;
    let full = sent.full;
    let note = |batch: &mut windlass_domain::thaw::ThawBatch| {
        if full {
            NO_ROOM.clone_into(&mut batch.note);
        }
    };
    live.save_moved(shared, sent.moved, note).await?;
    match sent.waits {
        Some(kind) => trouble::wait(shared, live, kind, sent.tries).await,
        None if full => {
            let wait = i64::try_from(live.second.saturating_mul(ROOM_AGAIN)).unwrap_or(i64::MAX);
            live.rest(shared, Some(Timestamp(shared.now().0.saturating_add(wait)))).await;
        }
        None => live.set_waits(shared, None),
    }
    Ok(())
}

/// What came of a window of requests.
struct Sent {
    moved: Vec<(ThawItem, ThawItem)>,
    waits: Option<RemoteErrorKind>,
    /// How long the wait is.
    tries: u32,
    /// There was no room for some.
    full: bool,
    /// Why some were refused.
    why: String,
    /// Some were not sent: everything is paused, or it is over.
    held: bool,
}

async fn send(shared: &Shared, live: &Live, items: Vec<ThawItem>, how: (Tier, Option<u32>)) -> Sent {
    let mut sent =
        Sent { moved: Vec::new(), waits: None, tries: 3, full: false, why: String::new(), held: false };
    let batch = live.batch();
    let custody = match shared.ports.remotes.custody(&batch.connection).await {
        Ok(custody) => custody,
        Err(error) => {
            // None of them was sent.
            let back = |item: ThawItem| (item.clone(), item.heard(Heard::NotNow));
            sent.moved = items.into_iter().map(back).collect();
            sent.waits = Some(error.kind);
            return sent;
        }
    };
    let (custody, bucket) = (custody.as_ref(), &batch.bucket);
    let mut asked = futures::stream::iter(items)
        .map(|item| {
            async move { (trouble::ask(shared, live, custody, bucket, &item, how).await, item) }.boxed()
        })
        .buffer_unordered(AT_ONCE);
    while let Some((tried, item)) = asked.next().await {
        match tried {
            Tried::Became(after) => {
                sent.full |= item.state == ThawItemState::Asking && after.state == ThawItemState::Planned;
                if after.state == ThawItemState::Failed && after.why != GONE {
                    sent.why.clone_from(&after.why);
                }
                sent.moved.push((item, after));
            }
            Tried::Held => {
                sent.held = true;
                let back = item.clone().heard(Heard::NotNow);
                sent.moved.push((item, back));
            }
            Tried::Wait(kind) => sent.waits = Some(kind),
        }
    }
    sent
}

/// One window of what is asked for once more: more quickly, or for longer. Asking twice for the same does no harm, so nothing is noted
/// before but how far it is.
pub(super) async fn again(shared: &Shared, live: &Live) -> Result<(), Stopping> {
    let batch = live.batch();
    let Some(again) = batch.again else { return Ok(()) };
    let (states, at, how): (&[ThawItemState], u64, _) = match again {
        Again::Faster { tier, at } => (&[ThawItemState::Thawing], at, (tier, batch.days)),
        Again::Longer { days, at } => {
            (&[ThawItemState::Ready], at, (batch.tier.unwrap_or_default(), Some(days)))
        }
    };
    let found = shared.ports.thaws.thaw_items(&batch.id, states, at, WINDOW).await;
    let Some(items) = look::found(shared, live, found).await else { return Ok(()) };
    let Some(last) = items.last().map(|item| item.seq) else {
        return over(shared, live, again, None).await;
    };
    // What Intelligent-Tiering thawed stays.
    let longer = matches!(again, Again::Longer { .. });
    let items: Vec<ThawItem> = items.into_iter().filter(|item| !longer || item.archive.has_days()).collect();
    // What is refused now was asked for before, and goes on as it was.
    let asking = items.iter().map(|item| ThawItem { state: ThawItemState::Asking, ..item.clone() }).collect();
    let sent = send(shared, live, asking, how).await;
    if let Some(kind) = sent.waits {
        trouble::wait(shared, live, kind, sent.tries).await;
        return Ok(());
    }
    live.set_waits(shared, None);
    if sent.held {
        return Ok(());
    }
    if sent.full {
        return over(shared, live, again, Some(NO_ROOM_FASTER)).await;
    }
    if longer && !look::at(shared, live, items).await? {
        return Ok(());
    }
    let why = sent.why;
    let on = move |batch: &mut windlass_domain::thaw::ThawBatch| {
        if !why.is_empty() {
            batch.note = why;
        }
        batch.again = match again {
            Again::Faster { tier, .. } => Some(Again::Faster { tier, at: last }),
            Again::Longer { days, .. } => Some(Again::Longer { days, at: last }),
        };
    };
    live.save(shared, on, Vec::new()).await
}

async fn over(shared: &Shared, live: &Live, again: Again, note: Option<&str>) -> Result<(), Stopping> {
    let ends_at = look::first_end(shared, live).await;
    let now = shared.now();
    let done = |batch: &mut windlass_domain::thaw::ThawBatch| {
        batch.again = None;
        batch.ends_at = ends_at;
        match (note, again) {
            (Some(note), _) => note.clone_into(&mut batch.note),
            (None, Again::Faster { tier, .. }) => {
                batch.tier = Some(tier);
                batch.asked_at = Some(now);
                batch.looks = 0;
            }
            (None, Again::Longer { days, .. }) => batch.days = Some(days),
        }
    };
    live.save(shared, done, Vec::new()).await
}
