//! Finds out what an endpoint really does, by trying. Nothing is assumed from its name, and everything written is
//! removed again.
mod sync;

use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};
use windlass_domain::lifecycle::Versioning;
use windlass_domain::{Bucket, Capabilities, Crc64Nvme, ETag, ObjectKey, RemoteExpect, Support};
use windlass_ports::{RemoteBrowse as _, RemoteError, RemoteErrorKind as Kind};

use crate::S3Client;
use crate::lanes::quoted;
use crate::store::{conditions, md5_base64, sha256_base64};

const BYTES: &[u8] = b"windlass looks what this server does\n";
/// The ETag of nothing.
const WRONG: &str = "\"00000000000000000000000000000000\"";

/// One attempt at a PUT: what it says besides the bytes.
#[derive(Debug, Default, Clone)]
struct Say {
    none_match: Option<String>,
    matched: Option<String>,
    crc: Option<String>,
    sha: Option<String>,
    md5: Option<String>,
}

struct Probe<'a> {
    client: &'a S3Client,
    bucket: &'a str,
    scratch: String,
    attempt: u64,
}

/// Times that a cleaning is tried.
const CLEANINGS: u32 = 4;

fn no_if(refused: bool) -> Support {
    if refused { Support::Yes } else { Support::No }
}

/// What the acceptance of a right value proves, after a wrong one was refused.
fn accepted<T>(result: &Result<T, RemoteError>) -> Support {
    match result {
        Ok(_) => Support::Yes,
        Err(error) if error.kind.is_passing() => Support::Unknown,
        Err(_) => Support::No,
    }
}

/// What a refusal of a wrong value proves: `wanted` kinds prove it; success disproves it; trouble proves nothing.
fn refusal<T>(result: &Result<T, RemoteError>, wanted: &[Kind]) -> Support {
    match result {
        Ok(_) => Support::No,
        Err(error) if wanted.contains(&error.kind) => Support::Yes,
        Err(error) if matches!(error.kind, Kind::Unsupported | Kind::BadRequest) => Support::No,
        Err(_) => Support::Unknown,
    }
}

