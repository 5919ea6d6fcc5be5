//! The decoder as a process: what it draws, how it dies, and what the program that started it makes of that.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use common::{fact, photo, png_of};
use rustix::process::{Pid, Signal, kill_process};
use windlass_platform::DecoderProcess;
use windlass_ports::decode::{ByteRanges, DecodeError, Decoder as _, FactName, Missing, Want};
use windlass_ports::{RemoteError, RemoteErrorKind};

fn decoder() -> DecoderProcess {
    DecoderProcess::new(PathBuf::from(env!("CARGO_BIN_EXE_windlass-decoder")))
}

#[derive(Debug)]
struct Memory(Vec<u8>);

#[async_trait]
impl ByteRanges for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&self, offset: u64, len: u64) -> Result<Bytes, RemoteError> {
        Ok(Bytes::copy_from_slice(&self.0[offset as usize..(offset + len) as usize]))
    }
}

/// Decoders this very process started and that are there.
fn children() -> Vec<Pid> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap() {
        let entry = entry.unwrap();
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((before, after)) = stat.rsplit_once(')') else { continue };
        let parent = after.split_whitespace().nth(1).and_then(|p| p.parse::<u32>().ok());
        if before.contains("(windlass-decod") && parent == Some(std::process::id()) {
            found.extend(Pid::from_raw(pid));
        }
    }
    found
}

#[tokio::test]
async fn a_decoder_draws_a_photo_and_ends() {
    let found = decoder().decode(Want::Large, &Memory(photo(64, 48, 6))).await.unwrap();
    let picture = found.picture.as_ref().unwrap();
    assert_eq!((picture.width, picture.height), (48, 64), "turned upright");
    assert!(picture.bytes.starts_with(&[0xFF, 0xD8, 0xFF]));
    assert_eq!(fact(&found, FactName::Orientation).as_deref(), Some("6"));
    assert_eq!(children(), []);
}

/// Kills the decoder with SIGKILL when it asks for the second time.
#[derive(Debug)]
struct Killer {
    file: Memory,
    asked: AtomicUsize,
}

#[async_trait]
impl ByteRanges for Killer {
    fn size(&self) -> u64 {
        self.file.size()
    }

    async fn read(&self, offset: u64, len: u64) -> Result<Bytes, RemoteError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) == 1 {
            let all = children();
            assert_eq!(all.len(), 1);
            kill_process(all[0], Signal::KILL).unwrap();
        }
        self.file.read(offset, len).await
    }
}

/// Hazard HS17: a decoder that is killed in the middle is one file's state, and the next file is looked into as ever.
#[tokio::test]
async fn hs17_a_decoder_killed_in_the_middle_is_one_files_state() {
    let decoder = decoder();
    let file = Memory(png_of(400, 400));
    assert!(file.size() > 128 * 1024);
    let killer = Killer { file, asked: AtomicUsize::new(0) };
    let died = decoder.decode(Want::Large, &killer).await.unwrap_err();
    assert!(matches!(died, DecodeError::Died), "{died:?}");
    assert!(died.is_the_files_fault());
    assert!(killer.asked.load(Ordering::SeqCst) >= 2);
    assert_eq!(children(), []);
    assert!(decoder.decode(Want::Large, &killer).await.unwrap().picture.is_some());
}

fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("decoder");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[tokio::test]
async fn hs17_a_decoder_that_hangs_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let slow = DecoderProcess::new(script(folder.path(), "exec /bin/sleep 600"));
    let began = Instant::now();
    let slow = slow.with_patience(Duration::from_millis(300));
    let late = slow.decode(Want::Small, &Memory(vec![1])).await.unwrap_err();
    assert!(matches!(late, DecodeError::TimedOut), "{late:?}");
    assert!(began.elapsed() < Duration::from_secs(60));
}

