// Written by `cargo xtask types` from the Rust types. Change those, not this file.

/**
 * What the activity strip shows.
 */
export type Activity = { 
/**
 * Bytes done of the open batches.
 */
done: number, 
/**
 * Bytes of the open batches.
 */
total: number, 
/**
 * Bytes per second now.
 */
rate: number, 
/**
 * Seconds left; `None` when unknown.
 */
seconds_left: number | null, 
/**
 * Failed transfers.
 */
failed: number, 
/**
 * Paused as a whole.
 */
paused: boolean, 
/**
 * Cap in bytes per second.
 */
cap: number | null, 
/**
 * Name of what runs.
 */
title: string, };

/**
 * What becomes of objects that were added since a moment.
 */
export type Added = "keep" | "hide";

/**
 * What the core says of itself.
 */
export type AppInfo = { 
/**
 * Version of the program.
 */
version: string, 
/**
 * `linux`, `windows` or `macos`.
 */
platform: string, 
/**
 * Whether the practice bucket answers.
 */
practice_running: boolean, 
/**
 * Whether there is no connection yet.
 */
first_run: boolean, };

/**
 * What a person says to a brake.
 */
export type BrakeChoice = "go" | "restore";

/**
 * Where the brake comes in.
 */
export type BrakeLimits = { 
/**
 * Share of the files that one round may delete, in percent.
 */
percent: number, 
/**
 * Files that may be deleted within an hour.
 */
files_an_hour: number, 
/**
 * Bytes that may be deleted within an hour.
 */
bytes_an_hour: number, 
/**
 * Files that may be deleted within seven days.
 */
files_a_week: number, 
/**
 * Share of the files whose content one round may replace, in percent.
 */
overwrite_percent: number, };

/**
 * A question that waits: the engine stopped before it deleted or replaced too much.
 */
export type BrakeRow = { 
/**
 * Names exactly what was asked. Text, because a number of this size does not fit one of JavaScript's.
 */
id: string, 
/**
 * Why.
 */
why: BrakeWhy, 
/**
 * Files here that would go to the trash.
 */
trash_here: number, 
/**
 * Objects that would be deleted.
 */
delete_there: number, 
/**
 * Contents that would be replaced.
 */
overwrite: number, 
/**
 * Bytes of what would be deleted.
 */
bytes: number, 
/**
 * Files that are known to be the same on both sides.
 */
of: number, 
/**
 * The first paths, at most twenty, as they may be shown.
 */
sample: Array<string>, 
/**
 * Since when it waits.
 */
since: number, 
/**
 * The answer, once it was given and until it has taken effect.
 */
answer: BrakeChoice | null, };

/**
 * Which limit a round would have broken.
 */
export type BrakeWhy = "everything" | "share" | "files_an_hour" | "bytes_an_hour" | "files_a_week" | "overwrites";

/**
 * A bucket that is to be made.
 */
export type BucketDraft = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its region; empty for the connection's own.
 */
region: string, 
/**
 * Whether it keeps older versions.
 */
versioning: boolean, 
/**
 * Whether objects can be locked in it, which keeps versions as well, for good.
 */
object_lock: boolean, };

/**
 * Object Lock of a bucket.
 */
export type BucketLock = { 
/**
 * Whether it is on. Without it nothing can be locked, and nothing is asked about single objects.
 */
on: boolean, 
/**
 * What new objects get that say nothing themselves.
 */
default: LockDefault | null, };

/**
 * A bucket.
 */
export type BucketRow = { 
/**
 * Its name.
 */
name: string, 
/**
 * When it was created, if the server says.
 */
created: number | null, };

/**
 * Whether a bucket keeps versions.
 */
export type BucketVersions = "on" | "suspended" | "off" | "unknown";

/**
 * One line of the capability probe.
 */
export type CapabilityLine = { 
/**
 * Stable code, such as `conditional_put`.
 */
code: string, 
/**
 * Name in words.
 */
name: string, 
/**
 * What was found.
 */
support: Support, 
/**
 * What it means for the person.
 */
note: string, };

/**
 * The capability probe's report.
 */
export type CapabilityReport = { 
/**
 * When it ran.
 */
probed_at: number, 
/**
 * Its lines, in a fixed order.
 */
lines: Array<CapabilityLine>, };

/**
 * How a change ended.
 */
export type ChangeEnd = "done" | "refused" | "undone";

/**
 * What a change did.
 */
export type ChangeKind = "deleted_there" | "trashed_here" | "renamed_there" | "renamed_here" | "kept_both" | "replaced_here" | "conflict_settled";

/**
 * One entry of what a sync folder deleted, renamed or kept twice.
 */
export type ChangeRow = { 
/**
 * Id.
 */
id: string, 
/**
 * What.
 */
kind: ChangeKind, 
/**
 * Path, as it may be shown.
 */
path: string, 
/**
 * New name, as it may be shown.
 */
to: string | null, 
/**
 * Bytes.
 */
size: number, 
/**
 * Why, in plain words.
 */
cause: string, 
/**
 * When it ended.
 */
at: number, 
/**
 * How.
 */
end: ChangeEnd, 
/**
 * Why it cannot be taken back; `None` when it can.
 */
no_undo: string | null, };

/**
 * Changes of a sync folder.
 */
export type ChangeWindow = { 
/**
 * Rows, newest first.
 */
rows: Array<ChangeRow>, 
/**
 * How many there are.
 */
total: number, };

/**
 * Two versions of an object beside each other.
 */
export type Comparison = { 
/**
 * What is inside the older one.
 */
older: Preview, 
/**
 * What is inside the newer one.
 */
newer: Preview, 
/**
 * Their texts, where both are text.
 */
text: TextDiff | null, 
/**
 * Facts of the file (camera, lens, exposure, pages…) that differ.
 */
facts: Array<FactDiff>, 
/**
 * Whether both hold the same bytes, as far as their ETags tell.
 */
same_bytes: boolean, };

/**
 * An answer to one conflict.
 */
export type ConflictChoice = { 
/**
 * Id of the conflict.
 */
id: string, 
/**
 * What to keep.
 */
keep: KeepSide, };

/**
 * Both sides of one conflict from near.
 */
export type ConflictDetails = { 
/**
 * The row, with what was asked of both sides now.
 */
row: ConflictRow, 
/**
 * Small picture of the file here (`data:image/jpeg;base64,…`).
 */
mine_picture: string | null, 
/**
 * Small picture of the object.
 */
theirs_picture: string | null, };

/**
 * A conflict: both sides were kept, under two names, and a person may choose.
 */
export type ConflictRow = { 
/**
 * Id.
 */
id: string, 
/**
 * Path, as it may be shown.
 */
path: string, 
/**
 * Name that the file of this computer has now, as it may be shown.
 */
kept_as: string, 
/**
 * Key of the object.
 */
key: string, 
/**
 * The file that was here.
 */
mine: ConflictSide, 
/**
 * The object that was there.
 */
theirs: ConflictSide, 
/**
 * Since when.
 */
at: number, };

/**
 * One side of a conflict.
 */
export type ConflictSide = { 
/**
 * Bytes.
 */
size: number, 
/**
 * Last change, where it is known.
 */
modified: number | null, 
/**
 * Who wrote it, where it is known.
 */
by: string | null, };

/**
 * Conflicts that wait for a person.
 */
export type ConflictWindow = { 
/**
 * Rows, newest first.
 */
rows: Array<ConflictRow>, 
/**
 * How many wait.
 */
total: number, };

/**
 * How a batch of conflicts was resolved.
 */
export type ConflictsResolved = { 
/**
 * How many are resolved.
 */
resolved: number, 
/**
 * Those that stay, with reasons; `key` is the path.
 */
kept: Array<Kept>, };

/**
 * What a person enters to connect.
 */
export type ConnectionDraft = { 
/**
 * Name to show; empty takes one from the endpoint or profile.
 */
name: string, 
/**
 * Source of credentials.
 */
source: ConnectionSource, 
/**
 * Profile name, for [`ConnectionSource::Profile`].
 */
profile: string | null, 
/**
 * Endpoint URL; empty for Amazon S3.
 */
endpoint: string, 
/**
 * Region; empty finds it from the bucket.
 */
region: string, 
/**
 * `bucket/prefix/` or empty.
 */
start_in: string, 
/**
 * Access key id, for [`ConnectionSource::AccessKey`].
 */
access_key: string | null, 
/**
 * Secret access key; goes in, never comes out.
 */
secret_key: string | null, 
/**
 * Where to keep it.
 */
keep: KeepSecret, 
/**
 * Passphrase, for [`KeepSecret::PassphraseFile`].
 */
passphrase: string | null, };

