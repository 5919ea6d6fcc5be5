//! Mirror and two-way folders: rounds of look, decide, guard, act.
//!
//! A round sees both sides whole before it changes anything, asks `windlass-domain` what is to be done and whether a person
//! has to be asked first, and then does it, each write naming what it replaces. Whatever ends a round early costs nothing
//! but another round.
mod act;
mod evidence;
mod fetch;
mod intents;
mod marks;
mod renames;
mod report;
mod trouble;
mod twins;
mod undo;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use windlass_domain::guard::{History, Totals, Verdict, Why, guard, question_id, restored, without_deletes};
use windlass_domain::sync::{ConflictNames, Op, Seen, SyncPlan, plan};
use windlass_domain::{Filter, RelPath, Timestamp, UnknownReason};
use windlass_ports::{Brake, BrakeAnswer, JournalWrite, PairRow};

use crate::observe::{Broken, Looked};
use crate::pair::PairHandle;
use crate::planted::{self, Bug};
use crate::settle::Settling;
use crate::shared::Shared;

pub(crate) use evidence::Evidence;
pub(crate) use marks::{is_copy, merge_again};
pub(crate) use renames::Told;
pub(crate) use report::preview;
pub use report::{PlanLine, PlanReport};
pub use undo::Keep;
pub(crate) use undo::{resolve, undo};

/// Keys and files below this are ours and are never synced.
const OURS: &str = ".windlass/";
/// So are temporary files, and the objects with which another computer tries out the server (hazard HA35).
const OURS_TOO: &str = ".windlass-";
/// The marker object: a listing that does not show it is no evidence for anything (hazard HB17).
const MARKER: &str = ".windlass/marker";
/// Comparisons may bring new ones to light; after so many passes the next round goes on.
const PASSES: usize = 3;
const HOUR: Duration = Duration::from_secs(3600);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// What a round left to be done.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) looked: Looked,
    /// It changed something: what came of it is to be looked at.
    pub(crate) acted: bool,
    /// Something was not what it had been any more, and nothing was done with it: it is to be looked at again, not at once.
    pub(crate) refused: bool,
    /// A person is asked.
    pub(crate) asks: bool,
    /// The root is another one than before: both sides are compared anew.
    pub(crate) merges: bool,
}

/// One round of a folder: everything, or only `paths` and what is below them.
pub(crate) async fn round(
    shared: &Arc<Shared>,
    pair: &PairHandle,
    settling: &mut Settling,
    evidence: &mut Evidence,
    paths: &[RelPath],
) -> Result<Round, Broken> {
    let merges = marks::here(shared, pair, evidence).await?;
    let recovered = intents::recover(shared, pair).await?;
    marks::there(shared, pair).await?;
    let row = pair.row();
    let filter = filter(&row);
    let rules = pair.name_rules(shared).await;
    let looking =
        view::Looking { shared, pair, row: &row, settling, evidence, filter: &filter, preview: false, rules };
    let view = looking.look(paths).await?;
    if paths.is_empty() {
        pair.scan_ended(shared.now());
        shared.commit(vec![JournalWrite::ScanEnded(row.id.clone(), shared.now())]).await?;
    }
    let mut round = Round { merges, ..Round::default() };
    round.looked.settle_at = view.again;
    round.looked.waits = view.waits;
    let (mut seen, mut states, mut decided) = (view.seen, view.states, SyncPlan::default());
    for _ in 0..PASSES {
        pair.beat();
        decided = decide(shared, pair, &row, &seen, &view.copies, &view.blocked);
        let asked = renames::ask(shared, pair, &row, &decided, &mut seen).await?;
        let compared = act::compare(shared, pair, &row, &decided, &mut seen, &mut states).await?;
        round.looked.waits = asked.waits.or(compared.waits).or(round.looked.waits);
        asked.hold(&mut decided);
        if !asked.any && !compared.any {
            break;
        }
    }
    // What could not be compared or read now is for another round: the base of the old name says nothing of bytes that nobody
    // read under the new one.
    decided.ops.retain(|op| match op {
        Op::Compare { .. } => false,
        Op::MoveRemote { local, .. } => local.digest.is_some() || planted::is(Bug::MovesUnread),
        _ => true,
    });
    round.refused = recovered.hold(&mut decided);
    // A copy may have been put in the place of the root while it was looked at.
    if marks::here(shared, pair, evidence).await? {
        return Ok(Round { acted: true, merges: true, ..round });
    }
    let decided = match brake(shared, pair, &row, decided, paths.is_empty()).await? {
        Braked::Go(plan) => Decided { plan, meant: false },
        Braked::Meant(plan) => Decided { plan, meant: true },
        Braked::Asks(plan) => {
            round.asks = true;
            Decided { plan, meant: false }
        }
        Braked::Again => {
            round.acted = true;
            return Ok(round);
        }
    };
    let done = act::act(shared, pair, &row, decided, &seen, &states, &view.blocked).await?;
    round.acted = done.progressed;
    round.refused |= done.refused;
    round.looked.waits = done.waits.or(round.looked.waits);
    Ok(round)
}

/// What is to be done with these, by the folder's mode.
fn decide(
    shared: &Shared,
    pair: &PairHandle,
    row: &PairRow,
    seen: &[Seen],
    copies: &BTreeSet<RelPath>,
    blocked: &BTreeMap<RelPath, twins::Blocked>,
) -> SyncPlan {
    let date = date(shared.now());
    let device = shared.device.get(..8).unwrap_or(&shared.device);
    let taken = |path: &RelPath| {
        let taken = copies.contains(path) || pair.is_name_taken(path);
        taken && !planted::is(Bug::TriesTakenNames)
    };
    let mut decided = plan(row.mode, seen, &ConflictNames { device, date: &date, taken: &taken });
    twins::show(&mut decided, blocked);
    planted::spoil(row.mode, seen, &mut decided);
    decided
}

