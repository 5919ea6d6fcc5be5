//! A bucket: keys, versions, delete markers, multipart uploads, conditions. Every call that changes something is three steps:
//! it is sent, it takes effect, the answer arrives; the process may die, or the line fail, between any two.
mod browse;
mod custody;
mod others;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use windlass_domain::lifecycle::Rule;
use windlass_domain::{
    Bucket, Capabilities, Crc64Nvme, Digest, ETag, RemoteExpect, RemoteState, Support, Timestamp, VersionId,
};
use windlass_ports::{
    Clock as _, RemoteBrowse, RemoteCustody, RemoteError, RemoteErrorKind, RemoteStore, Remotes,
};

use crate::content::{Content, ContentId};
use crate::world::{Event, Who, World};

/// Keys on a page of a listing: few, so that small worlds have several pages.
const PAGE: usize = 4;
/// How long a provider with stale reads shows the past.
const STALE_NS: i64 = 2_000_000_000;

/// How a provider behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// It honours conditions.
    pub conditions: bool,
    /// The bucket keeps versions.
    pub versions: bool,
    /// It keeps and gives back checksums.
    pub checksums: bool,
    /// HEAD may show the past for a moment.
    pub stale: bool,
    /// It does not list in the order of the keys' bytes.
    pub unordered: bool,
    /// ETags name contents (so that one comes back with its content) rather than versions.
    pub etag_of_content: bool,
}

impl Profile {
    /// As Amazon S3, with versions.
    pub const AWS: Self = Self {
        name: "aws",
        conditions: true,
        versions: true,
        checksums: true,
        stale: false,
        unordered: false,
        etag_of_content: true,
    };
    /// As Amazon S3, without versions.
    pub const UNVERSIONED: Self = Self { name: "no-versioning", versions: false, ..Self::AWS };
    /// Ignores conditions, keeps versions.
    pub const CARELESS: Self = Self { name: "ignores-conditions", conditions: false, ..Self::AWS };
    /// Ignores conditions and keeps no versions: nothing that is there can be protected.
    pub const UNPROTECTED: Self = Self { name: "unprotected", versions: false, ..Self::CARELESS };
    /// Shows the past for a moment.
    pub const STALE: Self = Self { name: "stale-head", stale: true, ..Self::AWS };
    /// Lists in an order of its own.
    pub const UNORDERED: Self = Self { name: "unordered-listing", unordered: true, ..Self::UNVERSIONED };
    /// Keeps no checksums, and makes a new ETag for every version.
    pub const BARE: Self =
        Self { name: "no-checksums", checksums: false, etag_of_content: false, ..Self::UNVERSIONED };
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AWS,
        Self::UNVERSIONED,
        Self::CARELESS,
        Self::STALE,
        Self::UNORDERED,
        Self::BARE,
        Self::UNPROTECTED,
    ];
}

/// One version of a key.
#[derive(Debug, Clone)]
struct Version {
    id: u64,
    etag: String,
    /// `None` for a delete marker.
    data: Option<Content>,
    /// Checksum of what is stored.
    crc: Digest,
    at: i64,
}

#[derive(Debug, Clone)]
struct Part {
    etag: String,
    bytes: Bytes,
}

#[derive(Debug, Clone)]
struct Open {
    key: String,
    parts: BTreeMap<u32, Part>,
    began: i64,
}

/// Something that takes effect later than its sender believes.
type Effect = Box<dyn FnOnce(&mut State, &World) + Send>;

struct Late {
    at_step: u64,
    effect: Effect,
}

/// How often the engine asked for what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Objects and parts that were sent.
    pub puts: u64,
    /// Bodies that were fetched.
    pub gets: u64,
    /// Objects that were deleted.
    pub deletes: u64,
    /// Copies.
    pub copies: u64,
    /// Listings that were begun.
    pub lists: u64,
}