/**
 * A connection as it is shown: never holds the secret.
 */
export type ConnectionRow = { 
/**
 * Stable id.
 */
id: string, 
/**
 * Name a person gave it, or the profile's.
 */
name: string, 
/**
 * Where its credentials come from.
 */
source: ConnectionSource, 
/**
 * Endpoint URL; empty for Amazon S3.
 */
endpoint: string, 
/**
 * Region used for signing.
 */
region: string, 
/**
 * `bucket/prefix/` it starts in; empty when all buckets may be listed.
 */
start_in: string, 
/**
 * What the capability probe found, if it has run.
 */
capabilities: CapabilityReport | null, };

/**
 * Where credentials come from.
 */
export type ConnectionSource = "profile" | "access_key" | "practice";

/**
 * Answer of a delete.
 */
export type DeleteResult = { 
/**
 * How many are gone.
 */
deleted: number, 
/**
 * What stayed, with reasons.
 */
kept: Array<Kept>, 
/**
 * How it can be undone; empty when it cannot.
 */
undo_hint: string, };

/**
 * What a line of two texts is.
 */
export type DiffKind = "same" | "gone" | "new" | "skip";

/**
 * A line of two texts.
 */
export type DiffLine = { 
/**
 * What it is.
 */
kind: DiffKind, 
/**
 * Its number in the older one, from 1.
 */
old: number | null, 
/**
 * Its number in the newer one, from 1.
 */
new: number | null, 
/**
 * Its text without its end.
 */
text: string, };

/**
 * Direction of a transfer.
 */
export type Direction = "up" | "down";

/**
 * What a download is, and costs.
 */
export type DownloadPrice = { 
/**
 * Objects.
 */
objects: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * Folders that are not in it, because nobody looked into them.
 */
folders: number, 
/**
 * Whether folders hold more than was looked at: it is more than this.
 */
more: boolean, 
/**
 * Whether a person wants to be asked before a download of this size.
 */
ask: boolean, 
/**
 * The price.
 */
price: Price, };

/**
 * A download has begun.
 */
export type DownloadStarted = { 
/**
 * Its batch.
 */
batch: string, };

/**
 * What an edit can change.
 */
export type EditField = "content_type" | "cache_control" | "content_disposition" | "content_encoding" | "content_language" | "storage_class" | "metadata" | "tag";

/**
 * One change of an edit. What has no line stays as it is.
 */
export type EditLine = { 
/**
 * Of what.
 */
field: EditField, 
/**
 * Name of the metadata or tag; else empty.
 */
name: string, 
/**
 * Its new value; `None` takes it away.
 */
value: string | null, };

/**
 * Codes the user interface acts on; text comes from its own catalogue.
 */
export type ErrorCode = "sign_in_again" | "no_permission" | "not_found" | "offline" | "folder_missing" | "disk_full" | "keychain_locked" | "name_not_allowed" | "journal_too_new" | "conflict" | "not_supported" | "bad_request" | "already_running" | "unexpected";

/**
 * A fact of two versions that is not the same in both.
 */
export type FactDiff = { 
/**
 * Which.
 */
name: FactName, 
/**
 * In the older one; `None` where it has none.
 */
older: string | null, 
/**
 * In the newer one.
 */
newer: string | null, };

/**
 * Name of a fact.
 */
export type FactName = "dimensions" | "camera" | "lens" | "exposure" | "aperture" | "iso" | "focal_length" | "taken" | "orientation" | "software" | "duration" | "codec" | "title" | "artist" | "album" | "sample_rate" | "channels" | "bitrate" | "pages" | "author" | "rows" | "columns" | "column";

/**
 * Failures with one cause.
 */
export type FailureGroup = { 
/**
 * Stable code of the cause.
 */
code: string, 
/**
 * What happened.
 */
title: string, 
/**
 * What it means and what to do.
 */
advice: string, 
/**
 * How many files.
 */
count: number, 
/**
 * Up to 20 paths.
 */
examples: Array<string>, 
/**
 * Whether "Try again" makes sense.
 */
can_retry: boolean, };

/**
 * Which files of a sync folder to show.
 */
export type FileFilter = "todo" | "verified" | "failed" | "all";

/**
 * Counts of a folder's files; they add up to `total`.
 */
export type FolderCounts = { 
/**
 * All files known.
 */
total: number, 
/**
 * Safe.
 */
safe: number, 
/**
 * Stored, checksum being compared.
 */
checking: number, 
/**
 * Being sent.
 */
uploading: number, 
/**
 * Waiting (queued, settling, back-off).
 */
waiting: number, 
/**
 * Need a person.
 */
failed: number, 
/**
 * Bytes of all.
 */
bytes_total: number, 
/**
 * Bytes of the Safe ones.
 */
bytes_safe: number, };

/**
 * A file of a sync folder.
 */
export type FolderFileRow = { 
/**
 * Path below the root.
 */
path: string, 
/**
 * Key it goes to; empty when it has none.
 */
key: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * State.
 */
state: RowState, 
/**
 * Plain words about the state, empty when it speaks for itself.
 */
note: string, 
/**
 * Bytes sent.
 */
sent: number, };

/**
 * Files of a sync folder.
 */
export type FolderFiles = { 
/**
 * Rows.
 */
rows: Array<FolderFileRow>, 
/**
 * How many there are under this filter.
 */
total: number, };

/**
 * What a person chose for a sync folder.
 */
export type FolderOptions = { 
/**
 * Lines in the syntax of gitignore: what is left out. Changing them deletes nothing.
 */
ignore: Array<string>, 
/**
 * Larger files are left out, in bytes.
 */
largest: number | null, 
/**
 * Where the brake comes in; `None` for the usual limits.
 */
limits: BrakeLimits | null, };

/**
 * State of a sync folder.
 */
export type FolderState = "scanning" | "uploading" | "watching" | "paused" | "offline" | "waiting" | "stopped" | "syncing" | "asking";

/**
 * What the rules of a bucket will do, by its index. Never a promise: S3 acts some time after a moment of a rule.
 */
export type Forecast = { 
/**
 * The whole index over the whole bucket that it is made from; `None`: there is none, and everything else is empty.
 */
index: HistoryRow | null, 
/**
 * The one that is being read, or stopped.
 */
filling: HistoryRow | null, 
/**
 * Rules in force.
 */
rules: number, 
/**
 * Current objects.
 */
objects: number, 
/**
 * From.
 */
from: number, 
/**
 * To.
 */
to: number, 
/**
 * Lines, largest first; "Old versions" last; at most 12, the rest in one.
 */
lines: Array<ForecastLine>, 
/**
 * Events by day, those without one last; at most 50.
 */
events: Array<ForecastEvent>, 
/**
 * Months.
 */
months: Array<ForecastMonth>, 
/**
 * Storage of a month now,
 */
now: Price, 
/**
 * and at the end.
 */
then: Price, 
/**
 * Requests of moves over the whole time, billionths; `None` where a class has no price.
 */
moves: number | null, 
/**
 * Why the rules could not be read; then there are no lines. Unfinished uploads are not in it; those are `orphan_uploads`.
 */
error: UiError | null, };

/**
 * Something that happens.
 */
export type ForecastEvent = { 
/**
 * What.
 */
kind: ForecastKind, 
/**
 * When it begins, milliseconds since 1970; 0 for what has no day.
 */
at: number, 
/**
 * One line without the date: "12,400 objects to Deep Archive".
 */
title: string, 
/**
 * What it means, in plain sentences.
 */
detail: string, 
/**
 * Whether it is shown as a warning.
 */
warns: boolean, 
/**
 * Objects or versions.
 */
objects: number, 
/**
 * Bytes.
 */
bytes: number, 
/**
 * Storage class that they go to, or had.
 */
class: string, 
/**
 * Place of the rule.
 */
rule: number | null, 
/**
 * Those among them that bear a hold, as far as is known on this computer.
 */
held: number, 
/**
 * Of `small`: a filter by size on the rule would keep them where they are; `larger_than` to set, in bytes.
 */
exclude_below: number | null, };

