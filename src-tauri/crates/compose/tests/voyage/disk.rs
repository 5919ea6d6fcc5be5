//! What the disk does: files that grow, folders that go away, things that are no files.
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::watch;
use windlass_domain::words::FailureCode;
use windlass_domain::{LocalState, Mode, NameRules, RelPath, Timestamp};
use windlass_engine::{EngineOptions, PairPhase, StopCause};
use windlass_platform::Disk;
use windlass_ports::{
    FileState, FsError, FsErrorKind, Journal as _, LocalFs, Marker, ScanItem, Scanned, Staged, Taken,
};
use windlass_practice::{Fault, Op, Profile, When};

use crate::house::{House, MIB, quick, rename};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_up_and_every_file_is_safe() {
    let house = House::new(Profile::Aws).await;
    let mut all = Vec::new();
    for n in 0..40 {
        let name = format!("DCIM/{}MEDIA/DJI_{n:04}.JPG", 100 + n / 20);
        all.push((name.clone(), house.write(&name, 10_000 + n * 37_000)));
    }
    all.push(("DCIM/clip.MP4".into(), house.write("DCIM/clip.MP4", 21 * MIB + 5)));
    all.push(("empty".into(), house.write("empty", 0)));
    all.push(("odd ä 📷 +%20 #?.txt".into(), house.write("odd ä 📷 +%20 #?.txt", 9)));
    let pair = house.pair().await;
    let counts = house.quiet(&pair).await;
    assert_eq!((counts.total, counts.safe), (43, 43));
    for (name, bytes) in &all {
        assert_eq!(house.object(&format!("job/{name}")).await.as_ref(), Some(bytes), "{name}");
    }
    assert_eq!(house.open_uploads().await, 0);
    assert!(house.core().engine.is_idle(), "gauges return to zero");
    // A second look at a folder that is Safe makes no request that changes anything.
    let before = house.changes();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    assert_eq!(house.quiet(&pair).await.safe, 43);
    assert_eq!(house.changes(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_is_noticed_by_its_event() {
    let house = House::new(Profile::Aws).await;
    let pair = house.pair().await;
    house.quiet(&pair).await;
    house.write("later/one.jpg", 1000);
    house.until("the new file is Safe", async || house.counts(&pair).await.safe == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ha1_a_file_still_being_written_is_never_stored_as_a_prefix_of_itself() {
    let options = EngineOptions { settle: Duration::from_millis(900), ..quick() };
    let house = House::with(Profile::Aws, options).await;
    house.keep_versions().await;
    let pair = house.pair().await;
    let path = house.card().join("clip.mov");
    let writer = tokio::task::spawn_blocking(move || {
        let mut whole = Vec::new();
        for step in 0..15u8 {
            let piece = vec![step; 50_000];
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
            file.write_all(&piece).unwrap();
            whole.extend(piece);
            // The camera's own pace is the subject of this test.
            std::thread::sleep(Duration::from_millis(200));
        }
        whole
    });
    let whole = writer.await.unwrap();
    house.until("the clip is Safe", async || house.counts(&pair).await.safe == 1).await;
    assert!(house.object("job/clip.mov").await == Some(whole));
    assert_eq!(house.versions("job/clip.mov").await, 1, "it was stored once, whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn ha2_a_byte_that_changed_between_two_starts_is_not_mixed_in() {
    use std::os::unix::fs::FileExt as _;
    let mut house = House::new(Profile::Aws).await;
    house.write("clip.mp4", 40 * MIB);
    house.fault(
        Op::UploadPart,
        When::Every(3),
        Fault::Slow { delay: Duration::from_secs(30), bytes_per_sec: None },
    );
    let pair = house.pair().await;
    house.until("two parts are stored", async || stored_parts(&house).await >= 2).await;
    house.stop().await;
    house.server.faults().clear();
    // One byte of the first part changes, behind the back of everybody who only looks at size and mtime.
    let path = house.card().join("clip.mp4");
    let before = std::fs::metadata(&path).unwrap().modified().unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(b"!", 100).unwrap();
    file.set_modified(before).unwrap();
    drop(file);
    house.start().await;
    assert_eq!(house.quiet(&pair).await.safe, 1);
    let now = std::fs::read(&path).unwrap();
    assert!(house.object("job/clip.mp4").await == Some(now), "the object is one whole state of the file");
    assert_eq!(house.open_uploads().await, 0);
}

pub(crate) async fn stored_parts(house: &House) -> usize {
    let open = house.core().journal_open().await;
    open.iter().filter_map(|row| row.state.done()).map(|done| done.len()).sum()
}

pub(crate) trait OpenRows {
    async fn journal_open(&self) -> Vec<windlass_ports::UploadRow>;
}

impl OpenRows for windlass_compose::Core {
    async fn journal_open(&self) -> Vec<windlass_ports::UploadRow> {
        windlass_ports::Journal::open_uploads(self.journal.as_ref()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ha6_a_folder_that_goes_away_stops_every_request_and_goes_on_when_it_is_back() {
    let house = House::new(Profile::Aws).await;
    for n in 0..60 {
        house.write(&format!("p{n:02}.jpg"), 200_000);
    }
    house.write("clip.mp4", 40 * MIB);
    house.fault(
        Op::UploadPart,
        When::Always,
        Fault::Slow { delay: Duration::from_millis(150), bytes_per_sec: None },
    );
    house.fault(
        Op::PutObject,
        When::Always,
        Fault::Slow { delay: Duration::from_millis(30), bytes_per_sec: None },
    );
    let pair = house.pair().await;
    house
        .until("some of it is Safe and the clip is under way", async || {
            house.counts(&pair).await.safe >= 5 && stored_parts(&house).await >= 1
        })
        .await;
    let away = house.path("away");
    rename(&house.card(), &away);
    // An empty folder in its place, as a mount point without its disk.
    std::fs::create_dir(house.card()).unwrap();
    house
        .until("it is offline", async || {
            house.core().engine.pair_view(&pair.id).unwrap().phase == PairPhase::Offline
        })
        .await;
    house.at_rest().await;
    let before = house.changes();
    let files = house.counts(&pair).await.total;
    let report = house.core().engine.wait_quiet(&pair.id).await;
    assert_eq!(report.stopped.unwrap().cause, StopCause::FolderOffline);
    // Several looks at the marker later.
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..8 {
        looks.tick().await;
    }
    assert_eq!(house.changes(), before, "no request changes the bucket while the folder is away");
    assert_eq!(house.counts(&pair).await.total, files, "nothing is forgotten");
    assert_eq!(house.log(Op::AbortMultipartUpload).len(), 0);
    std::fs::remove_dir(house.card()).unwrap();
    rename(&away, &house.card());
    house.until("all is Safe", async || house.counts(&pair).await.safe == 61).await;
    assert_eq!(house.log(Op::CreateMultipartUpload).len(), 1, "the clip went on where it was");
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ha7_another_disk_at_the_same_place_is_not_this_folder() {
    let house = House::new(Profile::Aws).await;
    house.write("a.jpg", 1000);
    let pair = house.pair().await;
    house.quiet(&pair).await;
    rename(&house.card(), &house.path("away"));
    std::fs::create_dir_all(house.card().join(".windlass")).unwrap();
    std::fs::write(house.card().join(".windlass/root.json"), r#"{"id":"another"}"#).unwrap();
    std::fs::write(house.card().join("private.txt"), "not for this bucket").unwrap();
    house
        .until("it is offline", async || {
            house.core().engine.pair_view(&pair.id).unwrap().phase == PairPhase::Offline
        })
        .await;
    assert!(house.object("job/private.txt").await.is_none());
    assert_eq!(house.counts(&pair).await.safe, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ha9_an_unreadable_folder_proves_nothing_about_what_is_in_it() {
    let options = EngineOptions { settle: Duration::from_secs(3600), ..quick() };
    let mut house = House::with(Profile::Aws, options).await;
    house.write("a/gone.jpg", 1000);
    house.write("shut/below/b.jpg", 1000);
    house.write("shut.txt", 1000);
    let pair = house.pair().await;
    house.until("all are seen", async || house.counts(&pair).await.total == 3).await;
    house.stop().await;
    let fs = Arc::new(OddDisk { shut: AtomicBool::new(true), ..OddDisk::default() });
    house.fs = Some(Arc::clone(&fs) as Arc<dyn LocalFs>);
    std::fs::remove_file(house.card().join("a/gone.jpg")).unwrap();
    house.start().await;
    house.until("the folder's state is shown", async || house.counts(&pair).await.failed == 1).await;
    house
        .until("the one that is gone is forgotten", async || {
            house.files(&pair).await.iter().all(|f| f.path.as_str() != "a/gone.jpg")
        })
        .await;
    assert_eq!(house.state(&pair, "shut").await, FileState::Failed(FailureCode::Unreadable));
    assert_eq!(house.state(&pair, "shut/below/b.jpg").await, FileState::Waiting, "unknown is not gone");
    fs.shut.store(false, Ordering::SeqCst);
    house.core().engine.rescan_pair(&pair.id).unwrap();
    house.until("the folder can be read again", async || house.counts(&pair).await.failed == 0).await;
    assert_eq!(house.counts(&pair).await.total, 2);
}

/// A panic over one file is a fault of ours, and no reason to leave the others alone: the folder's work starts again, and after
/// the third time it goes round that file and says so.
#[tokio::test(flavor = "multi_thread")]
async fn hc14_hc15_a_panic_over_one_file_stops_no_other_and_after_three_it_is_left_alone() {
    let mut house = House::new(Profile::Aws).await;
    house.keep_versions().await;
    house.stop().await;
    let fs = Arc::new(OddDisk { fatal: AtomicBool::new(true), ..OddDisk::default() });
    house.fs = Some(Arc::clone(&fs) as Arc<dyn LocalFs>);
    house.start().await;
    house.put("job/fatal.jpg", b"nobody gets me").await;
    house.put("job/other.jpg", b"everybody gets me").await;
    let pair = crate::sync::paired(&house, Mode::TwoWay).await;
    house.until("the other file came", async || std::fs::read(house.card().join("other.jpg")).is_ok()).await;
    assert_eq!(std::fs::read(house.card().join("other.jpg")).unwrap(), b"everybody gets me");
    assert_eq!(house.state(&pair, "fatal.jpg").await, FileState::Failed(FailureCode::Unexpected));
    assert!(!house.card().join("fatal.jpg").exists());
    // A person says: try again. The fault is mended by now.
    fs.fatal.store(false, Ordering::SeqCst);
    house.core().engine.retry_failed(&pair.id, None).await.unwrap();
    house.until("it came as well", async || std::fs::read(house.card().join("fatal.jpg")).is_ok()).await;
}

/// Work that hangs fails nothing and ends nothing; without a heartbeat the folder would look well for ever.
#[tokio::test(flavor = "multi_thread")]
async fn hc15_work_that_hangs_is_told_and_so_is_the_last_complete_look() {
    let options = EngineOptions { silent: Duration::from_millis(1500), ..quick() };
    let mut house = House::with(Profile::Aws, options).await;
    house.stop().await;
    let fs = Arc::new(OddDisk::default());
    house.fs = Some(Arc::clone(&fs) as Arc<dyn LocalFs>);
    house.start().await;
    house.write("a.jpg", 100);
    let pair = crate::sync::paired(&house, Mode::TwoWay).await;
    let silent = async || house.core().engine.pair_view(&pair.id).unwrap().silent_since.is_some();
    house.until_safe(&pair, 1).await;
    let looked = async || house.core().journal.pairs().await.unwrap().remove(0).last_scan;
    house.until("a look was complete, though the round acted", async || looked().await.is_some()).await;
    assert!(!silent().await);
    fs.hangs.send_replace(true);
    house.until("it is told that nothing goes on", silent).await;
    fs.hangs.send_replace(false);
    house.until("it goes on", async || !silent().await).await;
}

/// A camera whose clock was set back, a backup that was played in: any other time is a change, an older one too.
#[tokio::test(flavor = "multi_thread")]
async fn ha4_an_edit_that_bears_an_older_time_goes_up() {
    let house = House::new(Profile::Aws).await;
    house.keep_versions().await;
    house.write("a.jpg", 4000);
    let pair = crate::sync::paired(&house, Mode::TwoWay).await;
    house.until_safe(&pair, 1).await;
    let other = vec![9; 4000];
    let path = house.card().join("a.jpg");
    std::fs::write(&path, &other).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
    drop(file);
    house.until("the edit is there", async || house.object("job/a.jpg").await.as_ref() == Some(&other)).await;
}

/// A disk on which the folder `shut` cannot be listed, a look at `fatal.jpg` panics, or some calls for some files fail.
#[derive(Debug, Default)]
pub(crate) struct OddDisk {
    pub(crate) disk: Disk,
    pub(crate) shut: AtomicBool,
    pub(crate) fatal: AtomicBool,
    /// Names of calls and files that go together and fail.
    pub(crate) never: Vec<(&'static str, &'static str)>,
    /// While it is set, staging `fatal.jpg` panics.
    pub(crate) fatal_stage: AtomicBool,
    /// Markers cannot be read for now, as on a network drive whose server went away.
    pub(crate) hangs: watch::Sender<bool>,
}

impl OddDisk {
    fn allowed(&self, call: &str, path: &Path) -> Result<(), FsError> {
        let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        if !self.never.contains(&(call, name)) {
            return Ok(());
        }
        let path = path.to_string_lossy().into_owned();
        Err(FsError { kind: FsErrorKind::Denied, path, source: "Operation not permitted".into() })
    }

    fn look_closely(&self, path: &RelPath) {
        let fatal = path.as_str() == "fatal.jpg" && self.fatal.load(Ordering::SeqCst);
        assert!(!fatal, "a mistake that this test makes");
    }
}

#[async_trait]
impl LocalFs for OddDisk {
    async fn read_marker(&self, root: &Path) -> Result<Marker, FsError> {
        self.hangs.subscribe().wait_for(|hangs| !hangs).await.unwrap();
        self.disk.read_marker(root).await
    }
    async fn set_epoch(&self, root: &Path, expect: &Marker, epoch: u64) -> Result<(), FsError> {
        self.disk.set_epoch(root, expect, epoch).await
    }
    async fn trash(
        &self,
        root: &Path,
        path: &RelPath,
        expect: &LocalState,
        when: Timestamp,
    ) -> Result<String, FsError> {
        self.allowed("trash", Path::new(path.as_str()))?;
        self.disk.trash(root, path, expect, when).await
    }
    async fn untrash(&self, root: &Path, trashed: &str, path: &RelPath) -> Result<(), FsError> {
        self.disk.untrash(root, trashed, path).await
    }
    async fn rename(
        &self,
        root: &Path,
        from: &RelPath,
        to: &RelPath,
        expect: &LocalState,
    ) -> Result<(), FsError> {
        self.allowed("rename", Path::new(from.as_str()))?;
        self.disk.rename(root, from, to, expect).await
    }
    async fn create_marker(&self, root: &Path, id: &str) -> Result<(), FsError> {
        self.disk.create_marker(root, id).await
    }
    fn scan<'a>(
        &'a self,
        root: &'a Path,
        under: Option<&'a RelPath>,
    ) -> BoxStream<'a, Result<Scanned, FsError>> {
        if !self.shut.load(Ordering::SeqCst) {
            return self.disk.scan(root, under);
        }
        let told = Scanned {
            path: Some(RelPath::parse("shut").unwrap()),
            item: ScanItem::Unreadable("Input/output error".into()),
        };
        let rest = self.disk.scan(root, under).filter(|found| {
            let below = found
                .as_ref()
                .is_ok_and(|f| f.path.as_ref().is_some_and(|p| p.as_str().starts_with("shut/")));
            std::future::ready(!below)
        });
        Box::pin(futures::stream::once(std::future::ready(Ok(told))).chain(rest))
    }
    async fn taken(&self, root: &Path, path: &RelPath) -> Result<Option<Taken>, FsError> {
        self.look_closely(path);
        self.disk.taken(root, path).await
    }
    async fn spelled(&self, root: &Path, path: &RelPath) -> Result<Option<RelPath>, FsError> {
        self.disk.spelled(root, path).await
    }
    async fn name_rules(&self, root: &Path) -> Result<NameRules, FsError> {
        self.disk.name_rules(root).await
    }
    async fn look(&self, root: &Path, path: &RelPath) -> Result<Option<Scanned>, FsError> {
        self.look_closely(path);
        self.disk.look(root, path).await
    }
    async fn look_absolute(&self, path: &Path) -> Result<Option<ScanItem>, FsError> {
        self.disk.look_absolute(path).await
    }
    fn walk_dropped<'a>(&'a self, path: &'a Path) -> BoxStream<'a, Result<(PathBuf, Scanned), FsError>> {
        self.disk.walk_dropped(path)
    }
    async fn read(&self, file: &Path, offset: u64, len: usize) -> Result<Bytes, FsError> {
        self.allowed("read", file)?;
        self.disk.read(file, offset, len).await
    }
    async fn stage(&self, root: &Path, path: &RelPath) -> Result<Box<dyn Staged>, FsError> {
        let fatal = path.as_str() == "fatal.jpg" && self.fatal_stage.load(Ordering::SeqCst);
        assert!(!fatal, "a mistake that this test makes");
        self.allowed("stage", Path::new(path.as_str()))?;
        self.disk.stage(root, path).await
    }
    async fn sweep_temps(&self, root: &Path) -> Result<u64, FsError> {
        self.disk.sweep_temps(root).await
    }
    async fn free_space(&self, path: &Path) -> Result<u64, FsError> {
        self.disk.free_space(path).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ha11_a_burst_of_files_is_all_found() {
    let house =
        House::with(Profile::Aws, EngineOptions { settle: Duration::from_millis(300), ..quick() }).await;
    let pair = house.pair().await;
    house.quiet(&pair).await;
    for n in 0..1500 {
        house.write(&format!("d{}/f{n}", n % 7), 10);
    }
    house.until_safe(&pair, 1500).await;
    assert_eq!(house.log(Op::PutObject).len(), 1500, "each was sent once");
}

#[tokio::test(flavor = "multi_thread")]
async fn ha25_things_that_are_no_files_are_told_and_hang_nothing() {
    let house = House::new(Profile::Aws).await;
    house.write("a.jpg", 10);
    assert!(std::process::Command::new("mkfifo").arg(house.card().join("pipe")).status().unwrap().success());
    std::os::unix::fs::symlink("/", house.card().join("out")).unwrap();
    std::os::unix::fs::symlink("loop", house.card().join("loop")).unwrap();
    let pair = house.pair().await;
    let counts = house.quiet(&pair).await;
    assert_eq!((counts.safe, counts.failed), (1, 3));
    assert_eq!(house.state(&pair, "pipe").await, FileState::Failed(FailureCode::NotAFile));
    assert_eq!(house.state(&pair, "out").await, FileState::Failed(FailureCode::Link));
    assert_eq!(house.state(&pair, "loop").await, FileState::Failed(FailureCode::Link));
}

#[tokio::test(flavor = "multi_thread")]
async fn hb33_ha20_a_name_too_long_for_a_key_is_told_and_the_rest_goes_on() {
    let house = House::new(Profile::Aws).await;
    let long =
        ["n".repeat(250), "n".repeat(250), "n".repeat(250), "n".repeat(250), "n".repeat(250)].join("/");
    house.write(&long, 10);
    house.write("new\nline", 10);
    house.write("\u{202e}gpj.exe", 10);
    let pair = house.pair().await;
    let counts = house.quiet(&pair).await;
    assert_eq!((counts.safe, counts.failed), (2, 1));
    assert_eq!(house.state(&pair, &long).await, FileState::Failed(FailureCode::NameNotAllowed));
    assert!(house.object("job/new\nline").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn hb13_a_file_that_got_shorter_is_not_stored_short() {
    let house = House::new(Profile::Aws).await;
    house.write("clip.mp4", 40 * MIB);
    house.fault(
        Op::UploadPart,
        When::Every(2),
        Fault::Slow { delay: Duration::from_secs(3), bytes_per_sec: None },
    );
    let pair = house.pair().await;
    house.until("a part is stored", async || stored_parts(&house).await >= 1).await;
    let file = std::fs::OpenOptions::new().write(true).open(house.card().join("clip.mp4")).unwrap();
    file.set_len(25 * MIB as u64).unwrap();
    drop(file);
    house.until("its newer state is Safe", async || house.counts(&pair).await.safe == 1).await;
    let now = std::fs::read(house.card().join("clip.mp4")).unwrap();
    assert!(house.object("job/clip.mp4").await == Some(now));
    assert_eq!(house.open_uploads().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_card_stays_safe() {
    let house = House::new(Profile::Aws).await;
    house.write("a.jpg", 1000);
    let pair = house.pair().await;
    house.quiet(&pair).await;
    std::fs::remove_file(house.card().join("a.jpg")).unwrap();
    house.core().engine.rescan_pair(&pair.id).unwrap();
    let counts = house.quiet(&pair).await;
    assert_eq!((counts.total, counts.safe), (1, 1), "what is proved stays proved when the card is wiped");
    assert_eq!(house.log(Op::DeleteObject).len(), 0);
}
