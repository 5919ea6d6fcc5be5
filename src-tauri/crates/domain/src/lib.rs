//! The quiet room: nouns and pure decisions of Windlass.
//!
//! **Does** parse paths and keys, decide what a path needs ([`decide()`]), plan over many paths ([`sync`]) and brake before
//! too much is deleted ([`mod@guard`]), know which names a disk can hold ([`names`]), cut files into parts ([`parts`]),
//! understand what a person looks for ([`search`]), say what requests and bytes cost ([`price`]), and what a player that asks for
//! a range is answered ([`playing`]), run a transfer as a value with a reducer ([`upload::step`]), and decide what comes next for
//! each object that is copied, moved, edited or deleted on the server ([`job`]).
//! **Never** performs I/O, reads a clock, draws a random number or spawns a task.
//! **Start reading** at [`decide()`], then [`sync::plan`], then [`upload`].
#![deny(missing_docs)]
// A new variant must stop the build at every decision. (Not for the whole workspace: foreign enums need a last arm.)
#![deny(clippy::wildcard_enum_match_arm)]

pub mod bucket_name;
pub mod capability;
pub mod decide;
pub mod digest;
pub mod guard;
pub mod ignore;
pub mod job;
pub mod key;
pub mod lifecycle;
pub mod lock;
pub mod names;
pub mod parts;
pub mod path;
pub mod playing;
pub mod price;
pub mod refusal;
pub mod search;
pub mod shards;
pub mod state;
pub mod sync;
pub mod thaw;
pub mod time;
pub mod upload;
pub mod words;

pub use bucket_name::{BucketNameProblem, check_bucket_name};
pub use capability::{Capabilities, Support};
pub use decide::{Action, ConflictKind, LocalExpect, Mode, RemoteExpect, Triple, decide};
pub use digest::{Crc64Nvme, Digest};
pub use guard::{Ask, History, Limits, Totals, Verdict, Why, guard, question_id, restored, without_deletes};
pub use ignore::{BadLine, Filter};
pub use job::{Item, ItemState, JobCounts, JobKind, JobSpec, JobState, Root};
pub use key::{Bucket, ETag, KeyProblem, ObjectKey, Prefix, UploadId, VersionId};
pub use names::{Claims, Clash, NameRules, twin_key};
pub use parts::{PartPlan, PartReceipt};
pub use path::{NameProblem, RelPath, map_key};
pub use playing::MediaType;
pub use refusal::{Refusal, Refusals, Right};
pub use state::{
    BaseState, BatchId, FileId, JobId, LocalState, Observed, PairId, RemoteState, Revision, ThawId,
    Timestamp, TransferId, UnknownReason,
};
pub use sync::{ConflictNames, Op, Seen, Summary, SyncPlan, plan};
pub use upload::{Effect, Ending, Fault, FaultKind, Step, Upload, UploadEvent, UploadSpec, WaitFor, step};
