//! `windlass mv`, `windlass cp` from bucket to bucket, and `windlass jobs`: copies and moves on the server.
use std::time::Duration;

use serde_json::json;
use windlass_compose::{ComposeOptions, Core};
use windlass_domain::job::{self, ObjectEdit, Purge, Restore};
use windlass_domain::time::{Added, Choice, Undelete, purge};
use windlass_domain::{JobId, JobKind, JobSpec, JobState, Root, VersionId};
use windlass_engine::JobView;

use crate::address::Address;
use crate::args::{self, Common, IfTaken, Jobs, Mv};
use crate::exit::{Code, Failure};
use crate::open;
use crate::output::{Output, bytes, printable};

/// Time between two looks at the progress.
const LOOK: Duration = Duration::from_millis(250);
/// Steps of a plan that are read at once.
const STEPS: u32 = 1000;

fn policy(args: IfTaken) -> job::IfTaken {
    match args {
        IfTaken::Skip => job::IfTaken::Skip,
        IfTaken::KeepBoth => job::IfTaken::KeepBoth,
        IfTaken::Replace => job::IfTaken::Replace,
    }
}

/// From a folder to a folder, from an object to a key; a key that ends in `/` keeps the name.
fn root(from: &Address, to: &Address) -> Result<Root, Failure> {
    let folder = from.rest.is_empty() || from.rest.ends_with('/');
    let to_folder = to.rest.is_empty() || to.rest.ends_with('/');
    let to = match (folder, to_folder) {
        (true, true) | (false, false) => to.rest.clone(),
        (true, false) => format!("{}/", to.rest),
        (false, true) => {
            let name = from.rest.rsplit('/').next().unwrap_or(&from.rest);
            format!("{}{name}", to.rest)
        }
    };
    if !folder && from.rest.is_empty() {
        return Err(Failure::usage("Name an object, or a prefix that ends in /."));
    }
    Ok(Root { from: from.rest.clone(), to })
}

/// `mv`, and `cp` between two addresses.
pub(crate) async fn carry(
    common: &Common,
    kind: JobKind,
    args: &Mv,
    output: &Output,
) -> Result<Code, Failure> {
    let (from, to) = (Address::parse(&args.from)?, Address::parse(&args.to)?);
    let root = root(&from, &to)?;
    let core = open::core(common, ComposeOptions::default()).await?;
    let work = async {
        let connection = open::connection(&core, common).await?;
        let spec = JobSpec {
            kind,
            connection,
            bucket: from.bucket.clone(),
            to_bucket: to.bucket.clone(),
            roots: vec![root],
            if_taken: policy(args.if_taken),
            edit: ObjectEdit::default(),
            restore: None,
            purge: None,
            lock: None,
            undoes: None,
        };
        let id = core.engine.plan_job(spec).await.map_err(Failure::engine)?;
        start(&core, &id, args.plan, output).await
    };
    let result = until_told(work).await;
    core.shutdown().await;
    result
}

/// `restore`.
pub(crate) async fn restore(common: &Common, args: &args::Restore, output: &Output) -> Result<Code, Failure> {
    let place = Address::parse(&args.address)?;
    let undelete = if args.remove_markers { Undelete::RemoveMarker } else { Undelete::Copy };
    let root = Root::here(&place.rest);
    let what = match (&args.version, args.at) {
        (Some(version), _) if !root.is_folder() => {
            Restore::Version { version: VersionId::new(version.as_str()), undelete }
        }
        (None, Some(moment)) => Restore::moment(Choice {
            undelete,
            added: if args.hide_added { Added::Hide } else { Added::Keep },
            rewritten: args.rewritten,
            ..Choice::to(moment)
        }),
        _ => return Err(Failure::usage("A version is one of a single object: name its key.")),
    };
    let core = open::core(common, ComposeOptions::default()).await?;
    let work = async {
        let spec = JobSpec {
            kind: JobKind::Restore,
            connection: open::connection(&core, common).await?,
            bucket: place.bucket.clone(),
            to_bucket: place.bucket.clone(),
            roots: vec![root],
            if_taken: job::IfTaken::Skip,
            edit: ObjectEdit::default(),
            restore: Some(what),
            purge: None,
            lock: None,
            undoes: None,
        };
        let id = core.engine.plan_job(spec).await.map_err(Failure::engine)?;
        start(&core, &id, args.plan, output).await
    };
    let result = until_told(work).await;
    core.shutdown().await;
    result
}

