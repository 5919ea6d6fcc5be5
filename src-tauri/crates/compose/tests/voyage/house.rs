//! A whole house in a temporary folder: the scripted server, the real core, a folder with files, and a reader of the bucket
//! that is not ours.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use tempfile::TempDir;
use windlass_compose::{ComposeOptions, Core};
use windlass_domain::{Bucket, Prefix};
use windlass_engine::EngineOptions;
use windlass_ports::journal::FileFilter;
use windlass_ports::{
    Connection, CredentialSource, Decoder, FileRow, FileState, FolderCounts, Journal as _, LocalFs, PairRow,
    Remotes as _, Secret, SecretError, SecretKeep, SecretStore,
};
use windlass_practice::{
    Fault, Faults, Op, PracticeOptions, PracticeServer, Profile, RequestRecord, Rule, When,
};

pub(crate) const BUCKET: &str = "tests";
pub(crate) const MIB: usize = 1 << 20;
/// Longer than anything here takes; only a hang meets it.
const HANG: Duration = Duration::from_secs(90);

/// Gives everybody the same secret.
#[derive(Debug)]
struct OneSecret(String);

#[async_trait]
impl SecretStore for OneSecret {
    async fn keychain_available(&self) -> Result<(), SecretError> {
        Ok(())
    }
    async fn passphrase_file_exists(&self) -> bool {
        false
    }
    async fn unlock(&self, _: Secret) -> Result<(), SecretError> {
        Ok(())
    }
    async fn set(&self, _: SecretKeep, _: &str, _: Secret) -> Result<(), SecretError> {
        Ok(())
    }
    async fn get(&self, _: &str) -> Result<Option<Secret>, SecretError> {
        Ok(Some(Secret::new(self.0.clone())))
    }
    async fn forget(&self, _: &str) -> Result<(), SecretError> {
        Ok(())
    }
}

pub(crate) struct House {
    folder: TempDir,
    pub(crate) server: PracticeServer,
    pub(crate) raw: Client,
    pub(crate) options: EngineOptions,
    pub(crate) fs: Option<Arc<dyn LocalFs>>,
    pub(crate) decoder: Option<Arc<dyn Decoder>>,
    core: Option<Core>,
}

/// Quick looks, files that may be read at once.
pub(crate) fn quick() -> EngineOptions {
    EngineOptions {
        settle: Duration::ZERO,
        marker_every: Duration::from_millis(100),
        ..EngineOptions::default()
    }
}

impl House {
    pub(crate) async fn new(profile: Profile) -> Self {
        Self::with(profile, quick()).await
    }

