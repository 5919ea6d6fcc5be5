//! Contents of files: bytes made from a tag, and a name for them that the oracle computes by itself.
use std::cell::RefCell;
use std::fmt;

use bytes::Bytes;

use crate::rng::Rng;

/// Up to here every byte counts for the name; beyond, eight bytes of every [`STRIDE`].
const WHOLE: usize = 64 * 1024;
/// Distance of the bytes that count in a long content.
pub(crate) const STRIDE: usize = 512;

/// Names a content. Not a checksum of the engine's: the oracle shares no code with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId(pub u64);

impl fmt::Debug for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:08x}", self.0 >> 32)
    }
}

/// Bytes with their name.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The bytes.
    pub bytes: Bytes,
    /// Their name.
    pub id: ContentId,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({} bytes)", self.id, self.bytes.len())
    }
}

thread_local! {
    /// Long contents are made once: a run over all crash points needs the same ones again and again.
    static LONG: RefCell<Vec<((u64, usize), Content)>> = const { RefCell::new(Vec::new()) };
}

impl Content {
    /// Names these bytes.
    #[must_use]
    pub fn of(bytes: Bytes) -> Self {
        let id = ContentId(name(&bytes));
        Self { bytes, id }
    }

    /// `len` bytes that belong to `tag`.
    #[must_use]
    pub fn made(tag: u64, len: usize) -> Self {
        if len <= WHOLE {
            return Self::of(make(tag, len));
        }
        LONG.with_borrow_mut(|kept| {
            if let Some((_, content)) = kept.iter().find(|(of, _)| *of == (tag, len)) {
                return content.clone();
            }
            let content = Self::of(make(tag, len));
            if kept.len() >= 8 {
                kept.remove(0);
            }
            kept.push(((tag, len), content.clone()));
            content
        })
    }

    /// Bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// No bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The same with one bit changed, at a place that counts for the name. Something of one byte when it was empty.
    #[must_use]
    pub fn flipped(&self, chance: &mut Rng) -> Self {
        let mut bytes = self.bytes.to_vec();
        if bytes.is_empty() {
            bytes.push(0);
        }
        let at = if bytes.len() <= WHOLE {
            chance.below(bytes.len() as u64) as usize
        } else {
            chance.below((bytes.len() / STRIDE) as u64) as usize * STRIDE
        };
        bytes[at] ^= 1 << chance.below(8);
        Self::of(bytes.into())
    }
}

fn make(tag: u64, len: usize) -> Bytes {
    let mut chance = Rng::new(tag ^ 0xC0FF_EE00);
    let mut bytes = vec![0; len];
    if len <= WHOLE {
        for slot in bytes.chunks_mut(8) {
            let word = chance.next().to_le_bytes();
            slot.copy_from_slice(&word[..slot.len()]);
        }
    } else {
        for slot in bytes.chunks_mut(STRIDE) {
            let word = chance.next().to_le_bytes();
            let end = slot.len().min(8);
            slot[..end].copy_from_slice(&word[..end]);
        }
    }
    bytes.into()
}

fn name(bytes: &[u8]) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325 ^ bytes.len() as u64;
    let mut take = |word: &[u8]| {
        let mut eight = [0; 8];
        eight[..word.len()].copy_from_slice(word);
        hash = (hash ^ u64::from_le_bytes(eight)).wrapping_mul(0x0000_0100_0000_01B3);
        hash ^= hash >> 29;
    };
    if bytes.len() <= WHOLE {
        bytes.chunks(8).for_each(&mut take);
    } else {
        bytes.chunks(STRIDE).for_each(|slot| take(&slot[..slot.len().min(8)]));
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_lengths_and_flipped_bits_have_names_of_their_own() {
        let mut chance = Rng::new(1);
        for len in [0, 1, 7, 8, 4096, WHOLE, WHOLE + 1, 17 * 1024 * 1024] {
            let content = Content::made(1, len);
            assert_eq!(content, Content::of(content.bytes.clone()));
            assert_ne!(content.id, content.flipped(&mut chance).id, "{len}");
            if len > 0 {
                assert_ne!(content.id, Content::made(2, len).id, "{len}");
            }
        }
    }
}
