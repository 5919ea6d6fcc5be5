//! The bucket as the engine uses it.
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream;
use windlass_domain::job::ObjectEdit;
use windlass_domain::{
    Bucket, Capabilities, Digest, ETag, ObjectKey, PartReceipt, RemoteExpect, RemoteState, Timestamp,
    UploadId, VersionId,
};
use windlass_ports::remote::ByteStream;
use windlass_ports::{Clock as _, OpenUpload, PutBody, RemoteError, RemoteErrorKind as Kind, RemoteStore};

use super::{Effect, Late, Open, Part, STALE_NS, State, Version, VirtualS3, error, lost};
use crate::content::Content;
use crate::world::{Edge, Event, Fault, Who, World};

/// What any request may run into.
pub(super) const LOOK: &[Fault] = &[Fault::NetBefore, Fault::Throttled, Fault::Expired];
pub(super) const WRITE: &[Fault] = &[
    Fault::NetBefore,
    Fault::NetAfter,
    Fault::Late,
    Fault::Throttled,
    Fault::Denied,
    Fault::Expired,
    Fault::Conflict,
];
const SEND: &[Fault] = &[
    Fault::NetBefore,
    Fault::NetAfter,
    Fault::Late,
    Fault::Throttled,
    Fault::Denied,
    Fault::Expired,
    Fault::Conflict,
    Fault::Integrity,
    Fault::StoredWrong,
];

/// What a fault before the effect answers.
fn refusal(fault: Option<Fault>) -> Option<RemoteError> {
    Some(match fault? {
        Fault::NetBefore => lost(),
        Fault::Throttled => error(Kind::Throttled, "slow down"),
        Fault::Denied => error(Kind::AccessDenied, "access denied"),
        Fault::Expired => error(Kind::Unauthenticated, "the token has expired"),
        Fault::Conflict => error(Kind::ConditionalConflict, "a concurrent request is under way"),
        Fault::Integrity => error(Kind::Integrity, "the checksum did not match"),
        _ => return None,
    })
}

impl VirtualS3 {
    /// One request that changes something: sent (unless it has `begun` with a look), done, answered.
    pub(super) async fn change<T, F>(
        &self,
        op: &'static str,
        key: &str,
        can: &[Fault],
        begun: Option<u64>,
        done: F,
    ) -> Result<T, RemoteError>
    where
        T: Send + 'static,
        F: FnOnce(&mut State, &World, bool) -> Result<T, RemoteError> + Send + 'static,
    {
        self.inside(key);
        let request = begun.unwrap_or_else(|| self.submit(op, key));
        self.world.cut(op, Edge::Before).await;
        self.world.mix(key.bytes().fold(3, |h, b| h.wrapping_mul(131) ^ u64::from(b)));
        let fault = self.world.fault(op, can);
        if let Some(refused) = refusal(fault) {
            return Err(refused);
        }
        if fault == Some(Fault::Late) {
            let at_step = self.world.steps() + self.world.draw(|chance| chance.below(60));
            self.state().late_keys.insert(key.to_owned());
            let effect: Effect = Box::new(move |state, world| {
                state.request = request;
                // Nobody waits for the answer any more.
                let _unheard = done(state, world, false);
            });
            self.state().late.push(Late { at_step, effect });
            return Err(lost());
        }
        let answer = {
            let mut state = self.state();
            state.catch_up(&self.world, false);
            state.request = request;
            done(&mut state, &self.world, fault == Some(Fault::StoredWrong))
        };
        self.world.say(|| {
            format!(
                "{op} {key}: {}",
                answer.as_ref().map_or_else(|e| format!("{:?}", e.kind), |_| "done".to_owned())
            )
        });
        self.world.cut(op, Edge::Between).await;
        if fault == Some(Fault::NetAfter) {
            return Err(lost());
        }
        self.world.cut(op, Edge::After).await;
        answer
    }

    /// Says that a request goes out. Gives its number.
    fn submit(&self, what: &str, key: &str) -> u64 {
        let request = self.state().number();
        self.world.tell(Event::Submitted { what: what.to_owned(), key: key.to_owned(), request });
        self.world.look();
        request
    }