/// A decoder that was taken over can say anything; nothing of it is believed that does not fit.
#[tokio::test]
async fn hs17_what_a_decoder_says_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let frame = |json: &str, bytes: &str| {
        let octal = |n: usize| (n as u32).to_le_bytes().map(|b| format!("\\{b:03o}")).concat();
        format!(
            "printf '%b' '{}{}'; printf '%s' '{json}{bytes}'; exec /bin/cat >/dev/null",
            octal(json.len()),
            octal(bytes.len())
        )
    };
    let picture = r#"{"Done":{"kind":"Jpeg","facts":[],"position":null,"picture":{"format":"Jpeg","width":1,"height":1},"text":null,"table":null,"missing":null}}"#;
    for lie in [
        frame("nonsense", ""),
        frame(picture, "<svg onload=alert(1)>"),
        frame(r#"{"Need":{"offset":18446744073709551615,"len":2}}"#, ""),
        frame(r#"{"Need":{"offset":0,"len":99999999}}"#, ""),
        "printf '%b' '\\377\\377\\377\\377\\377\\377\\377\\377'; exec /bin/cat >/dev/null".to_owned(),
        "exit 0".to_owned(),
    ] {
        let liar = DecoderProcess::new(script(folder.path(), &lie));
        let died = liar.decode(Want::Small, &Memory(vec![1; 100])).await.unwrap_err();
        assert!(matches!(died, DecodeError::Died), "{lie}: {died:?}");
    }
}

#[tokio::test]
async fn a_decoder_that_is_not_there_is_nobodys_fault() {
    for absent in ["/nowhere/windlass-decoder", "windlass-decoder"] {
        let error =
            DecoderProcess::new(absent.into()).decode(Want::Small, &Memory(vec![1])).await.unwrap_err();
        assert!(matches!(error, DecodeError::Absent(_)) && !error.is_the_files_fault(), "{error:?}");
    }
}

#[derive(Debug)]
struct Broken;

#[async_trait]
impl ByteRanges for Broken {
    fn size(&self) -> u64 {
        1000
    }

    async fn read(&self, _: u64, _: u64) -> Result<Bytes, RemoteError> {
        Err(RemoteError { kind: RemoteErrorKind::PreconditionFailed, source: "another version".into() })
    }
}

#[tokio::test]
async fn a_server_that_gives_nothing_is_not_the_files_fault() {
    let error = decoder().decode(Want::Small, &Broken).await.unwrap_err();
    assert_eq!(error.remote(), Some(RemoteErrorKind::PreconditionFailed));
    assert!(!error.is_the_files_fault());
}

/// A still of many tiles is decoded by a library that would like to know how many processors there are, and may not.
#[tokio::test]
async fn a_still_of_many_tiles_is_drawn_by_a_decoder_with_one_thread() {
    let pixels: Vec<u8> = common::quartered(1600, 1200).pixels().flat_map(|p| [p[0], p[1], p[2]]).collect();
    let still = heifer::encode_rgb8(1600, 1200, &pixels, &heifer::EncodeOptions::default()).unwrap();
    assert!(heifer::heifer_isobmff::HeifFile::parse(&still).unwrap().items.len() > 4, "it has tiles");
    let found = decoder().decode(Want::Large, &Memory(still)).await.unwrap();
    let picture = found.picture.unwrap_or_else(|| panic!("{:?}", found.missing));
    assert_eq!((picture.width, picture.height), (1600, 1200));
}

/// Hazard HS17: a document that would take all memory or time is drawn as far as it goes or is one file's state, and soon.
#[tokio::test]
async fn hs17_documents_that_never_end_are_one_files_state() {
    for (what, bytes) in common::pdf::endless() {
        let began = Instant::now();
        match decoder().decode(Want::Large, &Memory(bytes)).await {
            Ok(found) => assert!(found.picture.is_some() || found.missing.is_some(), "{what}: {found:?}"),
            Err(error) => assert!(error.is_the_files_fault(), "{what}: {error:?}"),
        }
        println!("{what}: {:?}", began.elapsed());
        // Five seconds of the processor, and others may have it meanwhile.
        assert!(began.elapsed() < Duration::from_secs(25), "{what} took {:?}", began.elapsed());
        assert_eq!(children(), [], "{what}");
    }
}

/// Hazard HS17: pictures that would be gigabytes fail at once, and in bounded memory: that of the whole process is limited.
#[tokio::test]
async fn hs17_bombs_fail_at_once() {
    for (what, bytes) in common::bombs() {
        let began = Instant::now();
        let found = decoder().decode(Want::Large, &Memory(bytes)).await;
        let took = began.elapsed();
        match found {
            Ok(found) => assert!(
                found.picture.is_none()
                    && matches!(found.missing, Some(Missing::TooLarge | Missing::Damaged)),
                "{what}: {found:?}"
            ),
            Err(error) => assert!(error.is_the_files_fault(), "{what}: {error:?}"),
        }
        assert!(took < Duration::from_secs(3), "{what} took {took:?}");
    }
}
