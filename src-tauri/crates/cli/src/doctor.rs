//! `windlass doctor`: the staged connection test, then the capability probe.
use serde_json::json;
use windlass_domain::{Capabilities, Support};
use windlass_ports::RemoteBrowse as _;
use windlass_s3::{StepOutcome, TestStepResult};

use crate::address::Address;
use crate::args::{Common, Doctor};
use crate::exit::{Code, Failure};
use windlass_platform::SystemEntropy;
use windlass_ports::Entropy as _;

use crate::open;
use crate::output::Output;

pub(crate) async fn run(common: &Common, args: &Doctor, output: &Output) -> Result<Code, Failure> {
    let address = args.address.as_deref().map(Address::parse).transpose()?;
    let client = open::client(common).await?;
    let start_in = address.as_ref().map(|a| format!("{}/{}", a.bucket, a.prefix())).unwrap_or_default();
    let results = client.test(&start_in, &mut |step| print(&step, output)).await;
    if results.iter().any(|r| r.outcome == StepOutcome::Failed) {
        return Ok(Code::NeedsYou);
    }
    if let Some(address) = &address {
        let found = client
            .browse()
            .probe(
                &address.bucket,
                address.prefix().as_str(),
                &format!("doctor-{:016x}", SystemEntropy.next_u64()),
                0,
            )
            .await
            .map_err(|e| Failure::remote("The capability probe", &e))?;
        output.say("\nWhat this server was seen to do:");
        for (code, name, support) in lines(&found) {
            let word = match support {
                Support::Yes => "yes",
                Support::No => "no",
                Support::Unknown => "not known",
            };
            output.result(|| format!("  {word:<9} {name}"), &json!({ "capability": code, "support": word }));
        }
    }
    Ok(Code::Done)
}

fn print(step: &TestStepResult, output: &Output) {
    let mark = match step.outcome {
        StepOutcome::Passed => "ok",
        StepOutcome::Limited => "limited",
        StepOutcome::Failed => "FAILED",
        StepOutcome::Skipped => "skipped",
    };
    output.result(
        || {
            let mut text = format!("{mark:<8} {:?}: {}", step.step, step.message);
            if let Some(advice) = &step.advice {
                text.push_str(&format!("\n         {advice}"));
            }
            text
        },
        &json!({ "step": format!("{:?}", step.step), "outcome": mark, "message": step.message, "advice": step.advice, "millis": step.millis }),
    );
}

fn lines(c: &Capabilities) -> [(&'static str, &'static str, Support); 12] {
    [
        ("create_only_put", "Refuses to replace an object when told so (PUT)", c.create_only_put),
        (
            "create_only_complete",
            "Refuses to replace an object when told so (large uploads)",
            c.create_only_complete,
        ),
        ("match_put", "Replaces only the version that was seen", c.match_put),
        ("match_delete", "Deletes only the version that was seen", c.match_delete),
        ("crc64nvme", "Verifies and keeps CRC64NVME checksums", c.crc64nvme),
        ("crc64nvme_multipart", "Verifies CRC64NVME over whole large uploads", c.crc64nvme_multipart),
        ("sha256", "Verifies and keeps SHA-256 checksums", c.sha256),
        ("content_md5", "Verifies Content-MD5", c.content_md5),
        ("multipart", "Resumable large uploads", c.multipart),
        ("versioning", "Keeps old versions in this bucket", c.versioning),
        ("tagging", "Object tags", c.tagging),
        ("exact_keys", "Keeps every key byte for byte", c.exact_keys),
    ]
}
