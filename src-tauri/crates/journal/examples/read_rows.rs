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

/// Processor time of this process so far, in seconds; 0 where the system does not say it like Linux.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

#[derive(Clone, Copy)]
struct Begun {
    at: Instant,
    cpu: f64,
}

fn begin() -> Begun {
    Begun { at: Instant::now(), cpu: cpu() }
}

fn told(what: &str, files: u64, began: Begun) {
    let (seconds, cpu) = (began.at.elapsed().as_secs_f64(), cpu() - began.cpu);
    #[allow(clippy::cast_precision_loss)]
    let rate = files as f64 / seconds;
    println!("{what}: {seconds:.2} s, {cpu:.2} CPU-s, {rate:.0} rows/s");
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
        seen_root: None,
        merged: None,
        options: PairOptions::default(),
        brake: None,
    };
    journal.commit(vec![JournalWrite::SavePair(row)]).await?;
    let began = begin();
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
    let began = begin();
    let journal = SqliteJournal::open(&path)?;
    told("opened and checked", files, began);
    println!("{} bytes", std::fs::metadata(&path)?.len());
    for page in [1_000, 4_000] {
        let began = begin();
        let (mut after, mut seen) = (None, 0);
        loop {
            let rows = journal.files(&pair, after.as_ref(), page).await?;
            let Some(last) = rows.last() else { break };
            seen += rows.len() as u64;
            after = Some(last.path.clone());
        }
        told(&format!("read in pages of {page}"), seen, began);
    }
    let began = begin();
    let totals = journal.base_totals(&pair).await?;
    told("totals of bases", totals.files, began);
    let began = begin();
    journal.commit(vec![JournalWrite::ForgetBases(pair.clone())]).await?;
    told("bases forgotten", files, began);
    Ok(())
}
