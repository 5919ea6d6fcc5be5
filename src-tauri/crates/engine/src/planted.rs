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
    /// What lies in a folder that cannot be read is gone (hazard HA9).
    UnreadableIsAbsent,
    /// Equal sizes are equal contents (invariant I2).
    AdoptsBySize,
    /// A download that fails leaves its temporary file (hazard HA32).
    LeavesTemps,
    /// Another checksum of the stored bytes does not matter (hazard HB12).
    AnyChecksumWillDo,
}

impl Bug {
    /// All mistakes.
    pub const ALL: [Self; 33] = [
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
        Self::PublishesUnverified,
        Self::ReplacesWhatIsThere,
        Self::TrashesWhatIsThere,
        Self::IntentAfterEffect,
        Self::ConflictTakesTheirs,
        Self::UnreadableIsAbsent,
        Self::AdoptsBySize,
        Self::LeavesTemps,
        Self::AnyChecksumWillDo,
    ];
}

#[cfg(feature = "planted")]
mod chosen {
    use std::cell::Cell;

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
}

#[cfg(feature = "planted")]
pub(crate) use chosen::is;
#[cfg(feature = "planted")]
pub use chosen::plant;

/// Whether this mistake is to be made.
#[cfg(not(feature = "planted"))]
pub(crate) const fn is(_: Bug) -> bool {
    false
}
