//! Some ten thousand keys that came one after the other: names as text, by prefix, and columns beside them.
use windlass_domain::search::{Kind, Limits};
use windlass_domain::{Timestamp, search};

use crate::{Entry, fold, split};

/// Most rows of a segment.
const ROWS: usize = 1 << 16;
/// Most text of one; a key has at most a kilobyte.
const TEXT: usize = 2 << 20;
/// Kinds beyond those of [`Kind`].
const FOLDER: u8 = 254;
const GONE: u8 = 255;
/// A change that has no time.
const NO_TIME: u32 = u32::MAX;

/// Keys of one prefix that follow each other.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// Prefix as it is; it ends in `/` or is empty.
    pub(crate) prefix: Box<str>,
    /// Folded, where that is another text.
    folded: Option<Box<str>>,
    /// First row.
    pub(crate) row: usize,
    /// Where its first name begins in the text.
    pub(crate) start: usize,
}

impl Block {
    pub(crate) fn folded(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.prefix)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Segment {
    first_id: u32,
    /// Line break, then each name folded with a line break behind it.
    pub(crate) text: Vec<u8>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) sizes: Vec<u64>,
    times: Vec<u32>,
    classes: Vec<u8>,
    kinds: Vec<u8>,
    /// Bytes of all prefixes.
    prefixes: usize,
}

impl Segment {
    pub(crate) fn new(first_id: u32) -> Self {
        Self {
            first_id,
            text: vec![b'\n'],
            blocks: Vec::new(),
            sizes: Vec::new(),
            times: Vec::new(),
            classes: Vec::new(),
            kinds: Vec::new(),
            prefixes: 0,
        }
    }

    pub(crate) const fn first_id(&self) -> u32 {
        self.first_id
    }

    /// The number after its last row's.
    pub(crate) fn end_id(&self) -> u32 {
        self.id(self.rows())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.sizes.len() >= ROWS || self.text.len() >= TEXT
    }

    pub(crate) fn rows(&self) -> usize {
        self.sizes.len()
    }

    pub(crate) fn bytes(&self) -> u64 {
        (self.text.len() + self.sizes.len() * 14 + self.blocks.len() * size_of::<Block>() + self.prefixes)
            as u64
    }

    pub(crate) fn push(&mut self, entry: &Entry<'_>, class: u8) {
        let (prefix, name) = split(entry.key);
        if self.blocks.last().is_none_or(|block| &*block.prefix != prefix) {
            let folded = fold(prefix);
            self.prefixes += prefix.len();
            self.blocks.push(Block {
                folded: (folded != prefix).then(|| folded.into()),
                prefix: prefix.into(),
                row: self.sizes.len(),
                start: self.text.len(),
            });
        }
        let name = fold(name);
        self.text.extend_from_slice(name.as_bytes());
        self.text.push(b'\n');
        self.sizes.push(entry.size);
        let seconds = entry.modified.map(|at| u32::try_from(at.millis().div_euclid(1000)));
        self.times.push(seconds.and_then(Result::ok).unwrap_or(NO_TIME));
        self.classes.push(class);
        self.kinds.push(if entry.folder { FOLDER } else { Kind::of(&name) as u8 });
    }

    /// A number that nothing has.
    pub(crate) fn push_gone(&mut self) {
        if self.blocks.is_empty() {
            self.blocks.push(Block { prefix: "".into(), folded: None, row: 0, start: self.text.len() });
        }
        self.text.push(b'\n');
        self.sizes.push(0);
        self.times.push(NO_TIME);
        self.classes.push(u8::MAX);
        self.kinds.push(GONE);
    }

    pub(crate) fn remove(&mut self, id: u32) {
        let row = id.checked_sub(self.first_id).and_then(|row| usize::try_from(row).ok());
        if let Some(kind) = row.and_then(|row| self.kinds.get_mut(row)) {
            *kind = GONE;
        }
    }

    pub(crate) fn measure(&self, under: &str) -> (u64, u64) {
        let mut sum = (0_u64, 0_u64);
        for (place, block) in self.blocks.iter().enumerate() {
            if !block.prefix.starts_with(under) {
                continue;
            }
            let end = self.blocks.get(place + 1).map_or(self.rows(), |next| next.row);
            let rows = self.kinds.iter().zip(&self.sizes).take(end).skip(block.row);
            for (_, size) in rows.filter(|(kind, _)| **kind < FOLDER) {
                sum = (sum.0 + 1, sum.1.saturating_add(*size));
            }
        }
        sum
    }

    pub(crate) fn id(&self, row: usize) -> u32 {
        self.first_id.saturating_add(u32::try_from(row).unwrap_or(u32::MAX))
    }

    pub(crate) fn size_of(&self, id: u32) -> u64 {
        id.checked_sub(self.first_id)
            .and_then(|row| usize::try_from(row).ok())
            .map_or(0, |row| self.size(row))
    }

    pub(crate) fn size(&self, row: usize) -> u64 {
        self.sizes.get(row).copied().unwrap_or(0)
    }

    pub(crate) fn fits(&self, row: usize, filter: &Filter<'_>) -> bool {
        match self.kinds.get(row) {
            None | Some(&GONE) => false,
            Some(_) if filter.free => true,
            Some(&FOLDER) => false,
            Some(&kind) => {
                let time = self.times.get(row).copied().filter(|at| *at != NO_TIME);
                filter.limits.fits_size(self.size(row))
                    && filter.limits.fits_time(time.map(|at| Timestamp::from_millis(i64::from(at) * 1000)))
                    && (filter.limits.kinds.is_empty()
                        || filter.limits.kinds.iter().any(|k| *k as u8 == kind))
                    && self
                        .classes
                        .get(row)
                        .and_then(|c| filter.classes.get(usize::from(*c)))
                        .is_none_or(|fits| *fits)
            }
        }
    }
}

/// Limits, with what they say of each class.
#[derive(Debug)]
pub(crate) struct Filter<'a> {
    limits: &'a Limits,
    classes: Vec<bool>,
    /// Whether everything fits.
    free: bool,
}

impl<'a> Filter<'a> {
    pub(crate) fn new(limits: &'a search::Limits, classes: &[String]) -> Self {
        let nothing = Limits { safe: limits.safe, ..Limits::default() };
        Self {
            limits,
            classes: classes.iter().map(|class| limits.fits_class(class)).collect(),
            free: *limits == nothing,
        }
    }

    /// Whether one of the endings is there.
    pub(crate) fn ends(&self, name: &[u8]) -> bool {
        let ends = |ending: &String| {
            name.strip_suffix(ending.as_bytes()).is_some_and(|rest| rest.last() == Some(&b'.'))
        };
        self.limits.endings.is_empty() || self.limits.endings.iter().any(ends)
    }

    pub(crate) fn endings(&self) -> &[String] {
        &self.limits.endings
    }
}