    /// As the adapter does where a server heeds no condition: a look first, and then it may still change. The request begins
    /// with it: whoever asked for it has no say in between.
    async fn looked_first(&self, key: &str, expect: &RemoteExpect) -> Result<Option<u64>, RemoteError> {
        if self.profile().conditions {
            return Ok(None);
        }
        let request = self.submit("look first", key);
        self.world.pass("look first").await;
        let mut state = self.state();
        state.catch_up(&self.world, false);
        state.holds(key, expect).map_err(|_| error(Kind::PreconditionFailed, "it is not as it was"))?;
        Ok(Some(request))
    }

    async fn body(
        &self,
        key: &ObjectKey,
        version: Option<&VersionId>,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError> {
        let mut can = vec![
            Fault::NetBefore,
            Fault::Throttled,
            Fault::Expired,
            Fault::Denied,
            Fault::BodyCut,
            Fault::BodyShort,
        ];
        // Nobody could see it where the server keeps no checksum; only the line's own protection is left there.
        if self.profile().checksums {
            can.push(Fault::BitFlip);
        }
        let fault = self.read("get", key.as_str(), &can).await?;
        let data = {
            let mut state = self.state();
            state.calls.gets += 1;
            let found = match version {
                Some(version) => state.version(key.as_str(), version),
                None => state.current(key.as_str()),
            };
            let Some(now) = found else {
                return Err(error(Kind::NotFound, "no such key"));
            };
            if now.etag != expect.as_str() {
                return Err(error(Kind::PreconditionFailed, "another version"));
            }
            state.readable(now, Timestamp(self.now()))?;
            now.data.clone().unwrap_or_else(|| Content::of(Bytes::new()))
        };
        let data = damaged(data, &self.world, fault == Some(Fault::BitFlip));
        let len = data.len() as u64;
        let range = range.unwrap_or(0..len);
        if range.end > len || range.start > range.end {
            return Err(error(Kind::BadRequest, "the range lies outside"));
        }
        let mut body = data.bytes.slice(range.start as usize..range.end as usize);
        let mut end = None;
        if matches!(fault, Some(Fault::BodyCut | Fault::BodyShort)) {
            body.truncate(self.world.draw(|chance| chance.below(body.len().max(1) as u64)) as usize);
            end = (fault == Some(Fault::BodyCut)).then(lost);
        }
        let piece = (body.len() / 3).max(16);
        let world = Arc::clone(&self.world);
        let pieces = stream::unfold((world, body, end), move |(world, mut body, mut end)| async move {
            world.pass("body").await;
            if body.is_empty() {
                return end.take().map(|end| (Err(end), (world, body, None)));
            }
            let next = body.split_to(piece.min(body.len()));
            Some((Ok(next), (world, body, end)))
        });
        Ok(pieces.boxed())
    }

    pub(super) async fn read(
        &self,
        op: &'static str,
        key: &str,
        can: &[Fault],
    ) -> Result<Option<Fault>, RemoteError> {
        self.inside(key);
        self.world.pass(op).await;
        let fault = self.world.fault(op, can);
        self.state().catch_up(&self.world, false);
        refusal(fault).map_or(Ok(fault), Err)
    }
}

async fn let_out(body: &PutBody) {
    let Some(flow) = &body.flow else { return };
    let mut left = body.bytes.len();
    while left > 0 {
        let piece = flow.piece().clamp(1, left);
        if let Some(wait) = flow.admit(piece) {
            wait.await;
        }
        flow.sent(piece);
        left -= piece;
    }
}

/// What arrives: with `wrong`, one bit is another.
fn damaged(data: Content, world: &World, wrong: bool) -> Content {
    if wrong { world.draw(|chance| data.flipped(chance)) } else { data }
}

fn stored(data: Content, world: &World, wrong: bool) -> Content {
    let data = damaged(data, world, wrong);
    if wrong {
        world.tell(Event::Garbled(data.id));
    }
    data
}

#[async_trait]
impl RemoteStore for VirtualS3 {
    fn capabilities(&self) -> Capabilities {
        self.capabilities()
    }

    fn asked(self: Arc<Self>) -> Arc<dyn RemoteStore> {
        self
    }

