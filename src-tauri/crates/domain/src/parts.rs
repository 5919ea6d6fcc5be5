//! How a file is cut into parts. Everything follows from the size and the part size alone, never from which parts
//! happen to be done (hazard HB9).
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::digest::Crc64Nvme;
use crate::key::ETag;

const MIB: u64 = 1024 * 1024;

/// Files below this go up in one request.
pub const SINGLE_PUT_BELOW: u64 = 16 * MIB;
/// Smallest part we choose; S3's own floor is 5 MiB for all parts but the last.
pub const MIN_PART: u64 = 8 * MIB;
/// Most parts an upload may have (AWS, "Multipart upload limits").
pub const MAX_PARTS: u64 = 10_000;
/// Largest part (AWS, "Multipart upload limits").
const MAX_PART: u64 = 5 * 1024 * MIB;
/// Parts we plan for at the most, so that rounding never meets the limit.
const PLANNED_PARTS: u64 = 9_500;
/// Largest object (AWS, "Multipart upload limits": 48.8 TiB).
pub const MAX_OBJECT: u64 = 10_000 * 5 * 1024 * MIB;

/// A plan of parts: fixed for the life of one upload id (hazard HB10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct PartPlan {
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of each part but the last.
    pub part_size: u64,
}

/// A plan as it was stored, by whomever.
#[derive(Deserialize)]
struct Stored {
    size: u64,
    part_size: u64,
}

/// No plan of ours: parts of nothing, larger than a part may be, or more than can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plan with parts of {part_size} bytes for {size} bytes")]
struct NoPlan {
    size: u64,
    part_size: u64,
}

impl TryFrom<Stored> for PartPlan {
    type Error = NoPlan;
    fn try_from(Stored { size, part_size }: Stored) -> Result<Self, NoPlan> {
        let good = part_size > 0 && part_size <= MAX_PART && size.div_ceil(part_size) <= u32::MAX as u64;
        if good { Ok(Self { size, part_size }) } else { Err(NoPlan { size, part_size }) }
    }
}

impl PartPlan {
    /// The plan for a file of `size` bytes: `max(8 MiB, size / 9,500)` rounded up to a whole MiB.
    #[must_use]
    pub const fn for_size(size: u64) -> Self {
        let needed = size.div_ceil(PLANNED_PARTS).div_ceil(MIB) * MIB;
        // Close to the largest object 9,500 parts would be over 5 GiB each; 10,000 of 5 GiB still hold it.
        let part_size = if needed > MAX_PART { MAX_PART } else { needed };
        Self { size, part_size: if part_size > MIN_PART { part_size } else { MIN_PART } }
    }

    /// Number of parts; an empty file has one.
    #[must_use]
    pub const fn count(&self) -> u32 {
        let parts = self.size.div_ceil(self.part_size);
        if parts == 0 { 1 } else { parts as u32 }
    }

    /// Bytes of part `number` (from 1). `None` when there is no such part.
    #[must_use]
    pub const fn range(&self, number: u32) -> Option<Range<u64>> {
        if number == 0 || number > self.count() {
            return None;
        }
        let start = (number as u64 - 1) * self.part_size;
        let end = start.saturating_add(self.part_size);
        let end = if end < self.size { end } else { self.size };
        Some(start..end)
    }
}

/// What the server said of a part, and what we computed over the bytes sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartReceipt {
    /// Number, from 1.
    pub number: u32,
    /// The part's ETag.
    pub etag: ETag,
    /// Checksum over the bytes we read for it.
    pub crc: Crc64Nvme,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stored_plan_that_is_none_is_refused() {
        let read = |size: u64, part_size: u64| {
            serde_json::from_str::<PartPlan>(&format!("{{\"size\":{size},\"part_size\":{part_size}}}"))
        };
        for (size, part_size) in [(1, 0), (0, 0), (1, u64::MAX), (u64::MAX, 1), (1, MAX_PART + 1)] {
            assert!(read(size, part_size).is_err(), "{part_size} of {size}");
        }
        for size in [0, 1, MAX_OBJECT, u64::MAX] {
            let plan = PartPlan::for_size(size);
            assert_eq!(
                serde_json::from_value::<PartPlan>(serde_json::to_value(plan).unwrap()).unwrap(),
                plan
            );
            assert_eq!(plan.range(plan.count()).unwrap().end, size);
        }
    }

    #[test]
    fn hb8_part_size_fits_every_size_that_s3_takes() {
        for size in [0, 1, MIN_PART, MIN_PART + 1, 80 * 1024 * MIB, 5 * 1024 * 1024 * MIB, MAX_OBJECT] {
            let plan = PartPlan::for_size(size);
            assert!(u64::from(plan.count()) <= MAX_PARTS, "{size}: {} parts", plan.count());
            assert!(plan.part_size >= 5 * MIB && plan.part_size <= 5 * 1024 * MIB, "{size}");
            assert_eq!(plan.part_size % MIB, 0);
        }
    }

    proptest! {
        #[test]
        fn hb8_never_more_than_10000_parts(size in 0..=MAX_OBJECT) {
            let plan = PartPlan::for_size(size);
            prop_assert!(u64::from(plan.count()) <= MAX_PARTS);
            prop_assert!(plan.part_size <= 5 * 1024 * MIB);
        }

        #[test]
        fn hb9_ranges_tile_the_file_whatever_is_done(size in 0u64..200 * MIB, part in 1u64..20 * MIB) {
            let plan = PartPlan { size, part_size: part.max(size / 5_000 + 1) };
            let mut next = 0;
            for number in 1..=plan.count() {
                let range = plan.range(number).unwrap();
                prop_assert_eq!(range.start, next);
                // A part's range is a function of its number alone: asking again, in any order, gives the same.
                prop_assert_eq!(plan.range(number), Some(range.clone()));
                next = range.end;
            }
            prop_assert_eq!(next, size);
            prop_assert_eq!(plan.range(0), None);
            prop_assert_eq!(plan.range(plan.count() + 1), None);
        }
    }
}
