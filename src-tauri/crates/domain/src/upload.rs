//! An upload as a value with a pure reducer. The engine saves the state before it carries out the effects, so that a
//! kill at any moment repeats work and never forgets an upload id or believes something that was not proved.
//!
//! ```text
//! Queued ─► Putting ───────────────────────────────┐ stored      ┌► Ended(Committed)
//!    └────► Opening ─► Sending ─► Completing ───────┴─► Verifying ┤
//!              412 or a lost answer ─► Resolving ─────────┘       └► Ended(Failed: other bytes)
//! ```
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decide::RemoteExpect;
use crate::digest::Digest;
use crate::key::{Bucket, ObjectKey, UploadId};
use crate::parts::{PartPlan, PartReceipt, SINGLE_PUT_BELOW};
use crate::state::{BatchId, LocalState, PairId, RemoteState, Timestamp, TransferId};
use crate::words::FailureCode;

/// Files below this go up without a line in the journal between "queued" and the end.
pub const QUIET_BELOW: u64 = 1024 * 1024;

/// What is to be sent where. Never changes in the life of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSpec {
    /// Id.
    pub id: TransferId,
    /// Batch it belongs to.
    pub batch: BatchId,
    /// Sync folder, unless somebody dropped the file.
    pub pair: Option<PairId>,
    /// Absolute path of the file, as the platform writes it.
    pub source: String,
    /// Path below the sync folder's root; the file name for a drop.
    pub path: crate::path::RelPath,
    /// Connection to use.
    pub connection: String,
    /// Bucket.
    pub bucket: Bucket,
    /// Key.
    pub key: ObjectKey,
    /// The file when it was queued.
    pub snapshot: LocalState,
    /// What must be at the key.
    pub expect: RemoteExpect,
    /// How it is cut.
    pub parts: PartPlan,
}

impl UploadSpec {
    /// Whether one request carries the whole file.
    #[must_use]
    pub const fn single(&self) -> bool {
        self.snapshot.size < SINGLE_PUT_BELOW
    }
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Stored, and the store confirmed the checksum of that version.
    Committed,
    /// The file changed while it was read; a new look at it follows.
    Superseded,
    /// A different object is at the key; it stays, and so does the file.
    Conflicted,
    /// Cancelled by a person.
    Cancelled,
    /// Failed, and trying again by itself makes no sense.
    Failed(FailureCode),
}

/// What a waiting transfer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitFor {
    /// This moment.
    Time(Timestamp),
    /// The network.
    Network,
    /// A person who paused it.
    User,
    /// A new login.
    Credentials,
}

/// State of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Upload {
    /// Nothing has happened yet.
    Queued,
    /// The one conditional PUT may be under way.
    Putting,
    /// An upload id is being asked for.
    Opening,
    /// Parts are sent. The id is durable before the first of them.
    Sending {
        /// The upload.
        upload: UploadId,
        /// Parts that the store has. Kept in a table of its own, not in this state's text.
        #[serde(skip)]
        done: BTreeMap<u32, PartReceipt>,
    },
    /// All parts are there; the conditional Complete may be under way.
    Completing {
        /// The upload.
        upload: UploadId,
        /// Its parts.
        #[serde(skip)]
        done: BTreeMap<u32, PartReceipt>,
        /// Checksum over all bytes sent.
        digest: Digest,
    },
    /// It is not known whether our request took effect, or whose object is there: ask, do not guess (hazard HB5).
    Resolving {
        /// The upload that may still be open.
        upload: Option<UploadId>,
        /// Checksum over all bytes sent, if they all were.
        digest: Option<Digest>,
        /// A person cancelled it meanwhile: if it is not there, it ends.
        #[serde(default)]
        cancelled: bool,
    },
    /// Stored, but the store has not given a checksum of it yet.
    Verifying {
        /// The version.
        remote: RemoteState,
        /// Checksum over all bytes sent.
        digest: Digest,
    },
    /// The upload id is being given back.
    Aborting {
        /// The upload.
        upload: UploadId,
        /// What comes then.
        then: AfterAbort,
    },
    /// Parked; goes on with `resume`.
    Waiting {
        /// State to go on with.
        resume: Box<Upload>,
        /// What for.
        until: WaitFor,
        /// Why.
        why: Option<FaultKind>,
    },
    /// Over.
    Ended(Ending),
}