struct State {
    profile: Profile,
    keys: BTreeMap<String, Vec<Version>>,
    open: BTreeMap<String, Open>,
    next: u64,
    late: Vec<Late>,
    /// Keys to which something was sent that took effect when nobody waited for it any more.
    late_keys: BTreeSet<String>,
    /// The request that takes effect now.
    request: u64,
    calls: Calls,
    /// Keys that were taken away, or got something else by a person, and since when the engine has put something there again.
    removed: BTreeMap<String, Option<i64>>,
    /// Keys that a person ever changed.
    touched: BTreeSet<String>,
    /// Every content that a key ever had under an ETag.
    ever: BTreeMap<(String, String), BTreeSet<ContentId>>,
    /// Since when the engine's marker object is missing, once it was there.
    marker_gone: Option<i64>,
    generation: u64,
    /// What is kept of versions that are not as all are, by their number.
    kept: BTreeMap<u64, custody::Kept>,
    /// Whether versions may be deleted for good.
    purges: bool,
    /// Nanoseconds that thawing takes.
    thaw_takes: i64,
    rules: Vec<Rule>,
}

/// The bucket.
pub struct VirtualS3 {
    world: Arc<World>,
    bucket: Bucket,
    prefix: String,
    state: Mutex<State>,
}

impl std::fmt::Debug for VirtualS3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VirtualS3({}, {} keys)", self.bucket, self.state().keys.len())
    }
}

impl State {
    fn current(&self, key: &str) -> Option<&Version> {
        self.keys.get(key).and_then(|versions| versions.last()).filter(|version| version.data.is_some())
    }

