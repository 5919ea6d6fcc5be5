//! Counts what was ever committed, so that a phase which no run reaches is seen.
use std::collections::BTreeMap;

use windlass_domain::{Ending, Upload};
use windlass_ports::{FileState, JournalWrite};

use super::VirtualJournal;

impl VirtualJournal {
    /// What was committed so far, by name, and how often; what was set back afterwards counts, too.
    #[must_use]
    pub fn told(&self) -> BTreeMap<String, u64> {
        self.state().told.clone()
    }
}

/// A name for what is written.
pub(super) fn name_of(write: &JournalWrite) -> Option<String> {
    Some(match write {
        JournalWrite::SaveIntent(intent) if intent.ended.is_none() => format!("intent {:?}", intent.kind),
        JournalWrite::EndIntent { end, .. } => format!("intent ended {end:?}"),
        JournalWrite::SaveUpload { state: Upload::Ended(Ending::Failed(_)), .. } => {
            "upload ended Failed".to_owned()
        }
        JournalWrite::SaveUpload { state: Upload::Ended(ending), .. } => format!("upload ended {ending:?}"),
        JournalWrite::SaveUpload { state, .. } => format!("upload {}", state.name()),
        JournalWrite::SaveBrake(_, Some(brake)) => match brake.answer {
            None => "brake".to_owned(),
            Some(answer) => format!("brake answered {answer:?}"),
        },
        JournalWrite::SaveBase { .. } => "base".to_owned(),
        JournalWrite::ForgetBase(..) => "base forgotten".to_owned(),
        JournalWrite::ForgetBases(..) => "bases forgotten".to_owned(),
        JournalWrite::NoteMerge(_, merged) => format!("merge {:?}", merged.why),
        JournalWrite::SaveFile { state: FileState::Failed(_), .. } => "file Failed".to_owned(),
        JournalWrite::SaveFile { state, .. } => format!("file {state:?}"),
        JournalWrite::ForgetFile(..) => "file forgotten".to_owned(),
        JournalWrite::SavePart(..) => "part".to_owned(),
        _ => return None,
    })
}
