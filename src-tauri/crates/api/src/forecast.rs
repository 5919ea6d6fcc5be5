//! What the rules of a bucket will do, by its version index; and holds on the objects that they would meet. The decisions and the sums
//! are `domain::lifecycle::forecast`.
use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_domain::job::{IfTaken, ObjectEdit};
use windlass_domain::lifecycle::forecast::{self, EventKind, LineOf, MOST_DAYS, Shown, Stretch, Wanted};
use windlass_domain::lifecycle::{Class, Forecaster, Rule, SMALL, Terms, Versioning, words};
use windlass_domain::price::{Bill, Missing, PriceAt, PriceList, Tally};
use windlass_domain::{Bucket, ETag, JobKind, JobSpec, Root};
use windlass_ports::{HistoryId, HistoryInfo, LifecycleDocument, LifecycleMark};

use crate::dto::ErrorCode;
use crate::dto_jobs::JobRow;
use crate::dto_lifecycle::{
    Forecast, ForecastEvent, ForecastKind, ForecastLine, ForecastMonth, ForecastStretch, LifecycleEdit,
    StretchKind,
};
use crate::dto_prices::{Price, PriceKind};
use crate::histories::is_of;
use crate::lifecycle::rules_of;
use crate::{Api, UiError, jobs};

/// Versions that are looked at in one go.
const PAGE: u32 = 5000;
/// Objects that one job holds. Each is a root of the job and is looked at once for its plan.
const MOST_HELD: usize = 20_000;

/// Prices of a forecast.
#[derive(Default)]
struct Priced {
    months: Vec<Option<u64>>,
    then: Option<Result<Bill, Missing>>,
    moves: Option<u64>,
}

impl Api {
    pub(crate) async fn forecast(
        &self,
        connection: String,
        bucket: String,
        days: u32,
        mark: Option<String>,
        edit: Option<LifecycleEdit>,
    ) -> Result<Forecast, UiError> {
        let all = self.histories.histories().await?;
        let row = |info: Option<&HistoryInfo>| info.map(|info| self.history_row(info, &all));
        let index = whole(&all, &connection, &bucket);
        let filling = all.iter().find(|info| info.ended.is_none() && is_of(info, &connection, &bucket, ""));
        let (mut document, error) = match self.rules(&connection, &bucket, mark.as_deref()).await {
            Ok(document) => (document, None),
            // What is known of the index is shown all the same.
            Err(error) if mark.is_none() => (Arc::new(no_rules()), Some(error)),
            Err(error) => return Err(error),
        };
        if let Some(edit) = edit {
            document = Arc::new(self.edited(&connection, &document, edit).await?.0);
        }
        let rules = rules_of(&document);
        let in_force = rules.iter().filter(|rule| rule.enabled).count();
        let terms = self.terms(&connection, &bucket, &document, days).await;
        let keeps = terms.versioning != Versioning::Never;
        let told_by = index.filter(|_| error.is_none());
        let told = match told_by {
            Some(info) => {
                let held = self.holds.held(&connection, &bucket).await?;
                self.run(info.id, Forecaster::new(terms), held).await?
            }
            None => Forecaster::new(terms).finish(),
        };
        let (now, then, priced) = self.priced(&connection, &bucket, &told).await?;
        let free = now.kind == PriceKind::Free;
        let months = told.months.iter().zip(priced.months.iter().chain(std::iter::repeat(&None)));
        let month = |(month, amount): (&forecast::Month, &Option<u64>)| ForecastMonth {
            from: month.from.millis(),
            amount: if free { Some(0) } else { *amount },
            bytes: month.kept.iter().fold(0, |sum, tally| sum.saturating_add(tally.bytes)),
        };
        let months = if told_by.is_some() { months.map(month).collect() } else { Vec::new() };
        Ok(Forecast {
            index: row(index),
            filling: row(filling),
            rules: u32::try_from(in_force).unwrap_or(u32::MAX),
            objects: told.objects,
            from: told.from.millis(),
            to: told.until.millis(),
            lines: told.lines.iter().map(|one| line(&rules, one)).collect(),
            events: told.events.iter().map(|one| event(&rules, one, keeps)).collect(),
            months,
            now,
            then,
            moves: if free { Some(0) } else { priced.moves },
            error,
        })
    }

