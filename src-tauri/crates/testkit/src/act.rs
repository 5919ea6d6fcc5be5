//! What others do while the engine runs.

/// One act. Paths are below the folder, or below the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A person writes a file (into the one that is there).
    Write {
        /// Path.
        path: String,
        /// Which content.
        tag: u64,
        /// Bytes.
        len: usize,
    },
    /// As editors write: a new file takes the name.
    Replace {
        /// Path.
        path: String,
        /// Which content.
        tag: u64,
        /// Bytes.
        len: usize,
    },
    /// Other bytes, as many as before; the time of last write is put back.
    KeepTime {
        /// Path.
        path: String,
        /// Which content.
        tag: u64,
    },
    /// No bytes are left, and the time of last write is put back: as some power cuts leave a file.
    Empty(String),
    /// A recorder appends: the file holds the first `len` bytes of what it will be.
    Grow {
        /// Path.
        path: String,
        /// Which content.
        tag: u64,
        /// Bytes so far.
        len: usize,
        /// That was all.
        last: bool,
    },
    /// The next call of this name fails like this, if it can.
    Fault(&'static str, crate::world::Fault),
    /// Every call of this name fails like this from now on, whatever else comes to rest.
    Always(&'static str, crate::world::Fault),
    /// Only the times change.
    Touch(String),
    /// A file or folder gets another name.
    Rename(String, String),
    /// A person deletes a file or folder; empty: everything.
    Delete(String),
    /// Another device puts an object.
    Put {
        /// Path.
        path: String,
        /// Which content.
        tag: u64,
        /// Bytes.
        len: usize,
    },
    /// Another device deletes an object or a folder of objects; empty: everything.
    Remove(String),
    /// The bucket is emptied and made anew.
    Recreate,
    /// An older version becomes current again.
    Restore(String),
    /// A lifecycle rule ends all open uploads.
    ExpireUploads,
    /// Somebody cleans up the engine's marker object.
    LoseMarker,
    /// The disk is pulled out.
    Unmount,
    /// It is back.
    Mount,
    /// Another disk lies at the same path.
    Swap,
    /// A copy of the folder is made, as backup programs do.
    Copy,
    /// The last copy is put in the place of the folder.
    PutBack,
    /// A folder cannot be read.
    Lock(String),
    /// It can again.
    Unlock(String),
    /// From the next start of the program on the disk cannot say what is at this path.
    Rot(String),
    /// It can again.
    Heal(String),
    /// So many bytes are free.
    Free(u64),
    /// The wall clock jumps by so many milliseconds.
    Jump(i64),
    /// The person pauses the folder.
    Pause,
    /// And goes on.
    Resume,
    /// The person answers the brake: it was meant.
    Go,
    /// The person answers the brake: bring it back.
    BringBack,
    /// The person takes back the last change that took something away.
    Undo,
    /// The person settles the last conflict: her own version keeps the name, or the bucket's.
    Settle {
        /// Her own.
        mine: bool,
    },
    /// The person leaves files of this name out from now on.
    Ignore(String),
    /// Waits until the engine has nothing left to do.
    Quiet,
    /// Only time passes.
    Wait(u64),
}

impl Act {
    /// Writes a file.
    #[must_use]
    pub fn write(path: &str, tag: u64, len: usize) -> Self {
        Self::Write { path: path.to_owned(), tag, len }
    }

    /// Another device puts an object.
    #[must_use]
    pub fn put(path: &str, tag: u64, len: usize) -> Self {
        Self::Put { path: path.to_owned(), tag, len }
    }
}
