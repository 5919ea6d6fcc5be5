//! The five checksums of S3: choosing, computing, combining and comparing them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

/// One checksum algorithm of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Algo {
    /// CRC-32 (ISO-HDLC).
    Crc32,
    /// CRC-32C.
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algo {
    /// All of them, in the order S3 documents them.
    pub(crate) const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The name S3 uses in headers and documents.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// Finds an algorithm by its S3 name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// The request or trailer header that carries it.
    pub(crate) fn header(self) -> String {
        format!("x-amz-checksum-{}", self.name().to_ascii_lowercase())
    }

    /// Length of the raw digest.
    const fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The CRC parameters, for the algorithms that can be combined from parts.
    const fn crc(self) -> Option<crc_fast::CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(crc_fast::CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(crc_fast::CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(crc_fast::CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }
}

/// Whether a multipart checksum covers the object or the checksums of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Over all bytes of the object.
    FullObject,
    /// Over the digests of the parts, written with `-N` behind it.
    Composite,
}

impl Kind {
    /// The name S3 uses.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    /// Finds a kind by its S3 name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::FullObject, Self::Composite].into_iter().find(|k| k.name() == name)
    }
}

/// Base64 values, one per algorithm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Checksums {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) crc32: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) crc32c: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) crc64nvme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
}

impl Checksums {
    /// The value of one algorithm.
    pub(crate) fn get(&self, algo: Algo) -> Option<&str> {
        match algo {
            Algo::Crc32 => self.crc32.as_deref(),
            Algo::Crc32c => self.crc32c.as_deref(),
            Algo::Crc64Nvme => self.crc64nvme.as_deref(),
            Algo::Sha1 => self.sha1.as_deref(),
            Algo::Sha256 => self.sha256.as_deref(),
        }
    }

    /// Sets the value of one algorithm.
    pub(crate) fn set(&mut self, algo: Algo, value: Option<String>) {
        match algo {
            Algo::Crc32 => self.crc32 = value,
            Algo::Crc32c => self.crc32c = value,
            Algo::Crc64Nvme => self.crc64nvme = value,
            Algo::Sha1 => self.sha1 = value,
            Algo::Sha256 => self.sha256 = value,
        }
    }

    /// Algorithms that have a value.
    pub(crate) fn algos(&self) -> Vec<Algo> {
        Algo::ALL.into_iter().filter(|a| self.get(*a).is_some()).collect()
    }

    /// Keeps only `algos`.
    pub(crate) fn only(&self, algos: &[Algo]) -> Self {
        let mut kept = Self::default();
        for algo in algos {
            kept.set(*algo, self.get(*algo).map(str::to_owned));
        }
        kept
    }

    /// Refuses when the client sent a value that is not what the bytes have.
    ///
    /// # Errors
    /// `BadDigest` for another value, `InvalidRequest` for one that cannot be a digest of that algorithm.
    pub(crate) fn verify_sent(&self, sent: &Self) -> S3Result<()> {
        for algo in Algo::ALL {
            let Some(want) = sent.get(algo) else { continue };
            if STANDARD.decode(want).map_or(true, |raw| raw.len() != algo.length()) {
                return Err(s3_error!(InvalidRequest, "Value for {} header is invalid.", algo.header()));
            }
            if self.get(algo) != Some(want) {
                return Err(s3_error!(
                    BadDigest,
                    "The {} you specified did not match the calculated checksum.",
                    algo.name()
                ));
            }
        }
        Ok(())
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A hasher for exactly these algorithms.
pub(crate) fn hasher(algos: &[Algo]) -> ChecksumHasher {
    let mut hasher = ChecksumHasher::default();
    for algo in algos {
        match algo {
            Algo::Crc32 => hasher.crc32 = Some(s3s::crypto::Crc32::new()),
            Algo::Crc32c => hasher.crc32c = Some(s3s::crypto::Crc32c::new()),
            Algo::Crc64Nvme => hasher.crc64nvme = Some(s3s::crypto::Crc64Nvme::new()),
            Algo::Sha1 => hasher.sha1 = Some(s3s::crypto::Sha1::new()),
            Algo::Sha256 => hasher.sha256 = Some(s3s::crypto::Sha256::new()),
        }
    }
    hasher
}

/// The values of a finished hasher.
pub(crate) fn finish(hasher: ChecksumHasher) -> Checksums {
    let sums = hasher.finalize();
    Checksums {
        crc32: sums.checksum_crc32,
        crc32c: sums.checksum_crc32c,
        crc64nvme: sums.checksum_crc64nvme,
        sha1: sums.checksum_sha1,
        sha256: sums.checksum_sha256,
    }
}

/// The checksum of a multipart object from those of its parts (`(base64, size)` in order); `None` if one is missing.
pub(crate) fn of_parts(algo: Algo, kind: Kind, parts: &[(Option<&str>, u64)]) -> Option<String> {
    match kind {
        Kind::FullObject => combine(algo, parts),
        Kind::Composite => composite(algo, parts),
    }
}

fn combine(algo: Algo, parts: &[(Option<&str>, u64)]) -> Option<String> {
    let crc = algo.crc()?;
    let mut all: Option<u64> = None;
    for (value, size) in parts {
        let raw = STANDARD.decode((*value)?).ok()?;
        let one = raw.iter().fold(0_u64, |acc, byte| (acc << 8) | u64::from(*byte));
        all = Some(match all {
            None => one,
            Some(so_far) => crc_fast::checksum_combine(crc, so_far, one, *size),
        });
    }
    let bytes = all?.to_be_bytes();
    Some(STANDARD.encode(bytes.get(bytes.len().checked_sub(algo.length())?..)?))
}

fn composite(algo: Algo, parts: &[(Option<&str>, u64)]) -> Option<String> {
    let mut over = hasher(&[algo]);
    for (value, _) in parts {
        over.update(&STANDARD.decode((*value)?).ok()?);
    }
    Some(format!("{}-{}", finish(over).get(algo)?, parts.len()))
}

/// Copies the five values into any S3 structure that has the five fields.
macro_rules! put_checksums {
    ($target:expr, $sums:expr) => {{
        let sums: &$crate::checksum::Checksums = $sums;
        $target.checksum_crc32 = sums.crc32.clone();
        $target.checksum_crc32c = sums.crc32c.clone();
        $target.checksum_crc64nvme = sums.crc64nvme.clone();
        $target.checksum_sha1 = sums.sha1.clone();
        $target.checksum_sha256 = sums.sha256.clone();
    }};
}
pub(crate) use put_checksums;

/// Reads the five values out of any S3 structure that has the five fields.
macro_rules! take_checksums {
    ($source:expr) => {
        $crate::checksum::Checksums {
            crc32: $source.checksum_crc32.clone(),
            crc32c: $source.checksum_crc32c.clone(),
            crc64nvme: $source.checksum_crc64nvme.clone(),
            sha1: $source.checksum_sha1.clone(),
            sha256: $source.checksum_sha256.clone(),
        }
    };
}
pub(crate) use take_checksums;