/**
 * What an event is.
 */
export type ForecastKind = "archived" | "deleted" | "old_gone" | "small" | "early" | "unknown";

/**
 * Objects to which the same happens.
 */
export type ForecastLine = { 
/**
 * Name: of the rule, of the folder where there is none, or "Old versions".
 */
title: string, 
/**
 * Place of the rule among the rules; `None` where none concerns it.
 */
rule: number | null, 
/**
 * Whether it is of covered versions.
 */
old: boolean, 
/**
 * Objects (or versions).
 */
objects: number, 
/**
 * Bytes.
 */
bytes: number, 
/**
 * From today to the end of the forecast, without gaps.
 */
stretches: Array<ForecastStretch>, };

/**
 * A month of storage.
 */
export type ForecastMonth = { 
/**
 * Its first day (today for the first one), milliseconds since 1970.
 */
from: number, 
/**
 * Billionths of the currency for a whole month at the pace of its middle; `None` where a class has no price.
 */
amount: number | null, 
/**
 * Bytes kept in its middle.
 */
bytes: number, };

/**
 * A stretch of time in which a line stays the same.
 */
export type ForecastStretch = { 
/**
 * From, milliseconds since 1970.
 */
from: number, 
/**
 * To.
 */
to: number, 
/**
 * What it shows.
 */
kind: StretchKind, 
/**
 * Storage class of most of its bytes; empty where it is gone.
 */
class: string, 
/**
 * Plain words that belong into it: "12 to 48 h to get back", "no rule", "made again on demand"; may be empty.
 */
note: string, };

/**
 * A profile found in the AWS configuration files. Windlass reads them and never changes them.
 */
export type FoundProfile = { 
/**
 * Name of the profile.
 */
name: string, 
/**
 * What kind of credentials it holds, in words: "Access key ending 7Q4D", "Company sign-in, role FieldUpload".
 */
kind: string, 
/**
 * Region, if the profile names one.
 */
region: string | null, 
/**
 * Endpoint, if the profile names one.
 */
endpoint: string | null, };

/**
 * A version index: all versions and delete markers below a prefix, as one listing told them.
 */
export type HistoryRow = { 
/**
 * Id.
 */
id: string, 
/**
 * Connection.
 */
connection: string, 
/**
 * Bucket.
 */
bucket: string, 
/**
 * Prefix; empty for the whole bucket.
 */
prefix: string, 
/**
 * Keys so far.
 */
keys: number, 
/**
 * Versions and delete markers so far.
 */
versions: number, 
/**
 * Bytes of all versions so far.
 */
bytes: number, 
/**
 * LIST requests that it cost.
 */
requests: number, 
/**
 * Whether it is whole.
 */
complete: boolean, 
/**
 * Whether it is being filled now.
 */
running: boolean, 
/**
 * Versions per second; `None` when it is not being filled.
 */
rate: number | null, 
/**
 * Versions of the one before; what to expect of one that is not whole.
 */
expected: number | null, 
/**
 * When its listing began, milliseconds since 1970. What came later may be in it or not.
 */
began_at: number, 
/**
 * When it became whole.
 */
ended_at: number | null, 
/**
 * Why it stopped, if it did.
 */
error: UiError | null, };

/**
 * What happens where something is at the destination.
 */
export type IfTaken = "skip" | "keep_both" | "replace";

/**
 * An index of a bucket, or of what is below a prefix.
 */
export type IndexRow = { 
/**
 * Id.
 */
id: string, 
/**
 * Connection.
 */
connection: string, 
/**
 * Bucket.
 */
bucket: string, 
/**
 * Prefix; empty for the whole bucket.
 */
prefix: string, 
/**
 * Objects in it.
 */
objects: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * LIST requests that it has cost.
 */
requests: number, 
/**
 * Whether it is whole.
 */
complete: boolean, 
/**
 * Whether it fills right now.
 */
running: boolean, 
/**
 * Objects a second while it runs.
 */
rate: number | null, 
/**
 * Objects of the index before it, while this one is not whole: about how many there will be.
 */
expected: number | null, 
/**
 * When it was begun: what it holds is from then on.
 */
began_at: number, 
/**
 * When it became whole.
 */
ended_at: number | null, 
/**
 * Why it stands still, if it was not stopped by hand. While it runs: why it waits.
 */
error: UiError | null, };

/**
 * What a job calls on the server for one object.
 */
export type JobCall = "copy_back" | "remove_marker" | "delete" | "copy" | "rewrite" | "destroy" | "lock";

/**
 * One call of a job.
 */
export type JobItemRow = { 
/**
 * Its number, from 1.
 */
seq: number, 
/**
 * Key.
 */
key: string, 
/**
 * As it may be shown.
 */
name: string, 
/**
 * What is called on the server.
 */
call: JobCall, 
/**
 * The version that is copied or destroyed, or the delete marker that is taken away.
 */
version: string | null, 
/**
 * Bytes of it.
 */
size: number, 
/**
 * ETag of what has to be on top for it; `None`: nothing must be visible.
 */
expects: string | null, 
/**
 * How it stands.
 */
state: JobItemState, 
/**
 * Why it was left; else empty.
 */
why: string, };

/**
 * How one object of a job stands.
 */
export type JobItemState = "planned" | "doing" | "done" | "left";

/**
 * Rows i..j of a job.
 */
export type JobItems = { 
/**
 * Rows, in the order in which they are done.
 */
rows: Array<JobItemRow>, 
/**
 * Rows in all.
 */
total: number, };

/**
 * What a job does.
 */
export type JobKind = "copy" | "move" | "edit" | "delete" | "undelete" | "restore" | "purge" | "lock";

/**
 * Objects that a job left, by cause.
 */
export type JobProblem = { 
/**
 * Cause.
 */
code: string, 
/**
 * What happened.
 */
title: string, 
/**
 * What it means and what to do.
 */
advice: string, 
/**
 * Objects.
 */
objects: number, 
/**
 * The first of them.
 */
keys: Array<string>, };

/**
 * What is asked for.
 */
export type JobRequest = { 
/**
 * What it does.
 */
kind: JobKind, 
/**
 * Connection.
 */
connection: string, 
/**
 * Bucket of what was chosen.
 */
bucket: string, 
/**
 * Bucket of the destination.
 */
to_bucket: string, 
/**
 * What was chosen.
 */
roots: Array<JobRoot>, 
/**
 * What happens where something is there already.
 */
if_taken: IfTaken, 
/**
 * Changes of an edit.
 */
edit: Array<EditLine>, 
/**
 * What a restore brings back.
 */
restore: RestoreTo | null, 
/**
 * Which old versions a purge destroys.
 */
purge: PurgeChoice | null, 
/**
 * Instead of those, this version of the only root, which is a key.
 */
purge_version: string | null, 
/**
 * What becomes of locks.
 */
lock: LockChange | null, };

/**
 * One thing that was chosen.
 */
export type JobRoot = { 
/**
 * A key, or a prefix that ends in `/`.
 */
from: string, 
/**
 * A key for a key, a prefix for a prefix; the same as `from` where nothing goes elsewhere.
 */
to: string, };

/**
 * A job.
 */
export type JobRow = { 
/**
 * Id.
 */
id: string, 
/**
 * What it does.
 */
kind: JobKind, 
/**
 * How it stands.
 */
state: JobState, 
/**
 * Connection.
 */
connection: string, 
/**
 * Bucket of the sources.
 */
bucket: string, 
/**
 * Bucket of the destination.
 */
to_bucket: string, 
/**
 * First thing that was chosen, for display.
 */
from: string, 
/**
 * Where it goes, for display.
 */
to: string, 
/**
 * How many things were chosen.
 */
chosen: number, 
/**
 * A move that stays in its level: one thing gets another name.
 */
rename: boolean, 
/**
 * Objects.
 */
objects: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * Objects done.
 */
done: number, 
/**
 * Their bytes.
 */
done_bytes: number, 
/**
 * Objects left as they were.
 */
left: number, 
/**
 * Objects that would be replaced.
 */
replaces: number, 
/**
 * Objects per second now.
 */
rate: number, 
/**
 * Seconds left; `None` when unknown.
 */
seconds_left: number | null, 
/**
 * Plain words where the state does not say all.
 */
note: string, 
/**
 * Whether the bucket of the sources keeps versions.
 */
versioned: boolean, 
/**
 * Number that has to be typed before it is started: it deletes more than the firewall lets pass, or destroys versions.
 */
type_to_start: number | null, 
/**
 * Day that has to be typed before it is started, as `2027-03-01`: nobody can destroy these objects before then.
 */
type_date: string | null, 
/**
 * Job that this one takes back.
 */
undoes: string | null, 
/**
 * Whether it can be taken back.
 */
can_undo: boolean, 
/**
 * Milliseconds since 1970.
 */
created: number, };

