//! What a disk may lose.
//!
//! A file has a durable content and changes that wait for a sync. When the power fails, each sector is what it was after some
//! number of the waiting changes to it, and the next of them may have been written in part; the length is what it was after
//! some number of them, whichever sectors were written. Making and deleting a file waits for a sync of the folder, and each
//! name is on its own. Bytes outside of what was written are never harmed: SQLite counts on that on Unix and Windows
//! (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`).
use std::collections::BTreeMap;

use windlass_testkit::Rng;

/// One call that changed something.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// A file was made.
    Create { name: String, file: usize },
    /// Bytes were written.
    Write { file: usize, at: u64, bytes: Vec<u8> },
    /// It was made shorter or longer.
    Truncate { file: usize, len: u64 },
    /// It was synced. `folder`: its folder, too, as SQLite does with the first sync of a journal or WAL that it made.
    Sync { file: usize, folder: bool },
    /// A name was removed; `folder`: durably.
    Delete { name: String, folder: bool },
}

/// Which syncs the disk only claims to do: to show that a test that needs them finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// None.
    Honest,
    /// All.
    NoSync,
    /// Those of the WAL.
    NoSyncOfWal,
    /// Those of everything but the WAL.
    NoSyncOfDatabase,
    /// Those of the folder.
    NoSyncOfFolder,
}

/// How the power fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Everything that was not synced is gone.
    Lost,
    /// Everything is there.
    Kept,
    /// By chance, in sectors of this many bytes.
    Torn {
        /// Bytes of a sector.
        sector: u64,
        /// Repeats it.
        seed: u64,
    },
}

/// Files by name.
pub type Image = BTreeMap<String, Vec<u8>>;

/// A number for bytes, to tell contents apart. Here, because this crate is optimised in a debug build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Print(u64);

impl Default for Print {
    fn default() -> Self {
        Self(0x6a09_e667_f3bc_c908)
    }
}

impl Print {
    /// Takes bytes in; where they end counts.
    pub fn add(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        rest.iter().for_each(|byte| self.word(u64::from(*byte)));
        self.word(bytes.len() as u64);
    }

    /// Takes a whole image in.
    pub fn add_image(&mut self, image: &Image) {
        for (name, bytes) in image {
            self.add(name.as_bytes());
            self.add(bytes);
        }
    }

    const fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 29;
    }
}

#[derive(Debug, Clone, Default)]
struct File {
    durable: Vec<u8>,
    /// Numbers of changes.
    waiting: Vec<usize>,
}

/// The state of a disk.
#[derive(Debug, Clone, Default)]
struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    /// Per name, what it stood for after each change of the folder that waits.
    waiting: BTreeMap<String, Vec<Option<usize>>>,
    /// Name of each file, for [`Lies`].
    is_wal: Vec<bool>,
}

/// Everything that happened, in order.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    pub(crate) start: Image,
    pub(crate) changes: Vec<Change>,
    /// After how many changes something was promised, in order.
    pub(crate) promises: Vec<usize>,
}

impl Trace {
    /// Calls that changed something.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.changes.len()
    }

    /// Nothing happened.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Calls that synced.
    #[must_use]
    pub fn syncs(&self) -> usize {
        self.changes.iter().filter(|change| matches!(change, Change::Sync { .. })).count()
    }

    /// How many promises were given before the call number `at`.
    #[must_use]
    pub fn promised(&self, at: usize) -> usize {
        self.promises.partition_point(|promise| *promise <= at)
    }

    /// Goes through all places where the power can fail: before each call, and after the last.
    pub fn cuts(&self, lies: Lies, mut see: impl FnMut(usize, &dyn Fn(Cut) -> Image)) {
        let mut disk = Disk::default();
        for (name, bytes) in &self.start {
            disk.add(name, bytes.clone());
        }
        for at in 0..=self.changes.len() {
            see(at, &|cut| disk.after(&self.changes, cut));
            if let Some(change) = self.changes.get(at) {
                disk.apply(at, change, &self.changes, lies);
            }
        }
    }
}

/// What a change does to a content.
fn change(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes: new, .. } => {
            let at = usize::try_from(*at).unwrap_or(usize::MAX);
            if bytes.len() < at + new.len() {
                bytes.resize(at + new.len(), 0);
            }
            if let Some(place) = bytes.get_mut(at..at + new.len()) {
                place.copy_from_slice(new);
            }
        }
        Change::Truncate { len, .. } => bytes.resize(usize::try_from(*len).unwrap_or(usize::MAX), 0),
        Change::Create { .. } | Change::Sync { .. } | Change::Delete { .. } => {}
    }
}

impl Disk {
    fn add(&mut self, name: &str, durable: Vec<u8>) {
        self.names.insert(name.to_owned(), self.files.len());
        self.files.push(File { durable, waiting: Vec::new() });
        self.is_wal.push(name.ends_with("-wal"));
    }