/// What follows an abort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterAbort {
    /// The end.
    End(Ending),
    /// From the start with a new upload id (409 on Complete, hazard HB2; an id that is gone, hazard HB6).
    Restart,
}

/// Kinds of trouble, as the reducer tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FaultKind {
    /// No answer, a broken answer, or none in time: the request may have taken effect.
    Network,
    /// 503, 429: later.
    Throttled,
    /// 412: the expectation does not hold.
    PreconditionFailed,
    /// 409 on a conditional Complete: again from the start.
    ConditionalConflict,
    /// The upload id is not known (any more).
    NoSuchUpload,
    /// Credentials missing, wrong or expired.
    Credentials,
    /// This identity may not.
    AccessDenied,
    /// No such bucket.
    BucketMissing,
    /// The checksum differed on the way; the store kept nothing.
    CorruptedInTransit,
    /// The file could not be read.
    SourceUnreadable,
    /// The file is not there.
    SourceGone,
    /// The server does not do what is needed.
    Unsupported,
    /// Anything else.
    Unexpected,
}

/// Trouble, with the moment from which trying again is worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Kind.
    pub kind: FaultKind,
    /// When to try again; `None` when the retry budget of this transfer is used up.
    pub retry_at: Option<Timestamp>,
}

/// What a HEAD of the key found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This version, whose content is proved equal to the file's.
    Ours {
        /// The version.
        remote: RemoteState,
        /// The checksum that proved it.
        digest: Digest,
    },
    /// An object with other content.
    Other,
    /// Nothing.
    Nothing,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadEvent {
    /// Its turn has come.
    Start,
    /// An upload id was given.
    Opened(UploadId),
    /// A part is stored.
    PartSent(PartReceipt),
    /// Every part is stored.
    AllSent(Digest),
    /// The store took the object.
    Stored {
        /// What it said of it, with the checksum it confirmed, if any.
        remote: RemoteState,
        /// Checksum over the bytes sent.
        digest: Digest,
    },
    /// The key was looked at.
    Resolved(Found),
    /// The store's bytes were compared: their checksum.
    Verified(Digest),
    /// The file is not what it was when it was queued.
    SourceChanged,
    /// Trouble.
    Fault(Fault),
    /// The upload id is given back.
    Aborted,
    /// A person pauses.
    Pause,
    /// A person, the clock, the network or a login says: go on.
    Resume,
    /// A person cancels.
    Cancel,
}

/// What the engine does next, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make the state durable before anything else.
    Save,
    /// Send the whole file in one conditional request.
    Put,
    /// Ask for an upload id.
    Open,
    /// Send the parts that are not done.
    SendParts,
    /// Complete, conditionally.
    Complete,
    /// Look at the key.
    Resolve,
    /// Obtain the checksum of the stored version.
    Verify,
    /// Give the upload id back.
    Abort(UploadId),
    /// Write base and end in one commit.
    CommitBase {
        /// The version proved equal.
        remote: RemoteState,
        /// By this checksum.
        digest: Digest,
    },
    /// Look again at this moment.
    Wake(Timestamp),
}

/// A new state and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// New state.
    pub state: Upload,
    /// What to do, in order.
    pub effects: Vec<Effect>,
}

/// An event that has no meaning in a state: a broken rule of ours, never a person's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot happen in {state}")]
pub struct NotAllowed {
    /// Name of the state.
    pub state: &'static str,
    /// Name of the event.
    pub event: &'static str,
}

