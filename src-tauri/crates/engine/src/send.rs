//! The requests that carry bytes: one conditional PUT, or parts and a conditional Complete.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;
use windlass_domain::{
    Capabilities, Crc64Nvme, Digest, ETag, PartReceipt, RemoteExpect, RemoteState, Support, Upload,
    UploadEvent, UploadId,
};
use windlass_ports::{JournalWrite, PutBody, RemoteError, RemoteErrorKind, RemoteStore};

use crate::flow::RequestFlow;
use crate::planted::{self, Bug};
use crate::pool::Live;
use crate::read::{self, SourceTrouble};
use crate::remote::{self, Trouble};
use crate::retry;
use crate::shared::{Shared, lock};

/// Tries of one part before the whole transfer waits.
const PART_TRIES: u32 = 4;
/// A part that takes less (of 8 MiB: more than 500 MB a second) is limited by this computer. Then one at a time is faster and
/// costs a tenth less than two: they only take the memory's bandwidth from each other.
const SWIFT: Duration = Duration::from_millis(15);
/// So many swift ones share one write to the journal: a kill costs no more than the parts that may be under way anyway.
const SHARE: usize = 4;
/// After so many slower ones in a row, the line or the server is the limit, and more at once help.
const SLOW_ONES: u32 = 2;

fn refused(kind: RemoteErrorKind, why: &'static str) -> RemoteError {
    RemoteError { kind, source: why.into() }
}

/// Makes sure that nothing is at the key, on servers that would not refuse by themselves. The promise is weaker there:
/// between this look and the write another writer may come in (hazard HB3), so it is only made where old versions stay.
async fn look_before_write(
    shared: &Shared,
    store: &dyn RemoteStore,
    live: &Live,
    guarded: Support,
) -> Result<(), RemoteError> {
    if guarded.proved() {
        return Ok(());
    }
    match remote::head(shared, store, &live.spec.key).await {
        Ok(found) if remote::as_expected(found.as_ref(), &live.spec.expect) => Ok(()),
        Ok(_) => Err(refused(RemoteErrorKind::PreconditionFailed, "something else is at the key")),
        Err(error) => Err(error),
    }
}

/// What must be at the key.
async fn expected(
    shared: &Shared,
    store: &dyn RemoteStore,
    live: &Live,
    bug: Bug,
) -> Result<RemoteExpect, RemoteError> {
    if planted::is(bug)
        && let Some(there) = remote::head(shared, store, &live.spec.key).await?
    {
        return Ok(RemoteExpect::Unchanged(there.etag));
    }
    Ok(live.spec.expect.clone())
}

/// The whole file in one request.
pub(crate) async fn put(
    shared: &Shared,
    store: &dyn RemoteStore,
    live: &Live,
) -> Result<UploadEvent, Trouble> {
    let spec = &live.spec;
    let Capabilities { create_only_put, match_put, versioning, .. } = store.capabilities();
    let guarded = match spec.expect {
        RemoteExpect::Absent => create_only_put,
        RemoteExpect::Unchanged(_) => match_put,
    };
    if guarded == Support::No && !versioning.proved() {
        return Err(refused(RemoteErrorKind::Unsupported, "the server ignores conditions").into());
    }
    look_before_write(shared, store, live, guarded).await?;
    let size = spec.snapshot.size;
    let _room = shared.budget.memory(size).await;
    let (bytes, crc) = read::whole(shared, spec).await?;
    let _under_way = shared.budget.under_way.enter(size, shared.meter.rate()).await;
    let flow = RequestFlow::new(shared, live);
    let body = PutBody { bytes, crc, flow: flow.port() };
    let expect = expected(shared, store, live, Bug::PutWithoutCondition).await?;
    let stored = shared.call(store.put(&spec.key, body, &expect, &shared.device)).await?;
    flow.keep(size);
    Ok(UploadEvent::Stored { remote: unproved(stored, crc.digest()), digest: crc.digest() })
}