/**
 * How a job stands.
 */
export type JobState = "planning" | "ready" | "running" | "waiting" | "needs_sign_in" | "paused" | "done" | "cancelled" | "failed";

/**
 * Where a new secret shall be kept. There is no silent default: the person chooses.
 */
export type KeepSecret = "keychain" | "this_session" | "passphrase_file";

/**
 * Which side of a conflict keeps the name.
 */
export type KeepSide = "mine" | "theirs" | "both";

/**
 * An object that was not deleted.
 */
export type Kept = { 
/**
 * Its key.
 */
key: string, 
/**
 * Why it is still there, in plain words.
 */
reason: string, };

/**
 * The rules of a bucket, as they were opened.
 */
export type Lifecycle = { 
/**
 * Names what was opened; edits and saves are told it.
 */
mark: string, 
/**
 * Its rules, in its order. A rule's place is its number from 0.
 */
rules: Array<RuleRow>, 
/**
 * All of it as JSON, the way Amazon's own command line reads and writes it.
 */
json: string, 
/**
 * All of it as the server gave it; empty where there are no rules.
 */
xml: string, 
/**
 * After a save: what the server made of it that was not asked for ("The server forgot the sizes of …"); else empty.
 */
notes: Array<string>, 
/**
 * When it was read, milliseconds since 1970.
 */
read_at: number, };

/**
 * What an edit would write, beside what was opened.
 */
export type LifecycleDraft = { 
/**
 * The rules, as they would read.
 */
rules: Array<RuleRow>, 
/**
 * The same as JSON.
 */
json: string, 
/**
 * The whole text that is written.
 */
xml: string, 
/**
 * The opened text and this one, line by line; empty when nothing changes.
 */
lines: Array<DiffLine>, 
/**
 * What is worth a thought before saving, in plain sentences ("Old versions are destroyed after 30 days, so no restore reaches further back.").
 */
warnings: Array<string>, };

/**
 * What is to be written: exactly one of the two.
 */
export type LifecycleEdit = { 
/**
 * Rule by rule; those that stay come in the order in which they were opened.
 */
rules: Array<RuleEdit> | null, 
/**
 * All of it as JSON.
 */
json: string | null, };

/**
 * What is known of a listing.
 */
export type ListingSummary = { 
/**
 * Id of the listing.
 */
id: string, 
/**
 * Rows so far.
 */
count: number, 
/**
 * Objects so far.
 */
objects: number, 
/**
 * Bytes so far.
 */
bytes: number, 
/**
 * Whether the last page has arrived.
 */
complete: boolean, 
/**
 * When it was listed.
 */
listed_at: number, 
/**
 * Grows with every change of the rows.
 */
revision: number, 
/**
 * Why it stopped, if it did.
 */
error: UiError | null, };

/**
 * Rows i..j of a listing, read from the journal.
 */
export type ListingWindow = { 
/**
 * Rows, beginning at the offset asked for.
 */
rows: Array<ObjectRow>, 
/**
 * What is known of the whole listing.
 */
summary: ListingSummary, };

/**
 * What becomes of the locks of a selection.
 */
export type LockChange = { 
/**
 * How firmly they are kept from now on; with `until`. `None`: the retention stays.
 */
mode: LockMode | null, 
/**
 * Until when, milliseconds since 1970. What is kept longer or more firmly already stays so.
 */
until: number | null, 
/**
 * `true` puts a legal hold on, `false` takes it away, `None` leaves it.
 */
hold: boolean | null, };

/**
 * What new objects of a bucket get.
 */
export type LockDefault = { 
/**
 * How firmly.
 */
mode: LockMode, 
/**
 * For so many days,
 */
days: number | null, 
/**
 * or years.
 */
years: number | null, };

/**
 * How firmly a version is held.
 */
export type LockMode = "governance" | "compliance";

/**
 * What holds a version.
 */
export type LockRow = { 
/**
 * Key.
 */
key: string, 
/**
 * The version that was looked at.
 */
version: string | null, 
/**
 * How firmly it is kept; `None` where it has no retention.
 */
mode: LockMode | null, 
/**
 * Until when, milliseconds since 1970; it may have passed.
 */
until: number | null, 
/**
 * Whether a legal hold is on it.
 */
hold: boolean, 
/**
 * Whether it cannot be destroyed now.
 */
holds: boolean, 
/**
 * Why, in a plain sentence; else empty.
 */
why: string, };

/**
 * Where a picture was taken, in degrees.
 */
export type MapPosition = { 
/**
 * North.
 */
latitude: number, 
/**
 * East.
 */
longitude: number, };

/**
 * Which marker was lost.
 */
export type MergeNeed = "file" | "empty" | "object";

/**
 * Both sides were compared anew.
 */
export type MergedRow = { 
/**
 * When it began.
 */
at: number, 
/**
 * Why.
 */
why: MergedWhy, };

/**
 * Why a folder merged.
 */
export type MergedWhy = "old_journal" | "other_folder" | "asked";

/**
 * A name and a value.
 */
export type NamedValue = { 
/**
 * Name.
 */
name: string, 
/**
 * Value.
 */
value: string, };

/**
 * Objects and their bytes.
 */
export type ObjectAmount = { 
/**
 * Objects.
 */
objects: number, 
/**
 * Bytes.
 */
bytes: number, };

/**
 * What the inspector shows.
 */
export type ObjectDetails = { 
/**
 * The row.
 */
row: ObjectRow, 
/**
 * Details in the order shown: Modified, Class, Type, Encryption, CRC64NVME, Version, ETag…
 */
details: Array<NamedValue>, 
/**
 * User metadata.
 */
metadata: Array<NamedValue>, 
/**
 * Tags; `None` when this server has none or this identity may not read them.
 */
tags: Array<NamedValue> | null, 
/**
 * Why it is Safe or not, one sentence.
 */
state_text: string, };

/**
 * A row of the browse list.
 */
export type ObjectRow = { 
/**
 * Whole key; for a folder the common prefix, ending in `/`.
 */
key: string, 
/**
 * Last part of it, as shown (bidirectional controls escaped).
 */
name: string, 
/**
 * Whether this is a folder.
 */
folder: boolean, 
/**
 * Bytes; zero for folders.
 */
size: number, 
/**
 * Last change.
 */
modified: number | null, 
/**
 * Storage class.
 */
class: string, 
/**
 * ETag of the version listed; empty for folders.
 */
etag: string, 
/**
 * State.
 */
state: RowState, 
/**
 * When it was deleted, milliseconds since 1970; its size, time, class and ETag are what it had last.
 */
deleted_at: number | null, 
/**
 * Set when this key cannot be a file name here, in plain words.
 */
name_problem: string | null, };

/**
 * An upload that nobody ended.
 */
export type OrphanUpload = { 
/**
 * Key that it would become.
 */
key: string, 
/**
 * As it may be shown.
 */
name: string, 
/**
 * Its id.
 */
upload: string, 
/**
 * When it was begun, milliseconds since 1970.
 */
begun: number, 
/**
 * Whether a transfer on this computer uses it: it cannot be ended here.
 */
in_use: boolean, 
/**
 * When a rule ends it.
 */
ends_at: number | null, };

/**
 * Uploads of a bucket that nobody ended.
 */
export type OrphanUploads = { 
/**
 * Oldest first, at most 1,000.
 */
rows: Array<OrphanUpload>, 
/**
 * How many there are.
 */
total: number, 
/**
 * Whether some rule ends unfinished uploads in all of the bucket.
 */
ruled: boolean, };