impl Upload {
    /// Its name, for logs and tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Putting => "Putting",
            Self::Opening => "Opening",
            Self::Sending { .. } => "Sending",
            Self::Completing { .. } => "Completing",
            Self::Resolving { .. } => "Resolving",
            Self::Verifying { .. } => "Verifying",
            Self::Aborting { .. } => "Aborting",
            Self::Waiting { .. } => "Waiting",
            Self::Ended(_) => "Ended",
        }
    }

    /// The upload id that this state holds open, if any.
    #[must_use]
    pub fn upload_id(&self) -> Option<&UploadId> {
        match self {
            Self::Sending { upload, .. }
            | Self::Completing { upload, .. }
            | Self::Aborting { upload, .. } => Some(upload),
            Self::Resolving { upload, .. } => upload.as_ref(),
            Self::Waiting { resume, .. } => resume.upload_id(),
            Self::Queued | Self::Putting | Self::Opening | Self::Verifying { .. } | Self::Ended(_) => None,
        }
    }

    /// Parts that the store has.
    #[must_use]
    pub fn done(&self) -> Option<&BTreeMap<u32, PartReceipt>> {
        match self {
            Self::Sending { done, .. } | Self::Completing { done, .. } => Some(done),
            Self::Waiting { resume, .. } => resume.done(),
            Self::Queued
            | Self::Putting
            | Self::Opening
            | Self::Resolving { .. }
            | Self::Verifying { .. }
            | Self::Aborting { .. }
            | Self::Ended(_) => None,
        }
    }

    /// Puts the receipts back that the journal keeps apart from the state.
    pub fn restore_parts(&mut self, parts: BTreeMap<u32, PartReceipt>) {
        match self {
            Self::Sending { done, .. } | Self::Completing { done, .. } => *done = parts,
            Self::Waiting { resume, .. } => resume.restore_parts(parts),
            Self::Queued
            | Self::Putting
            | Self::Opening
            | Self::Resolving { .. }
            | Self::Verifying { .. }
            | Self::Aborting { .. }
            | Self::Ended(_) => {}
        }
    }

    /// The state that a new process begins with: what was under way when the old one died is not known to have
    /// happened or not.
    #[must_use]
    pub fn recovered(self) -> Self {
        match self {
            // The PUT may have been committed. A second one would be refused, but only after all its bytes: look first.
            Self::Putting => Self::Resolving { upload: None, digest: None, cancelled: false },
            Self::Opening | Self::Queued => Self::Queued,
            Self::Completing { upload, digest, .. } => {
                Self::Resolving { upload: Some(upload), digest: Some(digest), cancelled: false }
            }
            Self::Waiting { resume, until, why } => {
                Self::Waiting { resume: Box::new(resume.recovered()), until, why }
            }
            state @ (Self::Sending { .. }
            | Self::Resolving { .. }
            | Self::Verifying { .. }
            | Self::Aborting { .. }
            | Self::Ended(_)) => state,
        }
    }

    /// What to do first in this state after a start or a resume.
    #[must_use]
    pub fn entry_effects(&self) -> Vec<Effect> {
        match self {
            Self::Queued | Self::Waiting { .. } | Self::Ended(_) => vec![],
            Self::Putting => vec![Effect::Put],
            Self::Opening => vec![Effect::Open],
            Self::Sending { .. } => vec![Effect::SendParts],
            Self::Completing { .. } => vec![Effect::Complete],
            Self::Resolving { .. } => vec![Effect::Resolve],
            Self::Verifying { .. } => vec![Effect::Verify],
            Self::Aborting { upload, .. } => vec![Effect::Abort(upload.clone())],
        }
    }
}

impl UploadEvent {
    /// Its name, for logs and tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Opened(_) => "Opened",
            Self::PartSent(_) => "PartSent",
            Self::AllSent(_) => "AllSent",
            Self::Stored { .. } => "Stored",
            Self::Resolved(_) => "Resolved",
            Self::Verified(_) => "Verified",
            Self::SourceChanged => "SourceChanged",
            Self::Fault(_) => "Fault",
            Self::Aborted => "Aborted",
            Self::Pause => "Pause",
            Self::Resume => "Resume",
            Self::Cancel => "Cancel",
        }
    }
}

