//! `windlass conflicts` and `windlass undo`: lists come from the journal, whoever owns it; answers go through the engine.
use std::path::Path;

use serde_json::json;
use windlass_compose::ComposeOptions;
use windlass_engine::Keep;
use windlass_ports::{IntentEnd, IntentKind, IntentRow, Journal, PairRow};

use crate::args::{Common, Conflicts, Side, Undo};
use crate::exit::{Code, Failure};
use crate::output::{Output, bytes, printable};
use crate::{open, status};

/// Rows read at a time.
const PAGE: u64 = 1000;

/// Sync folders, or the one at this path.
async fn pairs(journal: &dyn Journal, folder: Option<&Path>) -> Result<Vec<PairRow>, Failure> {
    let all = journal.pairs().await.map_err(|e| Failure::journal(&e))?;
    let Some(folder) = folder else { return Ok(all) };
    let root = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let root = root.canonicalize().unwrap_or(root);
    let one: Vec<_> = all.into_iter().filter(|pair| Path::new(&pair.root) == root).collect();
    if one.is_empty() {
        return Err(Failure::not_found(format!(
            "{} is no sync folder. See \"windlass status\".",
            root.display()
        )));
    }
    Ok(one)
}

async fn open_conflicts(journal: &dyn Journal, pair: &PairRow) -> Result<Vec<IntentRow>, Failure> {
    let mut open = Vec::new();
    let mut seen = 0;
    loop {
        let kind = Some(IntentKind::KeepBoth);
        let (rows, total) =
            journal.intent_window(&pair.id, kind, seen, PAGE).await.map_err(|e| Failure::journal(&e))?;
        let end = rows.is_empty();
        seen += rows.len() as u64;
        open.extend(rows.into_iter().filter(|row| matches!(row.ended, Some((_, IntentEnd::Done)))));
        if end || seen >= total {
            return Ok(open);
        }
    }
}

/// How many conflicts of a folder wait.
pub(crate) async fn conflict_count(journal: &dyn Journal, pair: &PairRow) -> Result<usize, Failure> {
    Ok(open_conflicts(journal, pair).await?.len())
}

pub(crate) async fn conflicts(common: &Common, args: &Conflicts, output: &Output) -> Result<Code, Failure> {
    let mut ids = args.ids.clone();
    if args.keep.is_none() || args.all {
        let journal = status::journal(common)?;
        let mut waiting = 0;
        for pair in pairs(&journal, args.folder.as_deref()).await? {
            for row in open_conflicts(&journal, &pair).await? {
                waiting += 1;
                if args.keep.is_some() {
                    ids.push(row.id);
                } else {
                    print_conflict(&row, &pair, output);
                }
            }
        }
        if waiting == 0 {
            output.say("No file was changed on both sides.");
        } else if args.keep.is_none() {
            output.say("\nBoth sides are kept. Say which one keeps the name: windlass conflicts --keep mine|theirs|both ID…");
        }
    }
    let Some(keep) = args.keep else { return Ok(Code::Done) };
    if ids.is_empty() && !args.all {
        return Err(Failure::usage("Name the conflicts to resolve, or say --all."));
    }
    if ids.is_empty() {
        return Ok(Code::Done);
    }
    let keep = match keep {
        Side::Mine => Keep::Mine,
        Side::Theirs => Keep::Theirs,
        Side::Both => Keep::Both,
    };
    let core = open::core(common, ComposeOptions::default()).await?;
    let mut failed = 0;
    for id in &ids {
        let result = core.engine.resolve_conflict(id, keep).await.map_err(Failure::engine);
        failed += u64::from(result.is_err());
        told(id, result, "resolved", output);
    }
    core.shutdown().await;
    if failed == 0 {
        output.say("The other side follows with the next sync.");
    }
    Ok(if failed == 0 { Code::Done } else { Code::NeedsYou })
}

