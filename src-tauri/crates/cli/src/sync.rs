//! `windlass sync` and `windlass watch`: a sync folder from the command line.
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use serde_json::json;
use windlass_compose::{ComposeOptions, Core};
use windlass_domain::words::FailureCode;
use windlass_domain::{Mode, PairId};
use windlass_engine::{Away, EngineOptions, StopCause};
use windlass_platform::SystemEntropy;
use windlass_ports::journal::FileFilter;
use windlass_ports::{BrakeAnswer, Entropy as _, FileState, Journal as _, PairOptions, PairRow};

use crate::address::Address;
use crate::args::{Common, Sync, SyncMode};
use crate::exit::{Code, Failure};
use crate::output::{Output, printable};
use crate::{brake, changes, open, plan};

pub(crate) async fn run(common: &Common, args: &Sync, output: &Output) -> Result<Code, Failure> {
    if args.plan {
        return dry_run(common, args, output).await;
    }
    let (core, pair) = begin(common, args, output).await?;
    let bar = output.bar();
    let code = tokio::select! {
        report = core.engine.wait_quiet(&pair.id) => {
            bar.finish_and_clear();
            match report.stopped {
                Some(stopped) if stopped.cause == StopCause::Asking => asks(&core, &pair, output).await,
                Some(stopped) => {
                    let away = core.engine.pair_view(&pair.id).and_then(|view| view.away);
                    let mut message = stopped.words;
                    if matches!(away, Some(Away::Empty | Away::Unmarked)) {
                        message.push_str(" (To merge: run it again with --merge.)");
                    }
                    Err(Failure { code: code(stopped.cause), message, detail: None })
                }
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

/// Shows what a run would do. The folder stands still meanwhile.
async fn dry_run(common: &Common, args: &Sync, output: &Output) -> Result<Code, Failure> {
    let held = plan::hold(common, &folder(&args.folder)?).await?;
    let shown = async {
        let (core, pair) = begin(common, args, output).await?;
        let code = tokio::select! {
            code = plan::show(&core, &pair, output) => code,
            stop = open::ctrl_c() => stop.map(|()| Code::Interrupted),
        };
        core.shutdown().await;
        code
    }
    .await;
    if let Some(was) = held {
        plan::release(common, was).await?;
    }
    shown
}

/// Prints the question that holds a folder.
async fn asks(core: &Core, pair: &PairRow, output: &Output) -> Result<Code, Failure> {
    if let Some(now) = stored(core, &pair.id).await?
        && let Some(asked) = &now.brake
    {
        output.result(
            || brake::text(asked, &now),
            &json!({
                "folder": now.root, "remote": format!("s3://{}/{}", now.bucket, now.prefix),
                "brake": brake::value(asked), "exit_code": Code::NeedsYou.number(),
            }),
        );
    }
    Ok(Code::NeedsYou)
}

async fn stored(core: &Core, id: &PairId) -> Result<Option<PairRow>, Failure> {
    let known = core.journal.pairs().await.map_err(|e| Failure::journal(&e))?;
    Ok(known.into_iter().find(|pair| &pair.id == id))
}

pub(crate) async fn watch(common: &Common, args: &Sync, output: &Output) -> Result<Code, Failure> {
    if args.plan {
        return dry_run(common, args, output).await;
    }
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
        StopCause::Paused | StopCause::Asking => Code::NeedsYou,
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
    let (mut last, mut asked) = (None, None);
    loop {
        if let Some(now) = stored(core, &pair.id).await?
            && let Some(question) = &now.brake
            && question.answer.is_none()
            && asked != Some(question.id)
        {
            asked = Some(question.id);
            bar.suspend(|| {
                output.result(
                    || brake::text(question, &now),
                    &json!({ "folder": now.root, "brake": brake::value(question) }),
                );
            });
        }
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
    if !(0.0..=86_400.0).contains(&args.settle) {
        return Err(Failure::usage("--settle takes seconds, from 0 to 86400."));
    }
    let address = Address::parse(&args.address)?;
    let root = folder(&args.folder)?;
    let usual = EngineOptions::default();
    let absence = match args.absence {
        Some(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| Failure::usage("--absence takes seconds, from 0 up."))?,
        None => usual.absence,
    };
    let engine = EngineOptions {
        settle: Duration::from_secs_f64(args.settle),
        bandwidth: args.bandwidth,
        absence,
        ..usual
    };
    let core = open::core(common, ComposeOptions { engine, ..ComposeOptions::default() }).await?;
    let ready = async {
        let pair = pair(&core, common, args, &address, root, output).await?;
        if args.merge {
            core.engine.merge_pair(&pair.id).await.map_err(Failure::engine)?;
        }
        answer(&core, &pair, args).await?;
        Ok(pair)
    };
    match ready.await {
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

/// Hands a person's answer to the question over.
async fn answer(core: &Core, pair: &PairRow, args: &Sync) -> Result<(), Failure> {
    let (id, answer) = match (args.yes_delete, args.restore) {
        (Some(id), _) => (id, BrakeAnswer::Go),
        (None, Some(id)) => (id, BrakeAnswer::Restore),
        (None, None) => return Ok(()),
    };
    core.engine.answer_brake(&pair.id, id, answer).await.map_err(Failure::engine)
}

const fn mode(typed: SyncMode) -> Mode {
    match typed {
        SyncMode::Ingest => Mode::Ingest,
        SyncMode::MirrorUp => Mode::MirrorUp,
        SyncMode::MirrorDown => Mode::MirrorDown,
        SyncMode::TwoWay => Mode::TwoWay,
    }
}

/// What a mode promises, in one line.
const fn promise(mode: Mode) -> &'static str {
    match mode {
        Mode::Ingest => "new files go up once, nothing is replaced or deleted",
        Mode::MirrorUp => "the bucket becomes what the folder is, nothing changes in the folder",
        Mode::MirrorDown => "the folder becomes what the bucket is, nothing changes in the bucket",
        Mode::TwoWay => "both become the same, and where both changed both are kept",
    }
}

async fn pair(
    core: &Core,
    common: &Common,
    args: &Sync,
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
            if same.mode != mode(args.mode) {
                if !args.change_mode && !args.plan {
                    return Err(Failure::usage(format!(
                        "{} is kept as {}. Nothing was done. To keep it as {} from now on, look at what that does with --plan, then say --change-mode.",
                        root.display(),
                        brake::mode_word(same.mode),
                        brake::mode_word(mode(args.mode)),
                    )));
                }
                core.engine.set_pair_mode(&same.id, mode(args.mode)).await.map_err(Failure::engine)?;
            }
            if same.paused && !args.plan {
                core.engine.resume_pair(&same.id).await.map_err(Failure::engine)?;
            }
            return Ok(PairRow { mode: mode(args.mode), ..same });
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
    let added = PairRow {
        id: PairId::from(format!("f{:016x}", SystemEntropy.next_u64())),
        name,
        root: text.into_owned(),
        connection,
        bucket: address.bucket.as_str().to_owned(),
        prefix: prefix.as_str().to_owned(),
        mode: mode(args.mode),
        // A plan is looked at before anything is done.
        paused: args.plan,
        last_scan: None,
        epoch: 0,
        remote_marker: None,
        seen_root: None,
        merged: None,
        options: PairOptions::default(),
        brake: None,
    };
    let pair = core.engine.add_pair_row(added).await.map_err(Failure::engine)?;
    output.say(&format!("{} and {address}: {}.", root.display(), promise(pair.mode)));
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
    let conflicts = changes::conflict_count(core.journal.as_ref(), pair).await?;
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
            if conflicts > 0 {
                text.push_str(&format!(
                    "\n\nChanged on both sides: {conflicts} {}. Both are kept; see \"windlass conflicts\".",
                    if conflicts == 1 { "file" } else { "files" }
                ));
            }
            text
        },
        &json!({
            "folder": pair.root, "remote": format!("s3://{}/{}", pair.bucket, pair.prefix),
            "total": counts.total, "safe": counts.safe, "failed": counts.failed,
            "bytes_total": counts.bytes_total, "bytes_safe": counts.bytes_safe, "files": files,
            "mode": brake::mode_word(pair.mode), "conflicts": conflicts,
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
                FileState::Waiting
                | FileState::Uploading
                | FileState::Checking
                | FileState::Downloading
                | FileState::Held
                | FileState::Safe => "",
            };
            json!({ "path": row.path, "cause": cause, "note": row.note })
        }));
        if end || all.len() as u64 >= total {
            return Ok(all);
        }
    }
}