    async fn terms(&self, connection: &str, bucket: &str, document: &LifecycleDocument, days: u32) -> Terms {
        let strange = document.rules.iter().enumerate().filter(|(_, listed)| !listed.strange.is_empty());
        Terms {
            strange: strange.map(|(place, _)| place).collect(),
            rules: rules_of(document),
            // Where nobody knows, what is deleted is told as gone: the worse of the two.
            versioning: self.versioning_of(connection, bucket).await.unwrap_or_default(),
            small: document.small_objects().unwrap_or_default(),
            now: self.clock.now(),
            days: days.clamp(1, MOST_DAYS),
        }
    }

    /// Takes all keys of an index through a forecast, page by page.
    async fn run(
        &self,
        id: HistoryId,
        mut forecaster: Forecaster,
        held: BTreeMap<String, ETag>,
    ) -> Result<forecast::Forecast, UiError> {
        let held = Arc::new(held);
        let mut at = Some(0);
        while let Some(from) = at.filter(|_| !forecaster.has_all()) {
            let page = self.histories.history_page(id, from, PAGE).await?;
            at = page.next;
            let held = Arc::clone(&held);
            let taken = tokio::task::spawn_blocking(move || {
                for key in &page.keys {
                    let top = key.versions.first().and_then(|version| version.content.as_ref());
                    let holds =
                        held.get(&key.key).is_some_and(|etag| top.is_some_and(|top| top.etag == *etag));
                    forecaster.add(&key.key, &key.versions, holds);
                }
                forecaster
            });
            forecaster = taken.await.map_err(|died| {
                UiError::new(
                    ErrorCode::Unexpected,
                    "The forecast could not be made, for a reason of our own.",
                )
                .with_detail(died)
            })?;
        }
        Ok(forecaster.finish())
    }

    async fn priced(
        &self,
        connection: &str,
        bucket: &str,
        told: &forecast::Forecast,
    ) -> Result<(Price, Price, Priced), UiError> {
        let mut priced = Priced::default();
        let now = self
            .price(connection, bucket, |list: &PriceList, at: &PriceAt| {
                let amount = |kept: &[Tally]| list.storing(at, kept).ok().map(|bill| bill.total.0);
                priced.months = told.months.iter().map(|month| amount(&month.kept)).collect();
                priced.moves = list.moving(at, &told.moved).ok().map(|bill| bill.total.0);
                priced.then = Some(list.storing(at, &told.then));
                list.storing(at, &told.now)
            })
            .await?;
        let then = self
            .price(connection, bucket, |_, _| priced.then.take().unwrap_or_else(|| Ok(Bill::default())))
            .await?;
        Ok((now, then, priced))
    }

    /// Plans the job that puts a hold on the objects of an event, as the opened rules make it.
    pub(crate) async fn hold_objects(
        &self,
        connection: String,
        bucket: String,
        event: ForecastEvent,
        mark: String,
        days: u32,
    ) -> Result<JobRow, UiError> {
        let kind = kind_of(event.kind);
        if kind == EventKind::OldGone {
            return Err(UiError::bad_request(
                "A hold is a tag on the current object, so old versions cannot be held. Restore what you need of them before that day.",
            ));
        }
        let rule = event.rule.and_then(|rule| usize::try_from(rule).ok());
        let rule =
            rule.ok_or_else(|| UiError::bad_request("This event has no rule. Nothing was planned."))?;
        let all = self.histories.histories().await?;
        let index = whole(&all, &connection, &bucket).ok_or_else(crate::histories::gone)?;
        let document = self.rules(&connection, &bucket, Some(&mark)).await?;
        let terms = self.terms(&connection, &bucket, &document, days).await;
        let wanted = Wanted { kind, rule, class: Class::parse(&event.class), most: MOST_HELD + 1 };
        let held = self.holds.held(&connection, &bucket).await?;
        let found = self.run(index.id, Forecaster::wanting(terms, wanted), held).await?;
        if found.keys.len() > MOST_HELD {
            return Err(UiError::new(
                ErrorCode::NotSupported,
                format!(
                    "These are more than {} objects, and one job holds no more. Nothing was planned. Change the rule instead, or hold them folder by folder with Edit.",
                    words::number(MOST_HELD as u64)
                ),
            ));
        }
        // A key that ends in a slash would stand for all that is below it.
        let keys = found.keys.iter().filter(|key| !key.ends_with('/'));
        let roots: Vec<Root> = keys.map(|key| Root::here(key)).collect();
        if roots.is_empty() {
            return Err(UiError::new(
                ErrorCode::NotFound,
                "There is no object without a hold among them. Nothing was planned. Make the forecast anew.",
            ));
        }
        let bucket = Bucket::new(bucket.as_str());
        let spec = JobSpec {
            kind: JobKind::Edit,
            connection,
            to_bucket: bucket.clone(),
            bucket,
            roots,
            if_taken: IfTaken::Skip,
            edit: ObjectEdit::hold(),
            restore: None,
            purge: None,
            lock: None,
            undoes: None,
        };
        let id = self.engine.plan_job(spec).await?;
        self.engine.job(&id).await.map(jobs::row)
    }
}