/// The answer to a write repeats what came in. That it agrees proves nothing of what lies on the disk, so it is asked for
/// again; that it disagrees is enough.
fn unproved(stored: RemoteState, ours: Digest) -> RemoteState {
    let said = stored.digest.filter(|said| *said != ours || planted::is(Bug::BelievesTheAnswer));
    RemoteState { digest: said, ..stored }
}

/// Completes, conditionally.
pub(crate) async fn complete(
    shared: &Shared,
    store: &dyn RemoteStore,
    live: &Live,
    upload: &UploadId,
    done: &BTreeMap<u32, PartReceipt>,
    digest: Digest,
) -> Result<UploadEvent, Trouble> {
    let spec = &live.spec;
    let able = store.capabilities();
    let guarded = match spec.expect {
        RemoteExpect::Absent => able.create_only_complete,
        RemoteExpect::Unchanged(_) => able.match_complete,
    };
    look_before_write(shared, store, live, guarded).await?;
    let parts: Vec<PartReceipt> = done.values().cloned().collect();
    let expect = expected(shared, store, live, Bug::CompleteWithoutCondition).await?;
    let stored = match shared.call(store.complete_upload(&spec.key, upload, &parts, digest, &expect)).await {
        Err(error) if error.kind == RemoteErrorKind::NoSuchUpload && planted::is(Bug::GoneMeansDone) => {
            let etag = ETag::new("done");
            let remote = RemoteState { size: spec.snapshot.size, etag, version: None, digest: Some(digest) };
            return Ok(UploadEvent::Stored { remote, digest });
        }
        stored => stored?,
    };
    Ok(UploadEvent::Stored { remote: unproved(stored, digest), digest })
}

/// Of the parts that the journal has receipts for, those that the server still has and the file still holds. Everything else
/// is sent again (hazards HA2, HB7).
async fn reconcile(
    shared: &Shared,
    store: &dyn RemoteStore,
    live: &Live,
    upload: &UploadId,
    done: &mut BTreeMap<u32, PartReceipt>,
) -> Result<(), Trouble> {
    let spec = &live.spec;
    let kept: BTreeSet<(u32, Box<str>, u64)> = match shared.call(store.list_parts(&spec.key, upload)).await {
        Ok(parts) => {
            parts.into_iter().map(|(number, etag, size)| (number, etag.as_str().into(), size)).collect()
        }
        Err(error) if error.kind == RemoteErrorKind::Unsupported => BTreeSet::new(),
        Err(error) => return Err(error.into()),
    };
    done.retain(|number, receipt| kept.contains(&(*number, receipt.etag.as_str().into(), receipt.crc.len)));
    if planted::is(Bug::BelievesReceipts) {
        return Ok(());
    }
    for (number, receipt) in done.iter() {
        let Some(range) = spec.parts.range(*number) else { return Err(SourceTrouble::Changed.into()) };
        let _room = shared.budget.memory(range.end - range.start).await;
        let (_, crc) = read::read(shared, spec, range).await?;
        if crc != receipt.crc {
            return Err(SourceTrouble::Changed.into());
        }
    }
    Ok(())
}