fn print_conflict(row: &IntentRow, pair: &PairRow, output: &Output) {
    let mine = row.local.as_ref();
    let theirs = row.remote.as_ref().map(|remote| remote.size);
    let kept = row.to.as_ref().map(|to| to.as_str());
    output.result(
        || {
            format!(
                "{}  {}\n    here {}, kept as {}\n    in the bucket {}",
                row.id,
                printable(row.path.as_str()),
                mine.map_or_else(String::new, |local| bytes(local.size)),
                kept.map(printable).unwrap_or_default(),
                theirs.map_or_else(String::new, bytes),
            )
        },
        &json!({
            "id": row.id, "folder": pair.root, "path": row.path, "kept_as": kept,
            "mine": { "size": mine.map(|local| local.size), "modified": mine.map(|local| local.mtime.millis()) },
            "theirs": { "size": theirs }, "at": row.at.millis(),
        }),
    );
}

pub(crate) async fn undo(common: &Common, args: &Undo, output: &Output) -> Result<Code, Failure> {
    if args.ids.is_empty() {
        let journal = status::journal(common)?;
        for pair in pairs(&journal, args.folder.as_deref()).await? {
            let (rows, _) = journal
                .intent_window(&pair.id, None, 0, u64::from(args.limit))
                .await
                .map_err(|e| Failure::journal(&e))?;
            for row in rows {
                print_change(&row, &pair, output);
            }
        }
        return Ok(Code::Done);
    }
    let core = open::core(common, ComposeOptions::default()).await?;
    let mut failed = 0;
    for id in &args.ids {
        let result = core.engine.undo(id).await.map_err(Failure::engine);
        failed += u64::from(result.is_err());
        told(id, result, "taken back", output);
    }
    core.shutdown().await;
    Ok(if failed == 0 { Code::Done } else { Code::NeedsYou })
}

fn told(id: &str, result: Result<(), Failure>, done: &str, output: &Output) {
    match result {
        Ok(()) => output.result(|| format!("{id}  {done}"), &json!({ "id": id, "done": true })),
        Err(failure) => output.result(
            || format!("{id}  {}", failure.message),
            &json!({ "id": id, "done": false, "error": failure.message }),
        ),
    }
}

fn print_change(row: &IntentRow, pair: &PairRow, output: &Output) {
    let (what, words) = match row.kind {
        IntentKind::DeleteRemote => ("deleted_there", "deleted in the bucket"),
        IntentKind::TrashLocal => ("trashed_here", "moved to the trash here"),
        IntentKind::MoveRemote => ("renamed_there", "renamed in the bucket"),
        IntentKind::MoveLocal => ("renamed_here", "renamed here"),
        IntentKind::KeepBoth => ("kept_both", "kept both"),
        IntentKind::ReplaceLocal => ("replaced_here", "replaced here"),
        IntentKind::SettleConflict => ("conflict_settled", "settled a conflict: moved to the trash here"),
    };
    let Some((at, end)) = row.ended else { return };
    let end = match end {
        IntentEnd::Done => "done",
        IntentEnd::Refused => "refused",
        IntentEnd::Undone => "undone",
    };
    let takes_away = matches!(
        row.kind,
        IntentKind::DeleteRemote
            | IntentKind::TrashLocal
            | IntentKind::ReplaceLocal
            | IntentKind::SettleConflict
    );
    let undo = takes_away && end == "done" && (row.trashed.is_some() || row.marker.is_some());
    let to = row.to.as_ref().map(|to| to.as_str());
    output.result(
        || {
            let to = to.map(|to| format!(" → {}", printable(to))).unwrap_or_default();
            let note = match end {
                "refused" => "  (not done: it had changed)",
                "undone" => "  (taken back)",
                _ if undo => "",
                _ => "  (cannot be taken back here)",
            };
            format!(
                "{}  {words}: {}{to}, {}{note}",
                row.id,
                printable(row.path.as_str()),
                printable(&row.cause)
            )
        },
        &json!({
            "id": row.id, "folder": pair.root, "what": what, "path": row.path, "to": to, "size": row.size,
            "cause": row.cause, "at": at.millis(), "end": end, "undo": undo,
        }),
    );
}