    fn apply(&mut self, number: usize, what: &Change, changes: &[Change], lies: Lies) {
        match what {
            Change::Create { name, file } => {
                self.files.resize_with(file + 1, File::default);
                self.is_wal.resize(file + 1, false);
                if let Some(is_wal) = self.is_wal.get_mut(*file) {
                    *is_wal = name.ends_with("-wal");
                }
                self.waiting.entry(name.clone()).or_default().push(Some(*file));
            }
            Change::Write { file, .. } | Change::Truncate { file, .. } => {
                if let Some(file) = self.files.get_mut(*file) {
                    file.waiting.push(number);
                }
            }
            Change::Sync { file, folder } => {
                let is_wal = self.is_wal.get(*file).copied().unwrap_or_default();
                let lied = match lies {
                    Lies::Honest | Lies::NoSyncOfFolder => false,
                    Lies::NoSync => true,
                    Lies::NoSyncOfWal => is_wal,
                    Lies::NoSyncOfDatabase => !is_wal,
                };
                if let Some(file) = self.files.get_mut(*file).filter(|_| !lied) {
                    for waiting in file.waiting.drain(..).filter_map(|number| changes.get(number)) {
                        change(&mut file.durable, waiting);
                    }
                }
                if *folder && !matches!(lies, Lies::NoSync | Lies::NoSyncOfFolder) {
                    self.sync_folder();
                }
            }
            Change::Delete { name, folder } => {
                self.waiting.entry(name.clone()).or_default().push(None);
                if *folder && !matches!(lies, Lies::NoSync | Lies::NoSyncOfFolder) {
                    self.sync_folder();
                }
            }
        }
    }

    fn sync_folder(&mut self) {
        for (name, states) in std::mem::take(&mut self.waiting) {
            match states.last().copied().flatten() {
                Some(file) => self.names.insert(name, file),
                None => self.names.remove(&name),
            };
        }
    }

    fn after(&self, changes: &[Change], cut: Cut) -> Image {
        let mut rng = Rng::new(if let Cut::Torn { seed, .. } = cut { seed } else { 0 });
        let mut names = self.names.clone();
        for (name, states) in &self.waiting {
            let kept = match cut {
                Cut::Lost => 0,
                Cut::Kept => states.len(),
                Cut::Torn { .. } => pick(&mut rng, states.len()),
            };
            match kept.checked_sub(1).and_then(|last| states.get(last)) {
                None => {}
                Some(Some(file)) => drop(names.insert(name.clone(), *file)),
                Some(None) => drop(names.remove(name)),
            }
        }
        let content = |file: usize, rng: &mut Rng| {
            let Some(file) = self.files.get(file) else { return Vec::new() };
            let waiting: Vec<&Change> = file.waiting.iter().filter_map(|n| changes.get(*n)).collect();
            match cut {
                Cut::Lost => file.durable.clone(),
                Cut::Kept => {
                    let mut bytes = file.durable.clone();
                    waiting.iter().for_each(|one| change(&mut bytes, one));
                    bytes
                }
                Cut::Torn { sector, .. } => torn(&file.durable, &waiting, sector, rng),
            }
        };
        names.into_iter().map(|(name, file)| (name, content(file, &mut rng))).collect()
    }
}

/// How many of `waiting` changes are on the disk: often none or all.
fn pick(rng: &mut Rng, waiting: usize) -> usize {
    match rng.below(3) {
        0 => 0,
        1 => waiting,
        _ => usize::try_from(rng.below(waiting as u64 + 1)).unwrap_or_default(),
    }
}

fn torn(durable: &[u8], waiting: &[&Change], sector: u64, rng: &mut Rng) -> Vec<u8> {
    if waiting.is_empty() {
        return durable.to_vec();
    }
    let mut len = durable.len() as u64;
    let mut longest = len;
    let kept = pick(rng, waiting.len());
    for (number, one) in waiting.iter().enumerate() {
        let after = match one {
            Change::Write { at, bytes, .. } => len_after(at + bytes.len() as u64, len, number < kept),
            Change::Truncate { len, .. } if number < kept => *len,
            _ => len,
        };
        if number < kept {
            len = after;
        }
        longest =
            longest.max(if let Change::Write { at, bytes, .. } = one { at + bytes.len() as u64 } else { 0 });
    }
    let mut whole = durable.to_vec();
    whole.resize(usize::try_from(longest).unwrap_or(usize::MAX), 0);
    for number in 0..longest.div_ceil(sector) {
        let (from, to) = (number * sector, ((number + 1) * sector).min(longest));
        let here: Vec<Piece<'_>> = waiting.iter().filter_map(|one| piece(one, from, to)).collect();
        if here.is_empty() {
            continue;
        }
        let kept = pick(rng, here.len());
        for (number, one) in here.iter().enumerate().take(kept + 1) {
            // The next one was under way in one of three cuts.
            let part = if number < kept {
                one.bytes.len()
            } else if rng.below(3) == 0 {
                usize::try_from(rng.below(one.bytes.len() as u64 + 1)).unwrap_or_default()
            } else {
                0
            };
            let at = usize::try_from(one.at).unwrap_or(usize::MAX);
            if let (Some(place), Some(new)) = (whole.get_mut(at..at + part), one.bytes.get(..part)) {
                place.copy_from_slice(new);
            }
        }
    }
    whole.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
    whole
}

