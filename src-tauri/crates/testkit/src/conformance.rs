//! One suite for everything that implements the bucket's ports: the adapter on a real or a practice server, and a bucket in
//! memory.
//!
//! [`run`] plays fixed scenes, [`play`] a random sequence from a seed against a model of some thirty lines of state. Both give
//! a trace of [`Step`]s with what was expected and what came; ETags, versions and times are left out of it or named in the
//! order they were met, so that traces of different servers can be compared. A server that differs is described by data
//! beside the test, never by the suite.
//!
//! What is expected is what Amazon S3 does with a bucket of which everything was proved. A server that proves less answers
//! `unsupported` at the steps that need it.
mod play;

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::TryStreamExt as _;
use windlass_domain::time::Tops;
use windlass_domain::{
    Bucket, Crc64Nvme, ETag, ObjectKey, PartReceipt, RemoteExpect, RemoteState, VersionId,
};
use windlass_ports::remote::Depth;
use windlass_ports::{LevelEntry, PutBody, RemoteBrowse, RemoteError, RemoteErrorKind, RemoteStore};

pub use play::play;

/// The device in the metadata.
const DEVICE: &str = "conformance";
/// Smallest part but the last.
const MIB_5: usize = 5 << 20;

/// One step of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Scene and step, the same in every run.
    pub name: String,
    /// What Amazon S3 does.
    pub expected: String,
    /// What happened.
    pub got: String,
}

impl Step {
    /// Whether both are the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.expected == self.got
    }
}

/// What is tried: a bucket that is not changed by others below `prefix` (empty, or ending in `/`), where nothing is at first.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The bucket as the engine uses it.
    pub store: &'a dyn RemoteStore,
    /// The same connection for looking around.
    pub browse: &'a dyn RemoteBrowse,
    /// Its name.
    pub bucket: &'a Bucket,
    /// Where.
    pub prefix: &'a str,
    /// Whether the bucket keeps versions.
    pub versioned: bool,
}

/// An error in the words of a trace. Servers say "not there" and "not as expected" of the same thing, so both are `refused`
/// where something was expected.
fn word(error: &RemoteError) -> &'static str {
    match error.kind {
        RemoteErrorKind::NotFound => "not found",
        RemoteErrorKind::BucketMissing => "no bucket",
        RemoteErrorKind::NoSuchUpload => "no upload",
        RemoteErrorKind::PreconditionFailed => "refused",
        RemoteErrorKind::ConditionalConflict => "conflict",
        RemoteErrorKind::AccessDenied => "denied",
        RemoteErrorKind::Unauthenticated => "unauthenticated",
        RemoteErrorKind::ClockSkew => "clock",
        RemoteErrorKind::WrongRegion => "region",
        RemoteErrorKind::Throttled => "throttled",
        RemoteErrorKind::Network => "network",
        RemoteErrorKind::Integrity => "integrity",
        RemoteErrorKind::Unsupported => "unsupported",
        RemoteErrorKind::BadRequest => "bad request",
        RemoteErrorKind::Archived => "archived",
        RemoteErrorKind::Unexpected => "unexpected",
    }
}

fn conditional(error: &RemoteError) -> &'static str {
    match word(error) {
        "not found" => "refused",
        other => other,
    }
}

fn body(bytes: Bytes) -> PutBody {
    PutBody { crc: Crc64Nvme::of(&bytes), bytes, flow: None }
}

fn unchanged(state: &RemoteState) -> RemoteExpect {
    RemoteExpect::Unchanged(state.etag.clone())
}

fn wrong() -> RemoteExpect {
    RemoteExpect::Unchanged(ETag::new("\"00000000000000000000000000000000\""))
}

/// The trace so far, and what writes have given.
struct Trace<'a> {
    on: Subject<'a>,
    scene: &'static str,
    steps: Vec<Step>,
}

