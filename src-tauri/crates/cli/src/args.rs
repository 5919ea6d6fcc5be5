//! What can be typed.
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use windlass_domain::Timestamp;

const EXIT_CODES: &str = "\
Exit codes:
  0    done; everything asked for is so
  1    something unexpected happened
  2    the command line makes no sense
  3    some files need you, or a question waits; the rest is done
  4    no connection to the endpoint
  5    not signed in, or not allowed
  6    another Windlass owns the journal
  7    no such bucket, object, file or folder
  130  interrupted; it goes on where it was the next time";

/// Upload folders safely to S3, browse, verify.
#[derive(Debug, Parser)]
#[command(name = "windlass", version, about, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// Print JSON, one document a line, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Endpoint of an S3-compatible server, such as https://s3.example.com.
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Profile of the AWS configuration files.
    #[arg(long, global = true, env = "AWS_PROFILE")]
    pub(crate) profile: Option<String>,
    /// Region; found from the bucket when left out.
    #[arg(long, global = true, env = "AWS_REGION")]
    pub(crate) region: Option<String>,
    /// Folder of the journal, instead of the app's.
    #[arg(long, global = true, env = "WINDLASS_DATA")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List buckets, or what is below a prefix.
    Ls(Ls),
    /// Copy files up, objects down, or objects on the server. Never replaces anything unless it is told to.
    Cp(Cp),
    /// Move or rename objects on the server: one, or everything below a prefix that ends in /. Goes on where it was after
    /// any interruption, with "windlass jobs --wait".
    Mv(Mv),
    /// Show copies, moves and restores on the server, go on with them, or take one back.
    Jobs(Jobs),
    /// Show what changed below a prefix between two moments, or between a moment and now.
    Diff(Diff),
    /// Bring a moment back, or one older version of an object. Nothing is destroyed: older versions are copied on top, and
    /// "windlass jobs --undo" brings the present state back.
    Restore(Restore),
    /// Destroy old versions for good: nothing brings them back. The current version of every object stays, and so does what is locked.
    Purge(Purge),
    /// Make a bucket.
    Mb(Mb),
    /// Delete a bucket that is empty. Nothing in it is ever deleted.
    Rb(Rb),
    /// Bring a folder and a place in a bucket in step, wait until every file is proved, and end.
    Sync(Sync),
    /// As sync, but stay and carry over whatever changes, until Ctrl-C.
    Watch(Sync),
    /// Show the files that were changed on both sides, or say which side keeps the name.
    Conflicts(Conflicts),
    /// Show what was deleted, renamed or kept twice, or take some of it back.
    Undo(Undo),
    /// Show the sync folders and how many files of each are safe.
    Status,
    /// Show transfers.
    Transfers(Transfers),
    /// Compare every file of a folder with the bucket, by checksum, without trusting the journal.
    Verify(Verify),
    /// Test the connection step by step and find out what the server can do.
    Doctor(Doctor),
    /// Serve the practice endpoint on this computer until Ctrl-C.
    Practice(Practice),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    /// `s3://bucket/prefix`; without it, the buckets.
    pub(crate) address: Option<String>,
    /// Everything below, not one level.
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// As it was at this moment, as far as the versions tell that are still there: 2026-11-12T14:05 in this computer's time, or
    /// with Z or an offset.
    #[arg(long, value_name = "MOMENT", requires = "address", value_parser = crate::past::moment)]
    pub(crate) at: Option<Timestamp>,
    /// All versions and delete markers, newest first.
    #[arg(long, requires = "address", conflicts_with_all = ["at", "recursive"])]
    pub(crate) versions: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// `s3://bucket/prefix/`, or a key.
    pub(crate) address: String,
    /// The moment, and if given twice the one to compare it with; otherwise that is now.
    #[arg(long, value_name = "MOMENT", required = true, num_args = 1, value_parser = crate::past::moment)]
    pub(crate) at: Vec<Timestamp>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// `s3://bucket/prefix/` for everything below it, `s3://bucket/` for all, or a key.
    pub(crate) address: String,
    /// The moment to come back to: 2026-11-12T14:05 in this computer's time, or with Z or an offset.
    #[arg(long, value_name = "MOMENT", required_unless_present = "version", value_parser = crate::past::moment)]
    pub(crate) at: Option<Timestamp>,
    /// Bring exactly this version of an object back.
    #[arg(long, value_name = "ID", conflicts_with_all = ["at", "hide_added", "rewritten"])]
    pub(crate) version: Option<String>,
    /// Take a delete marker away, where it is the only one on top, instead of copying the version on top of it. Free, at once,
    /// and for archived versions too; needs the right to delete versions.
    #[arg(long)]
    pub(crate) remove_markers: bool,
    /// Hide what was added since with delete markers. Without this it stays.
    #[arg(long)]
    pub(crate) hide_added: bool,
    /// Roll back what was written again with the same bytes as well, for its headers and tags.
    #[arg(long)]
    pub(crate) rewritten: bool,
    /// Show every step, and do nothing.
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) plan: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Purge {
    /// `s3://bucket/prefix/` for everything below it, `s3://bucket/` for all, or a key.
    pub(crate) address: String,
    /// Only versions that were replaced or deleted at least so many days ago.
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    pub(crate) days: u32,
    /// Keep so many of the newest old versions of each object.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(crate) keep: u32,
    /// Only versions of at least so many bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pub(crate) min_size: u64,
    /// Delete markers as well: those that were covered, and those on top that cover nothing.
    #[arg(long)]
    pub(crate) markers: bool,
    /// Destroy exactly this version of an object.
    #[arg(long, value_name = "ID", conflicts_with_all = ["days", "keep", "min_size", "markers"])]
    pub(crate) version: Option<String>,
    /// Destroy them: their number, as the plan says it. Without this the plan is shown and nothing is done.
    #[arg(long, value_name = "NUMBER", conflicts_with = "plan")]
    pub(crate) destroy: Option<u64>,
    /// Show every version that would go, and do nothing.
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) plan: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Cp {
    /// File, folder or `s3://…`.
    pub(crate) from: String,
    /// `s3://…`, file or folder. End it with `/` to keep the name.
    pub(crate) to: String,
    /// From bucket to bucket: what happens where something is there already.
    #[arg(long, value_enum, default_value = "skip")]
    pub(crate) if_taken: IfTaken,
    /// From bucket to bucket: show what would be done, and do nothing.
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) plan: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IfTaken {
    /// Both stay as they are.
    Skip,
    /// The new one gets a number.
    KeepBoth,
    /// What is there now is replaced.
    Replace,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Mv {
    /// `s3://bucket/key`, or `s3://bucket/prefix/` for everything below it.
    pub(crate) from: String,
    /// `s3://…` on the same connection. End it with `/` to keep an object's name.
    pub(crate) to: String,
    /// What happens where something is there already.
    #[arg(long, value_enum, default_value = "skip")]
    pub(crate) if_taken: IfTaken,
    /// Show what would be done, and do nothing.
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) plan: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Mb {
    /// `s3://bucket`.
    pub(crate) address: String,
    /// Keep older versions in it.
    #[arg(long)]
    pub(crate) versions: bool,
    /// Let objects be locked in it, which keeps versions as well and cannot be switched off later.
    #[arg(long)]
    pub(crate) object_lock: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rb {
    /// `s3://bucket`.
    pub(crate) address: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Jobs {
    /// Go on with those that are not over, and wait for them.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Take this one back.
    #[arg(long, value_name = "ID", conflicts_with_all = ["wait", "cancel"])]
    pub(crate) undo: Option<String>,
    /// Show what taking it back would do, and do nothing.
    #[arg(long, requires = "undo")]
    pub(crate) plan: bool,
    /// End this one; what was done stays done.
    #[arg(long, value_name = "ID")]
    pub(crate) cancel: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SyncMode {
    /// Up only: new files go up once. Nothing is replaced or deleted, here or in the bucket.
    Ingest,
    /// The bucket becomes what the folder is. Nothing changes in the folder; what others changed in the bucket is left alone.
    MirrorUp,
    /// The folder becomes what the bucket is. Nothing changes in the bucket; what you changed here is left alone.
    MirrorDown,
    /// Both become the same. If both changed, both are kept; what is deleted on one side goes to the trash or an old version
    /// on the other.
    TwoWay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// The file that was here; the other goes to the folder's trash.
    Mine,
    /// The object that was in the bucket; the file goes to the folder's trash.
    Theirs,
    /// Both, as they are.
    Both,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Sync {
    /// Local folder.
    pub(crate) folder: PathBuf,
    /// `s3://bucket/prefix`.
    pub(crate) address: String,
    /// How the folder is kept.
    #[arg(long, value_enum)]
    pub(crate) mode: SyncMode,
    /// Keep the folder in this mode from now on, though it was kept in another one.
    #[arg(long)]
    pub(crate) change_mode: bool,
    /// Show what would be done, and do nothing of it. A new folder is noted, paused.
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) plan: bool,
    /// Allow exactly the deletes and replacements that were asked about under this number.
    #[arg(long, value_name = "ID", conflicts_with_all = ["plan", "restore"])]
    pub(crate) yes_delete: Option<u64>,
    /// Do none of what was asked about under this number; what is missing comes back from the other side.
    #[arg(long, value_name = "ID", conflicts_with = "plan")]
    pub(crate) restore: Option<u64>,
    /// Make lost markers again, here and in the bucket, and compare both sides anew by content; deletes nothing.
    #[arg(long, conflicts_with = "plan")]
    pub(crate) merge: bool,
    /// Seconds a file must lie still before it is read.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) settle: f64,
    /// Seconds after which something that is still missing counts as deleted; only tests make it short.
    #[arg(long, hide = true)]
    pub(crate) absence: Option<f64>,
    /// Bytes per second at the most.
    #[arg(long)]
    pub(crate) bandwidth: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Conflicts {
    /// Ids of conflicts to resolve; without any, they are shown.
    #[arg(requires = "keep")]
    pub(crate) ids: Vec<String>,
    /// Which side keeps the name.
    #[arg(long, value_enum)]
    pub(crate) keep: Option<Side>,
    /// Only those of this folder.
    #[arg(long)]
    pub(crate) folder: Option<PathBuf>,
    /// Resolve all that are shown.
    #[arg(long, requires = "keep", conflicts_with = "ids")]
    pub(crate) all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Undo {
    /// Ids of changes to take back; without any, the changes are shown, newest first.
    pub(crate) ids: Vec<String>,
    /// Only those of this folder.
    #[arg(long)]
    pub(crate) folder: Option<PathBuf>,
    /// How many at the most.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// Not ended, or failed.
    Open,
    /// Failed.
    Failed,
    /// Done.
    Done,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Transfers {
    /// Which ones.
    #[arg(long, value_enum, default_value = "open")]
    pub(crate) which: Which,
    /// How many at the most.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Local folder or file.
    pub(crate) local: PathBuf,
    /// `s3://bucket/prefix` it was uploaded to.
    pub(crate) address: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// `s3://bucket/prefix` to test; without it, only the connection.
    pub(crate) address: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Practice {
    /// Folder that holds its data, instead of the app's.
    #[arg(long)]
    pub(crate) root: Option<PathBuf>,
    /// Port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Begin empty, without the sample photos.
    #[arg(long)]
    pub(crate) empty: bool,
    /// Throw away what is there and begin again.
    #[arg(long)]
    pub(crate) reset: bool,
}