/**
 * What one holds.
 */
export type OrphanUse = { 
/**
 * Parts.
 */
parts: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * Price of keeping them for a month.
 */
price: Price, };

/**
 * What became of ending some.
 */
export type OrphansEnded = { 
/**
 * Those that are gone.
 */
ended: number, 
/**
 * Those that are not, and why the first of them is not.
 */
left: number, 
/**
 * See `left`.
 */
problem: UiError | null, };

/**
 * Files of one kind in a plan.
 */
export type PlanCount = { 
/**
 * Kind.
 */
kind: PlanKind, 
/**
 * Files.
 */
files: number, 
/**
 * Bytes.
 */
bytes: number, };

/**
 * Which steps of a plan to show.
 */
export type PlanFilter = "all" | "risky";

/**
 * A plan to look at. It cannot be carried out: a start looks anew.
 */
export type PlanHead = { 
/**
 * Names this plan; another one replaces it.
 */
plan: string, 
/**
 * The whole of it in one sentence.
 */
sentence: string, 
/**
 * Counts by kind, in the order of [`PlanKind`], without those that are zero.
 */
counts: Array<PlanCount>, 
/**
 * Files that are the same on both sides already.
 */
same: number, 
/**
 * Files that are still being written or could not be seen; the plan says nothing of them.
 */
waiting: number, 
/**
 * When it was made.
 */
made: number, };

/**
 * What a plan would do with a path.
 */
export type PlanKind = "upload" | "download" | "replace_there" | "replace_here" | "rename_there" | "rename_here" | "keep_both" | "delete_there" | "trash_here" | "compare" | "show";

/**
 * A row of a plan's tree.
 */
export type PlanNode = { 
/**
 * Path below the root, as it is; not for showing.
 */
path: string, 
/**
 * Last part, as it may be shown.
 */
name: string, 
/**
 * How deep it lies; 0 at the top.
 */
depth: number, 
/**
 * What happens to it; `None` for a folder.
 */
kind: PlanKind | null, 
/**
 * New name, for renames and kept conflicts, as it may be shown.
 */
to: string | null, 
/**
 * Files in it, 1 for a file.
 */
files: number, 
/**
 * Files of it that would be deleted or replaced.
 */
risky: number, 
/**
 * Bytes.
 */
bytes: number, };

/**
 * Rows i..j of a plan's tree with some folders open.
 */
export type PlanWindow = { 
/**
 * Rows.
 */
rows: Array<PlanNode>, 
/**
 * How many rows there are with these folders open.
 */
total: number, };

/**
 * An object that is open to the player of a window.
 */
export type Playing = { 
/**
 * Names it in later calls. Whoever has it can read the object, so it goes to nobody but the window.
 */
id: string, 
/**
 * Where the player gets its bytes, by ranges; on this computer.
 */
address: string, 
/**
 * What it is by its bytes, such as `video/mp4`.
 */
media: string, };

/**
 * What lies below a prefix, as an index knows it.
 */
export type PrefixSize = { 
/**
 * Prefix.
 */
prefix: string, 
/**
 * Objects.
 */
objects: number, 
/**
 * Their bytes.
 */
bytes: number, };

/**
 * Sizes of prefixes.
 */
export type PrefixSizes = { 
/**
 * Those asked for; none when no whole index holds them, or it is still being read into memory (a hint tells when).
 */
sizes: Array<PrefixSize>, 
/**
 * When the index began.
 */
at: number | null, };

/**
 * What is shown of a file's inside.
 */
export type Preview = { 
/**
 * What it is.
 */
kind: PreviewKind, 
/**
 * Facts in the order shown.
 */
facts: Array<PreviewFact>, 
/**
 * Where it was taken.
 */
position: MapPosition | null, 
/**
 * A picture of it.
 */
picture: PreviewPicture | null, 
/**
 * Its text.
 */
text: PreviewText | null, 
/**
 * Its rows.
 */
table: PreviewTable | null, 
/**
 * Why there is no picture, where one could be expected.
 */
missing: PreviewMissing | null, };

/**
 * One fact.
 */
export type PreviewFact = { 
/**
 * Which.
 */
name: FactName, 
/**
 * In figures and units (bidirectional controls escaped).
 */
value: string, };

/**
 * What a file is by its bytes.
 */
export type PreviewKind = "jpeg" | "png" | "web_p" | "gif" | "tiff" | "heic" | "raw" | "video" | "audio" | "pdf" | "text" | "csv" | "json" | "parquet" | "empty" | "other";

/**
 * Why nothing is shown.
 */
export type PreviewMissing = "no_small_picture" | "too_large" | "damaged" | "no_heif" | "no_video" | "no_pdf" | "no_raw" | "unknown" | "unreadable" | "not_installed";

/**
 * A picture the decoder drew; it holds nothing but pixels.
 */
export type PreviewPicture = { 
/**
 * `data:image/jpeg;base64,…` or `data:image/png;base64,…`
 */
data_url: string, 
/**
 * Pixels across.
 */
width: number, 
/**
 * Pixels down.
 */
height: number, };

/**
 * The first rows of a table.
 */
export type PreviewTable = { 
/**
 * Rows of cells.
 */
rows: Array<Array<string>>, 
/**
 * Whether these are all.
 */
whole: boolean, };

/**
 * The beginning of a text.
 */
export type PreviewText = { 
/**
 * Text.
 */
text: string, 
/**
 * Whether this is all of it.
 */
whole: boolean, };

/**
 * How closely to look.
 */
export type PreviewWant = "small" | "large" | { "page": number };

/**
 * A price, with what it is made of and what list it is from.
 */
export type Price = { 
/**
 * What is known of it.
 */
kind: PriceKind, 
/**
 * Billionths of the currency; 0 unless it is known.
 */
amount: number, 
/**
 * Why it is not known, in plain words; else empty.
 */
why: string, 
/**
 * Three letters.
 */
currency: string, 
/**
 * Day that the list is of.
 */
date: string, 
/**
 * Region of the bucket.
 */
region: string, 
/**
 * What it is made of.
 */
lines: Array<PriceLine>, 
/**
 * What may be paid for beyond it.
 */
early: Array<PriceEarly>, };

/**
 * What a person ticked in one list.
 */
export type PriceChoice = { 
/**
 * Prefix of the list.
 */
prefix: string, 
/**
 * Everything in it but `keys`; else `keys`.
 */
all: boolean, 
/**
 * Keys.
 */
keys: Array<string>, 
/**
 * Whether the server is asked what folders hold; without it they are only counted.
 */
look: boolean, };

/**
 * Objects that are paid for to the end of their class's least time, should they be younger.
 */
export type PriceEarly = { 
/**
 * Storage class.
 */
class: string, 
/**
 * How many.
 */
objects: number, 
/**
 * Days.
 */
days: number, };

/**
 * What is known of a price.
 */
export type PriceKind = "known" | "free" | "unlisted" | "unknown";

/**
 * One line of a price.
 */
export type PriceLine = { 
/**
 * What is paid for.
 */
part: PricePart, 
/**
 * Storage class; empty where it does not matter.
 */
class: string, 
/**
 * Requests or bytes.
 */
units: number, 
/**
 * Billionths of the currency.
 */
amount: number, };

/**
 * What is paid for.
 */
export type PricePart = "lists" | "puts" | "gets" | "egress" | "retrieval" | "restores" | "storing";

/**
 * The price list that is used, and when a person is asked.
 */
export type PriceSettings = { 
/**
 * A download of at least so many bytes is asked about first; none is, without a number.
 */
ask_from: number | null, 
/**
 * Day that the list is of.
 */
date: string, 
/**
 * Page that its prices were taken from.
 */
source: string, 
/**
 * Whether it is the person's own.
 */
own: boolean, 
/**
 * File that a list of one's own is in, or would be.
 */
file: string, 
/**
 * Why that file cannot be used; else empty.
 */
problem: string, };

/**
 * Which old versions are destroyed. A version has to meet all of it; the one on top, and what is locked, always stays.
 */