    pub(crate) async fn with(profile: Profile, options: EngineOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut practice = PracticeOptions::new(folder.path().join("server"));
        practice.seed_sample = false;
        practice.faults = Faults::new(profile);
        let server = PracticeServer::start(practice).await.unwrap();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(
                server.access_key(),
                server.secret_key(),
                None,
                None,
                "test",
            ))
            .region(Region::new("us-east-1"))
            .endpoint_url(server.endpoint())
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        let raw = Client::from_conf(config);
        raw.create_bucket().bucket(BUCKET).send().await.unwrap();
        std::fs::create_dir(folder.path().join("card")).unwrap();
        let mut house = Self { folder, server, raw, options, fs: None, decoder: None, core: None };
        house.start().await;
        house
    }

    pub(crate) async fn start(&mut self) {
        let core = windlass_compose::start(ComposeOptions {
            data_dir: Some(self.folder.path().join("data")),
            engine: self.options.clone(),
            secrets: Some(Arc::new(OneSecret(self.server.secret_key().to_owned()))),
            fs: self.fs.clone(),
            decoder: self.decoder.clone(),
        })
        .await
        .unwrap();
        if core.catalog.connections().await.unwrap().is_empty() {
            let connection = Connection {
                id: "c".into(),
                name: "Tests".into(),
                source: CredentialSource::AccessKey { access_key: self.server.access_key().to_owned() },
                endpoint: Some(self.server.endpoint()),
                region: Some("us-east-1".into()),
                start_in: String::new(),
                position: 0,
            };
            core.catalog.save_connection(connection).await.unwrap();
            // The server is tried out now, so that the rules of a test meet only what the test does.
            core.remotes.store("c", &Bucket::new(BUCKET), "job/").await.unwrap();
        }
        self.core = Some(core);
    }

    /// Another computer on the same server, with a journal of its own.
    pub(crate) async fn second_core(&self, name: &str) -> Core {
        let core = windlass_compose::start(ComposeOptions {
            data_dir: Some(self.folder.path().join(name)),
            engine: self.options.clone(),
            secrets: Some(Arc::new(OneSecret(self.server.secret_key().to_owned()))),
            fs: None,
            decoder: None,
        })
        .await
        .unwrap();
        let connection = self.core().catalog.connections().await.unwrap().remove(0);
        core.catalog.save_connection(connection).await.unwrap();
        core
    }

    /// Ends the core in order.
    pub(crate) async fn stop(&mut self) {
        self.core.take().unwrap().shutdown().await;
    }

    pub(crate) fn core(&self) -> &Core {
        self.core.as_ref().unwrap()
    }

    pub(crate) fn card(&self) -> PathBuf {
        self.folder.path().join("card")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the card; its bytes follow from its name.
    pub(crate) fn write(&self, name: &str, size: usize) -> Vec<u8> {
        let bytes = bytes_of(name, size);
        let path = self.card().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &bytes).unwrap();
        bytes
    }

    pub(crate) async fn pair(&self) -> PairRow {
        let add =
            self.core().engine.add_pair("Card", self.card(), "c", Bucket::new(BUCKET), Prefix::new("job"));
        add.await.unwrap()
    }

    /// Waits until the folder has nothing left to do.
    pub(crate) async fn quiet(&self, pair: &PairRow) -> FolderCounts {
        let report = tokio::time::timeout(HANG, self.core().engine.wait_quiet(&pair.id)).await;
        assert_eq!(report.expect("the folder came to rest").stopped, None);
        self.counts(pair).await
    }

    pub(crate) async fn counts(&self, pair: &PairRow) -> FolderCounts {
        self.core().journal.folder_counts(&pair.id).await.unwrap()
    }

    pub(crate) async fn files(&self, pair: &PairRow) -> Vec<FileRow> {
        self.core().journal.file_window(&pair.id, FileFilter::All, 0, 100_000).await.unwrap().0
    }

    pub(crate) async fn state(&self, pair: &PairRow, path: &str) -> FileState {
        let files = self.files(pair).await;
        files
            .into_iter()
            .find(|f| f.path.as_str() == path)
            .unwrap_or_else(|| panic!("no row for {path}"))
            .state
    }

    /// Waits until `done` says so; looks again with every hint and at least every 50 ms.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, mut done: impl FnMut() -> F) {
        let mut events = self.core().engine.events();
        let waiting = async {
            while !done().await {
                let _hint = tokio::time::timeout(Duration::from_millis(50), events.recv()).await;
            }
        };
        assert!(tokio::time::timeout(HANG, waiting).await.is_ok(), "never came: {what}");
    }

    /// Waits until so many files are Safe; says what the others are when they never become so.
    pub(crate) async fn until_safe(&self, pair: &PairRow, files: u64) {
        let done = self.until("all are Safe", async || self.counts(pair).await.safe == files);
        let told = async {
            tokio::time::sleep(HANG - Duration::from_secs(5)).await;
            let view = self.core().engine.pair_view(&pair.id);
            let odd: Vec<_> =
                self.files(pair).await.into_iter().filter(|f| f.state != FileState::Safe).take(5).collect();
            panic!("{:?}\n{view:?}\n{odd:#?}", self.counts(pair).await);
        };
        tokio::select! {
            () = done => {}
            () = told => {}
        }
    }

    /// Waits until nothing is in flight here, and until the server has ended what was cut off in the middle.
    pub(crate) async fn at_rest(&self) {
        self.until("nothing is in flight", async || self.core().engine.is_idle()).await;
        let mut same = 0;
        let mut before = self.changes();
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        while same < 8 {
            tick.tick().await;
            let now = self.changes();
            same = if now == before { same + 1 } else { 0 };
            before = now;
        }
    }

    pub(crate) async fn object(&self, key: &str) -> Option<Vec<u8>> {
        let got = self.raw.get_object().bucket(BUCKET).key(key).send().await.ok()?;
        Some(got.body.collect().await.unwrap().to_vec())
    }

    pub(crate) async fn put(&self, key: &str, bytes: &[u8]) {
        self.raw.put_object().bucket(BUCKET).key(key).body(bytes.to_vec().into()).send().await.unwrap();
    }

    pub(crate) async fn open_uploads(&self) -> usize {
        self.raw.list_multipart_uploads().bucket(BUCKET).send().await.unwrap().uploads().len()
    }

    pub(crate) async fn keep_versions(&self) {
        let config = aws_sdk_s3::types::VersioningConfiguration::builder()
            .status(aws_sdk_s3::types::BucketVersioningStatus::Enabled)
            .build();
        self.raw
            .put_bucket_versioning()
            .bucket(BUCKET)
            .versioning_configuration(config)
            .send()
            .await
            .unwrap();
    }

    pub(crate) async fn versions(&self, key: &str) -> usize {
        let found = self.raw.list_object_versions().bucket(BUCKET).prefix(key).send().await.unwrap();
        found.versions().iter().filter(|v| v.key() == Some(key)).count()
    }

    /// A rule for what the job does. Listings have no key.
    pub(crate) fn fault(&self, op: Op, when: When, fault: Fault) {
        let rule = Rule::on(op, when, fault);
        let keyless =
            matches!(op, Op::ListObjects | Op::BucketConfig | Op::HeadBucket | Op::ListMultipartUploads);
        self.server.faults().add(if keyless { rule } else { rule.for_key("job/") });
    }

    pub(crate) fn log(&self, op: Op) -> Vec<RequestRecord> {
        self.server.request_log().into_iter().filter(|r| r.operation == op && r.key_is_of_job()).collect()
    }

    /// Requests that change the bucket, below the job's prefix.
    pub(crate) fn changes(&self) -> usize {
        [
            Op::PutObject,
            Op::CopyObject,
            Op::DeleteObject,
            Op::DeleteObjects,
            Op::CreateMultipartUpload,
            Op::UploadPart,
            Op::CompleteMultipartUpload,
            Op::AbortMultipartUpload,
        ]
        .into_iter()
        .map(|op| self.log(op).len())
        .sum()
    }
}

pub(crate) trait OfJob {
    fn key_is_of_job(&self) -> bool;
}

impl OfJob for RequestRecord {
    fn key_is_of_job(&self) -> bool {
        self.key.as_deref().is_some_and(|key| key.starts_with("job/") && !key.contains("windlass-probe"))
    }
}

/// Bytes that differ everywhere and follow from a name.
pub(crate) fn bytes_of(name: &str, size: usize) -> Vec<u8> {
    let mut state =
        name.bytes().fold(0x9e37_79b9_7f4a_7c15u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

pub(crate) fn status(code: u16, error_code: &str) -> Fault {
    Fault::Status { code, error_code: error_code.to_owned() }
}

pub(crate) fn rename(from: &Path, to: &Path) {
    std::fs::rename(from, to).unwrap();
}
