//! `windlass sync` and `windlass watch`: a sync folder from the command line.
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use serde_json::json;
use windlass_compose::{ComposeOptions, Core};
use windlass_domain::words::FailureCode;
use windlass_engine::{EngineOptions, StopCause};
use windlass_ports::journal::FileFilter;
use windlass_ports::{FileState, Journal as _, PairRow};

use crate::address::Address;
use crate::args::{Common, Sync, SyncMode};
use crate::exit::{Code, Failure};
use crate::open;
use crate::output::{Output, printable};

pub(crate) async fn run(common: &Common, args: &Sync, output: &Output) -> Result<Code, Failure> {
    let (core, pair) = begin(common, args, output).await?;
    let bar = output.bar();
    let code = tokio::select! {
        report = core.engine.wait_quiet(&pair.id) => {
            bar.finish_and_clear();
            match report.stopped {
                Some(stopped) => Err(Failure { code: code(stopped.cause), message: stopped.words, detail: None }),
                None => summary(&core, &pair, output).await,
            }
        }
        () = draw(&core, &pair, &bar) => Ok(Code::Unexpected),
        stop = open::ctrl_c() => {
            bar.finish_and_clear();
            stop.map(|()| {
                output.say("Interrupted. Parts that were sent are kept; run it again to go on.");
                Code::Interrupted
            })
        }
    };
    core.shutdown().await;
    code
}

pub(crate) async fn watch(common: &Common, args: &Sync, output: &Output) -> Result<Code, Failure> {
    let (core, pair) = begin(common, args, output).await?;
    output.say(&format!("Watching {}. Ctrl-C ends it; what is under way goes on the next time.", pair.root));
    let bar = output.bar();
    let result = tokio::select! {
        result = report_changes(&core, &pair, &bar, output) => result,
        () = draw(&core, &pair, &bar) => Ok(Code::Unexpected),
        stop = open::ctrl_c() => stop.map(|()| Code::Interrupted),
    };
    bar.finish_and_clear();
    core.shutdown().await;
    result
}

const fn code(cause: StopCause) -> Code {
    match cause {
        StopCause::FolderOffline => Code::NotFound,
        StopCause::SignIn => Code::NotAllowed,
        StopCause::Paused => Code::NeedsYou,
        StopCause::Removed => Code::Unexpected,
    }
}

