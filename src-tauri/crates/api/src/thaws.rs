//! The thaw board: archived objects planned, asked for, and what becomes of them once they can be read.
use windlass_domain::price::{Bill, Missing, PriceAt, PriceList};
use windlass_domain::thaw::{
    self as domain, Archive, Asking, ThawBatch, ThawPart, ThawState as State, Tier, batch::MOST_DAYS,
};
use windlass_domain::{Bucket, JobId, ThawId};
use windlass_engine::{StartThaw, ThawView};
use windlass_ports::RemoteErrorKind;

use crate::dto::ErrorCode;
use crate::dto_prices::{Price, PriceKind};
use crate::dto_thaw::{
    ThawBoard, ThawFrom, ThawItem, ThawItemState, ThawItems, ThawOffer, ThawRow, ThawSpeed, ThawState,
    ThawThen,
};
use crate::error::remote_words;
use crate::writing::absolute;
use crate::{Api, UiError, visible};

/// Most rows in one answer.
const MOST_ITEMS: u64 = 500;
/// Batches that are over and still shown.
const MOST_PAST: usize = 200;
const NANOS: u128 = 1_000_000_000;

impl Api {
    pub(crate) async fn thaws(&self) -> Result<ThawBoard, UiError> {
        let views = self.engine.thaws().await?;
        let currency = self.currency().await;
        let month = month(self.clock.now().millis(), &views, &currency);
        let (past, mut open): (Vec<ThawView>, Vec<ThawView>) =
            views.into_iter().partition(|view| view.batch.state.is_over());
        let last = |at: Option<windlass_domain::Timestamp>| (at.is_none(), at);
        open.sort_by_key(|view| (last(view.batch.ends_at), last(view.due_at), view.batch.created));
        Ok(ThawBoard {
            open: open.into_iter().map(row).collect(),
            past: past.into_iter().take(MOST_PAST).map(row).collect(),
            month,
            currency,
        })
    }

    /// Begins to find what is archived. Nothing is asked for before [`Self::start_thaw`].
    pub(crate) async fn plan_thaw(
        &self,
        connection: String,
        bucket: String,
        from: ThawFrom,
    ) -> Result<ThawRow, UiError> {
        self.connection(&connection).await?;
        let from = match from {
            ThawFrom::Roots { roots } if roots.is_empty() => {
                return Err(UiError::bad_request("Nothing is chosen, so nothing was asked for."));
            }
            ThawFrom::Roots { roots } => domain::ThawFrom::Roots(roots),
            ThawFrom::Job { id } => domain::ThawFrom::Job(JobId::from(id)),
        };
        let id = self.engine.plan_thaw(&connection, Bucket::new(bucket.as_str()), from).await?;
        self.engine.thaw(&id).await.map(row)
    }

    /// What each speed takes and costs, quickest first.
    pub(crate) async fn thaw_offers(&self, id: String, days: u32) -> Result<Vec<ThawOffer>, UiError> {
        let id = ThawId::from(id);
        let batch = self.engine.thaw(&id).await?.batch;
        let parts = match batch.state {
            State::Planned => batch.parts.clone(),
            State::Thawing => self.engine.thaw_parts(&id, domain::ThawItemState::Thawing).await?,
            _ => return Err(not_now("It can be asked for when its plan can be read.")),
        };
        let second = u128::from(self.engine.thaw_second(&batch.connection).await);
        let scaled =
            |seconds: u32| u64::try_from((u128::from(seconds) * second).div_ceil(NANOS)).unwrap_or(u64::MAX);
        let mut offers = Vec::new();
        for speed in [ThawSpeed::Expedited, ThawSpeed::Standard, ThawSpeed::Bulk] {
            let tier = tier(speed);
            let (least, most) = batch.takes(tier).unwrap_or_default();
            let price = self.thaw_price(&batch, &parts, tier, days).await?;
            offers.push(ThawOffer {
                speed,
                refused: refused(&batch, tier).unwrap_or_default().to_owned(),
                least_seconds: scaled(least),
                most_seconds: scaled(most),
                price,
            });
        }
        Ok(offers)
    }

    pub(crate) async fn start_thaw(
        &self,
        id: String,
        speed: ThawSpeed,
        days: u32,
        then: ThawThen,
    ) -> Result<(), UiError> {
        let (id, tier) = (ThawId::from(id), tier(speed));
        let batch = self.engine.thaw(&id).await?.batch;
        if batch.state != State::Planned {
            return Err(not_now("It was asked for already, or there is no plan of it to read."));
        }
        if let Some(why) = refused(&batch, tier) {
            return Err(UiError::bad_request(format!("{why} Nothing was asked for.")));
        }
        if batch.has_days() {
            check_days(days)?;
        }
        let then = wanted(&batch, then)?;
        let price = self.thaw_price(&batch, &batch.parts, tier, days).await?;
        let asking = self.asking(&price);
        let how = StartThaw { tier, days, then, asking, price: text(&price) };
        self.engine.start_thaw(&id, how).await
    }

