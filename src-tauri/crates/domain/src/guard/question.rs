//! A name for exactly what was asked.
use crate::decide::{LocalExpect, RemoteExpect};
use crate::state::LocalState;
use crate::sync::{Op, SyncPlan};

/// A stable number (FNV-1a, its upper 53 bits, so that SQLite and JavaScript hold it too) over every delete and overwrite of the plan, in order: its kind, its path, and the
/// version or file that it takes away. An answer to one question is none to another.
#[must_use]
pub fn question_id(plan: &SyncPlan) -> u64 {
    let mut hash = Fnv::default();
    for op in &plan.ops {
        match op {
            Op::DeleteRemote { path, remote } => {
                hash.text("delete").text(path.as_str()).text(remote.etag.as_str()).number(remote.size);
            }
            Op::TrashLocal { path, local } => hash.text("trash").text(path.as_str()).file(local),
            Op::Upload { path, expect: RemoteExpect::Unchanged(etag), .. } => {
                hash.text("replace there").text(path.as_str()).text(etag.as_str());
            }
            Op::Download { path, expect: LocalExpect::Unchanged(local), .. } => {
                hash.text("replace here").text(path.as_str()).file(local);
            }
            Op::Upload { expect: RemoteExpect::Absent, .. }
            | Op::Download { expect: LocalExpect::Absent, .. }
            | Op::MoveRemote { .. }
            | Op::MoveLocal { .. }
            | Op::Adopt { .. }
            | Op::Forget { .. }
            | Op::Compare { .. }
            | Op::KeepBoth { .. }
            | Op::Show { .. } => {}
        }
    }
    hash.0 >> 11
}

/// Fowler, Noll, Vo: the standard library's hash may change with its version.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.bytes(&number.to_le_bytes());
        self
    }

    /// With its length, so that two texts are not taken for two others.
    fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as u64).bytes(text.as_bytes());
        self
    }

    /// As [`LocalState::same_snapshot`] sees it.
    fn file(&mut self, local: &LocalState) {
        self.number(local.size)
            .number(local.mtime.0.cast_unsigned())
            .number(local.ctime.0.cast_unsigned())
            .number(local.file_id.device)
            .number(local.file_id.inode);
    }
}