/// Moves a transfer on by one event.
///
/// Promises: pure; a state that holds an upload id never ends without giving it back or completing it; `Committed` is
/// reached only through [`Effect::CommitBase`], and that only with a checksum that the store confirmed.
///
/// # Errors
/// [`NotAllowed`] when the event has no meaning in the state. Late answers of work that was paused or cancelled are
/// such events: the engine drops them.
pub fn step(spec: &UploadSpec, state: Upload, event: UploadEvent) -> Result<Step, NotAllowed> {
    use Upload as S;
    use UploadEvent as E;
    let not_allowed = NotAllowed { state: state.name(), event: event.name() };
    match (state, event) {
        (S::Ended(_), _) => Err(not_allowed),
        (state, E::Cancel) => match state {
            // The request may have taken effect, and "cancelled" would then be untrue: look first.
            S::Putting => Ok(resolve(None, None, true)),
            S::Completing { upload, digest, .. } => Ok(resolve(Some(upload), Some(digest), true)),
            S::Resolving { upload, digest, .. } => Ok(resolve(upload, digest, true)),
            // It is stored. What is left is the proof.
            S::Verifying { .. } => Err(not_allowed),
            S::Waiting { resume, until, why } => match *resume {
                S::Resolving { upload, digest, .. } => {
                    let resume = Box::new(S::Resolving { upload, digest, cancelled: true });
                    Ok(saved(S::Waiting { resume, until, why }, vec![]))
                }
                S::Verifying { .. } => Err(not_allowed),
                other @ (S::Queued
                | S::Putting
                | S::Opening
                | S::Sending { .. }
                | S::Completing { .. }
                | S::Aborting { .. }
                | S::Waiting { .. }
                | S::Ended(_)) => Ok(end_or_abort(other, Ending::Cancelled)),
            },
            other @ (S::Queued | S::Opening | S::Sending { .. } | S::Aborting { .. } | S::Ended(_)) => {
                Ok(end_or_abort(other, Ending::Cancelled))
            }
        },
        (state, E::SourceChanged) => match state {
            // Already stored whole from an unchanged file: what came later is the next look's business.
            S::Verifying { .. } | S::Resolving { .. } | S::Aborting { .. } => Err(not_allowed),
            other @ (S::Queued
            | S::Putting
            | S::Opening
            | S::Sending { .. }
            | S::Completing { .. }
            | S::Waiting { .. }
            | S::Ended(_)) => Ok(end_or_abort(other, Ending::Superseded)),
        },
        (S::Waiting { resume, until: WaitFor::User, why }, E::Pause) => {
            Ok(saved(S::Waiting { resume, until: WaitFor::User, why }, vec![]))
        }
        (S::Waiting { resume, why, .. }, E::Pause) => {
            Ok(saved(S::Waiting { resume, until: WaitFor::User, why }, vec![]))
        }
        (S::Waiting { resume, .. }, E::Resume) => {
            let effects = resume.entry_effects();
            Ok(saved(*resume, effects))
        }
        (S::Waiting { .. }, _) => Err(not_allowed),
        (state, E::Pause) => Ok(saved(
            S::Waiting { resume: Box::new(state.recovered()), until: WaitFor::User, why: None },
            vec![],
        )),

        // A new process begins a PUT again, from `Queued`: the intent is durable already. So the state of a short request is
        // not worth a write of its own; of a longer one it is, for whoever looks at the list meanwhile.
        (S::Queued, E::Start) if spec.snapshot.size < QUIET_BELOW => {
            Ok(Step { state: S::Putting, effects: vec![Effect::Put] })
        }
        (S::Queued, E::Start) if spec.single() => Ok(saved(S::Putting, vec![Effect::Put])),
        (S::Queued, E::Start) => Ok(saved(S::Opening, vec![Effect::Open])),

        (S::Opening, E::Opened(upload)) => {
            Ok(saved(S::Sending { upload, done: BTreeMap::new() }, vec![Effect::SendParts]))
        }
        (S::Sending { upload, mut done }, E::PartSent(receipt)) => {
            done.insert(receipt.number, receipt);
            Ok(Step { state: S::Sending { upload, done }, effects: vec![Effect::Save] })
        }
        (S::Sending { upload, done }, E::AllSent(digest)) => {
            Ok(saved(S::Completing { upload, done, digest }, vec![Effect::Complete]))
        }
        (S::Putting | S::Completing { .. }, E::Stored { remote, digest }) => {
            let mut step = stored(remote, digest);
            // As above: a new process finds the object by its content, so the look that follows is not worth a write.
            if spec.snapshot.size < QUIET_BELOW && matches!(step.state, S::Verifying { .. }) {
                step.effects.retain(|effect| *effect != Effect::Save);
            }
            Ok(step)
        }

        // What was to be replaced is gone: the expectation can never hold again, and the folder decides anew.
        (S::Resolving { upload, cancelled: false, .. }, E::Resolved(Found::Nothing))
            if matches!(spec.expect, RemoteExpect::Unchanged(_)) =>
        {
            Ok(match upload {
                Some(upload) => abort(upload, AfterAbort::End(Ending::Superseded)),
                None => saved(S::Ended(Ending::Superseded), vec![]),
            })
        }
        (S::Resolving { upload, digest, cancelled }, E::Resolved(found)) => {
            Ok(resolved(upload, digest, cancelled, found))
        }
        (S::Verifying { remote, digest }, E::Verified(seen)) => {
            Ok(if seen == digest { commit(remote, digest) } else { wrong_bytes() })
        }
        (S::Aborting { then, .. }, E::Aborted) => Ok(match then {
            AfterAbort::End(ending) => saved(S::Ended(ending), vec![]),
            AfterAbort::Restart => saved(S::Queued, vec![]),
        }),
        // An upload that is not there (any more) is given back.
        (S::Aborting { upload, then }, E::Fault(Fault { kind: FaultKind::NoSuchUpload, .. })) => {
            step(spec, S::Aborting { upload, then }, E::Aborted)
        }
        (state, E::Fault(fault)) => Ok(faulted(state, fault)),
        (
            S::Queued
            | S::Putting
            | S::Opening
            | S::Sending { .. }
            | S::Completing { .. }
            | S::Resolving { .. }
            | S::Verifying { .. }
            | S::Aborting { .. },
            E::Start
            | E::Opened(_)
            | E::PartSent(_)
            | E::AllSent(_)
            | E::Stored { .. }
            | E::Resolved(_)
            | E::Verified(_)
            | E::Aborted
            | E::Resume,
        ) => Err(not_allowed),
    }
}