    fn version(&self, key: &str, id: &VersionId) -> Option<&Version> {
        self.keys.get(key)?.iter().find(|version| format!("n{}", version.id) == id.as_str())
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn etag(&mut self, data: &Content, parts: usize) -> String {
        let number = self.number();
        match (self.profile.etag_of_content, parts) {
            (true, 0) => format!("\"{:016x}\"", data.id.0),
            (true, parts) => format!("\"{:016x}-{parts}\"", data.id.0),
            (false, _) => format!("\"v{number}\""),
        }
    }

    /// Puts a version on top; without versions it takes the place of what is there.
    fn store(&mut self, world: &World, key: &str, etag: String, data: Option<Content>, who: Who) -> u64 {
        let at = world.moment();
        let id = self.number();
        if who == Who::Engine
            && let Some(old) = self.current(key)
        {
            let content = old.data.as_ref().map_or(ContentId(0), |data| data.id);
            // The same again in the same place replaces nothing.
            if data.as_ref().is_none_or(|data| data.id != content) {
                let old = (old.etag.clone(), content);
                let (key, deleted, request) = (key.to_owned(), data.is_none(), self.request);
                world.tell(Event::Replaced { key, old, deleted, request });
            }
        }
        if who == Who::Person {
            self.touched.insert(key.to_owned());
        }
        match &data {
            Some(data) => {
                if let Some(back) = self.removed.get_mut(key) {
                    back.get_or_insert(at);
                }
                self.ever.entry((key.to_owned(), etag.clone())).or_default().insert(data.id);
            }
            None => {
                self.removed.insert(key.to_owned(), None);
            }
        }
        if key.ends_with(".windlass/marker") {
            self.marker_gone = data.is_none().then_some(at);
        }
        self.generation += 1;
        let versions = self.keys.entry(key.to_owned()).or_default();
        if !self.profile.versions {
            versions.clear();
        }
        match data {
            None if !self.profile.versions => {
                self.keys.remove(key);
            }
            data => {
                let crc = Crc64Nvme::of(data.as_ref().map_or(&[], |data| &data.bytes)).digest();
                versions.push(Version { id, etag, data, crc, at });
            }
        }
        id
    }

    fn check(&self, key: &str, expect: &RemoteExpect) -> Result<(), RemoteError> {
        if self.profile.conditions { self.holds(key, expect) } else { Ok(()) }
    }

    fn holds(&self, key: &str, expect: &RemoteExpect) -> Result<(), RemoteError> {
        let current = self.current(key);
        match (expect, current) {
            (RemoteExpect::Absent, None) => Ok(()),
            (RemoteExpect::Unchanged(etag), Some(now)) if now.etag == etag.as_str() => Ok(()),
            (RemoteExpect::Unchanged(_), None) => Err(error(RemoteErrorKind::NotFound, "no such key")),
            _ => Err(error(RemoteErrorKind::PreconditionFailed, "at least one condition does not hold")),
        }
    }

    fn told(&self, version: &Version) -> RemoteState {
        RemoteState {
            size: version.data.as_ref().map_or(0, Content::len) as u64,
            etag: ETag::new(version.etag.as_str()),
            version: self.profile.versions.then(|| VersionId::new(format!("n{}", version.id))),
            digest: self.profile.checksums.then_some(version.crc),
        }
    }

    /// What was sent a while ago takes effect.
    fn catch_up(&mut self, world: &World, all: bool) {
        let now = world.steps();
        let mut waiting = Vec::new();
        for late in std::mem::take(&mut self.late) {
            if all || late.at_step <= now {
                (late.effect)(self, world);
            } else {
                waiting.push(late);
            }
        }
        self.late = waiting;
    }
}

impl VirtualS3 {
    /// An empty bucket; the engine has no business outside `prefix`.
    #[must_use]
    pub fn new(world: Arc<World>, bucket: &str, prefix: &str, profile: Profile) -> Arc<Self> {
        let state = State {
            profile,
            keys: BTreeMap::new(),
            open: BTreeMap::new(),
            next: 100,
            late: Vec::new(),
            late_keys: BTreeSet::new(),
            request: 0,
            calls: Calls::default(),
            removed: BTreeMap::new(),
            touched: BTreeSet::new(),
            ever: BTreeMap::new(),
            marker_gone: None,
            generation: 1,
            kept: BTreeMap::new(),
            purges: false,
            thaw_takes: 0,
            rules: Vec::new(),
        };
        let bucket = Bucket::new(bucket);
        Arc::new(Self { world, bucket, prefix: prefix.to_owned(), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection of one computer.
    #[must_use]
    pub fn remotes(self: &Arc<Self>) -> Arc<VirtualRemotes> {
        Arc::new(VirtualRemotes { s3: Arc::clone(self) })
    }

    /// How it behaves.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.state().profile
    }

    /// What the engine asked for so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.state().calls
    }

    /// Everything that is still on its way takes effect now.
    pub fn settle(&self) {
        self.state().catch_up(&self.world, true);
    }

    pub(crate) fn generation(&self) -> u64 {
        let mut state = self.state();
        state.catch_up(&self.world, false);
        state.generation
    }

    /// Every content of every version.
    pub(crate) fn contents(&self) -> BTreeSet<ContentId> {
        let state = self.state();
        let versions = state.keys.values().flatten();
        versions.filter_map(|version| version.data.as_ref()).map(|data| data.id).collect()
    }

    /// Current objects below the prefix, by the path they stand for; not those of the engine's own.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, ContentId> {
        let state = self.state();
        let keys = state.keys.keys().filter_map(|key| {
            let path = key.strip_prefix(&self.prefix)?;
            if path.starts_with(".windlass/") {
                return None;
            }
            let data = state.current(key)?.data.as_ref()?;
            Some((path.to_owned(), data.id))
        });
        keys.collect()
    }

    /// The contents that a key ever had under this ETag.
    pub(crate) fn with_etag(&self, key: &str, etag: &str) -> BTreeSet<ContentId> {
        self.state().ever.get(&(key.to_owned(), etag.to_owned())).cloned().unwrap_or_default()
    }

    /// Whether a key was taken away, or got something else by a person, and the engine had not written it again by then (by the
    /// clock that never jumps).
    pub(crate) fn was_removed(&self, key: &str, then: i64) -> bool {
        let back_later = |at| self.world.steady_of(at) > then;
        self.state().removed.get(key).is_some_and(|back| back.is_none_or(back_later))
    }