impl Trace<'_> {
    fn key(&self, name: &str) -> Result<ObjectKey, RemoteError> {
        ObjectKey::parse(&format!("{}{}/{name}", self.on.prefix, self.scene))
            .map_err(|e| RemoteError { kind: RemoteErrorKind::BadRequest, source: e.into() })
    }

    fn step(&mut self, name: &str, expected: &str, got: impl Into<String>) {
        let name = format!("{}: {name}", self.scene);
        self.steps.push(Step { name, expected: expected.to_owned(), got: got.into() });
    }

    /// A write: its state when it was taken, and that HEAD and the bytes agree with it.
    async fn wrote(
        &mut self,
        name: &str,
        expected: &str,
        key: &ObjectKey,
        result: Result<RemoteState, RemoteError>,
        bytes: &[u8],
    ) -> Option<RemoteState> {
        let got = match &result {
            Ok(state) => self.looks(key, state, bytes).await,
            Err(error) => {
                if conditional(error) != expected && error.kind != RemoteErrorKind::Unsupported {
                    eprintln!("{}: {name}: {}", self.scene, error.source);
                }
                conditional(error).to_owned()
            }
        };
        self.step(name, expected, got);
        result.ok()
    }

    async fn looks(&self, key: &ObjectKey, state: &RemoteState, bytes: &[u8]) -> String {
        let mut words = vec!["stored"];
        match self.on.store.head(key).await {
            Ok(head) => {
                if head.etag != state.etag || head.size != state.size || head.size != bytes.len() as u64 {
                    words.push("HEAD differs");
                }
                if state.version.is_some() != self.on.versioned || head.version != state.version {
                    words.push("version differs");
                }
                let ours = Crc64Nvme::of(bytes).digest();
                let same = |d: windlass_domain::Digest| {
                    std::mem::discriminant(&d) != std::mem::discriminant(&ours) || d == ours
                };
                if !head.digest.is_none_or(same) || !state.digest.is_none_or(same) {
                    words.push("checksum differs");
                }
            }
            Err(error) => words.extend(["HEAD", word(&error)]),
        }
        match self.read(key, &state.etag).await {
            Ok(got) if got == bytes => {}
            Ok(_) => words.push("bytes differ"),
            Err(error) => words.extend(["GET", word(&error)]),
        }
        words.join(", ")
    }

    async fn read(&self, key: &ObjectKey, etag: &ETag) -> Result<Vec<u8>, RemoteError> {
        let pieces: Vec<Bytes> = self.on.store.get(key, None, etag).await?.try_collect().await?;
        Ok(pieces.concat())
    }

    async fn put(
        &mut self,
        name: &str,
        expected: &str,
        key: &ObjectKey,
        text: &'static str,
        expect: &RemoteExpect,
    ) -> Option<RemoteState> {
        let bytes = Bytes::from_static(text.as_bytes());
        let result = self.on.store.put(key, body(bytes), expect, DEVICE).await;
        self.wrote(name, expected, key, result, text.as_bytes()).await
    }

    async fn absent(&mut self, name: &str, key: &ObjectKey) {
        let got = match self.on.store.head(key).await {
            Ok(_) => "there".to_owned(),
            Err(error) => word(&error).to_owned(),
        };
        self.step(name, "not found", got);
    }
}

/// Plays every scene and gives the trace.
///
/// # Errors
/// Only when a scene cannot be set up: a key that is too long for `prefix`, or a first write that fails for another reason
/// than what the server can do.
pub async fn run(on: Subject<'_>) -> Result<Vec<Step>, RemoteError> {
    let mut trace = Trace { on, scene: "", steps: Vec::new() };
    trace.scene = "put";
    puts(&mut trace).await?;
    trace.scene = "get";
    gets(&mut trace).await?;
    trace.scene = "copy";
    copies(&mut trace).await?;
    trace.scene = "delete";
    deletes(&mut trace).await?;
    trace.scene = "parts";
    parts(&mut trace).await?;
    trace.scene = "list";
    lists(&mut trace).await?;
    Ok(trace.steps)
}