fn no_rules() -> LifecycleDocument {
    LifecycleDocument {
        text: String::new(),
        rules: Vec::new(),
        minimum: None,
        mark: LifecycleMark(Box::default()),
    }
}

/// The whole index over the whole bucket, the newest.
fn whole<'a>(all: &'a [HistoryInfo], connection: &str, bucket: &str) -> Option<&'a HistoryInfo> {
    let whole = all.iter().filter(|info| info.ended.is_some() && is_of(info, connection, bucket, ""));
    whole.max_by_key(|info| (info.began, info.id))
}

fn line(rules: &[Rule], line: &forecast::Line) -> ForecastLine {
    let rule = match &line.of {
        LineOf::Rule(place) => u32::try_from(*place).ok(),
        LineOf::Folder(_) | LineOf::Old | LineOf::Rest => None,
    };
    let no_rule = matches!(line.of, LineOf::Folder(_));
    ForecastLine {
        title: words::line(rules, &line.of),
        rule,
        old: line.of == LineOf::Old,
        objects: line.amount.objects,
        bytes: line.amount.bytes,
        stretches: line.stretches.iter().map(|one| stretch(one, no_rule)).collect(),
    }
}

fn stretch(stretch: &Stretch, no_rule: bool) -> ForecastStretch {
    let (kind, class) = match &stretch.shown {
        Shown::Class(class) => (StretchKind::Class, class.clone()),
        Shown::Hidden => (StretchKind::Hidden, String::new()),
        Shown::Gone => (StretchKind::Gone, String::new()),
    };
    let delay = Class::parse(&class).filter(|_| kind == StretchKind::Class).map_or("", Class::delay);
    let note = match (delay, no_rule) {
        ("", true) => "no rule".to_owned(),
        ("", false) => String::new(),
        (delay, _) => format!("{delay} to get back"),
    };
    ForecastStretch { from: stretch.from.millis(), to: stretch.to.millis(), kind, class, note }
}

fn event(rules: &[Rule], event: &forecast::Event, keeps: bool) -> ForecastEvent {
    let kind = match event.kind {
        EventKind::Archived => ForecastKind::Archived,
        EventKind::Deleted => ForecastKind::Deleted,
        EventKind::OldGone => ForecastKind::OldGone,
        EventKind::Small => ForecastKind::Small,
        EventKind::Early => ForecastKind::Early,
        EventKind::Unknown => ForecastKind::Unknown,
    };
    ForecastEvent {
        kind,
        at: event.at.map_or(0, |at| at.millis()),
        title: event.title(rules),
        detail: event.detail(rules, keeps),
        // What happens to old versions alone, and what only costs a little, is no warning.
        warns: match event.kind {
            EventKind::Small => false,
            EventKind::Archived => !event.old,
            EventKind::Deleted | EventKind::OldGone | EventKind::Early | EventKind::Unknown => true,
        },
        objects: event.amount.objects,
        bytes: event.amount.bytes,
        class: event.class.clone(),
        rule: u32::try_from(event.rule).ok(),
        held: event.held,
        exclude_below: (event.kind == EventKind::Small).then_some(SMALL),
    }
}

const fn kind_of(kind: ForecastKind) -> EventKind {
    match kind {
        ForecastKind::Archived => EventKind::Archived,
        ForecastKind::Deleted => EventKind::Deleted,
        ForecastKind::OldGone => EventKind::OldGone,
        ForecastKind::Small => EventKind::Small,
        ForecastKind::Early => EventKind::Early,
        ForecastKind::Unknown => EventKind::Unknown,
    }
}
