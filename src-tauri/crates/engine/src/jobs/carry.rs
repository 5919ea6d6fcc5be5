//! One object: do, look, decide. What is right is decided in the domain.
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use windlass_domain::job::{self, Cause, IfTaken, Looked, Next, Outcome, Proof};
use windlass_domain::{
    Crc64Nvme, Digest, ETag, Item, ItemState, JobKind, JobSpec, ObjectKey, RemoteExpect, RemoteState,
};
use windlass_ports::{PutBody, RemoteError, RemoteErrorKind, RemoteStore};

use super::planning::level;
use super::{Live, Order};
use crate::planted::{self, Bug};
use crate::remote;
use crate::retry;
use crate::shared::{Shared, lock};

/// Rounds after which an object that never is what it was is left.
const ROUNDS: u32 = 8;
/// Tries of what the server answers oddly.
const ODD: u32 = 3;
/// Time between two looks at whether a person said something, while the server does not answer.
const LISTEN: Duration = Duration::from_secs(60);

/// A person paused or cancelled, or paused everything: nothing more is done about it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held;

/// How far an object is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Until it is copied; the note of that has to be durable first.
    Copied,
    /// Until it is done or left.
    Over,
}

/// What came of one thing that was tried.
pub(super) enum Tried {
    Became(Outcome),
    /// Whether it took effect is not known, or it was not what was expected.
    LookAgain,
    /// The server does not answer, or not us.
    Wait(RemoteErrorKind),
    /// An answer that nobody planned for.
    Odd,
    Held,
}

impl From<Held> for Tried {
    fn from(_: Held) -> Self {
        Self::Held
    }
}

pub(super) struct Carrier<'s> {
    pub(super) shared: &'s Shared,
    live: &'s Live,
    pub(super) spec: &'s JobSpec,
    /// What the server answered to copies of this life: with it, the copy alone has to be looked at again.
    answers: Mutex<BTreeMap<u64, RemoteState>>,
}

type Store = std::sync::Arc<dyn RemoteStore>;

impl<'s> Carrier<'s> {
    pub(super) fn new(shared: &'s Shared, live: &'s Live, spec: &'s JobSpec) -> Self {
        Self { shared, live, spec, answers: Mutex::default() }
    }

    pub(super) async fn source(&self) -> Result<Store, RemoteError> {
        let near = self.spec.roots.first().map_or("", |root| level(&root.from));
        self.shared.store(&self.spec.connection, &self.spec.bucket, near).await.map(RemoteStore::asked)
    }

    async fn target(&self) -> Result<Store, RemoteError> {
        let near = self.spec.roots.first().map_or("", |root| level(&root.to));
        self.shared.store(&self.spec.connection, &self.spec.to_bucket, near).await.map(RemoteStore::asked)
    }

    pub(super) fn may(&self) -> Result<(), Held> {
        let run = *self.live.order.borrow() == Order::Run && !self.shared.paused();
        if run { Ok(()) } else { Err(Held) }
    }

    /// Carries an object on. With `suspect`, both ends are looked at before anything is done.
    pub(super) async fn carry(&self, item: Item, suspect: bool, until: Until) -> (Item, Result<(), Held>) {
        let before = item.state;
        let (item, outcome) = self.rounds(item, suspect, until).await;
        self.live.moved_on(self.shared, before, &item);
        (item, outcome)
    }

    async fn rounds(&self, mut item: Item, suspect: bool, until: Until) -> (Item, Result<(), Held>) {
        let (kind, policy) = (self.spec.kind, self.spec.if_taken);
        let (mut look, mut rounds, mut odd, mut waits) = (suspect, 0, 0, 0);
        loop {
            let next = job::next(kind, &item);
            if next == Next::Nothing || (until == Until::Copied && item.state == ItemState::Copied) {
                return (item, Ok(()));
            }
            if self.may().is_err() {
                return (item, Err(Held));
            }
            if rounds >= ROUNDS {
                return (item.left(Cause::Changed), Ok(()));
            }
            let tried = if look {
                match self.look(&item).await {
                    Ok(looked) => Tried::Became(Outcome::Looked(looked)),
                    Err(error) => trouble(&error, None),
                }
            } else {
                self.attempt(&item, next).await
            };
            match tried {
                Tried::Became(outcome) => {
                    rounds += 1;
                    look = false;
                    waits = 0;
                    item = job::settle(kind, policy, item, outcome);
                }
                Tried::LookAgain => {
                    rounds += 1;
                    look = true;
                }
                Tried::Held => return (item, Err(Held)),
                Tried::Odd if odd >= ODD => return (item.left(Cause::Unexpected), Ok(())),
                Tried::Odd => {
                    odd += 1;
                    look = true;
                    self.pause(odd).await;
                }
                Tried::Wait(kind) => {
                    look = true;
                    self.live.set_waits(self.shared, Some(kind));
                    if kind == RemoteErrorKind::Unauthenticated {
                        self.shared.login_was_refused(&self.spec.connection);
                    }
                    self.pause(waits).await;
                    waits += 1;
                }
            }
        }
    }