impl Probe<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}{:x}-{name}", self.scratch, self.attempt)
    }

    async fn put(&self, key: &str, say: &Say) -> Result<String, RemoteError> {
        let out = self
            .client
            .call(self.bucket, |c| {
                // A bucket whose objects are locked takes none without a checksum.
                let plain = say.crc.is_none() && say.sha.is_none();
                let md5 = say.md5.clone().or_else(|| plain.then(|| md5_base64(BYTES)));
                c.put_object()
                    .bucket(self.bucket)
                    .key(key)
                    .body(BYTES.to_vec().into())
                    .set_if_none_match(say.none_match.clone())
                    .set_if_match(say.matched.clone())
                    .set_checksum_crc64_nvme(say.crc.clone())
                    .set_checksum_sha256(say.sha.clone())
                    .set_content_md5(md5)
                    .send()
            })
            .await?;
        Ok(out.e_tag().unwrap_or_default().to_owned())
    }

    /// The checksums HEAD gives: CRC-64/NVME and SHA-256.
    async fn kept(&self, key: &str) -> Result<(Option<String>, Option<String>), RemoteError> {
        let out = self
            .client
            .call(self.bucket, |c| {
                c.head_object().bucket(self.bucket).key(key).checksum_mode(ChecksumMode::Enabled).send()
            })
            .await?;
        Ok((out.checksum_crc64_nvme().map(str::to_owned), out.checksum_sha256().map(str::to_owned)))
    }

    /// A wrong checksum must be refused; a right one taken and, where `read` finds it, given back.
    async fn checksum(&self, name: &str, good: Say, bad: Say, given: Option<(bool, &str)>) -> Support {
        let refused = refusal(
            &self.put(&self.key(&format!("{name}-wrong")), &bad).await,
            &[Kind::Integrity, Kind::BadRequest],
        );
        if !refused.proved() {
            return refused;
        }
        let key = self.key(name);
        match self.put(&key, &good).await {
            Err(error) if error.kind.is_passing() => return Support::Unknown,
            Err(_) => return Support::No,
            Ok(_) => {}
        }
        let Some((crc, wanted)) = given else { return Support::Yes };
        match self.kept(&key).await {
            Ok((c, s)) => no_if(if crc { c } else { s }.as_deref() == Some(wanted)),
            Err(_) => Support::Unknown,
        }
    }

    async fn open(&self, key: &str, whole: bool) -> Result<String, RemoteError> {
        let out = self
            .client
            .call(self.bucket, |c| {
                c.create_multipart_upload()
                    .bucket(self.bucket)
                    .key(key)
                    .set_checksum_algorithm(whole.then_some(ChecksumAlgorithm::Crc64Nvme))
                    .set_checksum_type(whole.then_some(ChecksumType::FullObject))
                    .send()
            })
            .await?;
        Ok(out.upload_id().unwrap_or_default().to_owned())
    }

    async fn part(&self, key: &str, id: &str) -> Result<String, RemoteError> {
        let out = self
            .client
            .call(self.bucket, |c| {
                c.upload_part()
                    .bucket(self.bucket)
                    .key(key)
                    .upload_id(id)
                    .part_number(1)
                    .content_md5(md5_base64(BYTES))
                    .body(BYTES.to_vec().into())
                    .send()
            })
            .await?;
        Ok(out.e_tag().unwrap_or_default().to_owned())
    }

    async fn complete(
        &self,
        key: &str,
        id: &str,
        etag: &str,
        expect: Option<&RemoteExpect>,
        crc: Option<String>,
    ) -> Result<Option<String>, RemoteError> {
        let (none_match, matched) = conditions(expect);
        let list = CompletedMultipartUpload::builder()
            .parts(CompletedPart::builder().part_number(1).e_tag(etag).build())
            .build();
        self.client
            .call(self.bucket, |c| {
                c.complete_multipart_upload()
                    .bucket(self.bucket)
                    .key(key)
                    .upload_id(id)
                    .multipart_upload(list.clone())
                    .set_if_none_match(none_match.clone())
                    .set_if_match(matched.clone())
                    .set_checksum_type(crc.is_some().then_some(ChecksumType::FullObject))
                    .set_checksum_crc64_nvme(crc.clone())
                    .send()
            })
            .await
            .map(|out| out.e_tag().filter(|tag| !tag.is_empty()).map(quoted))
    }

    async fn conditions(&self, found: &mut Capabilities) -> Result<(), RemoteError> {
        let key = self.key("condition");
        // The first write also shows whether anything may be written here at all.
        let etag = self.put(&key, &Say { none_match: Some("*".to_owned()), ..Say::default() }).await?;
        let again = self.put(&key, &Say { none_match: Some("*".to_owned()), ..Say::default() }).await;
        found.create_only_put = refusal(&again, &[Kind::PreconditionFailed]);
        let wrong = WRONG.to_owned();
        let refused = self.put(&key, &Say { matched: Some(wrong.clone()), ..Say::default() }).await;
        found.match_put = match refusal(&refused, &[Kind::PreconditionFailed]) {
            Support::Yes => accepted(&self.put(&key, &Say { matched: Some(etag), ..Say::default() }).await),
            other => other,
        };
        let refused = self
            .client
            .call(self.bucket, |c| c.delete_object().bucket(self.bucket).key(&key).if_match(&wrong).send())
            .await;
        found.match_delete = refusal(&refused, &[Kind::PreconditionFailed]);
        Ok(())
    }

    async fn uploads(&self, found: &mut Capabilities) -> Result<(), RemoteError> {
        let key = self.key("parts");
        let id = self.open(&key, false).await?;
        let etag = self.part(&key, &id).await?;
        let listed = self
            .client
            .call(self.bucket, |c| c.list_parts().bucket(self.bucket).key(&key).upload_id(&id).send())
            .await;
        let listed = listed.is_ok_and(|l| l.parts().first().is_some_and(|p| p.part_number() == Some(1)));
        let absent = RemoteExpect::Absent;
        let completed = self.complete(&key, &id, &etag, Some(&absent), None).await;
        found.multipart = no_if(listed && completed.is_ok());
        if completed.is_ok() {
            let id = self.open(&key, false).await?;
            let etag = self.part(&key, &id).await?;
            let again = self.complete(&key, &id, &etag, Some(&absent), None).await;
            found.create_only_complete = refusal(&again, &[Kind::PreconditionFailed]);
            // One that was not refused used the upload up.
            let id = self.open(&key, false).await?;
            let etag = self.part(&key, &id).await?;
            let wrong = RemoteExpect::Unchanged(ETag::new(WRONG));
            let again = self.complete(&key, &id, &etag, Some(&wrong), None).await;
            found.match_complete = match refusal(&again, &[Kind::PreconditionFailed]) {
                Support::Yes => self.match_complete(&key, completed.ok().flatten()).await?,
                other => other,
            };
        }
        let key = self.key("parts-crc");
        let right = Crc64Nvme::of(BYTES).digest().to_base64();
        let id = self.open(&key, true).await?;
        let etag = self.part(&key, &id).await?;
        let wrong = Crc64Nvme::of(b"other bytes").digest().to_base64();
        let refused = self.complete(&key, &id, &etag, None, Some(wrong)).await;
        found.crc64nvme_multipart = refusal(&refused, &[Kind::Integrity, Kind::BadRequest]);
        if found.crc64nvme_multipart.proved() {
            let id = self.open(&key, true).await?;
            let etag = self.part(&key, &id).await?;
            let done = self.complete(&key, &id, &etag, None, Some(right.clone())).await;
            found.crc64nvme_multipart = match done {
                Ok(_) => no_if(self.kept(&key).await?.0.as_deref() == Some(right.as_str())),
                Err(_) => Support::No,
            };
        }
        Ok(())
    }

    async fn odd_keys(&self) -> Support {
        let (odd, plain) = (self.key("odd//key"), self.key("odd/key"));
        if self.put(&odd, &Say::default()).await.is_err() {
            return Support::No;
        }
        let listed = self
            .client
            .call(self.bucket, |c| c.list_objects_v2().bucket(self.bucket).prefix(self.key("odd")).send())
            .await;
        match listed {
            Ok(out) => {
                let has = |key: &str| out.contents().iter().any(|o| o.key() == Some(key));
                no_if(has(&odd) && !has(&plain))
            }
            Err(_) => Support::Unknown,
        }
    }

    /// Removes what was written: versions by their id, so that nothing stays behind.
    async fn clean(&self) -> Result<(), RemoteError> {
        let uploads = self
            .client
            .call(self.bucket, |c| {
                c.list_multipart_uploads().bucket(self.bucket).prefix(&self.scratch).send()
            })
            .await;
        let mut left = uploads.as_ref().err().is_some_and(|error| error.kind.is_passing());
        for upload in uploads.iter().flat_map(|u| u.uploads()) {
            let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else { continue };
            if !key.starts_with(&self.scratch) {
                continue;
            }
            let given_back = self
                .client
                .call(self.bucket, |c| {
                    c.abort_multipart_upload().bucket(self.bucket).key(key).upload_id(id).send()
                })
                .await;
            left |= given_back.as_ref().err().is_some_and(|error| error.kind.is_passing());
        }
        let mut doomed: Vec<(String, Option<String>)> = Vec::new();
        let versions = self
            .client
            .call(self.bucket, |c| c.list_object_versions().bucket(self.bucket).prefix(&self.scratch).send())
            .await;
        if let Ok(out) = &versions {
            let seen = out.versions().iter().map(|v| (v.key(), v.version_id()));
            let markers = out.delete_markers().iter().map(|m| (m.key(), m.version_id()));
            doomed.extend(seen.chain(markers).filter_map(|(key, version)| {
                Some((key?.to_owned(), version.filter(|v| !v.is_empty()).map(str::to_owned)))
            }));
        }
        if doomed.is_empty() {
            let out = self
                .client
                .call(self.bucket, |c| c.list_objects_v2().bucket(self.bucket).prefix(&self.scratch).send())
                .await?;
            doomed.extend(out.contents().iter().filter_map(|o| Some((o.key()?.to_owned(), None))));
        }
        for (key, version) in doomed.iter().filter(|(key, _)| key.starts_with(&self.scratch)) {
            self.client
                .call(self.bucket, |c| {
                    c.delete_object().bucket(self.bucket).key(key).set_version_id(version.clone()).send()
                })
                .await?;
        }
        if left {
            return Err(RemoteError {
                kind: Kind::Network,
                source: "uploads of the probe may be open".into(),
            });
        }
        Ok(())
    }

    /// Cleans, and again while only the network is in the way: uploads that stay open are paid for.
    async fn clean_up(&self) -> Result<(), RemoteError> {
        for _ in 1..CLEANINGS {
            match self.clean().await {
                Err(error) if error.kind.is_passing() => {}
                done => return done,
            }
        }
        self.clean().await
    }

    async fn run(&self) -> Result<Capabilities, RemoteError> {
        let mut found = Capabilities::default();
        self.conditions(&mut found).await?;
        let (crc, sha, md5) =
            (Crc64Nvme::of(BYTES).digest().to_base64(), sha256_base64(BYTES), md5_base64(BYTES));
        let other = b"other bytes";
        let with_crc = |crc| Say { crc: Some(crc), ..Say::default() };
        let with_sha = |sha| Say { sha: Some(sha), ..Say::default() };
        let with_md5 = |md5| Say { md5: Some(md5), ..Say::default() };
        let wrong = Crc64Nvme::of(other).digest().to_base64();
        found.crc64nvme =
            self.checksum("crc", with_crc(crc.clone()), with_crc(wrong), Some((true, &crc))).await;
        let wrong = sha256_base64(other);
        found.sha256 =
            self.checksum("sha", with_sha(sha.clone()), with_sha(wrong), Some((false, &sha))).await;
        found.content_md5 = self.checksum("md5", with_md5(md5), with_md5(md5_base64(other)), None).await;
        // A server without uploads in parts is still a server.
        if let Err(error) = self.uploads(&mut found).await
            && matches!(error.kind, Kind::Unsupported | Kind::BadRequest)
            && found.multipart == Support::Unknown
        {
            found.multipart = Support::No;
        }
        let browse = self.client.browse();
        let bucket = Bucket::new(self.bucket);
        found.versioning =
            browse.versioning(&bucket).await.map_or(Support::Unknown, |kept| no_if(kept == Versioning::On));
        let key = self.key("crc");
        if let Ok(key) = ObjectKey::parse(&key) {
            self.put(key.as_str(), &Say::default()).await.ok();
            found.tagging = match browse.tags(&bucket, &key).await {
                Ok(_) => Support::Yes,
                Err(error) if error.kind == Kind::Unsupported => Support::No,
                Err(_) => Support::Unknown,
            };
        }
        self.copies(&mut found).await?;
        if found.versioning.proved() {
            found.delete_marker = self.markers().await?;
        }
        found.utf8_order = self.order().await?;
        found.exact_keys = self.odd_keys().await;
        found.generation = Capabilities::GENERATION;
        Ok(found)
    }
}

pub(crate) async fn probe(
    client: &S3Client,
    bucket: &Bucket,
    prefix: &str,
    who: &str,
    attempt: u64,
) -> Result<Capabilities, RemoteError> {
    let scratch = format!("{prefix}.windlass-probe-{who}/");
    let probe = Probe { client, bucket: bucket.as_str(), scratch, attempt };
    // What an earlier one left when it was killed would also be in the way of this one. A reader may not clean up, and is told
    // below that it may not write.
    probe.clean_up().await.ok();
    let found = probe.run().await;
    if let Err(error) = probe.clean_up().await {
        tracing::warn!(scratch = %probe.scratch, kind = ?error.kind, "what the probe wrote could not be removed");
    }
    found
}
