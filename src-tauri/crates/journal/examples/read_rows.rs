//! How fast a folder's rows are written and read: `cargo run --release -p windlass-journal --example read_rows [files]`.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]
use std::time::Instant;

use windlass_domain::{
    BaseState, Digest, ETag, FileId, LocalState, Mode, PairId, RelPath, RemoteState, Timestamp,
};
use windlass_journal::SqliteJournal;
use windlass_ports::{BoxError, Journal as _, JournalWrite, PairOptions, PairRow};

fn base(n: u64) -> BaseState {
    let digest = Some(Digest::Crc64Nvme(n.to_be_bytes()));
    BaseState {
        local: LocalState {
            size: n,
            mtime: Timestamp(1_700_000_000_000_000_000 + n.cast_signed()),
            ctime: Timestamp(1_700_000_000_000_000_000 + n.cast_signed()),
            file_id: FileId { device: 65_024, inode: n },
            digest,
        },
        remote: RemoteState { size: n, etag: ETag::new(format!("\"{n:032x}\"")), version: None, digest },
    }
}

fn told(what: &str, files: u64, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)]
    let rate = files as f64 / seconds;
    println!("{what}: {seconds:.2} s, {rate:.0} rows/s");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let files: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("journal.db");
    let journal = SqliteJournal::open(&path)?;
    let pair = PairId::from("pair");
    let row = PairRow {
        id: pair.clone(),
        name: String::new(),
        root: String::new(),
        connection: String::new(),
        bucket: String::new(),
        prefix: String::new(),
        mode: Mode::TwoWay,
        paused: false,
        last_scan: None,
        epoch: 0,
        remote_marker: None,
        options: PairOptions::default(),
        brake: None,
    };
    journal.commit(vec![JournalWrite::SavePair(row)]).await?;
    let began = Instant::now();
    let (mut n, mut batch) = (0, Vec::new());
    while n < files {
        let path = RelPath::parse(&format!("folder {:04}/photo {:06}.jpg", n / 500, n % 500))?;
        batch.push(JournalWrite::SaveBase { pair: pair.clone(), path, base: base(n) });
        n += 1;
        if batch.len() == 1_000 || n == files {
            journal.commit(std::mem::take(&mut batch)).await?;
        }
    }
    told("written", files, began);
    drop(journal);
    let began = Instant::now();
    let journal = SqliteJournal::open(&path)?;
    told("opened and checked", files, began);
    println!("{} bytes", std::fs::metadata(&path)?.len());
    for page in [1_000, 4_000] {
        let began = Instant::now();
        let (mut after, mut seen) = (None, 0);
        loop {
            let rows = journal.files(&pair, after.as_ref(), page).await?;
            let Some(last) = rows.last() else { break };
            seen += rows.len() as u64;
            after = Some(last.path.clone());
        }
        told(&format!("read in pages of {page}"), seen, began);
    }
    let began = Instant::now();
    let totals = journal.base_totals(&pair).await?;
    told("totals of bases", totals.files, began);
    let began = Instant::now();
    journal.commit(vec![JournalWrite::ForgetBases(pair.clone())]).await?;
    told("bases forgotten", files, began);
    Ok(())
}
