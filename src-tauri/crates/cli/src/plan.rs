//! `windlass sync --plan`: what would be done, and nothing of it.
//!
//! The folder stands still while the plan is made: it is paused in the journal before the core starts, and goes on as it was
//! afterwards. A kill in between leaves it paused; the next `windlass sync` goes on with it.
use std::path::Path;

use serde_json::json;
use windlass_compose::{Core, JOURNAL_FILE};
use windlass_journal::SqliteJournal;
use windlass_ports::{Journal as _, JournalWrite, PairRow};

use crate::args::Common;
use crate::exit::{Code, Failure};
use crate::open;
use crate::output::{Output, bytes, printable};

/// Steps that are printed for people; programs get all.
const SHOWN: usize = 50;

/// Makes a known folder stand still. Gives it as it was.
pub(crate) async fn hold(common: &Common, root: &Path) -> Result<Option<PairRow>, Failure> {
    let path = open::data_dir(common)?.join(JOURNAL_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let journal = SqliteJournal::open(&path).map_err(|e| Failure::journal(&e))?;
    let text = root.to_string_lossy();
    let known = journal.pairs().await.map_err(|e| Failure::journal(&e))?;
    let Some(pair) = known.into_iter().find(|pair| pair.root == text) else { return Ok(None) };
    save(&journal, PairRow { paused: true, ..pair.clone() }).await?;
    Ok(Some(pair))
}

/// Lets it go on as it was, in the mode it had.
pub(crate) async fn release(common: &Common, was: PairRow) -> Result<(), Failure> {
    let path = open::data_dir(common)?.join(JOURNAL_FILE);
    let journal = SqliteJournal::open(&path).map_err(|e| Failure::journal(&e))?;
    let known = journal.pairs().await.map_err(|e| Failure::journal(&e))?;
    match known.into_iter().find(|pair| pair.id == was.id) {
        Some(pair) => save(&journal, PairRow { paused: was.paused, mode: was.mode, ..pair }).await,
        None => Ok(()),
    }
}

async fn save(journal: &SqliteJournal, pair: PairRow) -> Result<(), Failure> {
    journal.commit(vec![JournalWrite::SavePair(pair)]).await.map(|_| ()).map_err(|e| Failure::journal(&e))
}

/// Prints the plan: the sentence, then every step.
pub(crate) async fn show(core: &Core, pair: &PairRow, output: &Output) -> Result<Code, Failure> {
    let plan = core.engine.plan_now(&pair.id).await.map_err(Failure::engine)?;
    let steps = plan.ops.iter().filter(|op| !matches!(op.what, "adopt" | "forget")).count();
    output.result(
        || format!("{}\nNothing of it was done.", printable(&plan.sentence)),
        &json!({
            "plan": plan.sentence, "folder": pair.root, "remote": format!("s3://{}/{}", pair.bucket, pair.prefix),
            "steps": steps, "same": plan.ops.len() - steps,
        }),
    );
    let mut shown = 0;
    for op in plan.ops.iter().filter(|op| !matches!(op.what, "adopt" | "forget")) {
        shown += 1;
        if !output.json() && shown > SHOWN {
            output.say(&format!("and {} more", steps - SHOWN));
            break;
        }
        let to = op.to.as_ref().map(|to| to.as_str());
        output.result(
            || {
                let to = to.map(|to| format!(" → {}", printable(to))).unwrap_or_default();
                format!("{:<14} {:>9}  {}{to}", words(op.what), bytes(op.size), printable(op.path.as_str()))
            },
            &json!({ "path": op.path, "what": op.what, "to": to, "size": op.size }),
        );
    }
    Ok(Code::Done)
}

/// A code of the engine with spaces.
fn words(what: &str) -> String {
    what.replace('_', " ")
}
