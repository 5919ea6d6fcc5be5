//! The capability probe's report, in words.
use windlass_domain::{Capabilities, Timestamp};

use crate::dto::{CapabilityLine, CapabilityReport, Support};

const fn support(found: windlass_domain::Support) -> Support {
    match found {
        windlass_domain::Support::Yes => Support::Yes,
        windlass_domain::Support::No => Support::No,
        windlass_domain::Support::Unknown => Support::Unknown,
    }
}

/// The report of what was found at this time.
#[must_use]
pub fn report(found: &Capabilities, at: Timestamp) -> CapabilityReport {
    let lines = [
        (
            "create_only_put",
            "Never replaces by mistake",
            found.create_only_put,
            "The server itself refuses to write over an object that is already there.",
            "The server does not protect objects from being replaced, so sync folders send nothing here.",
        ),
        (
            "create_only_complete",
            "Never replaces by mistake, large files",
            found.create_only_complete,
            "The same protection holds for large files sent in parts.",
            "Large files are not protected from replacing others, so they are not sent here.",
        ),
        (
            "match_put",
            "Replaces only the version that was seen",
            found.match_put,
            "A replacement is refused when someone else changed the object meanwhile.",
            "Replacing cannot be made safe here.",
        ),
        (
            "match_delete",
            "Deletes only the version that was seen",
            found.match_delete,
            "A delete is refused when someone else changed the object meanwhile.",
            "Windlass looks at each object right before it deletes it.",
        ),
        (
            "crc64nvme",
            "Proves stored bytes (CRC64NVME)",
            found.crc64nvme,
            "The server checks every upload and keeps its checksum, so a file becomes Safe at once.",
            "Windlass reads files back to prove them.",
        ),
        (
            "crc64nvme_multipart",
            "Proves large files (CRC64NVME)",
            found.crc64nvme_multipart,
            "The server checks the whole of a large file.",
            "Windlass reads large files back to prove them.",
        ),
        (
            "sha256",
            "SHA-256 checksums",
            found.sha256,
            "The server checks and keeps SHA-256.",
            "Not needed for what Windlass does.",
        ),
        (
            "content_md5",
            "Content-MD5",
            found.content_md5,
            "The server checks Content-MD5.",
            "Not needed where another checksum works.",
        ),
        (
            "multipart",
            "Resumable large uploads",
            found.multipart,
            "Large files go up in parts and go on after a break.",
            "Large files cannot be sent in parts here.",
        ),
        (
            "versioning",
            "Keeps old versions",
            found.versioning,
            "Deleted and replaced objects can be brought back.",
            "A deleted object is gone for good.",
        ),
        ("tagging", "Object tags", found.tagging, "Tags can be read.", "Tags are not shown."),
        (
            "exact_keys",
            "Keeps names exactly",
            found.exact_keys,
            "Every name is kept byte for byte.",
            "Some unusual names are changed by the server.",
        ),
    ];
    CapabilityReport {
        probed_at: at.millis(),
        lines: lines
            .into_iter()
            .map(|(code, name, found, yes, no)| {
                let support = support(found);
                CapabilityLine {
                    code: code.to_owned(),
                    name: name.to_owned(),
                    support,
                    note: match support {
                        Support::Yes => yes,
                        Support::No => no,
                        Support::Unknown => "It could not be tried here, so Windlass takes the careful way.",
                    }
                    .to_owned(),
                }
            })
            .collect(),
    }
}