    /// Waits before another try; a person's word ends the wait.
    async fn pause(&self, tries: u32) {
        let wait = Duration::from_millis(retry::delay_ms(tries, self.shared.ports.entropy.as_ref()));
        let mut order = self.live.order.subscribe();
        tokio::select! {
            biased;
            _ = order.wait_for(|order| *order != Order::Run) => {}
            () = tokio::time::sleep(wait.min(LISTEN)) => {}
        }
    }

    async fn attempt(&self, item: &Item, next: Next) -> Tried {
        match next {
            Next::Copy if item.marker.is_some() => self.bring_back(item).await,
            Next::Copy => self.copy(item).await,
            Next::Prove => self.prove(item).await,
            Next::Rewrite => self.rewrite(item).await,
            Next::Delete => self.delete(item, None).await,
            Next::CopyBack => self.copy_back(item).await,
            Next::TakeMarkerAway if self.spec.kind == JobKind::Restore => self.unmark(item).await,
            Next::TakeMarkerAway => self.undelete(item).await,
            Next::Destroy => self.destroy(item).await,
            Next::Lock => self.set_lock(item).await,
            Next::Nothing => Tried::LookAgain,
        }
    }

    async fn copy(&self, item: &Item) -> Tried {
        let Some(to) = &item.to else { return Tried::Became(Outcome::Refused(Cause::KeyTooLong)) };
        let store = match self.target().await {
            Ok(store) => store,
            Err(error) => return trouble(&error, None),
        };
        let expect = item.taken.clone().map_or(RemoteExpect::Absent, RemoteExpect::Unchanged);
        let state = meant(item);
        let copy = store.copy_from(&self.spec.bucket, &item.from, &state, to, &expect, &self.shared.device);
        match self.shared.change(|| self.may(), copy).await {
            Err(held) => held.into(),
            Ok(Ok(copy)) => {
                let etag = copy.etag.clone();
                if self.spec.kind == JobKind::Move {
                    lock(&self.answers).insert(item.seq, copy);
                }
                Tried::Became(Outcome::Wrote(etag))
            }
            Ok(Err(error)) if error.kind == RemoteErrorKind::NotFound && is_marker(item) => {
                self.make_marker(item, to, &store, &expect).await
            }
            Ok(Err(error)) => trouble(&error, Some(Cause::Denied)),
        }
    }

    /// SeaweedFS copies no object that stands for a folder, and says that it is not there. It is empty, so it is made anew;
    /// only its headers are lost.
    async fn make_marker(&self, item: &Item, to: &ObjectKey, store: &Store, expect: &RemoteExpect) -> Tried {
        match self.source().await {
            Ok(source) => match remote::head(self.shared, source.as_ref(), &item.from).await {
                Ok(Some(state)) if state.etag == item.etag && state.size == 0 => {}
                Ok(_) => return Tried::LookAgain,
                Err(error) => return trouble(&error, None),
            },
            Err(error) => return trouble(&error, None),
        }
        let body = PutBody { bytes: bytes::Bytes::new(), crc: Crc64Nvme::EMPTY, flow: None };
        match self.shared.change(|| self.may(), store.put(to, body, expect, &self.shared.device)).await {
            Err(held) => held.into(),
            Ok(Ok(made)) => Tried::Became(Outcome::Wrote(made.etag)),
            Ok(Err(error)) => trouble(&error, Some(Cause::Denied)),
        }
    }

    /// Looks at both ends; the source of a move goes if everything is as it should be.
    async fn prove(&self, item: &Item) -> Tried {
        if self.spec.kind == JobKind::Copy {
            // The copy alone says enough: no source is deleted.
            match self.head_target(item).await {
                Ok(Some(there)) if Some(&there.etag) == item.written.as_ref() => {
                    let looked = Looked { source: None, there: Some(there), same: Proof::Unknown };
                    return Tried::Became(Outcome::Looked(looked));
                }
                Ok(_) => return Tried::LookAgain,
                Err(error) => return trouble(&error, None),
            }
        }
        let looked = match self.look_at_copy(item).await {
            Ok(looked) => looked,
            Err(error) => return trouble(&error, None),
        };
        let any = planted::is(Bug::JobDeletesAnyVersion);
        let may = job::may_delete(item, &looked) || planted::is(Bug::JobDeletesUnproved) || any;
        if self.spec.kind != JobKind::Move || !may {
            return Tried::Became(Outcome::Looked(looked));
        }
        let etag = match (&looked.source, any) {
            (Some(source), true) => source.etag.clone(),
            (Some(_) | None, _) => item.etag.clone(),
        };
        self.delete(&Item { etag, ..item.clone() }, Some(Cause::Locked)).await
    }

