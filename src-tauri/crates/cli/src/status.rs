//! `windlass status` and `windlass transfers`: read from the journal, whoever owns it.
use serde_json::json;
use windlass_domain::{Ending, Mode, Upload};
use windlass_journal::SqliteJournal;
use windlass_ports::journal::UploadFilter;
use windlass_ports::{Journal as _, LocalFs as _};

use crate::args::{Common, Transfers, Which};
use crate::exit::{Code, Failure};
use crate::output::{Output, bytes, printable};
use crate::{brake, changes, open};

pub(crate) fn journal(common: &Common) -> Result<SqliteJournal, Failure> {
    let path = open::data_dir(common)?.join(windlass_compose::JOURNAL_FILE);
    if !path.exists() {
        return Err(Failure::not_found("There is no journal yet. \"windlass sync\" makes one."));
    }
    SqliteJournal::open_shared(&path).map_err(|e| Failure::journal(&e))
}

pub(crate) async fn folders(common: &Common, output: &Output) -> Result<Code, Failure> {
    let journal = journal(common)?;
    let pairs = journal.pairs().await.map_err(|e| Failure::journal(&e))?;
    if pairs.is_empty() {
        output.say("There are no sync folders yet.");
    }
    for pair in pairs {
        let counts = journal.folder_counts(&pair.id).await.map_err(|e| Failure::journal(&e))?;
        // Looked at now, not read from the journal: whoever owns it may not have noticed yet.
        let marker = windlass_platform::Disk::new().read_marker(std::path::Path::new(&pair.root)).await;
        let offline = !marker.is_ok_and(|marker| marker.id == pair.id.as_str());
        let conflicts = changes::conflict_count(&journal, &pair).await?;
        output.result(
            || {
                let mut text = format!(
                    "{} ({}){}{}\n  {} {} s3://{}/{}\n  {} of {} verified, {} need you, {} of {}",
                    pair.name,
                    brake::mode_word(pair.mode),
                    if pair.paused { " (paused)" } else { "" },
                    if offline { " (offline: the folder is not there, or it is another one)" } else { "" },
                    pair.root,
                    arrow(pair.mode),
                    pair.bucket,
                    pair.prefix,
                    counts.safe,
                    counts.total,
                    counts.failed,
                    bytes(counts.bytes_safe),
                    bytes(counts.bytes_total),
                );
                if conflicts > 0 {
                    text.push_str(&format!("\n  {conflicts} changed on both sides: see \"windlass conflicts\""));
                }
                if let Some(asked) = &pair.brake {
                    text.push_str(&format!("\n  {}", brake::text(asked, &pair)));
                }
                text
            },
            &json!({
                "id": pair.id, "name": pair.name, "folder": pair.root,
                "remote": format!("s3://{}/{}", pair.bucket, pair.prefix), "paused": pair.paused, "offline": offline,
                "last_scan": pair.last_scan.map(windlass_domain::Timestamp::millis),
                "total": counts.total, "safe": counts.safe, "checking": counts.checking,
                "uploading": counts.uploading, "waiting": counts.waiting, "failed": counts.failed,
                "bytes_total": counts.bytes_total, "bytes_safe": counts.bytes_safe,
                "mode": brake::mode_word(pair.mode), "conflicts": conflicts,
                "brake": pair.brake.as_ref().map(brake::value),
            }),
        );
    }
    Ok(Code::Done)
}

const fn arrow(mode: Mode) -> &'static str {
    match mode {
        Mode::Ingest | Mode::MirrorUp => "→",
        Mode::MirrorDown => "←",
        Mode::TwoWay => "↔",
    }
}

pub(crate) async fn transfers(common: &Common, args: &Transfers, output: &Output) -> Result<Code, Failure> {
    let journal = journal(common)?;
    let filter = match args.which {
        Which::Open => UploadFilter::Open,
        Which::Failed => UploadFilter::Failed,
        Which::Done => UploadFilter::Done,
    };
    let (rows, _) =
        journal.upload_window(filter, 0, u64::from(args.limit)).await.map_err(|e| Failure::journal(&e))?;
    for row in rows {
        let parts_done = row.state.done().map_or(0, std::collections::BTreeMap::len);
        let state = words(&row.state);
        output.result(
            || {
                format!(
                    "{:<12} {:>10}  {} → s3://{}/{}",
                    state,
                    bytes(row.spec.snapshot.size),
                    printable(&row.spec.source),
                    row.spec.bucket,
                    printable(row.spec.key.as_str()),
                )
            },
            &json!({
                "id": row.spec.id, "source": row.spec.source, "bucket": row.spec.bucket, "key": row.spec.key,
                "size": row.spec.snapshot.size, "state": row.state.name(), "words": state,
                "parts": if row.spec.single() { 1 } else { row.spec.parts.count() }, "parts_done": parts_done,
            }),
        );
    }
    Ok(Code::Done)
}

fn words(state: &Upload) -> &'static str {
    match state {
        Upload::Queued | Upload::Opening => "waiting",
        Upload::Putting | Upload::Sending { .. } | Upload::Completing { .. } => "uploading",
        Upload::Resolving { .. } | Upload::Verifying { .. } => "checking",
        Upload::Aborting { .. } => "clearing up",
        Upload::Waiting { .. } => "parked",
        Upload::Ended(Ending::Committed) => "safe",
        Upload::Ended(Ending::Superseded) => "superseded",
        Upload::Ended(Ending::Conflicted) => "kept both",
        Upload::Ended(Ending::Cancelled) => "cancelled",
        Upload::Ended(Ending::Failed(_)) => "failed",
    }
}