export type PurgeChoice = { 
/**
 * It was covered at least so many days ago.
 */
days: number, 
/**
 * So many of the newest old versions of each key stay.
 */
keep: number, 
/**
 * It has at least so many bytes.
 */
bytes: number, 
/**
 * Delete markers below the top go as well, and one on top that covers nothing.
 */
markers: boolean, };

/**
 * What the server refused less than a day ago in a folder, or above it.
 */
export type RefusalRow = { 
/**
 * What.
 */
right: RefusedRight, 
/**
 * In this folder and below it.
 */
prefix: string, 
/**
 * When.
 */
at: number, };

/**
 * Something that an identity may do or not.
 */
export type RefusedRight = "list" | "read" | "write" | "delete" | "make_buckets" | "delete_bucket";

/**
 * What a restore brings back: a version, a moment, or with neither what is deleted now as it was last.
 */
export type RestoreTo = { 
/**
 * This version of the only root, which is a key.
 */
version: string | null, 
/**
 * What was there at this moment, milliseconds since 1970. The fields below are about it.
 */
moment: number | null, 
/**
 * Whether what was deleted since comes back.
 */
deleted: boolean, 
/**
 * How it does.
 */
undelete: Undelete, 
/**
 * Whether what was changed since is rolled back.
 */
changed: boolean, 
/**
 * What becomes of what was added since the moment.
 */
added: Added, 
/**
 * Whether what was written again with the same bytes is rolled back as well.
 */
rewritten: boolean, 
/**
 * Keys that are treated the other way.
 */
but: Array<string>, };

/**
 * State of an object or file as shown.
 */
export type RowState = "stored" | "safe" | "waiting" | "uploading" | "checking" | "failed" | "archived" | "downloading" | "held" | "deleted";

/**
 * One rule of an edit. With `keeps` alone the rule stays byte for byte, with both it is that one with changes, with `form` alone it
 * is new. What is not named goes.
 */
export type RuleEdit = { 
/**
 * Place of a rule that was opened.
 */
keeps: number | null, 
/**
 * What it is to say.
 */
form: RuleForm | null, };

/**
 * A rule as a form.
 */
export type RuleForm = { 
/**
 * Its name.
 */
id: string, 
/**
 * Whether it is in force.
 */
enabled: boolean, 
/**
 * Start of the keys it is for; empty: all.
 */
prefix: string, 
/**
 * Tags that an object must bear, all of them.
 */
tags: Array<RuleTag>, 
/**
 * Only objects larger than so many bytes.
 */
larger_than: number | null, 
/**
 * Only objects smaller than so many bytes.
 */
smaller_than: number | null, 
/**
 * Moves of current versions.
 */
transitions: Array<RuleMove>, 
/**
 * End of current versions.
 */
expiration: RuleWhen | null, 
/**
 * Whether delete markers go that cover nothing.
 */
expired_markers: boolean, 
/**
 * Moves of covered versions.
 */
old_transitions: Array<RuleOldMove>, 
/**
 * End of covered versions.
 */
old_expiration: RuleOld | null, 
/**
 * Days after which unfinished uploads are ended.
 */
abort_uploads: number | null, };

/**
 * A move of current versions.
 */
export type RuleMove = { 
/**
 * When.
 */
when: RuleWhen, 
/**
 * To which storage class.
 */
class: string, };

/**
 * What happens to versions that were covered.
 */
export type RuleOld = { 
/**
 * So many days after they were covered.
 */
days: number, 
/**
 * So many newer covered ones stay as they are.
 */
keep_newer: number, };

/**
 * A move of covered versions.
 */
export type RuleOldMove = { 
/**
 * When.
 */
when: RuleOld, 
/**
 * To which storage class.
 */
class: string, };

/**
 * A rule of a bucket.
 */
export type RuleRow = { 
/**
 * What we understand of it.
 */
form: RuleForm, 
/**
 * The same in plain sentences.
 */
sentences: Array<string>, 
/**
 * Its own text.
 */
xml: string, 
/**
 * Elements in it that Windlass does not know; they are kept. Not empty: what it does cannot be foretold.
 */
strange: Array<string>, };

/**
 * A tag.
 */
export type RuleTag = { 
/**
 * Its key.
 */
key: string, 
/**
 * Its value.
 */
value: string, };

/**
 * When something happens: exactly one of the two.
 */
export type RuleWhen = { 
/**
 * So many days after the object was written.
 */
days: number | null, 
/**
 * From this midnight UTC on, milliseconds since 1970.
 */
date: number | null, };

/**
 * Of how many objects what was asked for is known; `null` for what was not asked for.
 */
export type SearchKnown = { 
/**
 * Content type.
 */
types: number | null, 
/**
 * Tags.
 */
tags: number | null, 
/**
 * What a camera wrote.
 */
captures: number | null, 
/**
 * Objects in reach.
 */
of: number, };

/**
 * A line of what was found: a prefix, then what lies in it.
 */
export type SearchLine = { "type": "prefix", 
/**
 * Connection.
 */
connection: string, 
/**
 * Bucket.
 */
bucket: string, 
/**
 * Prefix with its slash, or empty.
 */
prefix: string, 
/**
 * As it may be shown.
 */
name: string, 
/**
 * How many.
 */
count: number, } | { "type": "object", 
/**
 * Connection.
 */
connection: string, 
/**
 * Bucket.
 */
bucket: string, 
/**
 * Its row.
 */
row: ObjectRow, } | { "type": "gone" };

/**
 * Where to search; `null` is everywhere.
 */
export type SearchScope = { 
/**
 * Connection.
 */
connection: string | null, 
/**
 * Bucket; only with a connection.
 */
bucket: string | null, 
/**
 * Prefix with its slash, or empty; only with a bucket.
 */
prefix: string, };

/**
 * Lines i..j of what was found.
 */
export type SearchWindow = { 
/**
 * Lines, beginning at the offset asked for.
 */
lines: Array<SearchLine>, 
/**
 * Lines that can be read.
 */
total: number, 
/**
 * Objects and folders among them.
 */
count: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * Whether more fit than can be read.
 */
more: boolean, 
/**
 * Rows that were searched.
 */
searched: number, 
/**
 * Rows that are being read into memory and were not searched yet; a hint tells when.
 */
behind: number, 
/**
 * When the oldest list among those searched was made; none when there is nothing to search.
 */
oldest: number | null, 
/**
 * How far the answer reaches, if the question is about what only a look at an object tells.
 */
known: SearchKnown | null, };

/**
 * Which places for secrets exist on this computer.
 */
export type SecretPlaces = { 
/**
 * Whether a keychain answers.
 */
keychain: boolean, 
/**
 * Why not, in plain words, when it does not.
 */
keychain_problem: string | null, 
/**
 * Whether a passphrase file exists already.
 */
passphrase_file: boolean, };

/**
 * Columns that a listing sorts by.
 */
export type SortBy = "name" | "size" | "modified" | "class" | "state";

/**
 * Outcome of a step.
 */
export type StepOutcome = "passed" | "limited" | "failed" | "skipped";

/**
 * Result of a step, with its own plain answer.
 */
export type StepResult = { 
/**
 * Which step.
 */
step: TestStep, 
/**
 * How it ended.
 */
outcome: StepOutcome, 
/**
 * What was found, in one or two plain sentences.
 */
message: string, 
/**
 * What to do next, when something is wrong.
 */
advice: string | null, 
/**
 * Milliseconds it took.
 */
millis: number, };

/**
 * What a stretch of a line shows.
 */
export type StretchKind = "class" | "hidden" | "gone";

/**
 * Whether something was proved to work here. Nothing is assumed.
 */
export type Support = "yes" | "no" | "unknown";

/**
 * A sync folder.
 */