    async fn delete(&self, item: &Item, denied: Option<Cause>) -> Tried {
        let store = match self.source().await {
            Ok(store) => store,
            Err(error) => return trouble(&error, None),
        };
        let expect = RemoteExpect::Unchanged(item.etag.clone());
        match self.shared.change(|| self.may(), store.delete(&item.from, &expect)).await {
            Err(held) => held.into(),
            Ok(Ok(marker)) => Tried::Became(Outcome::Deleted(marker)),
            Ok(Err(error)) => trouble(&error, Some(denied.unwrap_or(Cause::Denied))),
        }
    }

    async fn rewrite(&self, item: &Item) -> Tried {
        let store = match self.source().await {
            Ok(store) => store,
            Err(error) => return trouble(&error, None),
        };
        let state = meant(item);
        let call = store.rewrite(&item.from, &state, &self.spec.edit, &self.shared.device);
        match self.shared.change(|| self.may(), call).await {
            Err(held) => held.into(),
            Ok(Ok(state)) => Tried::Became(Outcome::Rewritten(state.etag)),
            Ok(Err(error)) => trouble(&error, Some(Cause::Denied)),
        }
    }

    pub(super) async fn undelete(&self, item: &Item) -> Tried {
        let Some(marker) = &item.marker else { return Tried::Became(Outcome::Refused(Cause::Gone)) };
        let store = match self.source().await {
            Ok(store) => store,
            Err(error) => return trouble(&error, None),
        };
        match self.shared.change(|| self.may(), store.remove_marker(&item.from, marker)).await {
            Err(held) => return held.into(),
            // It was taken away before: by somebody, or by us without hearing of it.
            Ok(Err(error)) if error.kind != RemoteErrorKind::NotFound => {
                return trouble(&error, Some(Cause::Denied));
            }
            Ok(Ok(()) | Err(_)) => {}
        }
        match remote::head(self.shared, store.as_ref(), &item.from).await {
            Ok(Some(state)) => Tried::Became(Outcome::Back(state.etag)),
            Ok(None) => Tried::Became(Outcome::Refused(Cause::Gone)),
            Err(error) => trouble(&error, None),
        }
    }

    /// What was moved away lies below a marker of ours: the marker goes, and its older version is back with its history. Where
    /// that does not work, it is copied.
    async fn bring_back(&self, item: &Item) -> Tried {
        let (Some(to), Some(marker)) = (&item.to, &item.marker) else { return self.copy(item).await };
        let (store, looked) = match (self.target().await, self.look(item).await) {
            (Ok(store), Ok(looked)) => (store, looked),
            (Err(error), _) | (_, Err(error)) => return trouble(&error, None),
        };
        if looked.there.is_some() || looked.source.as_ref().is_none_or(|s| s.etag != item.etag) {
            return Tried::Became(Outcome::Looked(looked));
        }
        match self.shared.change(|| self.may(), store.remove_marker(to, marker)).await {
            Err(held) => return held.into(),
            Ok(Err(error)) if error.kind.is_passing() => return Tried::Wait(error.kind),
            Ok(Ok(()) | Err(_)) => {}
        }
        match self.look(item).await {
            Ok(Looked { source: Some(source), there: Some(there), same }) => {
                if there.size == source.size && same != Proof::Different {
                    Tried::Became(Outcome::Wrote(there.etag))
                } else {
                    Tried::Became(Outcome::Refused(Cause::Taken))
                }
            }
            Ok(Looked { source: Some(_), there: None, .. }) => self.copy(item).await,
            Ok(looked) => Tried::Became(Outcome::Looked(looked)),
            Err(error) => trouble(&error, None),
        }
    }

    /// Both ends of a copy that was made. Where this very process has the server's answer, which said what was copied under the
    /// source's ETag, the source need not be asked: its delete names the same ETag.
    async fn look_at_copy(&self, item: &Item) -> Result<Looked, RemoteError> {
        let answer = lock(&self.answers).remove(&item.seq);
        if let Some(answer) = answer.filter(|answer| answer.size == item.size)
            && let Some(there) = self.head_target(item).await?
            && there.etag == answer.etag
        {
            let source = RemoteState { etag: item.etag.clone(), ..answer };
            let same = job::proof(&source, &there);
            return Ok(Looked { source: Some(source), there: Some(there), same });
        }
        self.look(item).await
    }

