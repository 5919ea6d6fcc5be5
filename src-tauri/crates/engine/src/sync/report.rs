//! What a person is shown before anything happens.
use std::sync::Arc;

use windlass_domain::sync::{Op, Summary};
use windlass_domain::{RelPath, RemoteExpect};

use super::{Evidence, decide, renames, view};
use crate::observe::Broken;
use crate::pair::PairHandle;
use crate::settle::Settling;
use crate::shared::Shared;

/// A plan to look at. It holds no way to carry itself out: a round always looks anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanReport {
    /// Counts and bytes.
    pub summary: Summary,
    /// The same in one sentence.
    pub sentence: String,
    /// Every step, in the order they would be taken.
    pub ops: Vec<PlanLine>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    /// Path it is about.
    pub path: RelPath,
    /// Where to, for renames and kept conflicts.
    pub to: Option<RelPath>,
    /// What would be done: `upload`, `replace_there`, `download`, `replace_here`, `delete_there`, `trash_here`,
    /// `rename_there`, `rename_here`, `keep_both`, `compare`, `adopt`, `forget`, `show`.
    pub what: &'static str,
    /// Bytes.
    pub size: u64,
}

/// What a round would do now. Reads both sides and changes nothing but the state of files in the journal.
pub(crate) async fn preview(shared: &Arc<Shared>, pair: &PairHandle) -> Result<PlanReport, Broken> {
    let row = pair.row();
    let (mut settling, mut evidence) = (Settling::default(), Evidence::default());
    let looking = view::Looking {
        shared,
        pair,
        row: &row,
        settling: &mut settling,
        evidence: &mut evidence,
        filter: &super::filter(&row),
        preview: true,
        rules: pair.name_rules(shared).await,
    };
    let view = looking.look(&[]).await?;
    let (mut seen, copies, blocked) = (view.seen, view.copies, view.blocked);
    let mut plan = decide(shared, pair, &row, &seen, &copies, &blocked);
    // A rename in the bucket is to be shown as one. Where that cannot be found out now, it is a new object and a missing one.
    if renames::ask(shared, pair, &row, &plan, &mut seen).await.is_ok_and(|asked| asked.any) {
        plan = decide(shared, pair, &row, &seen, &copies, &blocked);
    }
    let summary = Summary::of(&plan);
    let ops = plan.ops.iter().map(line).collect();
    Ok(PlanReport { sentence: summary.sentence(), summary, ops })
}

fn line(op: &Op) -> PlanLine {
    let (what, to) = match op {
        Op::Upload { expect: RemoteExpect::Absent, .. } => ("upload", None),
        Op::Upload { .. } => ("replace_there", None),
        Op::Download { expect: windlass_domain::LocalExpect::Absent, .. } => ("download", None),
        Op::Download { .. } => ("replace_here", None),
        Op::DeleteRemote { .. } => ("delete_there", None),
        Op::TrashLocal { .. } => ("trash_here", None),
        Op::MoveRemote { to, .. } => ("rename_there", Some(to.clone())),
        Op::MoveLocal { to, .. } => ("rename_here", Some(to.clone())),
        Op::KeepBoth { copy, .. } => ("keep_both", Some(copy.clone())),
        Op::Compare { .. } => ("compare", None),
        Op::Adopt { .. } => ("adopt", None),
        Op::Forget { .. } => ("forget", None),
        Op::Show { .. } => ("show", None),
    };
    PlanLine { path: op.path().clone(), to, what, size: op.size() }
}