    /// Whether something that was sent to it took effect when nobody waited for it any more.
    pub(crate) fn was_late(&self, key: &str) -> bool {
        self.state().late_keys.contains(key)
    }

    /// The ETag of the marker object, if it is there.
    #[must_use]
    pub fn marker(&self) -> Option<ETag> {
        let key = format!("{}.windlass/marker", self.prefix);
        self.state().current(&key).map(|marker| ETag::new(marker.etag.as_str()))
    }

    /// Since when the marker object is missing.
    pub(crate) fn marker_gone(&self) -> Option<i64> {
        self.state().marker_gone
    }

    /// Whether a person ever changed it.
    pub(crate) fn was_touched(&self, key: &str) -> bool {
        self.state().touched.contains(key)
    }

    /// Multipart uploads that are open.
    #[must_use]
    pub fn open_uploads(&self) -> usize {
        self.state().open.len()
    }

    fn inside(&self, key: &str) {
        if !key.starts_with(&self.prefix) {
            self.world.wrong("I13", format!("a request for the key {key}"));
        }
    }

    fn inside_bucket(&self, bucket: &Bucket) {
        if *bucket != self.bucket {
            self.world.wrong("I13", format!("a request for the bucket {bucket}"));
        }
    }
}

fn error(kind: RemoteErrorKind, why: &'static str) -> RemoteError {
    RemoteError { kind, source: why.into() }
}

fn lost() -> RemoteError {
    error(RemoteErrorKind::Network, "connection reset")
}

/// Opens the bucket.
#[derive(Debug)]
pub struct VirtualRemotes {
    s3: Arc<VirtualS3>,
}

impl VirtualS3 {
    fn capabilities(&self) -> Capabilities {
        let profile = self.profile();
        let yes = |yes: bool| if yes { Support::Yes } else { Support::No };
        Capabilities {
            create_only_put: yes(profile.conditions),
            match_put: yes(profile.conditions),
            create_only_complete: yes(profile.conditions),
            match_delete: yes(profile.conditions),
            crc64nvme: yes(profile.checksums),
            crc64nvme_multipart: yes(profile.checksums),
            sha256: Support::No,
            content_md5: Support::Yes,
            multipart: Support::Yes,
            versioning: yes(profile.versions),
            tagging: Support::No,
            exact_keys: Support::Yes,
            equal_parts_needed: Support::No,
            match_complete: yes(profile.conditions),
            copy: Support::Yes,
            create_only_copy: yes(profile.conditions),
            match_copy: yes(profile.conditions),
            match_copy_source: yes(profile.conditions),
            delete_marker: yes(profile.versions),
            utf8_order: Support::Yes,
            generation: Capabilities::GENERATION,
        }
    }

    fn modified(version: &Version) -> Timestamp {
        // Whole seconds, as S3 says them.
        Timestamp(version.at - version.at.rem_euclid(1_000_000_000))
    }
}

#[async_trait]
impl Remotes for VirtualRemotes {
    async fn store(&self, _: &str, bucket: &Bucket, _: &str) -> Result<Arc<dyn RemoteStore>, RemoteError> {
        self.s3.world.pass("store").await;
        self.s3.inside_bucket(bucket);
        let store: Arc<dyn RemoteStore> = Arc::<VirtualS3>::clone(&self.s3);
        Ok(store)
    }

    async fn browse(&self, _: &str) -> Result<Arc<dyn RemoteBrowse>, RemoteError> {
        self.s3.world.pass("browse").await;
        let browse: Arc<dyn RemoteBrowse> = Arc::<VirtualS3>::clone(&self.s3);
        Ok(browse)
    }

    async fn custody(&self, _: &str) -> Result<Arc<dyn RemoteCustody>, RemoteError> {
        self.s3.world.pass("custody").await;
        let custody: Arc<dyn RemoteCustody> = Arc::<VirtualS3>::clone(&self.s3);
        Ok(custody)
    }

    async fn forget(&self, _: &str) {}
}

impl VirtualS3 {
    fn now(&self) -> i64 {
        self.world.now().0
    }
}