/// Every step of a restore that was planned.
async fn steps(core: &Core, id: &JobId, kind: JobKind, output: &Output) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let items = core.engine.job_items(id, after, STEPS).await.map_err(Failure::engine)?;
        let Some(last) = items.last() else { return Ok(()) };
        after = last.seq;
        for item in &items {
            let what = match (item.cause, &item.version, &item.marker, &item.taken) {
                (Some(cause), ..) => cause.words().title,
                _ if kind == JobKind::Purge => "destroy",
                (None, Some(_), _, Some(_)) => "roll back",
                (None, Some(_), _, None) => "undelete",
                (None, None, Some(_), _) => "take the marker away",
                (None, None, None, _) => "hide",
            };
            output.result(
                || format!("{what:>20}  {:>10}  {}", bytes(item.size), printable(item.from.as_str())),
                &json!({
                    "key": item.from.as_str(), "step": what, "size": item.size, "cause": item.cause,
                    "version": item.version.as_ref().map(|v| v.as_str()),
                    "marker": item.marker.as_ref().map(|v| v.as_str()),
                }),
            );
        }
    }
}

/// `jobs`: the list, or what is said to one of them.
pub(crate) async fn run(common: &Common, args: &Jobs, output: &Output) -> Result<Code, Failure> {
    let core = open::core(common, ComposeOptions::default()).await?;
    let work = async {
        if let Some(id) = &args.undo {
            let id = core.engine.undo_job(&JobId::from(id.as_str())).await.map_err(Failure::engine)?;
            return start(&core, &id, args.plan, output).await;
        }
        if let Some(id) = &args.cancel {
            let id = JobId::from(id.as_str());
            core.engine.cancel_job(&id).await.map_err(Failure::engine)?;
            return follow(&core, &id, output).await;
        }
        let mut code = Code::Done;
        for view in core.engine.jobs().await.map_err(Failure::engine)? {
            let open = matches!(view.row.state, JobState::Running | JobState::Paused);
            if args.wait && open {
                core.engine.resume_job(&view.row.id).map_err(Failure::engine)?;
                if follow(&core, &view.row.id, output).await? == Code::NeedsYou {
                    code = Code::NeedsYou;
                }
            } else {
                tell(&view, output);
            }
        }
        Ok(code)
    };
    let result = until_told(work).await;
    core.shutdown().await;
    result
}

/// `purge`: the plan, and with its number the deed.
pub(crate) async fn purge(common: &Common, args: &args::Purge, output: &Output) -> Result<Code, Failure> {
    let place = Address::parse(&args.address)?;
    let root = Root::here(&place.rest);
    let what = match &args.version {
        Some(_) if root.is_folder() => {
            return Err(Failure::usage("A version is one of a single object: name its key."));
        }
        Some(version) => Purge::Version(VersionId::new(version.as_str())),
        None => Purge::Matching(purge::Choice {
            days: args.days,
            keep: args.keep,
            bytes: args.min_size,
            markers: args.markers,
        }),
    };
    let core = open::core(common, ComposeOptions::default()).await?;
    let work = async {
        let connection = open::connection(&core, common).await?;
        let spec = JobSpec {
            roots: vec![root],
            purge: Some(what),
            ..JobSpec::new(JobKind::Purge, &connection, place.bucket.clone())
        };
        let id = core.engine.plan_job(spec).await.map_err(Failure::engine)?;
        let counts = core.engine.wait_job(&id).await.map_err(Failure::engine)?.row.counts;
        let goes = counts.objects - counts.left;
        if args.destroy == Some(goes) {
            return start(&core, &id, false, output).await;
        }
        let code = start(&core, &id, true, output).await?;
        if args.plan || goes == 0 {
            return Ok(code);
        }
        output.say(&match args.destroy {
            Some(typed) => {
                format!("The plan destroys {goes} versions, and not {typed}. Nothing was destroyed.")
            }
            None => format!("Nothing was destroyed. To destroy these for good, say --destroy {goes}."),
        });
        Ok(Code::NeedsYou)
    };
    let result = until_told(work).await;
    core.shutdown().await;
    result
}