    async fn head(&self, key: &ObjectKey) -> Result<RemoteState, RemoteError> {
        let can: &[Fault] = if self.profile().stale {
            &[Fault::NetBefore, Fault::Throttled, Fault::Expired, Fault::Stale, Fault::Stale]
        } else {
            LOOK
        };
        let fault = self.read("head", key.as_str(), can).await?;
        let state = self.state();
        let none = || error(Kind::NotFound, "no such key");
        let versions = state.keys.get(key.as_str()).map(Vec::as_slice).unwrap_or_default();
        let now = versions.last().ok_or_else(none)?;
        let shown =
            if fault == Some(Fault::Stale) && self.world.steady() - self.world.steady_of(now.at) < STALE_NS {
                versions.len().checked_sub(2).and_then(|at| versions.get(at)).ok_or_else(none)?
            } else {
                now
            };
        if shown.data.is_none() { Err(none()) } else { Ok(state.told(shown)) }
    }

    async fn head_version(&self, key: &ObjectKey, version: &VersionId) -> Result<RemoteState, RemoteError> {
        self.read("head_version", key.as_str(), LOOK).await?;
        let state = self.state();
        let found = state.version(key.as_str(), version).filter(|version| version.data.is_some());
        found.map(|version| state.told(version)).ok_or_else(|| error(Kind::NotFound, "no such version"))
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError> {
        self.body(key, None, range, expect).await
    }

    async fn get_version(
        &self,
        key: &ObjectKey,
        version: &VersionId,
        range: Option<Range<u64>>,
        expect: &ETag,
    ) -> Result<ByteStream, RemoteError> {
        self.body(key, Some(version), range, expect).await
    }

    async fn put(
        &self,
        key: &ObjectKey,
        body: PutBody,
        expect: &RemoteExpect,
        _: &str,
    ) -> Result<RemoteState, RemoteError> {
        let_out(&body).await;
        // A create-only PUT carries its condition everywhere; whoever sends it looks by itself.
        let begun = match expect {
            RemoteExpect::Absent => None,
            RemoteExpect::Unchanged(_) => self.looked_first(key.as_str(), expect).await?,
        };
        let (name, expect) = (key.as_str().to_owned(), expect.clone());
        self.state().calls.puts += 1;
        self.change("put", key.as_str(), SEND, begun, move |state, world, wrong| {
            state.check(&name, &expect)?;
            let said = body.crc.digest();
            let data = stored(Content::of(body.bytes), world, wrong);
            let etag = state.etag(&data, 0);
            state.store(world, &name, etag, Some(data), Who::Engine);
            let stored = state.current(&name).map(|version| state.told(version));
            let stored = stored.ok_or_else(|| error(Kind::Unexpected, "it is gone at once"))?;
            // The answer repeats what was sent.
            Ok(RemoteState { digest: stored.digest.map(|_| said), ..stored })
        })
        .await
    }

    async fn open_upload(&self, key: &ObjectKey, _: &str) -> Result<UploadId, RemoteError> {
        let (name, now) = (key.as_str().to_owned(), self.now());
        // Not late: what is opened after its sender gave up and looked around is only ever found by a lifecycle rule.
        let can = [Fault::NetBefore, Fault::NetAfter, Fault::Throttled, Fault::Denied, Fault::Expired];
        self.change("open_upload", key.as_str(), &can, None, move |state, _, _| {
            let id = format!("u{}", state.number());
            state.open.insert(id.clone(), Open { key: name, parts: Default::default(), began: now });
            Ok(UploadId::new(id))
        })
        .await
    }

    async fn send_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: u32,
        body: PutBody,
    ) -> Result<PartReceipt, RemoteError> {
        let_out(&body).await;
        // Swift and slow lines: whoever sends parts does it in another way on each.
        let slow = self.world.draw(|chance| chance.often(600));
        tokio::time::sleep(std::time::Duration::from_millis(if slow { 25 } else { 0 })).await;
        let (name, upload) = (key.as_str().to_owned(), upload.as_str().to_owned());
        self.state().calls.puts += 1;
        self.change("send_part", key.as_str(), SEND, None, move |state, world, wrong| {
            let etag = format!("\"p{}\"", state.number());
            let open = state.open.get_mut(&upload).filter(|open| open.key == name);
            let open = open.ok_or_else(|| error(Kind::NoSuchUpload, "no such upload"))?;
            let crc = body.crc;
            let data = damaged(Content::of(body.bytes), world, wrong);
            open.parts.insert(number, Part { etag: etag.clone(), bytes: data.bytes });
            Ok(PartReceipt { number, etag: ETag::new(etag), crc })
        })
        .await
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
    ) -> Result<Vec<(u32, ETag, u64)>, RemoteError> {
        self.read("list_parts", key.as_str(), LOOK).await?;
        let state = self.state();
        let open = state.open.get(upload.as_str()).filter(|open| open.key == key.as_str());
        let open = open.ok_or_else(|| error(Kind::NoSuchUpload, "no such upload"))?;
        let parts = open.parts.iter();
        Ok(parts.map(|(n, p)| (*n, ETag::new(p.etag.as_str()), p.bytes.len() as u64)).collect())
    }

