//! Why an object was left as it was.
use serde::{Deserialize, Serialize};

use crate::words::Words;

/// Why a job left an object. Stored by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Something else is at the destination.
    Taken,
    /// Another object of the same job goes to the same key.
    Twin,
    /// What is at the destination is itself one of the objects of the job.
    InTheWay,
    /// It is at its destination already.
    SamePlace,
    /// The new key would be longer than 1,024 bytes.
    KeyTooLong,
    /// It kept changing.
    Changed,
    /// It was not there any more.
    Gone,
    /// Its bytes are in an archive class and cannot be copied before they are restored.
    Archived,
    /// It is encrypted with a key that only its owner has (SSE-C), or the server does not say what it is.
    CustomerKey,
    /// The identity may not.
    Denied,
    /// It was copied, and the original may not be deleted: a lock, a hold, or a right that is missing.
    Locked,
    /// It is locked: kept until a moment, or by a legal hold.
    Protected,
    /// It is kept longer or more firmly already than what was asked for.
    KeptFirmer,
    /// It was copied, and the original was changed meanwhile.
    Newer,
    /// The server cannot do it.
    Unsupported,
    /// The copy is not what was copied.
    Damaged,
    /// It replaced something that cannot be brought back.
    Replaced,
    /// The server answered something that nobody planned for.
    Unexpected,
}

impl Cause {
    /// Every cause, in the order shown.
    pub const ALL: [Self; 18] = [
        Self::Damaged,
        Self::Taken,
        Self::InTheWay,
        Self::Twin,
        Self::Changed,
        Self::Newer,
        Self::Locked,
        Self::Protected,
        Self::KeptFirmer,
        Self::Denied,
        Self::Archived,
        Self::CustomerKey,
        Self::KeyTooLong,
        Self::SamePlace,
        Self::Gone,
        Self::Replaced,
        Self::Unsupported,
        Self::Unexpected,
    ];

    /// Its text, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Twin => "twin",
            Self::InTheWay => "in_the_way",
            Self::SamePlace => "same_place",
            Self::KeyTooLong => "key_too_long",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Archived => "archived",
            Self::CustomerKey => "customer_key",
            Self::Denied => "denied",
            Self::Locked => "locked",
            Self::Protected => "protected",
            Self::KeptFirmer => "kept_firmer",
            Self::Newer => "newer",
            Self::Unsupported => "unsupported",
            Self::Damaged => "damaged",
            Self::Replaced => "replaced",
            Self::Unexpected => "unexpected",
        }
    }

    /// From its text.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }

    /// What happened, what it means, what to do.
    #[must_use]
    pub const fn words(self) -> Words {
        let (title, advice, can_retry) = match self {
            Self::Taken => (
                "Something else is at the destination",
                "Both were left as they are. Choose another place, or say that both are kept or the other is replaced.",
                false,
            ),
            Self::Twin => (
                "Two of the chosen objects would get the same key",
                "The first went there, this one was left where it is. Give one of them another name first.",
                false,
            ),
            Self::InTheWay => (
                "The place is taken by an object that goes elsewhere itself",
                "Nothing was replaced. Do it again once that object has gone.",
                true,
            ),
            Self::SamePlace => ("It is there already", "Nothing was to be done.", false),
            Self::KeyTooLong => (
                "The new key would be too long",
                "S3 allows 1,024 bytes. It was left where it is. Choose a shorter destination.",
                false,
            ),
            Self::Changed => {
                ("It was being changed", "It was left as it is. Do it again when nobody writes to it.", true)
            }
            Self::Gone => (
                "It was not there any more",
                "Somebody else moved or deleted it after the plan was made.",
                false,
            ),
            Self::Archived => (
                "It is archived",
                "It cannot be copied before it is restored from the archive, and was left as it is.",
                true,
            ),
            Self::CustomerKey => (
                "The server does not show it without the key it was encrypted with",
                "It was left as it is. Use a program that has the key.",
                false,
            ),
            Self::Denied => {
                ("You may not do this here", "It was left as it is. Ask whoever owns the bucket.", true)
            }
            Self::Locked => (
                "It was copied, and the original could not be deleted",
                "Both are kept: a lock, a legal hold or a missing right protects the original.",
                true,
            ),
            Self::Protected => (
                "It is locked",
                "A retention or a legal hold keeps it, so it was not destroyed. It can go once the retention is over and the hold is taken away.",
                false,
            ),
            Self::KeptFirmer => (
                "It is kept longer or more firmly already",
                "Its lock was left as it is, because a lock is never weakened here.",
                false,
            ),
            Self::Newer => (
                "It was copied, and the original was changed meanwhile",
                "Both are kept, the copy as it was before the change. Look at both and delete one.",
                false,
            ),
            Self::Unsupported => ("This server cannot do it", "It was left as it is.", false),
            Self::Damaged => (
                "The copy is not what was copied",
                "The original was kept. Delete the copy, then try again.",
                true,
            ),
            Self::Replaced => (
                "It replaced something that cannot be brought back",
                "It was left as it is. Where the bucket keeps versions, the older one is still there.",
                false,
            ),
            Self::Unexpected => (
                "The server gave an answer that nobody planned for",
                "It was left as it is. Try again later.",
                true,
            ),
        };
        Words { title, advice, can_retry }
    }
}