/// Does the work until it is done or a person says Ctrl-C; the job goes on with the next start then.
async fn until_told(work: impl Future<Output = Result<Code, Failure>>) -> Result<Code, Failure> {
    tokio::select! {
        result = work => result,
        stop = open::ctrl_c() => stop.map(|()| Code::Interrupted),
    }
}

async fn start(core: &Core, id: &JobId, plan: bool, output: &Output) -> Result<Code, Failure> {
    let view = core.engine.wait_job(id).await.map_err(Failure::engine)?;
    if view.row.state == JobState::Failed {
        return Err(Failure::not_found(view.row.note));
    }
    if plan {
        if matches!(view.row.spec.kind, JobKind::Restore | JobKind::Purge) {
            steps(core, id, view.row.spec.kind, output).await?;
        }
        tell(&view, output);
        core.engine.cancel_job(id).await.map_err(Failure::engine)?;
        return Ok(Code::Done);
    }
    core.engine.start_job(id).await.map_err(Failure::engine)?;
    output.say(&format!("{} objects, {}", view.row.counts.objects, bytes(view.row.counts.bytes)));
    follow(core, id, output).await
}

async fn follow(core: &Core, id: &JobId, output: &Output) -> Result<Code, Failure> {
    let bar = output.bar_of_objects();
    let watching = async {
        loop {
            if let Ok(view) = core.engine.job(id).await {
                bar.set_length(view.row.counts.objects);
                bar.set_position(view.row.counts.done + view.row.counts.left);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let view = tokio::select! {
        view = core.engine.wait_job(id) => view.map_err(Failure::engine)?,
        () = watching => return Ok(Code::Unexpected),
    };
    bar.finish_and_clear();
    tell(&view, output);
    let groups = core.engine.job_left(id).await.map_err(Failure::engine)?;
    for group in &groups {
        let words = group.cause.words();
        output.result(
            || {
                let keys: Vec<String> =
                    group.keys.iter().map(|key| format!("\n  {}", printable(key))).collect();
                format!("{} left: {}. {}{}", group.objects, words.title, words.advice, keys.concat())
            },
            &json!({ "cause": group.cause.code(), "objects": group.objects, "keys": group.keys }),
        );
    }
    let all = view.row.state == JobState::Done && view.row.counts.left == 0;
    Ok(if all { Code::Done } else { Code::NeedsYou })
}

fn tell(view: &JobView, output: &Output) {
    let (row, counts) = (&view.row, &view.row.counts);
    let place = row.spec.roots.first();
    let (from, to) = place.map_or(("", ""), |root| (root.from.as_str(), root.to.as_str()));
    output.result(
        || {
            let elsewhere = row.spec.kind.has_destination();
            let to = format!(" to s3://{}/{}", row.spec.to_bucket, printable(to));
            format!(
                "{}  {} {}  s3://{}/{}{}: {} of {} done, {} left",
                row.id,
                row.spec.kind.code(),
                row.state.code(),
                row.spec.bucket,
                printable(from),
                if elsewhere { to.as_str() } else { "" },
                counts.done,
                counts.objects,
                counts.left
            )
        },
        &json!({
            "job": row.id.as_str(), "kind": row.spec.kind.code(), "state": row.state.code(),
            "objects": counts.objects, "bytes": counts.bytes, "done": counts.done, "left": counts.left,
            "replaces": counts.replaces, "versioned": row.versioned,
            "undone_by": row.undone_by.as_ref().map(JobId::as_str),
        }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_to_a_folder_and_an_object_keeps_its_name() {
        for (from, to, expected) in [
            ("s3://b/a/", "s3://b/c/", ("a/", "c/")),
            ("s3://b/a/", "s3://b/c", ("a/", "c/")),
            ("s3://b/a/x.jpg", "s3://b/c/", ("a/x.jpg", "c/x.jpg")),
            ("s3://b/a/x.jpg", "s3://b", ("a/x.jpg", "x.jpg")),
            ("s3://b/a/x.jpg", "s3://b/c/y.jpg", ("a/x.jpg", "c/y.jpg")),
            ("s3://b/", "s3://c/all/", ("", "all/")),
        ] {
            let root = root(&Address::parse(from).unwrap(), &Address::parse(to).unwrap()).unwrap();
            assert_eq!((root.from.as_str(), root.to.as_str()), expected, "{from} {to}");
        }
    }
}