    async fn complete_upload(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[PartReceipt],
        whole: Digest,
        expect: &RemoteExpect,
    ) -> Result<RemoteState, RemoteError> {
        let begun = match expect {
            RemoteExpect::Absent => None,
            RemoteExpect::Unchanged(_) => self.looked_first(key.as_str(), expect).await?,
        };
        let (name, id, expect) = (key.as_str().to_owned(), upload.as_str().to_owned(), expect.clone());
        let parts = parts.to_vec();
        self.state().calls.puts += 1;
        self.change("complete_upload", key.as_str(), WRITE, begun, move |state, world, _| {
            let open = state.open.get(&id).filter(|open| open.key == name);
            let open = open.ok_or_else(|| error(Kind::NoSuchUpload, "no such upload"))?;
            let mut bytes = BytesMut::new();
            for receipt in &parts {
                match open.parts.get(&receipt.number) {
                    Some(part) if part.etag == receipt.etag.as_str() => bytes.extend_from_slice(&part.bytes),
                    _ => return Err(error(Kind::BadRequest, "a part is another one, or not there")),
                }
            }
            let data = Content::of(bytes.freeze());
            // Parts may have been damaged on the way; without checksums nobody sees it here.
            world.tell(Event::Garbled(data.id));
            if state.profile.checksums && windlass_domain::Crc64Nvme::of(&data.bytes).digest() != whole {
                return Err(error(Kind::Integrity, "the whole has another checksum"));
            }
            state.check(&name, &expect)?;
            state.open.remove(&id);
            let etag = state.etag(&data, parts.len());
            state.store(world, &name, etag, Some(data), Who::Engine);
            let stored = state.current(&name).map(|version| state.told(version));
            let stored = stored.ok_or_else(|| error(Kind::Unexpected, "it is gone at once"))?;
            Ok(RemoteState { digest: stored.digest.map(|_| whole), ..stored })
        })
        .await
    }

    async fn abort_upload(&self, key: &ObjectKey, upload: &UploadId) -> Result<(), RemoteError> {
        let id = upload.as_str().to_owned();
        let can = [Fault::NetBefore, Fault::NetAfter, Fault::Late, Fault::Throttled, Fault::Expired];
        self.change("abort_upload", key.as_str(), &can, None, move |state, _, _| {
            state.open.remove(&id);
            Ok(())
        })
        .await
    }

    async fn list_uploads(&self, prefix: &str) -> Result<Vec<OpenUpload>, RemoteError> {
        self.read("list_uploads", prefix, LOOK).await?;
        let state = self.state();
        let open = state.open.iter().filter(|(_, open)| open.key.starts_with(prefix));
        Ok(open
            .filter_map(|(id, open)| {
                Some(OpenUpload {
                    key: ObjectKey::parse(&open.key).ok()?,
                    upload: UploadId::new(id.as_str()),
                    initiated: Some(Timestamp(open.began)),
                })
            })
            .collect())
    }

