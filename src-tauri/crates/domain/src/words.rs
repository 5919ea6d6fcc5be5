//! Causes of failures that a person can act on, with plain words: what happened, what it means, what to do.
use serde::{Deserialize, Serialize};

/// Why a file is not Safe and will not become so by itself. Stored in the journal by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// A different object is at the key.
    DifferentObjectThere,
    /// The file changed after it had been uploaded.
    ChangedAfterUpload,
    /// The store's bytes are not the file's.
    StoredBytesDiffer,
    /// Bytes were damaged on the way, again and again.
    CorruptedInTransit,
    /// The identity may not write there.
    AccessDenied,
    /// No such bucket.
    BucketMissing,
    /// The file or folder cannot be read.
    Unreadable,
    /// A pipe, socket or device.
    NotAFile,
    /// A symbolic link.
    Link,
    /// Its name cannot be a key, or a key not a name.
    NameNotAllowed,
    /// Larger than S3 takes.
    TooLarge,
    /// The file may be read, and not moved, replaced or put there.
    Immovable,
    /// No space left.
    DiskFull,
    /// The server cannot protect the write.
    NotSupported,
    /// A person cancelled it.
    Cancelled,
    /// Somebody changed it on the side that only receives.
    ReceiverChanged,
    /// Another name here differs from it only by case or by how its letters are composed.
    NameTwin,
    /// The object is archived; it has to be restored before it can be read.
    Archived,
    /// Anything else.
    Unexpected,
}

/// Words for a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub title: &'static str,
    /// What it means and what to do.
    pub advice: &'static str,
    /// Whether trying again makes sense once the person has acted.
    pub can_retry: bool,
}

impl FailureCode {
    /// Every cause, in the order shown.
    pub const ALL: [Self; 19] = [
        Self::DifferentObjectThere,
        Self::ChangedAfterUpload,
        Self::StoredBytesDiffer,
        Self::CorruptedInTransit,
        Self::AccessDenied,
        Self::BucketMissing,
        Self::Unreadable,
        Self::NotAFile,
        Self::Link,
        Self::NameNotAllowed,
        Self::TooLarge,
        Self::Immovable,
        Self::DiskFull,
        Self::NotSupported,
        Self::Cancelled,
        Self::ReceiverChanged,
        Self::NameTwin,
        Self::Archived,
        Self::Unexpected,
    ];

    /// Its stable text, as in the journal and in JSON output.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DifferentObjectThere => "different_object_there",
            Self::ChangedAfterUpload => "changed_after_upload",
            Self::StoredBytesDiffer => "stored_bytes_differ",
            Self::CorruptedInTransit => "corrupted_in_transit",
            Self::AccessDenied => "access_denied",
            Self::BucketMissing => "bucket_missing",
            Self::Unreadable => "unreadable",
            Self::NotAFile => "not_a_file",
            Self::Link => "link",
            Self::NameNotAllowed => "name_not_allowed",
            Self::TooLarge => "too_large",
            Self::Immovable => "immovable",
            Self::DiskFull => "disk_full",
            Self::NotSupported => "not_supported",
            Self::Cancelled => "cancelled",
            Self::ReceiverChanged => "receiver_changed",
            Self::NameTwin => "name_twin",
            Self::Archived => "archived",
            Self::Unexpected => "unexpected",
        }
    }

    /// The cause with this text.
    #[must_use]
    pub fn from_code(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.code() == text)
    }

    /// Its words.
    #[must_use]
    pub const fn words(self) -> Words {
        let (title, advice, can_retry) = match self {
            Self::DifferentObjectThere => (
                "A different object is already there",
                "The object in the bucket was left as it is, and so was the file here. Rename the file, or choose another prefix, then try again.",
                true,
            ),
            Self::ChangedAfterUpload => (
                "Changed after it was uploaded",
                "The version that was uploaded is safe. This folder only adds files, so the new version stays on this computer. Save it under another name to upload it too.",
                false,
            ),
            Self::StoredBytesDiffer => (
                "The bucket holds other bytes than this file",
                "What was stored does not match what was read here, so the file is not safe. Keep the file, and check the disk and the server before you try again.",
                true,
            ),
            Self::CorruptedInTransit => (
                "Damaged on the way, several times",
                "The server refused the bytes because their checksum was wrong. Nothing was stored. A proxy or a bad network card may change data; try another network.",
                true,
            ),
            Self::AccessDenied => (
                "The bucket does not allow it",
                "This login may not send, fetch or delete it there. Nothing was changed on either side. Ask whoever owns the bucket for the right, then try again.",
                true,
            ),
            Self::BucketMissing => (
                "The bucket is not there",
                "It may have been removed or renamed. The files are unchanged on this computer. Check the bucket's name, then try again.",
                true,
            ),
            Self::Unreadable => (
                "Cannot be read on this computer",
                "Windlass may not open it, or the disk reports an error. Check its permissions and the disk, then try again.",
                true,
            ),
            Self::NotAFile => (
                "Not a regular file",
                "Pipes, sockets and devices hold nothing to upload and were left out.",
                false,
            ),
            Self::Link => (
                "A link to somewhere else",
                "Links are not followed, so nothing outside this folder is uploaded by mistake. Copy the file here if it should go up.",
                false,
            ),
            Self::NameNotAllowed => (
                "The name is not possible on the other side",
                "Shorten or change the name, then try again. Keys have at most 1,024 bytes.",
                true,
            ),
            Self::TooLarge => (
                "Larger than S3 takes",
                "One object can have at most 48.8 TiB. Split the file to upload it.",
                false,
            ),
            Self::Immovable => (
                "Cannot be changed on this computer",
                "Windlass may not move or replace the file or write beside it, or the disk reports an error. Nothing of it was lost. Check its permissions, and whether another program holds it, then try again.",
                true,
            ),
            Self::DiskFull => (
                "No space left on this computer",
                "Nothing half-written was kept. Free some space, then try again.",
                true,
            ),
            Self::NotSupported => (
                "This server cannot protect the change",
                "It ignores the condition that keeps the work of others from being replaced or deleted, so nothing was changed there. Let the bucket keep versions, or see what the server supports on its connection page.",
                true,
            ),
            Self::Cancelled => (
                "You cancelled it",
                "The file is unchanged on this computer and not in the bucket. Try again when it should go up after all.",
                true,
            ),
            Self::ReceiverChanged => (
                "Changed on the side that only receives",
                "This folder goes one way, and somebody changed the copy. Both were left as they are. Keep the copy under another name, or remove it, and the folder goes on.",
                true,
            ),
            Self::NameTwin => (
                "Another name here is the same to this disk",
                "Two names differ only in capital letters or in how their letters are composed, and this disk can hold one of them. The first was kept; the other stays where it is. Rename one of them.",
                true,
            ),
            Self::Archived => (
                "Archived in the bucket",
                "It is in a storage class that cannot be read at once. Nothing is lost. Restore it from the archive, then it is fetched.",
                true,
            ),
            Self::Unexpected => (
                "Something unexpected happened",
                "The files are unchanged on this computer. Try again; if it stays, the details help whoever runs the server.",
                true,
            ),
        };
        Words { title, advice, can_retry }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_code_of_its_own_and_says_what_to_do() {
        for cause in FailureCode::ALL {
            assert_eq!(FailureCode::from_code(cause.code()), Some(cause));
            assert!(!cause.words().title.is_empty() && cause.words().advice.ends_with('.'));
        }
    }
}