async fn puts(t: &mut Trace<'_>) -> Result<(), RemoteError> {
    let key = t.key("a b+c%d/ü")?;
    let first = t.put("where nothing is", "stored", &key, "one", &RemoteExpect::Absent).await;
    let unasked = t.put("where something is", "refused", &key, "two", &RemoteExpect::Absent).await;
    t.put("over another version", "refused", &key, "two", &wrong()).await;
    let Some(first) = unasked.or(first) else { return Ok(()) };
    let second = t.put("over the right version", "stored", &key, "2", &unchanged(&first)).await;
    t.put("over the one before", "refused", &key, "three", &unchanged(&first)).await;
    let none = t.key("none")?;
    t.put("over nothing", "refused", &none, "x", &unchanged(&first)).await;
    t.absent("and nothing came of it", &none).await;
    t.put("in a folder", "stored", &t.key("folder/x")?, "x", &RemoteExpect::Absent).await;
    t.put("with the folder's name", "stored", &t.key("folder")?, "y", &RemoteExpect::Absent).await;
    t.put("no bytes", "stored", &t.key("empty")?, "", &RemoteExpect::Absent).await;
    if second.is_some_and(|s| s.version.is_some() && s.version == first.version) {
        t.step("versions have names of their own", "yes", "no");
    }
    Ok(())
}

async fn gets(t: &mut Trace<'_>) -> Result<(), RemoteError> {
    let key = t.key("a")?;
    let Some(state) = t.put("an object", "stored", &key, "0123456789", &RemoteExpect::Absent).await else {
        return Ok(());
    };
    for (name, range, expected) in [
        ("the middle", 3..7, "3456"),
        ("the first byte", 0..1, "0"),
        ("from byte 4 on", 4..10, "456789"),
        ("nothing", 5..5, ""),
        ("beyond the end", 8..12, "unexpected"),
    ] {
        let got = match t.on.store.get(&key, Some(range), &state.etag).await {
            Ok(stream) => match stream.try_collect::<Vec<Bytes>>().await {
                Ok(pieces) => String::from_utf8_lossy(&pieces.concat()).into_owned(),
                Err(error) => word(&error).to_owned(),
            },
            Err(error) => word(&error).to_owned(),
        };
        t.step(name, expected, got);
    }
    let got = match t.read(&key, &ETag::new("\"00000000000000000000000000000000\"")).await {
        Ok(_) => "bytes",
        Err(error) => word(&error),
    };
    t.step("another version", "refused", got);
    let none = t.key("none")?;
    let got = match t.read(&none, &state.etag).await {
        Ok(_) => "bytes",
        Err(error) => word(&error),
    };
    t.step("nothing there", "not found", got);
    Ok(())
}