    pub(crate) async fn stop_thaw(&self, id: String) -> Result<(), UiError> {
        self.engine.stop_thaw(&ThawId::from(id)).await
    }

    pub(crate) async fn faster_thaw(&self, id: String, speed: ThawSpeed) -> Result<(), UiError> {
        let (id, tier) = (ThawId::from(id), tier(speed));
        let batch = self.engine.thaw(&id).await?.batch;
        if batch.state != State::Thawing || batch.again.is_some() {
            return Err(not_now("Only what still thaws can be asked for more quickly."));
        }
        if let Some(why) = refused(&batch, tier) {
            return Err(UiError::bad_request(format!("{why} It thaws on as it was asked for.")));
        }
        let parts = self.engine.thaw_parts(&id, domain::ThawItemState::Thawing).await?;
        let more = self
            .price(&batch.connection, batch.bucket.as_str(), |list, at| list.thawing(at, &parts, tier))
            .await?;
        let asking = self.asking(&more);
        self.engine.faster_thaw(&id, tier, asking, text(&both(priced(&batch), more))).await
    }

    pub(crate) async fn extend_thaw(&self, id: String, days: u32) -> Result<(), UiError> {
        check_days(days)?;
        let id = ThawId::from(id);
        let batch = self.engine.thaw(&id).await?.batch;
        if !batch.can_extend() {
            return Err(not_now(
                "Only copies that can be read, and that end by themselves, can last longer.",
            ));
        }
        let parts = self.engine.thaw_parts(&id, domain::ThawItemState::Ready).await?;
        let bill = |list: &PriceList, at: &PriceAt| -> Result<Bill, Missing> {
            Ok(list.asking_again(at, &parts)?.and(list.keeping(at, &parts, days)?))
        };
        let more = self.price(&batch.connection, batch.bucket.as_str(), bill).await?;
        let asking = self.asking(&more);
        self.engine.extend_thaw(&id, days, asking, text(&both(priced(&batch), more))).await
    }

    pub(crate) async fn set_thaw_then(&self, id: String, then: ThawThen) -> Result<(), UiError> {
        let id = ThawId::from(id);
        let then = wanted(&self.engine.thaw(&id).await?.batch, then)?;
        self.engine.set_thaw_then(&id, then).await
    }

    pub(crate) async fn download_thaw(&self, id: String, to: String) -> Result<(), UiError> {
        absolute(&to)?;
        let id = ThawId::from(id);
        if self.engine.thaw(&id).await?.batch.state != State::Ready {
            return Err(not_now("It can be downloaded when it can be read, and once at a time."));
        }
        self.engine.fetch_thaw(&id, to).await
    }

    pub(crate) async fn drop_thaw(&self, id: String) -> Result<(), UiError> {
        let id = ThawId::from(id);
        let state = self.engine.thaw(&id).await?.batch.state;
        if state != State::Planned && !state.is_over() {
            return Err(not_now("It is not over. Stop it first."));
        }
        self.engine.forget_thaw(&id).await
    }

    /// Rows i..j of a batch.
    pub(crate) async fn thaw_items(&self, id: String, offset: u64, limit: u64) -> Result<ThawItems, UiError> {
        let id = ThawId::from(id);
        let batch = self.engine.thaw(&id).await?.batch;
        let limit = u32::try_from(limit.min(MOST_ITEMS)).unwrap_or_default();
        let rows = self.engine.thaw_items(&id, offset, limit).await?;
        let rows = rows.into_iter().map(|item| item_row(&batch.place, item)).collect();
        Ok(ThawItems { rows, total: batch.counts.objects })
    }

    async fn thaw_price(
        &self,
        batch: &ThawBatch,
        parts: &[ThawPart],
        tier: Tier,
        days: u32,
    ) -> Result<Price, UiError> {
        let bill = |list: &PriceList, at: &PriceAt| -> Result<Bill, Missing> {
            Ok(list.thawing(at, parts, tier)?.and(list.keeping(at, parts, days)?))
        };
        self.price(&batch.connection, batch.bucket.as_str(), bill).await
    }

    fn asking(&self, price: &Price) -> Asking {
        let known = matches!(price.kind, PriceKind::Known | PriceKind::Free);
        Asking { at: self.clock.now(), cost: known.then_some(price.amount), currency: price.currency.clone() }
    }
}

fn check_days(days: u32) -> Result<(), UiError> {
    if (1..=MOST_DAYS).contains(&days) {
        return Ok(());
    }
    Err(UiError::bad_request(format!(
        "Copies last for 1 to {MOST_DAYS} days. Nothing was asked for. Choose a number of days between them."
    )))
}