export type SyncFolderRow = { 
/**
 * Id.
 */
id: string, 
/**
 * Name shown.
 */
name: string, 
/**
 * Local folder, for display.
 */
local: string, 
/**
 * `bucket/prefix/`.
 */
remote: string, 
/**
 * Connection id.
 */
connection: string, 
/**
 * State.
 */
state: FolderState, 
/**
 * One sentence for people.
 */
state_text: string, 
/**
 * Counts.
 */
counts: FolderCounts, 
/**
 * When the last scan ended.
 */
last_scan: number | null, 
/**
 * Bytes per second now.
 */
rate: number, 
/**
 * How it is kept.
 */
mode: SyncMode, 
/**
 * Conflicts that wait for a person.
 */
conflicts: number, 
/**
 * The question that waits, if one does.
 */
brake: BrakeRow | null, 
/**
 * What a person chose for it.
 */
options: FolderOptions, 
/**
 * Objects in the bucket whose names cannot be files here. They stay where they are.
 */
nameless: number, 
/**
 * The first of them, without the prefix.
 */
nameless_sample: Array<string>, 
/**
 * A marker was lost: the folder waits until a person lets it merge.
 */
merge_need: MergeNeed | null, 
/**
 * When both sides were compared anew last.
 */
merged: MergedRow | null, 
/**
 * Its work has not gone on since then, for longer than any work takes.
 */
silent_since: number | null, };

/**
 * How a sync folder is kept.
 */
export type SyncMode = "ingest" | "mirror_up" | "mirror_down" | "two_way";

/**
 * One step of the staged connection test.
 */
export type TestStep = "name_found" | "secure_line" | "identity" | "list" | "write";

/**
 * Two texts, line by line.
 */
export type TextDiff = { 
/**
 * Lines that differ, each with three around it.
 */
lines: Array<DiffLine>, 
/**
 * Lines only in the older one.
 */
gone: number, 
/**
 * Lines only in the newer one.
 */
new: number, 
/**
 * Whether both were read to their ends. If not, what is behind the first part of either is not compared.
 */
whole: boolean, };

/**
 * The board.
 */
export type ThawBoard = { 
/**
 * Batches that are not over; what ends first comes first, then what is thawing by when it is due.
 */
open: Array<ThawRow>, 
/**
 * Those that are over, newest first, at most 200.
 */
past: Array<ThawRow>, 
/**
 * Billionths of the currency asked for since the first of this month, UTC; `None` when some of it has no known price.
 */
month: number | null, 
/**
 * Three letters.
 */
currency: string, };

/**
 * What a batch is made from.
 */
export type ThawFrom = { "kind": "roots", 
/**
 * Keys and prefixes.
 */
roots: Array<string>, } | { "kind": "job", 
/**
 * Id of the job.
 */
id: string, };

/**
 * One object of a batch.
 */
export type ThawItem = { 
/**
 * Its number, from 1.
 */
seq: number, 
/**
 * Key.
 */
key: string, 
/**
 * As it may be shown: what follows the batch's `place`.
 */
name: string, 
/**
 * Version, where it is not just the current one.
 */
version: string | null, 
/**
 * Bytes.
 */
size: number, 
/**
 * Class, as in `ThawRow.classes`.
 */
class: string, 
/**
 * How it stands.
 */
state: ThawItemState, 
/**
 * Until when it can be read, milliseconds since 1970.
 */
ends_at: number | null, 
/**
 * Why it failed, in plain words; else empty.
 */
why: string, };

/**
 * How one object of a batch stands.
 */
export type ThawItemState = "planned" | "thawing" | "ready" | "downloaded" | "ended" | "failed";

/**
 * Rows i..j of a batch.
 */
export type ThawItems = { 
/**
 * Rows, failed ones first, then by key.
 */
rows: Array<ThawItem>, 
/**
 * Rows in all.
 */
total: number, };

/**
 * One speed that a planned batch can be asked for.
 */
export type ThawOffer = { 
/**
 * The speed.
 */
speed: ThawSpeed, 
/**
 * Why it cannot be chosen, in plain words; else empty.
 */
refused: string, 
/**
 * Seconds after which the first may be ready,
 */
least_seconds: number, 
/**
 * and by which all typically are.
 */
most_seconds: number, 
/**
 * Price of the retrieval, and of keeping the copies for the days asked about (its lines of the part `storing`).
 */
price: Price, };

/**
 * A batch of archived objects.
 */
export type ThawRow = { 
/**
 * Id.
 */
id: string, 
/**
 * Its name: the folder, the object, or how many things were chosen. Displayable.
 */
name: string, 
/**
 * Connection.
 */
connection: string, 
/**
 * Bucket.
 */
bucket: string, 
/**
 * Prefix that is common to all of it, as shown.
 */
place: string, 
/**
 * How it stands.
 */
state: ThawState, 
/**
 * Whether nothing moves at the moment because the server does not answer or wants a login; `error` says which.
 */
waiting: boolean, 
/**
 * Archived objects (while planning: so far).
 */
objects: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * Objects that were looked at and are not archived, so they are not in it.
 */
skipped: number, 
/**
 * Storage classes of them, colder ones last: `GLACIER`, `DEEP_ARCHIVE`, `INTELLIGENT_TIERING` (its archive tier),
 * `INTELLIGENT_TIERING_DEEP` (its deep archive tier).
 */
classes: Array<string>, 
/**
 * How quickly it was asked for; `None` before.
 */
speed: ThawSpeed | null, 
/**
 * Days that the copies last; `None` before, and where nothing in it has days (what Intelligent-Tiering thaws stays).
 */
days: number | null, 
/**
 * What comes then.
 */
then: ThawThen, 
/**
 * What was asked for costs so much; before, `None`.
 */
price: Price | null, 
/**
 * Objects that were asked for.
 */
asked: number, 
/**
 * Objects that can be read.
 */
ready: number, 
/**
 * Objects that could not be asked for or are gone; `thaw_items` says why of each.
 */
failed: number, 
/**
 * Objects on disk.
 */
downloaded: number, 
/**
 * When it was asked for, milliseconds since 1970.
 */
asked_at: number | null, 
/**
 * By when it typically can be read.
 */
due_at: number | null, 
/**
 * Since when all of it can be read.
 */
ready_at: number | null, 
/**
 * When the first copy ends; `None` before, and where they stay for good.
 */
ends_at: number | null, 
/**
 * When it is looked at next.
 */
look_at: number | null, 
/**
 * Job that it was made from, if it was; `then` may be `restore` only with one.
 */
job: string | null, 
/**
 * Job that was planned when it could be read.
 */
restored_by: string | null, 
/**
 * Folder that it was downloaded to.
 */
folder: string | null, 
/**
 * Whether `faster_thaw` can do anything: it is thawing, and a quicker speed exists for all of it.
 */
can_hurry: boolean, 
/**
 * Whether `extend_thaw` can: it is ready, and its copies last days.
 */
can_extend: boolean, 
/**
 * Why nothing moves, or why it failed.
 */
error: UiError | null, 
/**
 * When it was made.
 */
created: number, };

/**
 * How quickly an object is brought back.
 */
export type ThawSpeed = "expedited" | "standard" | "bulk";

/**
 * How a batch stands.
 */
export type ThawState = "planning" | "planned" | "asking" | "thawing" | "ready" | "downloading" | "past" | "stopped" | "failed";

/**
 * What happens by itself once a batch can be read.
 */
export type ThawThen = { "kind": "tell" } | { "kind": "download", 
/**
 * Absolute path of a folder.
 */
to: string, } | { "kind": "restore" };

/**
 * What happened in one stretch of time.
 */
export type TimeBar = { 
/**
 * Versions written.
 */
written: number, 
/**
 * Delete markers.
 */
deleted: number, };

/**
 * What became of a key since.
 */
export type TimeChange = "same" | "rewritten" | "changed" | "deleted" | "added";

/**
 * What takes part in a plan.
 */
export type TimeChoice = { 
/**
 * Whether what was deleted comes back.
 */
deleted: boolean, 
/**
 * How it does.
 */
undelete: Undelete, 
/**
 * Whether what was changed is rolled back.
 */
changed: boolean, 
/**
 * What becomes of what was added.
 */
added: Added, 
/**
 * Whether what was written again with the same bytes is rolled back as well.
 */
rewritten: boolean, 
/**
 * Keys that are treated the other way: one of a kind that takes part stays out, and one of a kind that does not is in.
 */
but: Array<string>, };

/**
 * A place at a moment, and the difference to now, in figures.
 */
export type TimeCounts = { 
/**
 * What was there.
 */
then: ObjectAmount, 
/**
 * What is there now.
 */
now: ObjectAmount, 
/**
 * Objects in the very version of then.
 */
same: number, 
/**
 * Objects written again with the same bytes.
 */
rewritten: number, 
/**
 * Objects with other bytes; bytes of then.
 */
changed: ObjectAmount, 
/**
 * Objects that are gone; bytes of then.
 */
deleted: ObjectAmount, 
/**
 * Objects that came since; bytes of now.
 */
added: ObjectAmount, 
/**
 * The last moment before at which something changed, milliseconds since 1970.
 */
earlier: number | null, 
/**
 * The first moment after at which something changed.
 */
later: number | null, };