    async fn head_target(&self, item: &Item) -> Result<Option<RemoteState>, RemoteError> {
        match &item.to {
            Some(to) if self.spec.kind.has_destination() => {
                remote::head(self.shared, self.target().await?.as_ref(), to).await
            }
            Some(_) | None => Ok(None),
        }
    }

    async fn look(&self, item: &Item) -> Result<Looked, RemoteError> {
        if self.spec.kind == JobKind::Restore {
            return self.look_at_version(item).await;
        }
        if matches!(self.spec.kind, JobKind::Purge | JobKind::Lock) {
            // Each try begins with a look of its own.
            return Ok(Looked { source: None, there: None, same: Proof::Unknown });
        }
        let store = self.source().await?;
        let source = remote::head(self.shared, store.as_ref(), &item.from);
        let (source, there) = futures::try_join!(source, self.head_target(item))?;
        let same = match (&source, &there) {
            (Some(_), Some(there)) if item.taken.as_ref() == Some(&there.etag) => Proof::Unknown,
            (Some(_), Some(_)) if planted::is(Bug::JobBelievesSizes) => Proof::Same,
            (Some(source), Some(there)) => match (job::proof(source, there), item.state) {
                // Only bytes can say whose it is.
                (Proof::Unknown, ItemState::Planned)
                    if self.spec.if_taken != IfTaken::Replace || item.taken.is_none() =>
                {
                    self.compare(item, source, there).await?
                }
                (proof, _) => proof,
            },
            (None, _) | (_, None) => Proof::Unknown,
        };
        Ok(Looked { source, there, same })
    }

    /// Reads both and compares: where the server has no checksums, and it is not known who wrote what is there.
    async fn compare(
        &self,
        item: &Item,
        source: &RemoteState,
        there: &RemoteState,
    ) -> Result<Proof, RemoteError> {
        let Some(to) = &item.to else { return Ok(Proof::Unknown) };
        let one = self.digest(self.source().await?.as_ref(), &item.from, source).await?;
        let other = self.digest(self.target().await?.as_ref(), to, there).await?;
        Ok(if one == other { Proof::Same } else { Proof::Different })
    }

    async fn digest(
        &self,
        store: &dyn RemoteStore,
        key: &ObjectKey,
        state: &RemoteState,
    ) -> Result<Digest, RemoteError> {
        if state.size == 0 {
            return Ok(Crc64Nvme::EMPTY.digest());
        }
        remote::stored_digest(self.shared, store, key, state, None).await
    }
}

/// An empty object that stands for a folder.
fn is_marker(item: &Item) -> bool {
    item.size == 0 && item.from.as_str().ends_with('/')
}

/// The version that the row means.
fn meant(item: &Item) -> RemoteState {
    RemoteState { size: item.size, etag: ETag::clone(&item.etag), version: None, digest: None }
}

/// What an error means. `denied` is what a refusal means for what was tried; without it, it is the look itself that was
/// refused.
pub(super) fn trouble(error: &RemoteError, denied: Option<Cause>) -> Tried {
    let refused = |cause| Tried::Became(Outcome::Refused(cause));
    match error.kind {
        RemoteErrorKind::Network | RemoteErrorKind::Throttled | RemoteErrorKind::Unauthenticated => {
            Tried::Wait(error.kind)
        }
        RemoteErrorKind::PreconditionFailed
        | RemoteErrorKind::ConditionalConflict
        | RemoteErrorKind::NotFound => Tried::LookAgain,
        RemoteErrorKind::AccessDenied => refused(denied.unwrap_or(Cause::Denied)),
        RemoteErrorKind::Archived => refused(Cause::Archived),
        RemoteErrorKind::Unsupported => refused(Cause::Unsupported),
        RemoteErrorKind::Integrity => refused(Cause::Damaged),
        // HEAD of what is encrypted with a customer's key answers 400 and nothing else.
        RemoteErrorKind::BadRequest if denied.is_none() => refused(Cause::CustomerKey),
        RemoteErrorKind::BadRequest
        | RemoteErrorKind::BucketMissing
        | RemoteErrorKind::NoSuchUpload
        | RemoteErrorKind::ClockSkew
        | RemoteErrorKind::WrongRegion
        | RemoteErrorKind::Unexpected => {
            tracing::warn!(kind = ?error.kind, error = %error.source, "an object of a job met something odd");
            Tried::Odd
        }
    }
}
