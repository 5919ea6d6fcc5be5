//! The watcher on a real folder, and the sorting of events.
use std::path::PathBuf;
use std::time::Duration;

use notify::Event;
use notify::event::{
    AccessKind, AccessMode, CreateKind, DataChange, EventKind, Flag, ModifyKind, RemoveKind, RenameMode,
};

use super::*;

async fn next(from: &mut mpsc::Receiver<WatchEvent>) -> WatchEvent {
    tokio::time::timeout(Duration::from_secs(10), from.recv())
        .await
        .expect("a hint comes")
        .expect("it is open")
}

/// Reads until a hint names `path`; says how often everything was to be looked at before.
async fn until(from: &mut mpsc::Receiver<WatchEvent>, path: &Path) -> usize {
    let mut all = 0;
    loop {
        match next(from).await {
            WatchEvent::Touched(paths) if paths.iter().any(|p| p == path) => return all,
            WatchEvent::Touched(_) => {}
            WatchEvent::LookAtAll => all += 1,
        }
    }
}

/// What comes out of a relay for some events.
async fn sorted(events: Vec<notify::Result<Event>>) -> Option<WatchEvent> {
    let relay = Arc::new(Relay::new());
    let hints = Hints::new(Path::new("/root"));
    for event in events {
        hints.take(event, &relay);
    }
    let (to, mut from) = mpsc::channel(4);
    relay::start(Arc::clone(&relay), to).unwrap();
    let first = tokio::time::timeout(Duration::from_millis(200), from.recv()).await.ok().flatten();
    relay.close();
    first
}

fn at(kind: EventKind, path: &str) -> notify::Result<Event> {
    Ok(Event::new(kind).add_path(PathBuf::from(path)))
}

const WRITTEN: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));
const DATA: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));

#[tokio::test]
async fn ha11_overflow_and_errors_mean_everything() {
    let overflow = Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan));
    assert_eq!(sorted(vec![at(DATA, "/root/a"), overflow]).await, Some(WatchEvent::LookAtAll));
    // Another system's overflow names the folder.
    let overflow = at(DATA, "/root/a").map(|event| event.set_flag(Flag::Rescan));
    assert_eq!(sorted(vec![overflow]).await, Some(WatchEvent::LookAtAll));
    let error = Err(notify::Error::generic("broken"));
    assert_eq!(sorted(vec![error]).await, Some(WatchEvent::LookAtAll));
    let nowhere = Ok(Event::new(EventKind::Any));
    assert_eq!(sorted(vec![nowhere]).await, Some(WatchEvent::LookAtAll));
}

#[tokio::test]
async fn ha12_the_watch_limit_is_told_once() {
    let limit = || Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch));
    assert_eq!(sorted(vec![limit()]).await, Some(WatchEvent::LookAtAll));
    let hints = Hints::new(Path::new("/root"));
    hints.take(limit(), &Relay::new());
    let relay = Arc::new(Relay::new());
    hints.take(limit(), &relay);
    let (to, mut from) = mpsc::channel(4);
    relay::start(Arc::clone(&relay), to).unwrap();
    tokio::time::timeout(Duration::from_millis(200), from.recv()).await.expect_err("not again");
}

#[tokio::test]
async fn ha32_our_own_files_and_mere_looks_give_no_hint() {
    let read = EventKind::Access(AccessKind::Open(AccessMode::Any));
    let quiet = vec![
        at(read, "/root/a"),
        at(WRITTEN, "/root/.windlass/root.json"),
        at(DATA, "/root/d/.windlass-tmp-0123"),
        at(EventKind::Remove(RemoveKind::File), "/root/.windlass-tmp-0123"),
    ];
    assert_eq!(sorted(quiet).await, None);
    let published = Event::new(EventKind::Modify(ModifyKind::Name(RenameMode::Both)))
        .add_path("/root/.windlass-tmp-0123".into())
        .add_path("/root/a".into());
    assert_eq!(sorted(vec![Ok(published)]).await, Some(WatchEvent::Touched(vec!["/root/a".into()])));
    let closed = sorted(vec![at(WRITTEN, "/root/d/.windlass/x")]).await;
    assert_eq!(
        closed,
        Some(WatchEvent::Touched(vec!["/root/d/.windlass/x".into()])),
        "only ours at the root"
    );
}

#[tokio::test]
async fn ha14_a_root_that_goes_means_everything() {
    for kind in [EventKind::Remove(RemoveKind::Folder), EventKind::Modify(ModifyKind::Name(RenameMode::From))]
    {
        assert_eq!(sorted(vec![at(kind, "/root")]).await, Some(WatchEvent::LookAtAll));
    }
    let below = sorted(vec![at(EventKind::Create(CreateKind::File), "/root/f")]).await;
    assert_eq!(below, Some(WatchEvent::Touched(vec!["/root/f".into()])));
}

#[tokio::test]
async fn changes_are_named_also_in_new_folders() {
    let base = tempfile::tempdir().unwrap();
    let (to, mut from) = mpsc::channel(64);
    let guard = NotifyWatcher::new().watch(base.path(), to).unwrap();
    std::fs::write(base.path().join("a"), "1").unwrap();
    assert_eq!(until(&mut from, &base.path().join("a")).await, 0);
    std::fs::create_dir(base.path().join("d")).unwrap();
    until(&mut from, &base.path().join("d")).await;
    // The second naming: by then the folder is watched for sure.
    until(&mut from, &base.path().join("d")).await;
    std::fs::write(base.path().join("d/b"), "2").unwrap();
    until(&mut from, &base.path().join("d/b")).await;
    drop(guard);
    let ended = async { while from.recv().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the guard's drop ends the channel");
}

#[tokio::test]
async fn ha11_a_burst_into_a_tiny_channel_ends_in_look_at_all() {
    let base = tempfile::tempdir().unwrap();
    let (to, mut from) = mpsc::channel(1);
    let _guard = NotifyWatcher::new().watch(base.path(), to).unwrap();
    for n in 0..5_000 {
        std::fs::write(base.path().join(format!("{n}")), "x").unwrap();
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut named = std::collections::BTreeSet::new();
    let mut all = false;
    while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(500), from.recv()).await {
        match event {
            WatchEvent::Touched(paths) => named.extend(paths),
            WatchEvent::LookAtAll => all = true,
        }
    }
    assert!(all || named.len() == 5_000, "{} named and nothing said about the rest", named.len());
    assert!(all, "nobody read meanwhile, so it had to collapse");
}

#[tokio::test]
async fn ha6_a_root_that_is_not_there_is_said() {
    let (to, _from) = mpsc::channel(1);
    let Err(error) = NotifyWatcher::new().watch(Path::new("/no/such/folder"), to) else {
        panic!("watched nothing")
    };
    assert_eq!(error.kind, FsErrorKind::RootMissing);
}