fn not_now(why: &str) -> UiError {
    UiError::new(ErrorCode::Conflict, format!("{why} Nothing was changed. Look at the board again."))
}

fn wanted(batch: &ThawBatch, then: ThawThen) -> Result<domain::ThawThen, UiError> {
    Ok(match then {
        ThawThen::Tell => domain::ThawThen::Tell,
        ThawThen::Download { to } => {
            absolute(&to)?;
            domain::ThawThen::Download { to }
        }
        ThawThen::Restore if matches!(batch.from, domain::ThawFrom::Job(_)) => domain::ThawThen::Restore,
        ThawThen::Restore => {
            return Err(UiError::bad_request(
                "It is not made from a restore, so there is none to do again. Nothing was changed.",
            ));
        }
    })
}

/// Why a batch cannot be asked for at a speed.
fn refused(batch: &ThawBatch, tier: Tier) -> Option<&'static str> {
    let slower = batch.state != State::Planned && batch.tier.is_none_or(|now| tier >= now);
    if batch.takes(tier).is_none() {
        Some(
            "There is nothing quick about a deep archive. Choose another speed, or ask for the others by themselves.",
        )
    } else if slower {
        Some("It was asked for as quickly as this already.")
    } else {
        None
    }
}

const fn tier(speed: ThawSpeed) -> Tier {
    match speed {
        ThawSpeed::Expedited => Tier::Expedited,
        ThawSpeed::Standard => Tier::Standard,
        ThawSpeed::Bulk => Tier::Bulk,
    }
}

const fn speed(tier: Tier) -> ThawSpeed {
    match tier {
        Tier::Expedited => ThawSpeed::Expedited,
        Tier::Standard => ThawSpeed::Standard,
        Tier::Bulk => ThawSpeed::Bulk,
    }
}

const fn class(archive: Archive) -> &'static str {
    match archive {
        Archive::Glacier => "GLACIER",
        Archive::DeepArchive => "DEEP_ARCHIVE",
        Archive::TieringArchive => "INTELLIGENT_TIERING",
        Archive::TieringDeepArchive => "INTELLIGENT_TIERING_DEEP",
    }
}

fn text(price: &Price) -> String {
    serde_json::to_string(price).unwrap_or_default()
}

fn priced(batch: &ThawBatch) -> Option<Price> {
    serde_json::from_str(&batch.price).ok()
}

/// What was paid and what is paid beyond it, as one price. Where either is not known, neither is the sum.
fn both(before: Option<Price>, more: Price) -> Price {
    let Some(before) = before else { return more };
    match (before.kind, more.kind) {
        (PriceKind::Known | PriceKind::Free, PriceKind::Known | PriceKind::Free)
            if before.currency == more.currency =>
        {
            let kind = if more.kind == PriceKind::Known { more.kind } else { before.kind };
            let mut lines = before.lines;
            lines.extend(more.lines);
            Price { kind, amount: before.amount.saturating_add(more.amount), lines, ..more }
        }
        (PriceKind::Known | PriceKind::Free, PriceKind::Unlisted | PriceKind::Unknown) => more,
        (PriceKind::Unlisted | PriceKind::Unknown, _) => before,
        (PriceKind::Known | PriceKind::Free, PriceKind::Known | PriceKind::Free) => Price {
            kind: PriceKind::Unknown,
            amount: 0,
            why: "It was asked for by price lists of several currencies.".to_owned(),
            lines: Vec::new(),
            ..more
        },
    }
}

/// What was asked for since the first of this month, UTC.
fn month(now: i64, views: &[ThawView], currency: &str) -> Option<u64> {
    let now = jiff::Timestamp::from_millisecond(now).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let first = now.first_of_month().and_then(|day| day.start_of_day()).ok()?.timestamp().as_millisecond();
    let asked = views.iter().flat_map(|view| &view.batch.asked);
    asked.filter(|asking| asking.at.millis() >= first).try_fold(0u64, |sum, asking| {
        let cost = asking.cost?;
        let ours = cost == 0 || asking.currency == currency;
        ours.then(|| sum.saturating_add(cost))
    })
}

fn trouble(batch: &ThawBatch, waits: Option<RemoteErrorKind>) -> Option<UiError> {
    if let Some(kind) = waits {
        let (code, words) = remote_words(kind);
        return Some(UiError::new(code, words));
    }
    let code = if batch.state == State::Failed { ErrorCode::NotFound } else { ErrorCode::Conflict };
    (!batch.note.is_empty()).then(|| UiError::new(code, batch.note.clone()))
}

