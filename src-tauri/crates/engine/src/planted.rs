//! Mistakes that can be planted, to test the tests: the simulator must catch every one. Compiled only with the feature
//! `planted`, which no program of ours has; without it [`is`] is always false and costs nothing.

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// None.
    None,
    /// A PUT without its condition (hazard HB1): whatever is there is replaced.
    PutWithoutCondition,
    /// A Complete without its condition (hazard HB1).
    CompleteWithoutCondition,
    /// The answer to a write is proof enough (hazard HB12).
    BelievesTheAnswer,
    /// Receipts from before a crash count without being compared with the file (hazard HA2).
    BelievesReceipts,
    /// The file is not looked at again after its last byte was read (hazard HA1).
    NotLookedAtAgain,
    /// The settle rule is skipped (hazard HA1).
    DoesNotSettle,
    /// The folder's marker is not looked at (hazards HA6, HA7).
    AnyFolderWillDo,
    /// An upload id that is gone means that it was completed (hazard HB5).
    GoneMeansDone,
    /// The upload id is not saved before the first part (hazard HC2).
    ForgetsTheId,
    /// The base is written before the store was asked (invariant I2).
    BaseBeforeProof,
    /// What is at the key is taken for ours when its size is right (hazard HB5).
    SizeIsEnough,
    /// A paused folder goes on (invariant I14).
    IgnoresPause,
    /// Uploads that were open when the process died are not taken up again.
    ForgetsOpenUploads,
    /// Uploads that somebody opened and nobody noted are not given back (hazard HB24).
    DoesNotSweep,
    /// Upload ids are not given back (hazard HB24).
    DoesNotGiveBack,
    /// Another time of last write is a change (hazard HA5).
    TouchIsAChange,
    /// Nobody is asked, however much is deleted (invariant I16).
    NoBrake,
    /// "Bring it back" is taken for "go on" (invariant I16).
    RestoreMeansGo,
    /// What one listing does not show is gone, and nobody asks the object itself (hazard HB16).
    OneListingIsEnough,
    /// A listing without the marker object proves absence (hazard HB17).
    NoMarkerNeeded,
    /// A DELETE without its condition: whatever is there goes (invariant I5).
    DeleteWithoutCondition,
    /// Without versions, a delete keeps no copy (hazard HB21).
    NoTrashCopy,
    /// Deletes do not move the epoch on (hazard HC7).
    EpochStays,
    /// A journal that is older than the folder counts (hazard HC7).
    OldJournalIsFine,
    /// A copy of the folder at its path counts as the folder (hazard HA7).
    AnyCopyWillDo,
    /// Uploads that are open when a folder merges prove what they hold (hazard HA7).
    MergesOverUploads,
    /// What came is not compared with what was to come (hazard HB12).
    PublishesUnverified,
    /// A download replaces whatever is at its path by then (hazard HA31).
    ReplacesWhatIsThere,
    /// So does a move to the trash (hazard HA31).
    TrashesWhatIsThere,
    /// Intents are written down when it is over (invariant I7).
    IntentAfterEffect,
    /// A conflict is settled by throwing the local file away (hazard HD1).
    ConflictTakesTheirs,
    /// Equal sizes are equal contents (invariant I2).
    AdoptsBySize,
    /// A download that fails leaves its temporary file (hazard HA32).
    LeavesTemps,
    /// Another checksum of the stored bytes does not matter (hazard HB12).
    AnyChecksumWillDo,
    /// Nobody is asked, however much is replaced (invariant I16).
    OverwritesUnasked,
    /// What was deleted a moment ago does not count (invariant I16).
    BrakeForgets,
    /// An answer counts for whatever is asked by now (invariant I16).
    AnyAnswerWillDo,
    /// What lies in a folder that cannot be read is gone (hazard HA9).
    UnreadableIsEmpty,
    /// An event here proves what is missing there (invariant I6).
    EventProvesThere,
    /// What a person leaves out from now on is gone (hazard HD10).
    IgnoredIsGone,
    /// Our own objects are synced like any other (invariant I13).
    SyncsItsOwn,
    /// A file of the same size keeps its checksum (hazard HA3).
    SizeKeepsChecksum,
    /// So does an object (invariant I2).
    SizeKeepsTheirChecksum,
    /// A download goes on with whatever version is there by then (hazard HB29).
    SplicesVersions,
    /// A body that ends early is whole (hazard HB12).
    ShortIsWhole,
    /// A renamed file is not read: it is what it was under its old name (hazard HA3).
    MovesUnread,
    /// A new object that has the size of one that is gone is that one (hazard HB11).
    RenamedBySize,
    /// A rename there replaces whatever is at the new key (invariant I4).
    MovesOverWhatIsThere,
    /// What a stop left open is not looked at (invariant I7).
    ForgetsOpenIntents,
    /// A name for a conflict that is taken is tried again (hazard HD3).
    TriesTakenNames,
    /// The epoch is durable before the intents that it is for (hazard HC7).
    EpochApart,
    /// Taking a delete back replaces what is there by then (invariant I4).
    UndoReplaces,
    /// A file that is seen for long enough lies still (hazard HA1).
    GrowsAndIsStill,
    /// Credentials that were refused once are never asked about again (invariant I14).
    NobodyAsksAgain,
    /// A delete there beats an edit here (hazard HD2).
    DeleteBeatsEdit,
    /// A mirror up replaces what others put into the bucket (invariant I4).
    MirrorUpReplaces,
    /// A mirror down takes away what is only here (invariant I6).
    MirrorDownTakesOwn,
    /// What is cancelled while it waits goes on waiting (hazard HB24).
    CancelWaits,
    /// A transfer of a folder that failed is tried again as it was (invariant I4).
    RetriesAsItWas,
    /// An open upload that the server dates before its transfer is another's, though the clock was set back (invariant I15).
    TrustsItsClock,
    /// What came down is taken for unchanged when its size and time of last write are ours (hazard HA3).
    BelievesItsOwnTime,
    /// An id that may still be open is given back after the end was noted (invariant I15).
    GivesBackAfterwards,
    /// Only what one round replaces counts (hazard HD7).
    OneRoundCounts,
    /// Names that the disk takes for one are told apart (hazards HA16, HA17).
    TwinsAreTold,
    /// The source of a move goes without a look at its copy.
    JobDeletesUnproved,
    /// The cursor of a job moves before its objects do (invariant I7).
    JobCursorFirst,
    /// A copy is not noted before its source goes (invariant I7).
    JobNotesLate,
    /// What is at the destination is taken for ours when its size is right (hazard HB5).
    JobBelievesSizes,
    /// The source of a move goes in whatever version it is (invariant I4).
    JobDeletesAnyVersion,
}