fn saved(state: Upload, mut then: Vec<Effect>) -> Step {
    then.insert(0, Effect::Save);
    Step { state, effects: then }
}

fn commit(remote: RemoteState, digest: Digest) -> Step {
    Step { state: Upload::Ended(Ending::Committed), effects: vec![Effect::CommitBase { remote, digest }] }
}

fn wrong_bytes() -> Step {
    saved(Upload::Ended(Ending::Failed(FailureCode::StoredBytesDiffer)), vec![])
}

fn stored(remote: RemoteState, digest: Digest) -> Step {
    match remote.digest {
        Some(seen) if seen == digest => commit(remote, digest),
        // Two kinds of checksum say nothing about each other; one kind with two values does.
        Some(seen) if std::mem::discriminant(&seen) == std::mem::discriminant(&digest) => wrong_bytes(),
        _ => saved(Upload::Verifying { remote, digest }, vec![Effect::Verify]),
    }
}

fn resolve(upload: Option<UploadId>, digest: Option<Digest>, cancelled: bool) -> Step {
    saved(Upload::Resolving { upload, digest, cancelled }, vec![Effect::Resolve])
}

fn resolved(upload: Option<UploadId>, digest: Option<Digest>, cancelled: bool, found: Found) -> Step {
    match (found, upload) {
        (Found::Ours { remote, digest }, None) => commit(remote, digest),
        (Found::Ours { remote, digest: proved }, Some(upload)) => {
            // Complete took effect, so the id is gone; if another writer put the same bytes there, it is still open.
            let _ = digest;
            let mut step = commit(remote, proved);
            step.effects.push(Effect::Abort(upload));
            step
        }
        (Found::Other | Found::Nothing, None) if cancelled => saved(Upload::Ended(Ending::Cancelled), vec![]),
        (Found::Other | Found::Nothing, Some(upload)) if cancelled => {
            abort(upload, AfterAbort::End(Ending::Cancelled))
        }
        (Found::Other, None) => saved(Upload::Ended(Ending::Conflicted), vec![]),
        (Found::Other, Some(upload)) => abort(upload, AfterAbort::End(Ending::Conflicted)),
        (Found::Nothing, None) => saved(Upload::Queued, vec![]),
        (Found::Nothing, Some(upload)) => abort(upload, AfterAbort::Restart),
    }
}

fn abort(upload: UploadId, then: AfterAbort) -> Step {
    let effect = Effect::Abort(upload.clone());
    saved(Upload::Aborting { upload, then }, vec![effect])
}

fn end_or_abort(state: Upload, ending: Ending) -> Step {
    match state.upload_id().cloned() {
        Some(upload) => abort(upload, AfterAbort::End(ending)),
        None => saved(Upload::Ended(ending), vec![]),
    }
}

fn park(state: Upload, until: WaitFor, why: FaultKind) -> Step {
    let wake = match until {
        WaitFor::Time(at) => vec![Effect::Wake(at)],
        WaitFor::Network | WaitFor::User | WaitFor::Credentials => vec![],
    };
    saved(Upload::Waiting { resume: Box::new(state), until, why: Some(why) }, wake)
}

