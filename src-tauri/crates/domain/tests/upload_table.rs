//! Every state against every event. The table is kept in docs/upload-states.md, so that a change of the reducer is read
//! as a change of the table. `UPDATE_TABLES=1` writes it again.
#![cfg(test)]
// The table lies in the docs: this test reads and writes a file of the repository, not of a person.
#![allow(clippy::disallowed_methods)]
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use windlass_domain::parts::SINGLE_PUT_BELOW;
use windlass_domain::upload::{AfterAbort, Found, QUIET_BELOW};
use windlass_domain::words::FailureCode;
use windlass_domain::{
    Bucket, Crc64Nvme, Digest, ETag, Effect, Ending, Fault, FaultKind, FileId, LocalState, ObjectKey,
    PartPlan, PartReceipt, Prefix, RelPath, RemoteExpect, RemoteState, Timestamp, Upload, UploadEvent,
    UploadId, UploadSpec, WaitFor, step,
};

const GOOD: Digest = Digest::Crc64Nvme([1; 8]);
const BAD: Digest = Digest::Crc64Nvme([2; 8]);

fn spec(size: u64) -> UploadSpec {
    let time = Timestamp(1);
    UploadSpec {
        id: "t1".into(),
        batch: "b1".into(),
        pair: Some("p1".into()),
        source: "/card/a.jpg".into(),
        path: RelPath::parse("a.jpg").unwrap(),
        connection: "c1".into(),
        bucket: Bucket::new("bucket"),
        key: Prefix::new("jobs").key("a.jpg").unwrap(),
        snapshot: LocalState { size, mtime: time, ctime: time, file_id: FileId::default(), digest: None },
        expect: RemoteExpect::Absent,
        parts: PartPlan::for_size(size),
    }
}

fn remote(digest: Option<Digest>) -> RemoteState {
    RemoteState { size: 1, etag: ETag::new("\"e\""), version: None, digest }
}

fn id() -> UploadId {
    UploadId::new("u1")
}

fn receipt(number: u32) -> PartReceipt {
    PartReceipt { number, etag: ETag::new("\"p\""), crc: Crc64Nvme { value: 7, len: 1 } }
}

fn states() -> Vec<Upload> {
    let done = BTreeMap::from([(1, receipt(1))]);
    let sending = Upload::Sending { upload: id(), done: done.clone() };
    let parked = |until| Upload::Waiting { resume: Box::new(sending.clone()), until, why: None };
    vec![
        Upload::Queued,
        Upload::Putting,
        Upload::Opening,
        sending.clone(),
        Upload::Completing { upload: id(), done, digest: GOOD },
        Upload::Resolving { upload: None, digest: None, cancelled: false },
        Upload::Resolving { upload: None, digest: None, cancelled: true },
        Upload::Resolving { upload: Some(id()), digest: Some(GOOD), cancelled: false },
        Upload::Resolving { upload: Some(id()), digest: Some(GOOD), cancelled: true },
        Upload::Verifying { remote: remote(None), digest: GOOD },
        Upload::Aborting { upload: id(), then: AfterAbort::End(Ending::Cancelled) },
        Upload::Aborting { upload: id(), then: AfterAbort::Restart },
        parked(WaitFor::Time(Timestamp(5))),
        parked(WaitFor::User),
        Upload::Ended(Ending::Committed),
    ]
}

fn kinds() -> [FaultKind; 13] {
    use FaultKind as K;
    [
        K::Network,
        K::Throttled,
        K::PreconditionFailed,
        K::ConditionalConflict,
        K::NoSuchUpload,
        K::Credentials,
        K::AccessDenied,
        K::BucketMissing,
        K::CorruptedInTransit,
        K::SourceUnreadable,
        K::SourceGone,
        K::Unsupported,
        K::Unexpected,
    ]
}