async fn copies(t: &mut Trace<'_>) -> Result<(), RemoteError> {
    let (from, to) = (t.key("from a b+c%d/ü")?, t.key("to ?#&")?);
    let Some(source) = t.put("a source", "stored", &from, "one", &RemoteExpect::Absent).await else {
        return Ok(());
    };
    let store = t.on.store;
    let copied = store.copy(&from, &source, &to, &RemoteExpect::Absent, DEVICE).await;
    let copied = t.wrote("where nothing is", "stored", &to, copied, b"one").await;
    let again = store.copy(&from, &source, &to, &RemoteExpect::Absent, DEVICE).await;
    t.wrote("where something is", "refused", &to, again, b"one").await;
    let over = store.copy(&from, &source, &to, &wrong(), DEVICE).await;
    t.wrote("over another version", "refused", &to, over, b"one").await;
    let new = RemoteState {
        etag: ETag::new("\"00000000000000000000000000000000\""),
        version: None,
        ..source.clone()
    };
    let x = t.key("x")?;
    let of = store.copy(&from, &new, &x, &RemoteExpect::Absent, DEVICE).await;
    t.wrote("of another version", "refused", &x, of, b"one").await;
    t.absent("and nothing came of it", &x).await;
    let none = t.key("none")?;
    let of = store
        .copy(&none, &RemoteState { version: None, ..source.clone() }, &x, &RemoteExpect::Absent, DEVICE)
        .await;
    let got = of.map_or_else(|e| word(&e), |_| "stored");
    t.step("of nothing", "not found", got);
    let onto = store.copy(&from, &source, &from, &unchanged(&source), DEVICE).await;
    t.step("onto itself", "bad request", onto.map_or_else(|e| word(&e), |_| "stored"));
    let Some(second) = t.put("the source changes", "stored", &from, "two", &unchanged(&source)).await else {
        return Ok(());
    };
    let older = store.copy(&from, &source, &x, &RemoteExpect::Absent, DEVICE).await;
    let expected = if t.on.versioned { "stored" } else { "refused" };
    t.wrote("of the version before", expected, &x, older, b"one").await;
    if let Some(copied) = copied {
        let over = store.copy(&from, &second, &to, &unchanged(&copied), DEVICE).await;
        t.wrote("over the right version", "stored", &to, over, b"two").await;
    }
    if t.on.versioned {
        let back = store.copy(&from, &source, &from, &unchanged(&second), DEVICE).await;
        t.wrote("an older version back on top", "stored", &from, back, b"one").await;
    }
    let empty = t.key("empty")?;
    if let Some(source) = t.put("an empty source", "stored", &empty, "", &RemoteExpect::Absent).await {
        let to = t.key("also empty")?;
        let copied = store.copy(&empty, &source, &to, &RemoteExpect::Absent, DEVICE).await;
        t.wrote("of no bytes", "stored", &to, copied, b"").await;
    }
    Ok(())
}

fn deleted(result: &Result<Option<VersionId>, RemoteError>) -> &'static str {
    match result {
        Ok(Some(_)) => "marker",
        Ok(None) => "gone",
        Err(error) => conditional(error),
    }
}

async fn deletes(t: &mut Trace<'_>) -> Result<(), RemoteError> {
    let key = t.key("a b+c%d/ü")?;
    let Some(state) = t.put("an object", "stored", &key, "one", &RemoteExpect::Absent).await else {
        return Ok(());
    };
    let store = t.on.store;
    let refused = store.delete(&key, &wrong()).await;
    t.step("another version", "refused", deleted(&refused));
    let senseless = store.delete(&key, &RemoteExpect::Absent).await;
    t.step("what is expected to be absent", "bad request", deleted(&senseless));
    let gone = store.delete(&key, &unchanged(&state)).await;
    t.step("the right version", if t.on.versioned { "marker" } else { "gone" }, deleted(&gone));
    t.absent("it is not there", &key).await;
    let again = store.delete(&key, &unchanged(&state)).await;
    t.step("once more", "refused", deleted(&again));
    if let Ok(Some(marker)) = gone {
        if let Some(version) = &state.version {
            let data = store.remove_marker(&key, version).await;
            t.step(
                "a version with bytes is no marker",
                "bad request",
                data.map_or_else(|e| word(&e), |()| "removed"),
            );
        }
        let back = store.remove_marker(&key, &marker).await;
        t.step("the marker goes", "removed", back.map_or_else(|e| word(&e), |()| "removed"));
        let got = t.looks(&key, &state, b"one").await;
        t.step("the object is back", "stored", got);
        let twice = store.remove_marker(&key, &marker).await;
        t.step("the marker is gone", "not found", twice.map_or_else(|e| word(&e), |()| "removed"));
        let gone = store.delete(&key, &unchanged(&state)).await;
        t.step("deleted again", "marker", deleted(&gone));
    }
    t.put("written again", "stored", &key, "two", &RemoteExpect::Absent).await;
    Ok(())
}

