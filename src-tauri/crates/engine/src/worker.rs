//! One upload from where it stands to its end: the reducer decides, this carries out.
use std::time::Duration;

use windlass_domain::upload::Found;
use windlass_domain::words::FailureCode;
use windlass_domain::{
    BaseState, Digest, Effect, Ending, FaultKind, Mode, RemoteExpect, RemoteState, Upload, UploadEvent,
    UploadId, WaitFor, upload,
};
use windlass_ports::{FileState, JournalWrite, RemoteError, RemoteErrorKind, RemoteStore};

use crate::planted::{self, Bug};
use crate::pool::{Control, Job, Live};
use crate::read::SourceTrouble;
use crate::remote::{self, Trouble};
use crate::retry::{self, Tries};
use crate::send;
use crate::shared::{EngineEvent, Shared, Stopping, lock};

/// A silent network is asked again after about this long.
const NETWORK_AGAIN_MS: u64 = 15_000;
/// So are credentials that were refused; a new login rings earlier.
const LOGIN_AGAIN_MS: u64 = 60_000;
/// Tries to find what may be left open before an upload ends.
const SWEEPS: u32 = 4;

/// How a run ended.
pub(crate) enum Outcome {
    /// For good.
    Ended(Ending),
    /// A person paused it.
    Parked(Upload),
    /// It goes on later from this state.
    Held(Upload),
    /// Its sync folder is not there; it goes on when it is back.
    Offline(Upload),
}

/// What came of waiting or working.
enum Turn {
    Event(UploadEvent),
    Told(Control),
    Offline,
}

/// Runs an upload until it ends or is put aside.
pub(crate) async fn run(shared: &Shared, job: Job) -> (Outcome, Job) {
    let Job { live, state, suspect } = job;
    let mut run = Run {
        shared,
        live: &live,
        tries: Tries::default(),
        completes: Tries::default(),
        suspect,
        check_parts: true,
    };
    let outcome = match run.drive(state).await {
        Ok(outcome) => outcome,
        // Nothing is written any more; the journal has the state from before.
        Err(Stopping) => Outcome::Held(Upload::Queued),
    };
    let suspect = run.suspect;
    let state = match &outcome {
        Outcome::Ended(ending) => Upload::Ended(ending.clone()),
        Outcome::Parked(state) | Outcome::Held(state) | Outcome::Offline(state) => state.clone(),
    };
    (outcome, Job { live, state, suspect })
}

struct Run<'a> {
    shared: &'a Shared,
    live: &'a Live,
    tries: Tries,
    /// Refusals of Complete in the whole run: parts that were sent in between are no progress.
    completes: Tries,
    /// An id may be open that nobody noted.
    suspect: bool,
    /// Receipts from before this run have to be compared with the server and the file.
    check_parts: bool,
}