fn events() -> Vec<(String, UploadEvent)> {
    let mut all = vec![
        ("Start".to_owned(), UploadEvent::Start),
        ("Opened".to_owned(), UploadEvent::Opened(id())),
        ("PartSent".to_owned(), UploadEvent::PartSent(receipt(2))),
        ("AllSent".to_owned(), UploadEvent::AllSent(GOOD)),
        (
            "Stored, same checksum".to_owned(),
            UploadEvent::Stored { remote: remote(Some(GOOD)), digest: GOOD },
        ),
        ("Stored, no checksum".to_owned(), UploadEvent::Stored { remote: remote(None), digest: GOOD }),
        (
            "Stored, other checksum".to_owned(),
            UploadEvent::Stored { remote: remote(Some(BAD)), digest: GOOD },
        ),
        (
            "Resolved: ours".to_owned(),
            UploadEvent::Resolved(Found::Ours { remote: remote(Some(GOOD)), digest: GOOD }),
        ),
        ("Resolved: other".to_owned(), UploadEvent::Resolved(Found::Other)),
        ("Resolved: nothing".to_owned(), UploadEvent::Resolved(Found::Nothing)),
        ("Verified, same".to_owned(), UploadEvent::Verified(GOOD)),
        ("Verified, other".to_owned(), UploadEvent::Verified(BAD)),
        ("SourceChanged".to_owned(), UploadEvent::SourceChanged),
        ("Aborted".to_owned(), UploadEvent::Aborted),
        ("Pause".to_owned(), UploadEvent::Pause),
        ("Resume".to_owned(), UploadEvent::Resume),
        ("Cancel".to_owned(), UploadEvent::Cancel),
    ];
    for kind in kinds() {
        all.push((
            format!("Fault {kind:?}"),
            UploadEvent::Fault(Fault { kind, retry_at: Some(Timestamp(9)) }),
        ));
        all.push((
            format!("Fault {kind:?}, no tries left"),
            UploadEvent::Fault(Fault { kind, retry_at: None }),
        ));
    }
    all
}

fn label(state: &Upload) -> String {
    match state {
        Upload::Resolving { upload, cancelled, .. } => match (upload.is_some(), cancelled) {
            (true, false) => "Resolving (id open)".into(),
            (false, false) => "Resolving".into(),
            (true, true) => "Resolving (id open, cancelled)".into(),
            (false, true) => "Resolving (cancelled)".into(),
        },
        Upload::Aborting { then: AfterAbort::Restart, .. } => "Aborting, then again".into(),
        Upload::Aborting { then: AfterAbort::End(ending), .. } => format!("Aborting, then {ending:?}"),
        Upload::Waiting { resume, until, .. } => {
            let until = match until {
                WaitFor::Time(_) => "a moment",
                WaitFor::Network => "network",
                WaitFor::User => "person",
                WaitFor::Credentials => "login",
            };
            format!("Waiting for {until}, then {}", resume.name())
        }
        Upload::Ended(ending) => format!("Ended {ending:?}"),
        other => other.name().into(),
    }
}

fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::Save => "save",
        Effect::Put => "put",
        Effect::Open => "open",
        Effect::SendParts => "send parts",
        Effect::Complete => "complete",
        Effect::Resolve => "resolve",
        Effect::Verify => "verify",
        Effect::Abort(_) => "abort",
        Effect::CommitBase { .. } => "commit base",
        Effect::Wake(_) => "wake",
    }
}

