//! Values for the tests of the journal.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses some of these")]
use windlass_domain::{
    BaseState, BatchId, Bucket, Crc64Nvme, Digest, ETag, FileId, LocalState, Mode, ObjectKey, PairId,
    PartPlan, PartReceipt, RelPath, RemoteExpect, RemoteState, Timestamp, TransferId, UploadSpec,
};
use windlass_journal::SqliteJournal;
use windlass_ports::{IntentEnd, IntentKind, IntentRow, JournalWrite, LevelEntry, PairOptions, PairRow};

pub fn fresh() -> (tempfile::TempDir, SqliteJournal) {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(&dir.path().join("journal.db")).unwrap();
    (dir, journal)
}

pub fn pair_id() -> PairId {
    PairId::from("pair")
}

pub fn pair() -> PairRow {
    PairRow {
        id: pair_id(),
        name: "Photos".to_owned(),
        root: "/photos".to_owned(),
        connection: "connection".to_owned(),
        bucket: "bucket".to_owned(),
        prefix: "in/".to_owned(),
        mode: Mode::Ingest,
        paused: false,
        last_scan: None,
        epoch: 0,
        remote_marker: None,
        seen_root: None,
        merged: None,
        options: PairOptions::default(),
        brake: None,
    }
}

pub fn intent(id: &str, kind: IntentKind, name: &str, at: i64) -> IntentRow {
    IntentRow {
        id: id.to_owned(),
        pair: pair_id(),
        kind,
        path: path(name),
        to: None,
        local: Some(local(3)),
        remote: Some(remote(3, "\"e\"")),
        size: 3,
        cause: "it was deleted on the other side".to_owned(),
        at: Timestamp(at),
        meant: false,
        trashed: None,
        marker: None,
        ended: None,
    }
}

pub fn end(id: &str, at: i64, end: IntentEnd) -> JournalWrite {
    JournalWrite::EndIntent { id: id.to_owned(), at: Timestamp(at), end, trashed: None, marker: None }
}

pub fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

pub fn local(size: u64) -> LocalState {
    LocalState {
        size,
        mtime: Timestamp(-5),
        ctime: Timestamp(7),
        file_id: FileId { device: u64::MAX, inode: 1 << 63 },
        digest: Some(Digest::Crc64Nvme([0xff; 8])),
    }
}

pub fn remote(size: u64, etag: &str) -> RemoteState {
    RemoteState { size, etag: ETag::new(etag), version: None, digest: Some(Digest::Sha256([7; 32])) }
}

pub fn base(size: u64, etag: &str) -> BaseState {
    BaseState { local: local(size), remote: remote(size, etag) }
}

pub fn spec(id: &str, batch: &str, pair: Option<PairId>, name: &str, size: u64) -> UploadSpec {
    UploadSpec {
        id: TransferId::from(id),
        batch: BatchId::from(batch),
        pair,
        source: format!("/photos/{name}"),
        path: path(name),
        connection: "connection".to_owned(),
        bucket: Bucket::new("bucket"),
        key: ObjectKey::parse(&format!("in/{name}")).unwrap(),
        snapshot: local(size),
        expect: RemoteExpect::Absent,
        parts: PartPlan::for_size(size),
    }
}

pub fn receipt(number: u32) -> PartReceipt {
    PartReceipt {
        number,
        etag: ETag::new(format!("\"part-{number}\"")),
        crc: Crc64Nvme { value: u64::MAX - u64::from(number), len: 8 << 20 },
    }
}

pub fn object(key: &str, size: u64, modified: Option<i64>, class: &str) -> LevelEntry {
    LevelEntry::Object {
        key: key.to_owned(),
        size,
        modified: modified.map(Timestamp),
        etag: format!("\"{key}\""),
        class: class.to_owned(),
    }
}

pub fn save_upload(spec: &UploadSpec, state: windlass_domain::Upload, at: i64) -> JournalWrite {
    JournalWrite::SaveUpload { spec: spec.clone(), state, at: Timestamp(at) }
}