impl Bug {
    /// Mistakes of jobs, which `tests/jobs` has to catch.
    pub const JOBS: [Self; 5] = [
        Self::JobDeletesUnproved,
        Self::JobCursorFirst,
        Self::JobNotesLate,
        Self::JobBelievesSizes,
        Self::JobDeletesAnyVersion,
    ];

    /// All mistakes.
    pub const ALL: [Self; 64] = [
        Self::PutWithoutCondition,
        Self::CompleteWithoutCondition,
        Self::BelievesTheAnswer,
        Self::BelievesReceipts,
        Self::NotLookedAtAgain,
        Self::DoesNotSettle,
        Self::AnyFolderWillDo,
        Self::GoneMeansDone,
        Self::ForgetsTheId,
        Self::BaseBeforeProof,
        Self::SizeIsEnough,
        Self::IgnoresPause,
        Self::ForgetsOpenUploads,
        Self::DoesNotSweep,
        Self::DoesNotGiveBack,
        Self::TouchIsAChange,
        Self::NoBrake,
        Self::RestoreMeansGo,
        Self::OneListingIsEnough,
        Self::NoMarkerNeeded,
        Self::DeleteWithoutCondition,
        Self::NoTrashCopy,
        Self::EpochStays,
        Self::OldJournalIsFine,
        Self::AnyCopyWillDo,
        Self::MergesOverUploads,
        Self::PublishesUnverified,
        Self::ReplacesWhatIsThere,
        Self::TrashesWhatIsThere,
        Self::IntentAfterEffect,
        Self::ConflictTakesTheirs,
        Self::AdoptsBySize,
        Self::LeavesTemps,
        Self::AnyChecksumWillDo,
        Self::OverwritesUnasked,
        Self::BrakeForgets,
        Self::AnyAnswerWillDo,
        Self::UnreadableIsEmpty,
        Self::EventProvesThere,
        Self::IgnoredIsGone,
        Self::SyncsItsOwn,
        Self::SizeKeepsChecksum,
        Self::SizeKeepsTheirChecksum,
        Self::SplicesVersions,
        Self::ShortIsWhole,
        Self::MovesUnread,
        Self::RenamedBySize,
        Self::MovesOverWhatIsThere,
        Self::ForgetsOpenIntents,
        Self::TriesTakenNames,
        Self::EpochApart,
        Self::UndoReplaces,
        Self::GrowsAndIsStill,
        Self::NobodyAsksAgain,
        Self::DeleteBeatsEdit,
        Self::MirrorUpReplaces,
        Self::MirrorDownTakesOwn,
        Self::CancelWaits,
        Self::RetriesAsItWas,
        Self::TrustsItsClock,
        Self::BelievesItsOwnTime,
        Self::GivesBackAfterwards,
        Self::OneRoundCounts,
        Self::TwinsAreTold,
    ];
}