#[test]
fn the_table_in_the_docs_is_the_reducer() {
    let mut text = String::from(
        "# Upload: every state and every event\n\nWritten by `UPDATE_TABLES=1 cargo nextest run -p windlass-domain`, checked by the same test. Pairs that are\nnot here are refused (`NotAllowed`): such an event is a late answer, and the engine drops it.\n",
    );
    for state in states() {
        let _ = write!(
            text,
            "\n## {}\n\n| event | new state | effects, in order |\n|---|---|---|\n",
            label(&state)
        );
        for (name, event) in events() {
            if let Ok(next) = step(&spec(1 << 30), state.clone(), event) {
                let effects: Vec<_> = next.effects.iter().map(effect).collect();
                let _ = writeln!(text, "| {name} | {} | {} |", label(&next.state), effects.join(", "));
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/upload-states.md");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        kept, text,
        "docs/upload-states.md is not current: run with UPDATE_TABLES=1 and read the difference"
    );
}

#[test]
fn hc2_the_id_is_saved_before_the_first_part_and_every_effect_after_a_save() {
    for state in states() {
        for (name, event) in events() {
            let Ok(next) = step(&spec(1 << 30), state.clone(), event) else { continue };
            let acts = next.effects.iter().any(|e| {
                matches!(
                    e,
                    Effect::Put | Effect::Open | Effect::SendParts | Effect::Complete | Effect::Abort(_)
                )
            });
            let first = next.effects.first();
            // CommitBase is itself the one durable write.
            let durable_first = matches!(first, Some(Effect::Save | Effect::CommitBase { .. }));
            assert!(!acts || durable_first, "{} + {name}: {:?}", state.name(), next.effects);
        }
    }
}

#[test]
fn hb12_other_bytes_are_never_committed() {
    for state in states() {
        for event in
            [UploadEvent::Stored { remote: remote(Some(BAD)), digest: GOOD }, UploadEvent::Verified(BAD)]
        {
            if let Ok(next) = step(&spec(1), state.clone(), event) {
                assert_eq!(next.state, Upload::Ended(Ending::Failed(FailureCode::StoredBytesDiffer)));
            }
        }
    }
}

#[test]
fn hb5_a_lost_answer_to_complete_is_asked_about_not_guessed() {
    let completing = Upload::Completing { upload: id(), done: BTreeMap::new(), digest: GOOD };
    for kind in
        [FaultKind::Network, FaultKind::NoSuchUpload, FaultKind::PreconditionFailed, FaultKind::Throttled]
    {
        let fault = UploadEvent::Fault(Fault { kind, retry_at: Some(Timestamp(9)) });
        let mut next = step(&spec(1 << 30), completing.clone(), fault).unwrap().state;
        if matches!(next, Upload::Waiting { .. }) {
            next = step(&spec(1 << 30), next, UploadEvent::Resume).unwrap().state;
        }
        assert!(matches!(next, Upload::Resolving { digest: Some(GOOD), .. }), "{kind:?}: {next:?}");
    }
    assert!(matches!(completing.recovered(), Upload::Resolving { .. }), "and the same after a kill");
}

#[test]
fn hb2_a_409_on_complete_starts_again_with_a_new_id() {
    let completing = Upload::Completing { upload: id(), done: BTreeMap::new(), digest: GOOD };
    let fault = Fault { kind: FaultKind::ConditionalConflict, retry_at: Some(Timestamp(9)) };
    let next = step(&spec(1 << 30), completing, UploadEvent::Fault(fault)).unwrap();
    assert!(next.effects.contains(&Effect::Abort(id())));
    let next = step(&spec(1 << 30), next.state, UploadEvent::Aborted).unwrap();
    assert_eq!(next.state, Upload::Queued);
    assert!(matches!(step(&spec(1 << 30), next.state, UploadEvent::Start).unwrap().state, Upload::Opening));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn whatever_happens_no_id_is_forgotten_and_only_proof_commits(
        small in any::<bool>(), picks in proptest::collection::vec(0usize..200, 1..40)
    ) {
        let spec = spec(if small { 1000 } else { 1 << 30 });
        let all = events();
        let mut state = Upload::Queued;
        let mut open: Option<UploadId> = None;
        for pick in picks {
            let (_, event) = all[pick % all.len()].clone();
            let proof = match &event {
                UploadEvent::Stored { remote, digest } => remote.digest == Some(*digest),
                UploadEvent::Resolved(Found::Ours { .. }) => true,
                UploadEvent::Verified(seen) => *seen == GOOD,
                _ => false,
            };
            if let UploadEvent::Opened(id) = &event && matches!(state, Upload::Opening) {
                open = Some(id.clone());
            }
            let gone = matches!(&event, UploadEvent::Aborted | UploadEvent::Stored { .. })
                || matches!(&event, UploadEvent::Fault(Fault { kind: FaultKind::NoSuchUpload | FaultKind::BucketMissing, .. }));
            // A crash between any two steps changes nothing of this.
            let before = state.clone().recovered();
            let Ok(next) = step(&spec, state.clone(), event) else { continue };
            if gone {
                open = None;
            }
            if next.state == Upload::Ended(Ending::Committed) {
                prop_assert!(proof, "committed without proof from {before:?}");
                let committed = matches!(next.effects.first(), Some(Effect::CommitBase { .. }));
                prop_assert!(committed);
            }
            if let Some(id) = &open {
                let given_back = next.effects.iter().any(|e| matches!(e, Effect::Abort(_)));
                prop_assert!(
                    next.state.upload_id() == Some(id) || given_back,
                    "{id} forgotten: {:?} -> {:?}", before, next.state
                );
                if given_back && next.state.upload_id().is_none() {
                    open = None;
                }
            }
            state = next.state;
            if matches!(state, Upload::Ended(_)) {
                break;
            }
        }
    }
}

#[test]
fn keys_in_a_spec_are_keys() {
    assert_eq!(spec(1).key, ObjectKey::parse("jobs/a.jpg").unwrap());
}

/// Found by the simulator (seed 7131): it was sent again and again, without a pause, to a key that had nothing to replace.
#[test]
fn regression_what_was_to_be_replaced_is_gone_and_the_folder_decides_anew() {
    let spec = UploadSpec { expect: RemoteExpect::Unchanged(ETag::new("\"old\"")), ..spec(10) };
    let resolving = |upload| Upload::Resolving { upload, digest: Some(GOOD), cancelled: false };
    let nothing = || UploadEvent::Resolved(Found::Nothing);
    let next = step(&spec, resolving(None), nothing()).unwrap();
    assert_eq!(next.state, Upload::Ended(Ending::Superseded));
    let next = step(&spec, resolving(Some(id())), nothing()).unwrap();
    assert_eq!(
        next.state,
        Upload::Aborting { upload: id(), then: AfterAbort::End(Ending::Superseded) },
        "and the upload id is given back"
    );
}

#[test]
fn sizes_at_which_the_way_up_changes() {
    let begun = |size: u64| {
        let begun = step(&spec(size), Upload::Queued, UploadEvent::Start).unwrap();
        (spec(size).single(), begun.state, begun.effects.contains(&Effect::Save))
    };
    assert_eq!((QUIET_BELOW, SINGLE_PUT_BELOW), (1 << 20, 16 << 20));
    assert_eq!(begun(QUIET_BELOW - 1), (true, Upload::Putting, false));
    assert_eq!(begun(QUIET_BELOW), (true, Upload::Putting, true));
    assert_eq!(begun(SINGLE_PUT_BELOW - 1), (true, Upload::Putting, true));
    assert_eq!(begun(SINGLE_PUT_BELOW), (false, Upload::Opening, true));
}

/// The journal keeps receipts in rows of their own: a state is the same after they were taken out and put back.
#[test]
fn receipts_come_back_into_the_states_that_have_them() {
    let mut with = 0;
    for state in states() {
        let done = state.done().cloned();
        let inner = match &state {
            Upload::Waiting { resume, .. } => resume.as_ref(),
            other => other,
        };
        let has = matches!(inner, Upload::Sending { .. } | Upload::Completing { .. });
        assert_eq!(done.is_some(), has, "{state:?}");
        let other = BTreeMap::from([(7, receipt(7))]);
        let mut changed = state.clone();
        changed.restore_parts(other.clone());
        assert_eq!(changed.done(), has.then_some(&other), "{state:?}");
        if let Some(done) = done {
            assert_eq!(done, BTreeMap::from([(1, receipt(1))]), "{state:?}");
            changed.restore_parts(done);
            with += 1;
        }
        assert_eq!(changed, state);
    }
    assert!(with >= 3, "{with}");
}

#[test]
fn what_a_store_says_of_its_checksum_decides_what_follows() {
    let other_kind = Digest::Sha256([1; 32]);
    let stored = |size: u64, seen: Option<Digest>| {
        let event = UploadEvent::Stored { remote: remote(seen), digest: GOOD };
        step(&spec(size), Upload::Putting, event).unwrap()
    };
    assert_eq!(stored(1, Some(GOOD)).state, Upload::Ended(Ending::Committed));
    let wrong = Upload::Ended(Ending::Failed(FailureCode::StoredBytesDiffer));
    assert_eq!(stored(1, Some(BAD)).state, wrong);
    // Another kind says nothing, nor does none: the bytes are looked at, and a short file's look is not worth a write.
    for seen in [None, Some(other_kind)] {
        for (size, effects) in
            [(QUIET_BELOW - 1, vec![Effect::Verify]), (QUIET_BELOW, vec![Effect::Save, Effect::Verify])]
        {
            let step = stored(size, seen);
            assert!(matches!(step.state, Upload::Verifying { .. }), "{seen:?}");
            assert_eq!(step.effects, effects, "{size} {seen:?}");
        }
    }
}

#[test]
fn an_event_that_cannot_be_is_named() {
    let error = step(&spec(1), Upload::Queued, UploadEvent::Aborted).unwrap_err();
    assert!(error.to_string().contains("Aborted"), "{error}");
}