    async fn copy(
        &self,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        _: &str,
    ) -> Result<RemoteState, RemoteError> {
        self.inside(from.as_str());
        let begun = self.looked_first(to.as_str(), expect).await?;
        let (from, to_name) = (from.as_str().to_owned(), to.as_str().to_owned());
        let (etag, expect) = (source.etag.clone(), expect.clone());
        let older = source.version.clone().filter(|_| from == to_name);
        self.state().calls.copies += 1;
        self.change("copy", to.as_str(), WRITE, begun, move |state, world, _| {
            let on_top = state.keys.get(&from).and_then(|versions| versions.last());
            let same =
                |version: &VersionId| on_top.is_some_and(|top| format!("n{}", top.id) == version.as_str());
            let source = match &older {
                Some(version) if same(version) => return Err(error(Kind::BadRequest, "a copy onto itself")),
                Some(version) => state.version(&from, version).filter(|version| version.data.is_some()),
                None if from == to_name => return Err(error(Kind::BadRequest, "a copy onto itself")),
                None => state.current(&from),
            };
            let Some(now) = source else { return Err(error(Kind::NotFound, "no such key")) };
            if now.etag != etag.as_str() {
                return Err(error(Kind::PreconditionFailed, "the source is another version"));
            }
            state.readable(now, world.now())?;
            let from = now.id;
            let data = now.data.clone().unwrap_or_else(|| Content::of(Bytes::new()));
            state.check(&to_name, &expect)?;
            let etag = state.etag(&data, 0);
            let id = state.store(world, &to_name, etag, Some(data), Who::Engine);
            state.same_class(from, id);
            let stored = state.current(&to_name).map(|version| state.told(version));
            stored.ok_or_else(|| error(Kind::Unexpected, "it is gone at once"))
        })
        .await
    }

    async fn copy_from(
        &self,
        bucket: &Bucket,
        from: &ObjectKey,
        source: &RemoteState,
        to: &ObjectKey,
        expect: &RemoteExpect,
        device: &str,
    ) -> Result<RemoteState, RemoteError> {
        self.inside_bucket(bucket);
        self.copy(from, source, to, expect, device).await
    }

    /// What an edit says is not kept here; that there is a new version is.
    async fn rewrite(
        &self,
        key: &ObjectKey,
        source: &RemoteState,
        _: &ObjectEdit,
        _: &str,
    ) -> Result<RemoteState, RemoteError> {
        let (name, etag) = (key.as_str().to_owned(), source.etag.clone());
        self.change("rewrite", key.as_str(), WRITE, None, move |state, world, _| {
            let Some(now) = state.current(&name) else { return Err(error(Kind::NotFound, "no such key")) };
            if now.etag != etag.as_str() {
                return Err(error(Kind::PreconditionFailed, "the source is another version"));
            }
            state.readable(now, world.now())?;
            let data = now.data.clone().unwrap_or_else(|| Content::of(Bytes::new()));
            let etag = state.etag(&data, 0);
            state.store(world, &name, etag, Some(data), Who::Engine);
            let stored = state.current(&name).map(|version| state.told(version));
            stored.ok_or_else(|| error(Kind::Unexpected, "it is gone at once"))
        })
        .await
    }

    async fn delete(&self, key: &ObjectKey, expect: &RemoteExpect) -> Result<Option<VersionId>, RemoteError> {
        let begun = self.looked_first(key.as_str(), expect).await?;
        let (name, expect) = (key.as_str().to_owned(), expect.clone());
        self.state().calls.deletes += 1;
        self.change("delete", key.as_str(), WRITE, begun, move |state, world, _| {
            if state.current(&name).is_none() {
                // As S3 does; a second marker on top of the first is not needed for any test.
                return match (&expect, state.profile.conditions) {
                    (RemoteExpect::Unchanged(_), true) => Err(error(Kind::NotFound, "no such key")),
                    _ => Ok(None),
                };
            }
            state.check(&name, &expect)?;
            let id = state.store(world, &name, String::new(), None, Who::Engine);
            Ok(state.profile.versions.then(|| VersionId::new(format!("n{id}"))))
        })
        .await
    }

    async fn remove_marker(&self, key: &ObjectKey, marker: &VersionId) -> Result<(), RemoteError> {
        let (name, marker) = (key.as_str().to_owned(), marker.as_str().to_owned());
        self.change("remove_marker", key.as_str(), WRITE, None, move |state, _, _| {
            if let Some(versions) = state.keys.get_mut(&name) {
                let is_it = |v: &Version| v.data.is_none() && format!("n{}", v.id) == marker;
                versions.retain(|version| !is_it(version));
                state.generation += 1;
            }
            Ok(())
        })
        .await
    }
}
