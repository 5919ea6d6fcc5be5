//! The small picture inside a photo's EXIF block, found without decoding anything. Every offset comes from a stranger, so
//! every read is checked; whatever does not add up gives no picture.

/// Bytes of a file that are enough to hold its EXIF block.
pub(crate) const PEEK: u64 = 64 * 1024;
/// Entries of one directory that are looked at.
const MAX_ENTRIES: u16 = 512;

/// The JPEG thumbnail in the EXIF block of a JPEG file, given its first bytes.
#[must_use]
pub fn exif_thumbnail(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let (&[mark, kind], after) = rest.split_first_chunk::<2>()?;
        if mark != 0xFF {
            return None;
        }
        match kind {
            // Fill byte.
            0xFF => {
                rest = rest.get(1..)?;
                continue;
            }
            // The picture itself begins, or ends: no EXIF after this.
            0xDA | 0xD9 => return None,
            _ => {}
        }
        let (length, _) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let body = after.get(2..length)?;
        if kind == 0xE1
            && let Some(tiff) = body.strip_prefix(b"Exif\0\0")
        {
            return in_tiff(tiff);
        }
        rest = after.get(length..)?;
    }
}

#[derive(Clone, Copy)]
struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn u16(self, at: usize) -> Option<u16> {
        let raw = *self.bytes.get(at..)?.first_chunk::<2>()?;
        Some(if self.little { u16::from_le_bytes(raw) } else { u16::from_be_bytes(raw) })
    }

    fn u32(self, at: usize) -> Option<usize> {
        let raw = *self.bytes.get(at..)?.first_chunk::<4>()?;
        let value = if self.little { u32::from_le_bytes(raw) } else { u32::from_be_bytes(raw) };
        usize::try_from(value).ok()
    }

    /// Where the directory after the one at `at` begins.
    fn next(self, at: usize) -> Option<usize> {
        let count = self.u16(at)?;
        let next = self.u32(at.checked_add(2)?.checked_add(usize::from(count).checked_mul(12)?)?)?;
        (next != 0).then_some(next)
    }

    /// The LONG value of a tag in the directory at `at`.
    fn long(self, at: usize, tag: u16) -> Option<usize> {
        let count = self.u16(at)?.min(MAX_ENTRIES);
        (0..usize::from(count)).find_map(|i| {
            let entry = at.checked_add(2)?.checked_add(i.checked_mul(12)?)?;
            (self.u16(entry)? == tag && self.u16(entry.checked_add(2)?)? == 4)
                .then(|| self.u32(entry.checked_add(8)?))
                .flatten()
        })
    }
}

fn in_tiff(bytes: &[u8]) -> Option<&[u8]> {
    let little = match bytes.first_chunk::<4>()? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let tiff = Tiff { bytes, little };
    let second = tiff.next(tiff.u32(4)?)?;
    let start = tiff.long(second, 0x0201)?;
    let length = tiff.long(second, 0x0202)?;
    let picture = bytes.get(start..start.checked_add(length)?)?;
    (picture.starts_with(&[0xFF, 0xD8, 0xFF]) && picture.len() > 4).then_some(picture)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PICTURE: &[u8] = &[0xFF, 0xD8, 0xFF, 0xDB, 1, 2, 3, 4, 0xFF, 0xD9];

    fn sample(little: bool) -> Vec<u8> {
        let n16 = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let n32 = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let mut tiff = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        tiff.extend(n32(8));
        tiff.extend(n16(0));
        tiff.extend(n32(14));
        tiff.extend(n16(2));
        for (tag, value) in [(0x0201_u16, 44_u32), (0x0202, PICTURE.len() as u32)] {
            tiff.extend(n16(tag));
            tiff.extend(n16(4));
            tiff.extend(n32(1));
            tiff.extend(n32(value));
        }
        tiff.extend(n32(0));
        assert_eq!(tiff.len(), 44);
        tiff.extend(PICTURE);
        let mut file = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xE1];
        file.extend(((tiff.len() + 8) as u16).to_be_bytes());
        file.extend(b"Exif\0\0");
        file.extend(tiff);
        file.extend([0xFF, 0xDA, 0, 0]);
        file
    }

    #[test]
    fn finds_the_picture_in_either_byte_order() {
        assert_eq!(exif_thumbnail(&sample(true)), Some(PICTURE));
        assert_eq!(exif_thumbnail(&sample(false)), Some(PICTURE));
    }

    #[test]
    fn other_files_have_none() {
        for other in
            [&b""[..], b"\xFF", b"\x89PNG\r\n", b"\xFF\xD8", b"\xFF\xD8\xFF\xD9", b"\xFF\xD8\xFF\xFF\xFF"]
        {
            assert_eq!(exif_thumbnail(other), None);
        }
    }

    #[test]
    fn every_truncation_ends_without_a_picture_or_with_the_whole_one() {
        let file = sample(true);
        for len in 0..file.len() {
            let found = exif_thumbnail(&file[..len]);
            assert!(found.is_none() || found == Some(PICTURE));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = exif_thumbnail(&bytes);
        }

        #[test]
        fn a_damaged_file_never_panics(at in 0usize..96, value: u8, little: bool) {
            let mut file = sample(little);
            if let Some(byte) = file.get_mut(at) {
                *byte = value;
            }
            let _ = exif_thumbnail(&file);
        }
    }
}