const fn len_after(end: u64, len: u64, kept: bool) -> u64 {
    if kept && end > len { end } else { len }
}

/// What a change writes into one sector.
struct Piece<'a> {
    at: u64,
    bytes: std::borrow::Cow<'a, [u8]>,
}

fn piece(change: &Change, from: u64, to: u64) -> Option<Piece<'_>> {
    match change {
        Change::Write { at, bytes, .. } => {
            let (start, end) = (from.max(*at), to.min(at + bytes.len() as u64));
            let place = usize::try_from(start.checked_sub(*at)?).ok()?
                ..usize::try_from(end.checked_sub(*at)?).ok()?;
            (start < end)
                .then(|| bytes.get(place))
                .flatten()
                .map(|bytes| Piece { at: start, bytes: bytes.into() })
        }
        Change::Truncate { len, .. } => {
            let start = from.max(*len);
            let zeros = usize::try_from(to.checked_sub(start)?).ok()?;
            (zeros > 0).then(|| Piece { at: start, bytes: vec![0; zeros].into() })
        }
        Change::Create { .. } | Change::Sync { .. } | Change::Delete { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(at: u64, bytes: &[u8]) -> Change {
        Change::Write { file: 0, at, bytes: bytes.to_vec() }
    }

    fn trace(changes: Vec<Change>) -> Trace {
        Trace { changes, ..Trace::default() }
    }

    fn last(trace: &Trace, lies: Lies, cut: Cut) -> Image {
        let mut last = Image::new();
        trace.cuts(lies, |_, image| last = image(cut));
        last
    }

    fn made() -> Vec<Change> {
        vec![
            Change::Create { name: "a-wal".into(), file: 0 },
            write(0, &[1; 8]),
            Change::Sync { file: 0, folder: true },
            write(4, &[2; 8]),
        ]
    }

    #[test]
    fn what_was_synced_stays_and_what_was_not_may_go() {
        let trace = trace(made());
        assert_eq!(last(&trace, Lies::Honest, Cut::Lost)["a-wal"], [1; 8]);
        assert_eq!(last(&trace, Lies::Honest, Cut::Kept)["a-wal"], [1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2]);
        assert!(last(&trace, Lies::NoSyncOfFolder, Cut::Lost).is_empty());
        assert_eq!(last(&trace, Lies::NoSyncOfWal, Cut::Lost)["a-wal"], []);
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..500 {
            let image = last(&trace, Lies::Honest, Cut::Torn { sector: 4, seed });
            let bytes = &image["a-wal"];
            assert_eq!(bytes[..4], [1; 4], "what was synced");
            assert!(bytes.len() == 8 || bytes.len() == 12, "{bytes:?}");
            seen.insert(bytes.clone());
        }
        for wanted in [
            vec![1; 8],
            vec![1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2],
            vec![1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0],
            vec![1, 1, 1, 1, 2, 1, 1, 1],
        ] {
            assert!(seen.contains(&wanted), "{wanted:?}");
        }
    }

    #[test]
    fn a_name_that_was_deleted_may_come_back_until_the_folder_is_synced() {
        let mut changes = made();
        changes.push(Change::Delete { name: "a-wal".into(), folder: false });
        let unsynced = trace(changes.clone());
        assert_eq!(last(&unsynced, Lies::Honest, Cut::Lost).len(), 1);
        assert_eq!(last(&unsynced, Lies::Honest, Cut::Kept).len(), 0);
        changes.push(Change::Create { name: "b".into(), file: 1 });
        changes.push(Change::Delete { name: "b".into(), folder: true });
        assert_eq!(last(&trace(changes), Lies::Honest, Cut::Lost).len(), 0);
    }

    #[test]
    fn a_file_cut_short_may_keep_its_length() {
        let mut changes = made();
        changes.push(Change::Truncate { file: 0, len: 2 });
        let trace = trace(changes);
        assert_eq!(last(&trace, Lies::Honest, Cut::Kept)["a-wal"], [1, 1]);
        assert_eq!(last(&trace, Lies::Honest, Cut::Lost)["a-wal"], [1; 8]);
        let lengths: std::collections::BTreeSet<_> = (0..200)
            .map(|seed| last(&trace, Lies::Honest, Cut::Torn { sector: 4, seed })["a-wal"].len())
            .collect();
        assert_eq!(lengths, [2, 8, 12].into());
    }
}