fn faulted(state: Upload, fault: Fault) -> Step {
    let Fault { kind, retry_at } = fault;
    let later = |state: Upload| match retry_at {
        Some(at) => park(state, WaitFor::Time(at), kind),
        None => park(state, WaitFor::Network, kind),
    };
    match kind {
        // The request may have taken effect: ask before anything is sent again.
        FaultKind::Network => match state {
            Upload::Completing { upload, digest, .. } => {
                later(Upload::Resolving { upload: Some(upload), digest: Some(digest), cancelled: false })
            }
            // A conditional PUT may simply be sent again: a 412 then leads to Resolving.
            Upload::Putting => later(Upload::Queued),
            other @ (Upload::Queued
            | Upload::Opening
            | Upload::Sending { .. }
            | Upload::Resolving { .. }
            | Upload::Verifying { .. }
            | Upload::Aborting { .. }
            | Upload::Waiting { .. }
            | Upload::Ended(_)) => later(other),
        },
        FaultKind::Throttled | FaultKind::CorruptedInTransit | FaultKind::Unexpected => {
            match (retry_at, state) {
                (None, state) if kind == FaultKind::Unexpected => {
                    end_or_abort(state, Ending::Failed(FailureCode::Unexpected))
                }
                (None, state) if kind == FaultKind::CorruptedInTransit => {
                    end_or_abort(state, Ending::Failed(FailureCode::CorruptedInTransit))
                }
                (_, Upload::Completing { upload, digest, .. }) => {
                    later(Upload::Resolving { upload: Some(upload), digest: Some(digest), cancelled: false })
                }
                (_, Upload::Putting) => later(Upload::Queued),
                (_, state) => later(state),
            }
        }
        FaultKind::PreconditionFailed => match state {
            Upload::Completing { upload, digest, .. } => saved(
                Upload::Resolving { upload: Some(upload), digest: Some(digest), cancelled: false },
                vec![Effect::Resolve],
            ),
            // Something is at the key, seen by the server or by the look before gigabytes are sent: whose is it?
            Upload::Putting | Upload::Opening => saved(
                Upload::Resolving { upload: None, digest: None, cancelled: false },
                vec![Effect::Resolve],
            ),
            other @ (Upload::Queued
            | Upload::Sending { .. }
            | Upload::Resolving { .. }
            | Upload::Verifying { .. }
            | Upload::Aborting { .. }
            | Upload::Waiting { .. }
            | Upload::Ended(_)) => end_or_abort(other, Ending::Conflicted),
        },
        FaultKind::ConditionalConflict => match state.upload_id().cloned() {
            Some(upload) => abort(upload, AfterAbort::Restart),
            None => later(Upload::Queued),
        },
        FaultKind::NoSuchUpload => match state {
            // Ours may have been completed and the answer lost, or the provider expired it.
            Upload::Completing { digest, .. } => saved(
                Upload::Resolving { upload: None, digest: Some(digest), cancelled: false },
                vec![Effect::Resolve],
            ),
            Upload::Queued
            | Upload::Putting
            | Upload::Opening
            | Upload::Sending { .. }
            | Upload::Resolving { .. }
            | Upload::Verifying { .. }
            | Upload::Aborting { .. }
            | Upload::Waiting { .. }
            | Upload::Ended(_) => saved(Upload::Queued, vec![]),
        },
        FaultKind::Credentials => {
            let state = match state {
                Upload::Putting => Upload::Queued,
                // An id may be open that nobody noted: a new process has to know that, too (hazard HB24).
                other @ (Upload::Queued
                | Upload::Opening
                | Upload::Sending { .. }
                | Upload::Completing { .. }
                | Upload::Resolving { .. }
                | Upload::Verifying { .. }
                | Upload::Aborting { .. }
                | Upload::Waiting { .. }
                | Upload::Ended(_)) => other,
            };
            park(state, WaitFor::Credentials, kind)
        }
        FaultKind::AccessDenied => end_or_abort(state, Ending::Failed(FailureCode::AccessDenied)),
        FaultKind::BucketMissing => saved(Upload::Ended(Ending::Failed(FailureCode::BucketMissing)), vec![]),
        FaultKind::SourceUnreadable => end_or_abort(state, Ending::Failed(FailureCode::Unreadable)),
        FaultKind::SourceGone => end_or_abort(state, Ending::Superseded),
        FaultKind::Unsupported => end_or_abort(state, Ending::Failed(FailureCode::NotSupported)),
    }
}
