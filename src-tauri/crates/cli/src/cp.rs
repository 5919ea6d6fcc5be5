//! `windlass cp`: the same transfers as a drop on the window.
use std::path::{Path, PathBuf};

use serde_json::json;
use windlass_compose::{ComposeOptions, Core};
use windlass_domain::ObjectKey;
use windlass_engine::BatchReport;
use windlass_ports::remote::Depth;
use windlass_ports::{LevelEntry, Remotes as _};

use crate::address::Address;
use crate::args::{Common, Cp, Mv};
use crate::exit::{Code, Failure};
use crate::output::{Output, printable};
use crate::{jobs, open};

pub(crate) async fn run(common: &Common, args: &Cp, output: &Output) -> Result<Code, Failure> {
    let up = Address::is_one(&args.to);
    let down = Address::is_one(&args.from);
    if up && down {
        let Cp { from, to, if_taken, plan } = args;
        let args = Mv { from: from.clone(), to: to.clone(), if_taken: *if_taken, plan: *plan };
        return jobs::carry(common, windlass_domain::JobKind::Copy, &args, output).await;
    }
    if !up && !down {
        return Err(Failure::usage("One side at least must be an s3:// address."));
    }
    let core = open::core(common, ComposeOptions::default()).await?;
    let work = async {
        let connection = open::connection(&core, common).await?;
        if up { copy_up(&core, &connection, args).await } else { copy_down(&core, &connection, args).await }
    };
    let result = tokio::select! {
        result = work => result.map(|report| tell(&report, output)),
        stop = open::ctrl_c() => stop.map(|()| Code::Interrupted),
    };
    core.shutdown().await;
    result
}

async fn copy_up(core: &Core, connection: &str, args: &Cp) -> Result<BatchReport, Failure> {
    let to = Address::parse(&args.to)?;
    let from = PathBuf::from(&args.from);
    let from = from
        .canonicalize()
        .map_err(|_| Failure::not_found(format!("There is no file or folder {}.", args.from)))?;
    open::check_bucket(core, connection, &to.bucket, to.prefix().as_str()).await?;
    let (batch, _) = core
        .engine
        .upload_paths(connection, to.bucket.clone(), to.prefix(), vec![from], format!("Upload to {to}"))
        .await
        .map_err(|e| Failure::unexpected("The upload could not be queued.", e))?;
    Ok(core.engine.wait_batch(&batch).await)
}

async fn copy_down(core: &Core, connection: &str, args: &Cp) -> Result<BatchReport, Failure> {
    let from = Address::parse(&args.from)?;
    let to = PathBuf::from(&args.to);
    let browse =
        core.remotes.browse(connection).await.map_err(|e| Failure::remote(&format!("Opening {from}"), &e))?;
    let mut keys = Vec::new();
    let mut after = None;
    let folder = from.rest.is_empty() || from.rest.ends_with('/');
    loop {
        let page = browse
            .level(&from.bucket, &from.rest, Depth::Deep, after.as_deref())
            .await
            .map_err(|e| Failure::remote(&format!("Listing {from}"), &e))?;
        for entry in page.entries {
            match entry {
                LevelEntry::Object { key, .. } if folder || key == from.rest => {
                    keys.push(
                        ObjectKey::parse(&key)
                            .map_err(|e| Failure::unexpected("The server listed an impossible key.", e))?,
                    );
                }
                LevelEntry::Object { .. } | LevelEntry::Deleted { .. } | LevelEntry::Folder(_) => {}
            }
        }
        after = page.next;
        if after.is_none() || (!folder && !keys.is_empty()) {
            break;
        }
    }
    if keys.is_empty() {
        return Err(Failure::not_found(format!(
            "Nothing is at {from}. End the address with / to mean a folder."
        )));
    }
    let strip = match from.rest.rfind('/') {
        Some(at) => from.rest.get(..=at).unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let target = absolute(&to)?;
    let batch = core.engine.download(
        connection,
        from.bucket.clone(),
        keys,
        strip,
        target,
        format!("Download from {from}"),
    );
    Ok(core.engine.wait_batch(&batch).await)
}

fn absolute(to: &Path) -> Result<PathBuf, Failure> {
    if to.is_file() {
        return Err(Failure::usage(format!(
            "{} is a file. Name the folder that shall hold the copies; nothing is replaced.",
            to.display()
        )));
    }
    std::fs::create_dir_all(to)
        .and_then(|()| to.canonicalize())
        .map_err(|e| Failure::unexpected(&format!("The folder {} cannot be made.", to.display()), e))
}

fn tell(report: &BatchReport, output: &Output) -> Code {
    output.result(
        || {
            let mut text = format!("{} done, {} failed.", report.done, report.failures);
            for (name, why) in &report.failed {
                text.push_str(&format!("\n  {}: {why}", printable(name)));
            }
            text
        },
        &json!({
            "done": report.done, "failures": report.failures,
            "failed": report.failed.iter().map(|(name, why)| json!({ "name": name, "why": why })).collect::<Vec<_>>(),
        }),
    );
    if report.failures == 0 { Code::Done } else { Code::NeedsYou }
}