impl Run<'_> {
    async fn drive(&mut self, mut state: Upload) -> Result<Outcome, Stopping> {
        let spec = &self.live.spec;
        let mut control = self.live.control.subscribe();
        let mut effects = state.entry_effects();
        loop {
            let mut work = None;
            for effect in effects {
                match effect {
                    Effect::Save
                        if planted::is(Bug::ForgetsTheId) && matches!(state, Upload::Sending { .. }) => {}
                    Effect::Save => self.save(&state).await?,
                    Effect::CommitBase { remote, digest } => self.commit_base(remote, digest).await?,
                    Effect::Wake(_) => {}
                    Effect::Put
                    | Effect::Open
                    | Effect::SendParts
                    | Effect::Complete
                    | Effect::Resolve
                    | Effect::Verify
                    | Effect::Abort(_) => work = Some(effect),
                }
            }
            if let Upload::Ended(ending) = &state {
                // Everything was given back before the end was noted.
                if planted::is(Bug::GivesBackAfterwards) {
                    if let (Some(Effect::Abort(id)), Ok(store)) = (&work, self.shared.store_of(spec).await) {
                        let _lost = self.shared.call(store.abort_upload(&spec.key, id)).await;
                    }
                    let _open = self.sweep().await;
                }
                return Ok(Outcome::Ended(ending.clone()));
            }
            if matches!(state, Upload::Waiting { until: WaitFor::User, .. }) {
                return Ok(Outcome::Parked(state));
            }
            let turn = {
                let told = control.wait_for(|control| *control != Control::Run);
                tokio::pin!(told);
                tokio::select! {
                    biased;
                    told = &mut told => Turn::Told(told.map_or(Control::Hold, |control| *control)),
                    turn = self.turn(&state, work) => turn,
                }
            };
            // Receipts that became durable while parts were sent.
            for receipt in std::mem::take(&mut *lock(&self.live.receipts)) {
                if let Ok(next) = upload::step(spec, state.clone(), UploadEvent::PartSent(receipt)) {
                    state = next.state;
                    self.tries.reset();
                }
            }
            let event = match turn {
                Turn::Event(event) => event,
                Turn::Offline => return Ok(Outcome::Offline(state.recovered())),
                Turn::Told(Control::Hold | Control::Run) => {
                    self.suspect |= matches!(state, Upload::Opening);
                    return Ok(Outcome::Held(state.recovered()));
                }
                Turn::Told(word @ (Control::Pause | Control::Cancel)) => {
                    self.suspect |= matches!(state, Upload::Opening);
                    self.live.control.send_replace(Control::Run);
                    if word == Control::Cancel && !planted::is(Bug::CancelWaits) {
                        // What is left to be asked or given back is tried now, whatever it waits for.
                        self.live.nudge.notify_one();
                    }
                    if word == Control::Cancel { UploadEvent::Cancel } else { UploadEvent::Pause }
                }
            };
            let opened = matches!(event, UploadEvent::Opened(_));
            let cancelled = event == UploadEvent::Cancel;
            let name = event.name();
            match upload::step(spec, state.clone(), event) {
                Ok(next) => {
                    let ends = matches!(next.state, Upload::Ended(_));
                    if ends && self.suspect && !planted::is(Bug::GivesBackAfterwards) {
                        // A pause does not keep a person's cancel from being cleared up behind.
                        let put_aside = tokio::select! {
                            biased;
                            () = self.shared.stop.cancelled() => true,
                            _told = control.wait_for(|control| *control == Control::Hold), if !cancelled => true,
                            () = self.sweep_before_end() => false,
                        };
                        if put_aside {
                            return Ok(Outcome::Held(state.recovered()));
                        }
                    }
                    if opened {
                        // Receipts of an earlier id mean nothing under this one.
                        self.check_parts = false;
                        self.shared.commit(vec![JournalWrite::DropParts(spec.id.clone())]).await?;
                    }
                    (state, effects) = (next.state, next.effects);
                }
                Err(not_allowed) => {
                    // A person's word that comes too late, or an answer that nobody waits for any more.
                    tracing::debug!(%not_allowed, event = name, "dropped");
                    effects = state.entry_effects();
                }
            }
        }
    }

    /// What happens next in this state.
    async fn turn(&mut self, state: &Upload, work: Option<Effect>) -> Turn {
        if let Upload::Waiting { until, .. } = state {
            self.wait(*until).await;
            return Turn::Event(UploadEvent::Resume);
        }
        let Some(work) = work else { return Turn::Event(UploadEvent::Start) };
        match self.work(state, work).await {
            Ok(event) => {
                // An event that is a fault of ours is not getting on.
                if !matches!(event, UploadEvent::Fault(_)) {
                    self.tries.reset();
                }
                self.shared.login_was_accepted(&self.live.spec.connection);
                Turn::Event(event)
            }
            Err(Trouble::Source(SourceTrouble::FolderOffline)) => Turn::Offline,
            Err(Trouble::Source(SourceTrouble::Changed)) => match state {
                Upload::Resolving { .. } | Upload::Verifying { .. } | Upload::Aborting { .. } => {
                    Turn::Event(UploadEvent::Fault(self.fault(FaultKind::SourceGone)))
                }
                Upload::Queued
                | Upload::Putting
                | Upload::Opening
                | Upload::Sending { .. }
                | Upload::Completing { .. }
                | Upload::Waiting { .. }
                | Upload::Ended(_) => Turn::Event(UploadEvent::SourceChanged),
            },
            Err(Trouble::Source(SourceTrouble::Gone)) => {
                Turn::Event(UploadEvent::Fault(self.fault(FaultKind::SourceGone)))
            }
            Err(Trouble::Source(SourceTrouble::Unreadable)) => {
                Turn::Event(UploadEvent::Fault(self.fault(FaultKind::SourceUnreadable)))
            }
            Err(Trouble::Remote(error)) => Turn::Event(self.remote_trouble(state, &error)),
        }
    }

    fn remote_trouble(&mut self, state: &Upload, error: &RemoteError) -> UploadEvent {
        // Some servers answer "not there" where the object that was to be replaced is gone.
        let replaces = matches!(self.live.spec.expect, RemoteExpect::Unchanged(_))
            && matches!(state, Upload::Putting | Upload::Completing { .. });
        let kind = match error.kind {
            RemoteErrorKind::NotFound if replaces => FaultKind::PreconditionFailed,
            kind => retry::fault_kind(kind),
        };
        tracing::debug!(key = %self.live.spec.key, state = state.name(), ?kind, error = %error.source, "a request failed");
        // The answer may have been lost, and with it an id.
        self.suspect |= matches!(state, Upload::Opening);
        if kind == FaultKind::Credentials {
            self.shared.login_was_refused(&self.live.spec.connection);
            if let Some(pair) = self.live.spec.pair.as_ref().and_then(|id| self.shared.pair(id)) {
                pair.ring();
            }
        } else if kind != FaultKind::Network {
            // Whatever else the server says: it knows who asks.
            self.shared.login_was_accepted(&self.live.spec.connection);
        }
        if matches!(state, Upload::Completing { .. }) {
            let (now, entropy) = (self.shared.now(), self.shared.ports.entropy.as_ref());
            return UploadEvent::Fault(self.completes.fault(kind, now, entropy));
        }
        UploadEvent::Fault(self.fault(kind))
    }

    fn fault(&mut self, kind: FaultKind) -> windlass_domain::Fault {
        self.tries.fault(kind, self.shared.now(), self.shared.ports.entropy.as_ref())
    }

    async fn wait(&mut self, until: WaitFor) {
        let jittered = |ms: u64| {
            let half = ms / 2;
            half + (retry::unit(self.shared.ports.entropy.as_ref()) * ms as f64) as u64
        };
        let wait = match until {
            // No longer than it was ever meant to be: the clock may have been set back meanwhile.
            WaitFor::Time(at) => Duration::from_nanos(at.since(self.shared.now())).min(retry::LONGEST),
            WaitFor::Network => Duration::from_millis(jittered(NETWORK_AGAIN_MS)),
            WaitFor::Credentials => Duration::from_millis(jittered(LOGIN_AGAIN_MS)),
            WaitFor::User => return,
        };
        tokio::select! {
            biased;
            () = tokio::time::sleep(wait) => {}
            () = self.live.nudge.notified() => {}
        }
        if !matches!(until, WaitFor::Time(_)) {
            self.tries.reset();
        }
    }

    async fn work(&mut self, state: &Upload, work: Effect) -> Result<UploadEvent, Trouble> {
        let (shared, live) = (self.shared, self.live);
        let spec = &live.spec;
        let store = shared.store_of(spec).await?;
        let store: &dyn RemoteStore = store.as_ref();
        if self.suspect {
            remote::sweep(shared, store, live).await?;
            self.suspect = false;
        }
        match work {
            Effect::Put => send::put(shared, store, live).await,
            Effect::Open => {
                // Before gigabytes are sent, one look whether anything is there already.
                let found = remote::head(shared, store, &spec.key).await;
                if found.is_ok_and(|found| !remote::as_expected(found.as_ref(), &spec.expect)) {
                    return Ok(UploadEvent::Fault(self.fault(FaultKind::PreconditionFailed)));
                }
                let id = shared.call(store.open_upload(&spec.key, &shared.device)).await?;
                Ok(UploadEvent::Opened(id))
            }
            Effect::SendParts => {
                let event = send::parts(shared, store, live, state, self.check_parts).await;
                self.check_parts = true;
                event
            }
            Effect::Complete => match state {
                Upload::Completing { upload, done, digest } => {
                    send::complete(shared, store, live, upload, done, *digest).await
                }
                other => Ok(impossible(other, &mut self.tries, shared)),
            },
            Effect::Resolve => {
                let digest = match state {
                    Upload::Resolving { digest, .. } => *digest,
                    other => return Ok(impossible(other, &mut self.tries, shared)),
                };
                let found = remote::resolve(shared, store, spec, digest).await?;
                if let (Found::Ours { .. }, Some(id)) = (&found, state.upload_id())
                    && !planted::is(Bug::GivesBackAfterwards)
                {
                    self.give_back(store, id).await?;
                }
                Ok(UploadEvent::Resolved(found))
            }
            Effect::Verify => match state {
                Upload::Verifying { digest, .. } if planted::is(Bug::BaseBeforeProof) => {
                    Ok(UploadEvent::Verified(*digest))
                }
                Upload::Verifying { remote, digest: ours } => {
                    let digest =
                        remote::stored_digest(shared, store, &spec.key, remote, spec.pair.as_ref()).await?;
                    Ok(UploadEvent::Verified(if planted::is(Bug::AnyChecksumWillDo) {
                        *ours
                    } else {
                        digest
                    }))
                }
                other => Ok(impossible(other, &mut self.tries, shared)),
            },
            Effect::Abort(_) if planted::is(Bug::DoesNotGiveBack) => Ok(UploadEvent::Aborted),
            Effect::Abort(id) => {
                shared.call(store.abort_upload(&spec.key, &id)).await?;
                Ok(UploadEvent::Aborted)
            }
            Effect::Save | Effect::CommitBase { .. } | Effect::Wake(_) => {
                Ok(impossible(state, &mut self.tries, shared))
            }
        }
    }

    /// The object is there, so our Complete took effect and the id is gone; if another writer put the same bytes there it is
    /// still open, and once the end is noted nobody knows of it any more. So the end waits for an answer, whatever it is.
    async fn give_back(&self, store: &dyn RemoteStore, id: &UploadId) -> Result<(), RemoteError> {
        match self.shared.call(store.abort_upload(&self.live.spec.key, id)).await {
            Err(error) if error.kind.is_passing() || error.kind == RemoteErrorKind::Unauthenticated => {
                Err(error)
            }
            // Most often there is no such upload any more.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// An id that nobody noted is looked for before the end is noted: afterwards nobody would look. A server that stays away
    /// does not keep an upload from ending.
    async fn sweep_before_end(&mut self) {
        for tries in 0..SWEEPS {
            match self.sweep().await {
                Ok(()) => {
                    self.suspect = false;
                    return;
                }
                Err(error) => {
                    tracing::warn!(key = %self.live.spec.key, error = %error.source, "open uploads could not be looked at");
                    if tries + 1 == SWEEPS {
                        return;
                    }
                    let wait = retry::delay_ms(tries, self.shared.ports.entropy.as_ref());
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
            }
        }
    }

    async fn sweep(&self) -> Result<(), RemoteError> {
        let store = self.shared.store_of(&self.live.spec).await?;
        remote::sweep(self.shared, store.as_ref(), self.live).await
    }

    async fn save(&self, state: &Upload) -> Result<(), Stopping> {
        let spec = &self.live.spec;
        let at = self.shared.now();
        let mut batch =
            vec![JournalWrite::SaveUpload { spec: spec.as_ref().clone(), state: state.clone(), at }];
        if let Some((file, note)) = file_state(state)
            && let Some(pair) = &spec.pair
        {
            batch.push(JournalWrite::SaveFile {
                pair: pair.clone(),
                path: spec.path.clone(),
                local: Some(spec.snapshot.clone()),
                state: file,
                note,
            });
        }
        if let Upload::Aborting { upload, .. } = state {
            batch.push(self.audit("abort", format!("upload {upload} given back")));
        }
        let revision = self.shared.commit(batch).await?;
        self.shared.tell(EngineEvent::Uploads(revision));
        Ok(())
    }

    /// Base and end in one commit: after it the file is Safe, before it nobody claims so.
    async fn commit_base(&self, remote: RemoteState, digest: Digest) -> Result<(), Stopping> {
        let spec = &self.live.spec;
        let at = self.shared.now();
        let state = Upload::Ended(Ending::Committed);
        let mut batch = vec![JournalWrite::SaveUpload { spec: spec.as_ref().clone(), state, at }];
        batch.push(self.audit(if spec.single() { "put" } else { "complete" }, format!("{digest:?}")));
        batch.push(match &spec.pair {
            Some(pair) => {
                let mut local = spec.snapshot.clone();
                local.digest = Some(digest);
                if let Some(handle) = self.shared.pair(pair).filter(|pair| pair.row().mode != Mode::Ingest) {
                    handle.stored(spec.path.clone());
                }
                let base = BaseState { local, remote };
                JournalWrite::SaveBase { pair: pair.clone(), path: spec.path.clone(), base }
            }
            None => JournalWrite::NoteSafe {
                connection: spec.connection.clone(),
                bucket: spec.bucket.clone(),
                key: spec.key.clone(),
                etag: remote.etag,
            },
        });
        let revision = self.shared.commit(batch).await?;
        self.shared.tell(EngineEvent::Uploads(revision));
        Ok(())
    }

    fn audit(&self, action: &'static str, detail: String) -> JournalWrite {
        let spec = &self.live.spec;
        let target = format!("{}/{}", spec.bucket, spec.key);
        JournalWrite::Audit { at: self.shared.now(), action, target, detail }
    }
}

/// A broken rule of ours: that one transfer fails, and says so.
fn impossible(state: &Upload, tries: &mut Tries, shared: &Shared) -> UploadEvent {
    tracing::error!(state = state.name(), "work that does not belong to the state");
    UploadEvent::Fault(tries.fault(FaultKind::Unexpected, shared.now(), shared.ports.entropy.as_ref()))
}

/// What a transfer's state says of its file.
pub(crate) fn file_state(state: &Upload) -> Option<(FileState, String)> {
    let none = String::new();
    match state {
        Upload::Queued
        | Upload::Putting
        | Upload::Opening
        | Upload::Sending { .. }
        | Upload::Completing { .. } => Some((FileState::Uploading, none)),
        Upload::Resolving { .. } | Upload::Verifying { .. } => Some((FileState::Checking, none)),
        Upload::Aborting { .. } => Some((FileState::Uploading, "Clearing up on the server".to_owned())),
        Upload::Waiting { resume, .. } => file_state(resume),
        Upload::Ended(Ending::Superseded) => {
            Some((FileState::Waiting, "It changed while it was read".to_owned()))
        }
        Upload::Ended(Ending::Conflicted) => {
            Some((FileState::Failed(FailureCode::DifferentObjectThere), none))
        }
        Upload::Ended(Ending::Cancelled) => Some((FileState::Failed(FailureCode::Cancelled), none)),
        Upload::Ended(Ending::Failed(code)) => Some((FileState::Failed(*code), none)),
        // Only the commit of the base makes a file Safe.
        Upload::Ended(Ending::Committed) => None,
    }
}

/// Plain words for an end that is no success.
pub(crate) fn ending_words(ending: &Ending) -> Result<(), String> {
    match ending {
        Ending::Committed => Ok(()),
        Ending::Superseded => Err("It changed while it was read.".to_owned()),
        Ending::Conflicted => Err(full(FailureCode::DifferentObjectThere)),
        Ending::Cancelled => Err(full(FailureCode::Cancelled)),
        Ending::Failed(code) => Err(full(*code)),
    }
}

fn full(code: FailureCode) -> String {
    let words = code.words();
    format!("{}. {}", words.title, words.advice)
}