/**
 * A place that is looked at in time.
 */
export type TimePlace = { 
/**
 * Whether its bucket keeps versions.
 */
versions: BucketVersions, 
/**
 * The whole version index that answers for it: its own, or one of a prefix around it.
 */
index: HistoryRow | null, 
/**
 * Its own one that is not whole: being filled, or stopped.
 */
filling: HistoryRow | null, 
/**
 * When the first and the last of its versions came, milliseconds since 1970; `None` when there is none.
 */
first: number | null, 
/**
 * See `first`.
 */
last: number | null, };

/**
 * What a plan comes to, as the index knows it.
 */
export type TimePlan = { 
/**
 * Deleted ones that come back as a copy.
 */
undelete: ObjectAmount, 
/**
 * Deleted ones whose marker is taken away.
 */
unmark: ObjectAmount, 
/**
 * Changed ones that are covered by the older version.
 */
roll_back: ObjectAmount, 
/**
 * Of those that are copied: they have to be thawed first.
 */
thaw: ObjectAmount, 
/**
 * Added ones that get a delete marker.
 */
hide: number, 
/**
 * Ones that differ and are left.
 */
left: number, 
/**
 * Price of the copies, and of keeping them for a month (its lines of the part `storing`).
 */
price: Price, };

/**
 * A key at a moment and now.
 */
export type TimeRow = { 
/**
 * Key.
 */
key: string, 
/**
 * What follows the prefix of the place, as shown (bidirectional controls escaped).
 */
name: string, 
/**
 * What became of it.
 */
change: TimeChange, 
/**
 * What was there.
 */
then: TimeVersion | null, 
/**
 * What is there now.
 */
now: TimeVersion | null, 
/**
 * When it last changed, milliseconds since 1970.
 */
when: number, 
/**
 * Whether one delete marker on top is all that came since: it can be taken away.
 */
lone_marker: boolean, };

/**
 * Whether what a plan copies can be read, as some of it tells.
 */
export type TimeSamples = { 
/**
 * Older versions that were looked at.
 */
asked: number, 
/**
 * Those that can be read.
 */
readable: number, 
/**
 * About how many seconds the plan takes at the pace of these looks; `None` when nothing is copied.
 */
seconds: number | null, 
/**
 * Why the first of the others cannot.
 */
problem: UiError | null, };

/**
 * Which keys are shown.
 */
export type TimeShow = "differences" | "deleted" | "changed" | "added" | "then";

/**
 * One version of a key, as the index has it.
 */
export type TimeVersion = { 
/**
 * Its id.
 */
version: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * The time it bears, milliseconds since 1970.
 */
modified: number, 
/**
 * Storage class.
 */
class: string, 
/**
 * Whether it cannot be read or copied before it is restored from its archive.
 */
archived: boolean, };

/**
 * Rows i..j of a place in time.
 */
export type TimeWindow = { 
/**
 * Rows, beginning at the offset asked for, by key.
 */
rows: Array<TimeRow>, 
/**
 * Rows in all.
 */
total: number, };

/**
 * Counts by filter.
 */
export type TransferCounts = { 
/**
 * Open.
 */
open: number, 
/**
 * Active.
 */
active: number, 
/**
 * Waiting.
 */
waiting: number, 
/**
 * Failed.
 */
failed: number, 
/**
 * Done.
 */
done: number, };

/**
 * Which transfers to show.
 */
export type TransferFilter = "open" | "active" | "waiting" | "failed" | "done";

/**
 * A transfer.
 */
export type TransferRow = { 
/**
 * Id.
 */
id: string, 
/**
 * Batch it belongs to (a sync folder, a drop, a download).
 */
batch: string, 
/**
 * Name of the batch.
 */
batch_name: string, 
/**
 * Up or down.
 */
direction: Direction, 
/**
 * File name.
 */
name: string, 
/**
 * Where it goes, for display.
 */
to: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * Bytes done.
 */
done: number, 
/**
 * Number of parts, 1 for a single request.
 */
parts: number, 
/**
 * Parts done.
 */
parts_done: number, 
/**
 * State.
 */
state: TransferState, 
/**
 * Plain words: "Retry in 8 s", "Sign-in ended". Empty when the state says all.
 */
note: string, 
/**
 * Bytes per second now.
 */
rate: number, 
/**
 * Revision of this row.
 */
revision: number, };

/**
 * State of a transfer.
 */
export type TransferState = "waiting" | "active" | "checking" | "retrying" | "paused" | "needs_sign_in" | "safe" | "failed" | "cancelled";

/**
 * Transfers by window, with counts for the tabs.
 */
export type TransferWindow = { 
/**
 * Rows.
 */
rows: Array<TransferRow>, 
/**
 * Counts.
 */
counts: TransferCounts, 
/**
 * Totals for the activity strip.
 */
activity: Activity, };

/**
 * The only error that crosses to a user interface.
 */
export type UiError = { 
/**
 * Decides what the UI does.
 */
code: ErrorCode, 
/**
 * What happened, what it means, what to do: plain words.
 */
message: string, 
/**
 * Technical detail, copyable, never a secret.
 */
detail: string | null, };

/**
 * Hints sent to the UI: look again. Never the data itself.
 */
export type UiEvent = { "kind": "listing", 
/**
 * Its id.
 */
id: string, 
/**
 * Its revision.
 */
revision: number, } | { "kind": "transfers", 
/**
 * Newest revision.
 */
revision: number, } | { "kind": "folders" } | { "kind": "indexes" } | { "kind": "histories" } | { "kind": "jobs" } | { "kind": "thaws" } | { "kind": "thawed", 
/**
 * Its id.
 */
id: string, 
/**
 * Its name. Displayable.
 */
name: string, 
/**
 * Objects that can be read.
 */
objects: number, 
/**
 * When the first copy ends, milliseconds since 1970; `None` where they stay for good.
 */
ends_at: number | null, } | { "kind": "test_step", 
/**
 * Id of the test run.
 */
run: string, 
/**
 * Its result.
 */
result: StepResult, } | { "kind": "connections" } | { "kind": "missed" };

/**
 * How what was deleted comes back.
 */
export type Undelete = "copy" | "remove_marker";

/**
 * One of them, named.
 */
export type UploadName = { 
/**
 * Key.
 */
key: string, 
/**
 * Id.
 */
upload: string, };

/**
 * An upload has begun.
 */
export type UploadStarted = { 
/**
 * Its batch.
 */
batch: string, 
/**
 * Files in it.
 */
files: number, };

/**
 * Where a listing of versions goes on.
 */
export type VersionMark = { 
/**
 * Behind this key,
 */
key: string, 
/**
 * or behind this version of it.
 */
version: string | null, };

/**
 * A version of an object, or a delete marker.
 */
export type VersionRow = { 
/**
 * Its id; `null` for what was written while the bucket kept no versions.
 */
version: string, 
/**
 * Whether it is on top now.
 */
latest: boolean, 
/**
 * Whether it is a delete marker.
 */
marker: boolean, 
/**
 * Bytes; 0 for a marker.
 */
size: number, 
/**
 * The time it bears, milliseconds since 1970.
 */
modified: number, 
/**
 * ETag; empty for a marker.
 */
etag: string, 
/**
 * Storage class; empty for a marker.
 */
class: string, 
/**
 * Whether it cannot be read before it is restored from its archive.
 */
archived: boolean, 
/**
 * Whose it is, where the server says so.
 */
owner: string | null, };

/**
 * One of two versions that are compared.
 */
export type VersionSide = { 
/**
 * Its id.
 */
version: string, 
/**
 * ETag.
 */
etag: string, 
/**
 * Bytes.
 */
size: number, };

/**
 * A page of the versions of an object, newest first.
 */
export type VersionsPage = { 
/**
 * Versions and markers.
 */
rows: Array<VersionRow>, 
/**
 * Where the next page begins; `None` at the end.
 */
next: VersionMark | null, };