/// One line whenever the folder has come to rest with other counts than before.
async fn report_changes(
    core: &Core,
    pair: &PairRow,
    bar: &ProgressBar,
    output: &Output,
) -> Result<Code, Failure> {
    let mut events = core.engine.events();
    let mut last = None;
    loop {
        let counts = core.journal.folder_counts(&pair.id).await.map_err(|e| Failure::journal(&e))?;
        let open = counts.waiting + counts.uploading + counts.checking;
        if open == 0 && counts.total > 0 && last != Some(counts) {
            last = Some(counts);
            bar.suspend(|| {
                output.result(
                    || format!("{} of {} verified, {} need you", counts.safe, counts.total, counts.failed),
                    &json!({ "folder": pair.root, "total": counts.total, "safe": counts.safe, "failed": counts.failed }),
                );
            });
        }
        // Events are hints: many become one look.
        if let Err(tokio::sync::broadcast::error::RecvError::Closed) = events.recv().await {
            return Ok(Code::Unexpected);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        events = events.resubscribe();
    }
}

async fn begin(common: &Common, args: &Sync, output: &Output) -> Result<(Core, PairRow), Failure> {
    match args.mode {
        SyncMode::Ingest => {}
    }
    if !(0.0..=86_400.0).contains(&args.settle) {
        return Err(Failure::usage("--settle takes seconds, from 0 to 86400."));
    }
    let address = Address::parse(&args.address)?;
    let root = folder(&args.folder)?;
    let engine = EngineOptions {
        settle: Duration::from_secs_f64(args.settle),
        bandwidth: args.bandwidth,
        ..EngineOptions::default()
    };
    let core = open::core(common, ComposeOptions { engine, ..ComposeOptions::default() }).await?;
    match pair(&core, common, &address, root, output).await {
        Ok(pair) => Ok((core, pair)),
        Err(failure) => {
            core.shutdown().await;
            Err(failure)
        }
    }
}

fn folder(path: &Path) -> Result<PathBuf, Failure> {
    let root = path.canonicalize().map_err(|_| {
        Failure::not_found(format!("There is no folder {}. Is the drive plugged in?", path.display()))
    })?;
    if root.is_dir() {
        Ok(root)
    } else {
        Err(Failure::usage(format!("{} is a file. Use \"windlass cp\" for single files.", path.display())))
    }
}

async fn pair(
    core: &Core,
    common: &Common,
    address: &Address,
    root: PathBuf,
    output: &Output,
) -> Result<PairRow, Failure> {
    let connection = open::connection(core, common).await?;
    let prefix = address.prefix();
    let text = root.to_string_lossy();
    let known = core.journal.pairs().await.map_err(|e| Failure::journal(&e))?;
    if let Some(same) = known.into_iter().find(|p| p.root == text) {
        if same.bucket == address.bucket.as_str()
            && same.prefix == prefix.as_str()
            && same.connection == connection
        {
            if same.paused {
                core.engine
                    .resume_pair(&same.id)
                    .await
                    .map_err(|e| Failure::unexpected("The folder could not be resumed.", e))?;
            }
            return Ok(same);
        }
        return Err(Failure::usage(format!(
            "{} is kept with s3://{}/{} already. One folder goes to one place; remove that pairing first.",
            root.display(),
            same.bucket,
            same.prefix
        )));
    }
    open::check_bucket(core, &connection, &address.bucket, prefix.as_str()).await?;
    let name = root.file_name().map_or_else(|| "Folder".to_owned(), |n| n.to_string_lossy().into_owned());
    let pair = core
        .engine
        .add_pair(&name, root.clone(), &connection, address.bucket.clone(), prefix)
        .await
        .map_err(|e| Failure { code: Code::Usage, message: e.to_string(), detail: None })?;
    output.say(&format!(
        "{} goes to {address}: new files only, nothing is replaced or deleted.",
        root.display()
    ));
    Ok(pair)
}

/// Draws until it is dropped.
async fn draw(core: &Core, pair: &PairRow, bar: &ProgressBar) {
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    loop {
        tick.tick().await;
        if let Ok(counts) = core.journal.folder_counts(&pair.id).await {
            let moving: u64 = core.engine.progress().iter().map(|p| p.sent).sum();
            bar.set_length(counts.bytes_total);
            bar.set_position(counts.bytes_total.min(counts.bytes_safe + moving));
            bar.set_message(format!("{} of {} verified", counts.safe, counts.total));
        }
    }
}

async fn summary(core: &Core, pair: &PairRow, output: &Output) -> Result<Code, Failure> {
    let counts = core.journal.folder_counts(&pair.id).await.map_err(|e| Failure::journal(&e))?;
    let failures = core.journal.failures(&pair.id).await.map_err(|e| Failure::journal(&e))?;
    let needs: u64 =
        failures.iter().filter(|(code, ..)| needs_person(*code)).map(|(_, count, _)| count).sum();
    let skipped = counts.failed - needs.min(counts.failed);
    let files = if output.json() { failed_files(core, pair).await? } else { Vec::new() };
    output.result(
        || {
            let mut text = format!("{} of {} verified.", counts.safe, counts.total - skipped);
            for (code, count, examples) in &failures {
                let words = code.words();
                text.push_str(&format!(
                    "\n\n{}: {count} {}\n  {}",
                    words.title,
                    if *count == 1 { "file" } else { "files" },
                    words.advice
                ));
                for path in examples.iter().take(5) {
                    text.push_str(&format!("\n    {}", printable(path.as_str())));
                }
                if *count > 5 {
                    text.push_str(&format!("\n    and {} more", count - 5));
                }
            }
            text
        },
        &json!({
            "folder": pair.root, "remote": format!("s3://{}/{}", pair.bucket, pair.prefix),
            "total": counts.total, "safe": counts.safe, "failed": counts.failed,
            "bytes_total": counts.bytes_total, "bytes_safe": counts.bytes_safe, "files": files,
        }),
    );
    Ok(if needs == 0 { Code::Done } else { Code::NeedsYou })
}

/// Links and pipes are told, but a folder that holds one is still done.
const fn needs_person(code: FailureCode) -> bool {
    !matches!(code, FailureCode::NotAFile | FailureCode::Link)
}

async fn failed_files(core: &Core, pair: &PairRow) -> Result<Vec<serde_json::Value>, Failure> {
    let mut all = Vec::new();
    loop {
        let (rows, total) = core
            .journal
            .file_window(&pair.id, FileFilter::Failed, all.len() as u64, 1000)
            .await
            .map_err(|e| Failure::journal(&e))?;
        let end = rows.is_empty();
        all.extend(rows.into_iter().map(|row| {
            let cause = match row.state {
                FileState::Failed(code) => code.code(),
                FileState::Waiting | FileState::Uploading | FileState::Checking | FileState::Safe => "",
            };
            json!({ "path": row.path, "cause": cause, "note": row.note })
        }));
        if end || all.len() as u64 >= total {
            return Ok(all);
        }
    }
}