fn row(view: ThawView) -> ThawRow {
    let ThawView { batch, waits, look_at, due_at } = view;
    let error = trouble(&batch, waits);
    let millis = |at: Option<windlass_domain::Timestamp>| at.map(windlass_domain::Timestamp::millis);
    let asked = !batch.asked.is_empty();
    ThawRow {
        id: batch.id.as_str().to_owned(),
        name: visible(&batch.name),
        connection: batch.connection.clone(),
        bucket: batch.bucket.as_str().to_owned(),
        place: visible(&batch.place),
        state: match batch.state {
            State::Planning => ThawState::Planning,
            State::Planned => ThawState::Planned,
            State::Asking => ThawState::Asking,
            State::Thawing => ThawState::Thawing,
            State::Ready => ThawState::Ready,
            State::Downloading => ThawState::Downloading,
            State::Past => ThawState::Past,
            State::Stopped => ThawState::Stopped,
            State::Failed => ThawState::Failed,
        },
        waiting: waits.is_some(),
        objects: batch.counts.objects,
        bytes: batch.counts.bytes,
        skipped: batch.counts.skipped,
        classes: batch.parts.iter().map(|part| class(part.archive).to_owned()).collect(),
        speed: batch.tier.map(speed),
        days: batch.days,
        then: match &batch.then {
            domain::ThawThen::Tell => ThawThen::Tell,
            domain::ThawThen::Download { to } => ThawThen::Download { to: to.clone() },
            domain::ThawThen::Restore => ThawThen::Restore,
        },
        price: priced(&batch),
        asked: batch.counts.asked(),
        ready: batch.counts.ready + batch.counts.downloaded,
        failed: batch.counts.failed,
        downloaded: batch.counts.downloaded,
        asked_at: millis(batch.asked_at),
        due_at: if asked { millis(due_at) } else { None },
        ready_at: millis(batch.ready_at),
        ends_at: millis(batch.ends_at),
        look_at: millis(look_at),
        job: match &batch.from {
            domain::ThawFrom::Job(id) => Some(id.as_str().to_owned()),
            domain::ThawFrom::Roots(_) => None,
        },
        restored_by: batch.restored_by.as_ref().map(|id| id.as_str().to_owned()),
        folder: batch.folder.clone(),
        can_hurry: batch.can_hurry(),
        can_extend: batch.can_extend(),
        error,
        created: batch.created.millis(),
    }
}

fn item_row(place: &str, item: domain::ThawItem) -> ThawItem {
    let key = item.key.as_str();
    ThawItem {
        seq: item.seq,
        name: visible(key.strip_prefix(place).unwrap_or(key)),
        key: key.to_owned(),
        version: item.version.map(|version| version.as_str().to_owned()),
        size: item.size,
        class: class(item.archive).to_owned(),
        state: match item.state {
            // Whether a request on its way arrived is not known.
            domain::ThawItemState::Planned | domain::ThawItemState::Asking => ThawItemState::Planned,
            domain::ThawItemState::Thawing => ThawItemState::Thawing,
            domain::ThawItemState::Ready => ThawItemState::Ready,
            domain::ThawItemState::Downloaded => ThawItemState::Downloaded,
            domain::ThawItemState::Ended => ThawItemState::Ended,
            domain::ThawItemState::Failed => ThawItemState::Failed,
        },
        ends_at: item.ends_at.map(windlass_domain::Timestamp::millis),
        why: item.why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto_prices::{PriceLine, PricePart};

    fn price(kind: PriceKind, amount: u64) -> Price {
        let line = PriceLine { part: PricePart::Restores, class: "GLACIER".to_owned(), units: 1, amount };
        Price {
            kind,
            amount,
            why: String::new(),
            currency: "USD".to_owned(),
            date: String::new(),
            region: String::new(),
            lines: if amount > 0 { vec![line] } else { Vec::new() },
            early: Vec::new(),
        }
    }

    #[test]
    fn a_sum_with_something_unknown_in_it_is_unknown() {
        let known = both(Some(price(PriceKind::Known, 3)), price(PriceKind::Known, 4));
        assert_eq!((known.kind, known.amount, known.lines.len()), (PriceKind::Known, 7, 2));
        let free = both(Some(price(PriceKind::Free, 0)), price(PriceKind::Free, 0));
        assert_eq!((free.kind, free.amount), (PriceKind::Free, 0));
        for (before, more) in
            [(PriceKind::Known, PriceKind::Unknown), (PriceKind::Unlisted, PriceKind::Known)]
        {
            let sum = both(Some(price(before, 0)), price(more, 0));
            assert!(!matches!(sum.kind, PriceKind::Known | PriceKind::Free), "{before:?} {more:?}");
        }
        let francs = Price { currency: "CHF".to_owned(), ..price(PriceKind::Known, 4) };
        assert_eq!(both(Some(price(PriceKind::Known, 3)), francs).kind, PriceKind::Unknown);
    }
}