async fn parts(t: &mut Trace<'_>) -> Result<(), RemoteError> {
    let store = t.on.store;
    let key = t.key("a b+c%d/ü")?;
    let two = vec![Bytes::from(vec![7u8; MIB_5]), Bytes::from_static(b"the end")];
    let one = vec![Bytes::from_static(b"all in one")];
    let mut last = None;
    for (name, expected, expect) in [
        ("where nothing is", "stored", Some(RemoteExpect::Absent)),
        ("where something is", "refused", Some(RemoteExpect::Absent)),
        ("over another version", "refused", Some(wrong())),
        ("over the right version", "stored", None),
    ] {
        let expect = match (expect, &last) {
            (Some(expect), _) => expect,
            (None, Some(state)) => unchanged(state),
            (None, None) => continue,
        };
        let pieces = if last.is_none() { &two } else { &one };
        let whole = pieces.concat();
        let crc = Crc64Nvme::of(&whole).digest();
        let upload = store.open_upload(&key, DEVICE).await?;
        let mut sent: Vec<PartReceipt> = Vec::new();
        for (n, piece) in (1u32..).zip(pieces) {
            sent.push(store.send_part(&key, &upload, n, body(piece.clone())).await?);
        }
        let done = store.complete_upload(&key, &upload, &sent, crc, &expect).await;
        let failed = done.is_err();
        let state = t.wrote(name, expected, &key, done, &whole).await;
        last = state.or(last);
        if failed {
            store.abort_upload(&key, &upload).await?;
        }
    }
    let key = t.key("given up")?;
    let upload = store.open_upload(&key, DEVICE).await?;
    let second = store.send_part(&key, &upload, 2, body(Bytes::from_static(b"second"))).await?;
    let listed = store.list_parts(&key, &upload).await;
    let got = match &listed {
        Ok(parts) => match parts.as_slice() {
            [(2, etag, 6)] if *etag == second.etag => "part 2".to_owned(),
            other => format!("{} parts", other.len()),
        },
        Err(error) => word(error).to_owned(),
    };
    t.step("the parts are listed", "part 2", got);
    let open = store.list_uploads(&format!("{}{}/", t.on.prefix, t.scene)).await;
    let got = match &open {
        Ok(open) if open.iter().any(|o| o.upload == upload && o.key == key) => format!("{} open", open.len()),
        Ok(open) => format!("{} others open", open.len()),
        Err(error) => word(error).to_owned(),
    };
    t.step("the upload is listed", "1 open", got);
    for name in ["given back", "given back once more"] {
        let back = store.abort_upload(&key, &upload).await;
        t.step(name, "done", back.map_or_else(|e| word(&e), |()| "done"));
    }
    let late = store.send_part(&key, &upload, 1, body(Bytes::from_static(b"late"))).await;
    t.step("a part that comes late", "no upload", late.map_or_else(|e| word(&e), |_| "taken"));
    let crc = second.crc.digest();
    let late = store.complete_upload(&key, &upload, &[second], crc, &RemoteExpect::Absent).await;
    if let Err(error) = &late
        && error.kind != RemoteErrorKind::NoSuchUpload
    {
        eprintln!("{}: completed late: {}", t.scene, error.source);
    }
    t.step("completed late", "no upload", late.map_or_else(|e| word(&e), |_| "stored"));
    Ok(())
}

const NAMES: [&str; 8] = ["a", "a b+c%d", "a-x", "a/x", "a/y/z", "ab", "b&<>\"'", "ü/\u{1f600}"];