#[cfg(feature = "planted")]
mod chosen {
    use std::cell::Cell;

    use windlass_domain::sync::{Op, Seen, SyncPlan};
    use windlass_domain::words::FailureCode;
    use windlass_domain::{Mode, Observed, RemoteExpect};

    use super::Bug;

    thread_local! {
        static BUG: Cell<Bug> = const { Cell::new(Bug::None) };
    }

    /// From now on this thread's engines make this mistake.
    pub fn plant(bug: Bug) {
        BUG.set(bug);
    }

    pub(crate) fn is(bug: Bug) -> bool {
        BUG.get() == bug
    }

    /// Mistakes of the planner.
    pub(crate) fn spoil(mode: Mode, seen: &[Seen], plan: &mut SyncPlan) {
        for one in seen {
            let Observed::Present(local) = &one.local else { continue };
            let (path, local) = (one.path.clone(), local.clone());
            let at = plan.ops.iter().position(|op| *op.path() == path);
            let op = match (BUG.get(), at.and_then(|at| plan.ops.get(at)), &one.remote) {
                (Bug::DeleteBeatsEdit, Some(Op::Upload { .. }), Observed::Absent) if one.base.is_some() => {
                    Op::TrashLocal { path, local }
                }
                (
                    Bug::MirrorUpReplaces,
                    Some(Op::Show { code: FailureCode::ReceiverChanged, .. }),
                    Observed::Present(remote),
                ) => Op::Upload { path, local, expect: RemoteExpect::of(remote) },
                (Bug::MirrorDownTakesOwn, None, Observed::Absent)
                    if mode == Mode::MirrorDown && one.base.is_none() =>
                {
                    Op::TrashLocal { path, local }
                }
                _ => continue,
            };
            match at.and_then(|at| plan.ops.get_mut(at)) {
                Some(place) => *place = op,
                None => plan.ops.push(op),
            }
        }
    }
}

#[cfg(feature = "planted")]
pub use chosen::plant;
#[cfg(feature = "planted")]
pub(crate) use chosen::{is, spoil};

/// Whether this mistake is to be made.
#[cfg(not(feature = "planted"))]
pub(crate) const fn is(_: Bug) -> bool {
    false
}

/// Lets the planner make its mistakes.
#[cfg(not(feature = "planted"))]
pub(crate) const fn spoil(
    _: windlass_domain::Mode,
    _: &[windlass_domain::sync::Seen],
    _: &mut windlass_domain::sync::SyncPlan,
) {
}