/// Sends every part that is not done, several at a time. A part that fails is tried again by itself, so that a cut costs at
/// most the parts in flight; receipts become durable as they come.
pub(crate) async fn parts(
    shared: &Shared,
    store: &dyn RemoteStore,
    live: &Live,
    state: &Upload,
    check_first: bool,
) -> Result<UploadEvent, Trouble> {
    let spec = &live.spec;
    let (Some(upload), Some(done)) = (state.upload_id(), state.done()) else {
        return Err(refused(RemoteErrorKind::Unexpected, "no upload is open").into());
    };
    let mut done = done.clone();
    if check_first && !done.is_empty() {
        reconcile(shared, store, live, upload, &mut done).await?;
    }
    live.sent.store(done.values().map(|part| part.crc.len).sum(), Ordering::Relaxed);
    let mut missing =
        (1..=spec.parts.count()).filter(|number| !done.contains_key(number)).collect::<Vec<_>>().into_iter();
    let unsaved = Mutex::new(Vec::new());
    let mut flying = FuturesUnordered::new();
    let mut trouble = None;
    let most = shared.options.parts_at_once.max(1);
    let (mut at_once, mut slow) = (1, 0);
    loop {
        while trouble.is_none()
            && flying.len() < at_once
            && let Some(number) = missing.next()
        {
            flying.push(noted_part(shared, store, live, upload, number, &unsaved));
        }
        match flying.next().await {
            None => break,
            Some(Ok((receipt, took))) => {
                slow = if took < SWIFT { 0 } else { slow + 1 };
                at_once = match slow {
                    0 => 1,
                    1..SLOW_ONES => at_once,
                    _ => most,
                };
                done.insert(receipt.number, receipt);
            }
            // Those that are under way come to their end: their bytes are paid for.
            Some(Err(error)) => trouble = trouble.or(Some(error)),
        }
    }
    drop(flying);
    save(shared, live, &unsaved).await?;
    if let Some(trouble) = trouble {
        return Err(trouble);
    }
    read::unchanged(shared, spec).await?;
    let whole = done.values().fold(Crc64Nvme::EMPTY, |whole, part| whole.then(part.crc));
    if whole.len != spec.snapshot.size {
        return Err(SourceTrouble::Changed.into());
    }
    Ok(UploadEvent::AllSent(whole.digest()))
}

/// Sends a part and makes its receipt durable, with those of other swift ones; says how long that took. The other parts go
/// on meanwhile.
async fn noted_part(
    shared: &Shared,
    store: &dyn RemoteStore,
    live: &Live,
    upload: &UploadId,
    number: u32,
    unsaved: &Mutex<Vec<PartReceipt>>,
) -> Result<(PartReceipt, Duration), Trouble> {
    let began = Instant::now();
    let receipt = part(shared, store, live, upload, number).await?;
    let waiting = {
        let mut unsaved = lock(unsaved);
        unsaved.push(receipt.clone());
        unsaved.len()
    };
    if waiting >= SHARE || began.elapsed() >= SWIFT {
        save(shared, live, unsaved).await?;
    }
    Ok((receipt, began.elapsed()))
}

/// Makes the receipts durable that are not yet.
async fn save(shared: &Shared, live: &Live, unsaved: &Mutex<Vec<PartReceipt>>) -> Result<(), Trouble> {
    let receipts = std::mem::take(&mut *lock(unsaved));
    if receipts.is_empty() {
        return Ok(());
    }
    let writes = receipts.iter().map(|receipt| JournalWrite::SavePart(live.spec.id.clone(), receipt.clone()));
    if shared.commit(writes.collect()).await.is_err() {
        return Err(refused(RemoteErrorKind::Network, "stopping").into());
    }
    lock(&live.receipts).extend(receipts);
    Ok(())
}

async fn part(
    shared: &Shared,
    store: &dyn RemoteStore,
    live: &Live,
    upload: &UploadId,
    number: u32,
) -> Result<PartReceipt, Trouble> {
    let spec = &live.spec;
    let range = spec.parts.range(number).ok_or(SourceTrouble::Changed)?;
    let len = range.end - range.start;
    let _room = shared.budget.memory(len).await;
    let (bytes, crc) = read::read(shared, spec, range).await?;
    let mut tries = 0;
    loop {
        let under_way = shared.budget.under_way.enter(len, shared.meter.rate()).await;
        let flow = RequestFlow::new(shared, live);
        let body = PutBody { bytes: bytes.clone(), crc, flow: flow.port() };
        let error = match shared.call(store.send_part(&spec.key, upload, number, body)).await {
            Ok(receipt) => {
                flow.keep(len);
                return Ok(receipt);
            }
            Err(error) => error,
        };
        drop((under_way, flow));
        let again = matches!(
            error.kind,
            RemoteErrorKind::Network | RemoteErrorKind::Throttled | RemoteErrorKind::Integrity
        );
        if !again || tries >= PART_TRIES {
            return Err(error.into());
        }
        let wait = retry::delay_ms(tries, shared.ports.entropy.as_ref());
        tries += 1;
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}