/// What a person left out. The lines were checked when they were set; should they mean nothing to this version, everything
/// is left out that could be, rather than sent.
fn filter(row: &PairRow) -> Filter {
    Filter::new(&row.options.ignore, row.options.largest).unwrap_or_else(|error| {
        tracing::error!(pair = %row.id, %error, "the folder's ignore lines are not understood; nothing is synced");
        Filter::everything()
    })
}

/// The day (UTC), as it stands in the names of conflict copies.
fn date(now: Timestamp) -> String {
    // Days since 1970 to a civil date: Howard Hinnant's algorithm, for years 1970 to 9999.
    let days = now.millis().div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// What is to be carried out.
struct Decided {
    plan: SyncPlan,
    /// A person's word let it through.
    meant: bool,
}

enum Braked {
    /// All of it may be done.
    Go(SyncPlan),
    /// A person said so.
    Meant(SyncPlan),
    /// A person is asked; this much may be done meanwhile.
    Asks(SyncPlan),
    /// A person said that it was not meant: the next round brings everything back.
    Again,
}

/// Holds what would delete or replace more than the limits allow (invariant I16).
async fn brake(
    shared: &Shared,
    pair: &PairHandle,
    row: &PairRow,
    decided: SyncPlan,
    whole: bool,
) -> Result<Braked, Broken> {
    if row.brake.is_some() && !whole {
        // While a question waits every delete of the folder waits, and only a look at everything asks or clears it.
        let asks = decided.ops.iter().any(|op| op.is_delete() || op.overwrites());
        let rest = without_deletes(&decided);
        return Ok(if asks { Braked::Asks(rest) } else { Braked::Go(rest) });
    }
    let journal = &shared.ports.journal;
    let now = shared.now();
    let ago =
        |time: Duration| Timestamp(now.0.saturating_sub(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)));
    let asks_nothing =
        planted::is(Bug::NoBrake) || !decided.ops.iter().any(|op| op.is_delete() || op.overwrites());
    let verdict = if asks_nothing {
        Verdict::Go
    } else {
        let totals = journal.base_totals(&row.id).await.map_err(Broken::Journal)?;
        let hour = journal.deleted_since(&row.id, ago(HOUR)).await.map_err(Broken::Journal)?;
        let week = journal.deleted_since(&row.id, ago(WEEK)).await.map_err(Broken::Journal)?;
        let replaces: Vec<_> =
            decided.ops.iter().filter(|op| op.overwrites()).map(|op| op.path().clone()).collect();
        let hour_replaced = if replaces.is_empty() || planted::is(Bug::OneRoundCounts) {
            0
        } else {
            journal.replaced_since(&row.id, ago(HOUR), &replaces).await.map_err(Broken::Journal)?
        };
        let mut history =
            History { hour_files: hour.files, hour_bytes: hour.bytes, week_files: week.files, hour_replaced };
        if planted::is(Bug::BrakeForgets) {
            history = History::default();
        }
        match guard(
            &decided,
            Totals { files: totals.files, bytes: totals.bytes },
            history,
            &row.options.limits,
        ) {
            Verdict::Ask(ask) if ask.why == Why::Overwrites && planted::is(Bug::OverwritesUnasked) => {
                Verdict::Go
            }
            verdict => verdict,
        }
    };
    let id = question_id(&decided);
    let unproved = |(_, reason): &(RelPath, UnknownReason)| *reason == UnknownReason::AbsenceUnproved;
    if row.brake.as_ref().is_some_and(|brake| brake.id != id) && decided.waiting.iter().any(unproved) {
        // What was asked about is about to be asked about again, and a part of it may be proved sooner than the rest:
        // question and answer stay.
        return Ok(Braked::Asks(without_deletes(&decided)));
    }
    let Verdict::Ask(ask) = verdict else {
        if row.brake.is_some() {
            shared.commit(vec![JournalWrite::SaveBrake(row.id.clone(), None)]).await?;
            pair.set_brake(None);
        }
        return Ok(Braked::Go(decided));
    };
    match row
        .brake
        .as_ref()
        .filter(|brake| brake.id == id || planted::is(Bug::AnyAnswerWillDo))
        .and_then(|brake| brake.answer)
    {
        Some(BrakeAnswer::Restore) if planted::is(Bug::RestoreMeansGo) => return Ok(Braked::Go(decided)),
        Some(BrakeAnswer::Go) => {
            // The question was about these and what came before them: neither is asked about again.
            shared.commit(vec![JournalWrite::Meant(row.id.clone())]).await?;
            return Ok(Braked::Meant(decided));
        }
        Some(BrakeAnswer::Restore) => {
            let mut writes: Vec<_> = restored(&decided)
                .into_iter()
                .map(|path| JournalWrite::ForgetBase(row.id.clone(), path))
                .collect();
            writes.push(JournalWrite::SaveBrake(row.id.clone(), None));
            shared.commit(writes).await?;
            pair.set_brake(None);
            return Ok(Braked::Again);
        }
        None => {}
    }
    if row.brake.as_ref().is_none_or(|brake| brake.id != id) {
        let brake = Brake { id, ask, since: now, answer: None };
        tracing::warn!(pair = %row.id, why = ?brake.ask.why, "the brake holds deletes until a person answers");
        shared.commit(vec![JournalWrite::SaveBrake(row.id.clone(), Some(brake.clone()))]).await?;
        pair.set_brake(Some(brake));
    }
    Ok(Braked::Asks(without_deletes(&decided)))
}