async fn lists(t: &mut Trace<'_>) -> Result<(), RemoteError> {
    let mut states: BTreeMap<String, RemoteState> = BTreeMap::new();
    for name in NAMES {
        let key = t.key(name)?;
        let state =
            t.on.store.put(&key, body(Bytes::from_static(b"x")), &RemoteExpect::Absent, DEVICE).await?;
        states.insert(key.as_str().to_owned(), state);
    }
    let gone = t.key("deleted")?;
    let state = t.on.store.put(&gone, body(Bytes::from_static(b"x")), &RemoteExpect::Absent, DEVICE).await?;
    t.on.store.delete(&gone, &unchanged(&state)).await.ok();
    let there = t.on.store.head(&gone).await.is_ok();
    let start = format!("{}{}/", t.on.prefix, t.scene);
    let found = listing(t.on, &start, Depth::Deep).await;
    match &found {
        Ok(found) => {
            let names: Vec<&str> = found.iter().map(name_of).filter_map(|n| n.strip_prefix(&start)).collect();
            let mut sorted: Vec<&str> = names.iter().copied().filter(|n| !there || *n != "deleted").collect();
            sorted.sort_unstable();
            t.step("everything, deep", &NAMES.join("|"), sorted.join("|"));
            t.step("in the order of bytes", "yes", if names.is_sorted() { "yes" } else { "no" });
            let whole = found.iter().all(|entry| match entry {
                LevelEntry::Folder(_) | LevelEntry::Deleted { .. } => false,
                LevelEntry::Object { key, size, modified, etag, class } => {
                    let state = states.get(key).is_none_or(|s| s.etag.as_str() == etag && s.size == *size);
                    state && modified.is_some() && class == "STANDARD"
                }
            });
            t.step("ETag, size, time and class as HEAD has them", "yes", if whole { "yes" } else { "no" });
        }
        Err(error) => t.step("everything, deep", &NAMES.join("|"), word(error)),
    }
    for (name, prefix, expected) in [
        ("one level", "", "a|a b+c%d|a-x|a/|ab|b&<>\"'|ü/"),
        ("a folder", "a/", "x|y/"),
        ("names that begin so", "a", "|-x|/|b| b+c%d"),
        ("nothing", "none/", ""),
    ] {
        let below = format!("{start}{prefix}");
        let got = match listing(t.on, &below, Depth::Level).await {
            Ok(found) => {
                let rest = found.iter().filter_map(|e| name_of(e).strip_prefix(&below).map(str::to_owned));
                let mut names: Vec<String> = rest.filter(|n| n != "deleted").collect();
                names.sort_unstable();
                names.join("|")
            }
            Err(error) => word(&error).to_owned(),
        };
        let mut expected: Vec<&str> = expected.split('|').collect();
        expected.sort_unstable();
        t.step(name, &expected.join("|"), got);
    }
    for (name, prefix, expected) in [
        ("one level with what is deleted", "", "a|a b+c%d|a-x|a/|ab|b&<>\"'|ü/"),
        ("a folder with what is deleted", "a/", "x|y/"),
    ] {
        let below = format!("{start}{prefix}");
        let got = match level_of_versions(t.on, &below).await {
            Ok(found) => {
                let rest =
                    found.iter().filter_map(|name| name.strip_prefix(&below)).filter(|n| *n != "deleted");
                let mut names: Vec<&str> = rest.collect();
                names.sort_unstable();
                names.join("|")
            }
            Err(error) => word(&error).to_owned(),
        };
        let mut expected: Vec<&str> = expected.split('|').collect();
        expected.sort_unstable();
        t.step(name, &expected.join("|"), got);
    }
    let missing = Bucket::new("no-such-bucket-of-windlass");
    let got = match t.on.browse.level(&missing, "", Depth::Deep, None).await {
        Ok(_) => "a page",
        Err(error) => word(&error),
    };
    t.step("a bucket that is not there", "no bucket", got);
    Ok(())
}

fn name_of(entry: &LevelEntry) -> &str {
    entry.key()
}

/// Folders, and keys that are there or were.
async fn level_of_versions(on: Subject<'_>, prefix: &str) -> Result<Vec<String>, RemoteError> {
    let (mut found, mut after, mut tops) = (Vec::new(), None, Tops::default());
    loop {
        let page = on.browse.versions(on.bucket, prefix, Depth::Level, after.as_ref()).await?;
        found.extend(page.folders);
        found.extend(
            page.versions.into_iter().filter_map(|one| tops.add(one.key, one.version)).map(|top| top.key),
        );
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

async fn listing(on: Subject<'_>, prefix: &str, depth: Depth) -> Result<Vec<LevelEntry>, RemoteError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let level = on.browse.level(on.bucket, prefix, depth, after.as_deref()).await?;
        found.extend(level.entries);
        after = level.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}
