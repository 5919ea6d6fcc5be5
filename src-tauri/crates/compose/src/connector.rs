//! What the API asks of the composition root: profiles, the staged test, the practice bucket.
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use windlass_api::dto::{ConnectionDraft, ConnectionSource, FoundProfile, StepOutcome, StepResult, TestStep};
use windlass_api::{Connector, ErrorCode, UiError};
use windlass_ports::{CredentialSource, Secret};
use windlass_practice::PracticeError;
use windlass_s3::{Access, S3Client, TestStepResult};

use crate::LiveRemotes;

/// The connector of the real world.
#[derive(Debug)]
pub(crate) struct LiveConnector {
    pub(crate) remotes: Arc<LiveRemotes>,
    /// File of a price list of the person's own.
    pub(crate) prices: PathBuf,
}

/// Larger than any price list.
const LARGEST_LIST: u64 = 4 * 1024 * 1024;

#[async_trait]
impl Connector for LiveConnector {
    async fn found_profiles(&self) -> Vec<FoundProfile> {
        let found = tokio::task::spawn_blocking(windlass_s3::found_profiles).await.unwrap_or_default();
        found
            .into_iter()
            .map(|p| FoundProfile { name: p.name, kind: p.kind, region: p.region, endpoint: p.endpoint })
            .collect()
    }

    async fn test(
        &self,
        draft: ConnectionDraft,
        steps: mpsc::UnboundedSender<StepResult>,
    ) -> Result<Vec<StepResult>, UiError> {
        let start_in = windlass_api::start_in(&draft.start_in).to_owned();
        let client = S3Client::open(access(draft)?).await?;
        let results = client
            .test(&start_in, &mut |step| {
                // Nobody listening is no reason to stop.
                let _unheard = steps.send(result(step));
            })
            .await;
        Ok(results.into_iter().map(result).collect())
    }

    async fn start_practice(&self) -> Result<(), UiError> {
        self.remotes.start_practice().await.map_err(practice)
    }

    async fn reset_practice(&self) -> Result<(), UiError> {
        self.remotes.reset_practice().await.map_err(practice)
    }

    fn prices_file(&self) -> String {
        self.prices.display().to_string()
    }

    async fn own_prices(&self) -> Result<Option<String>, UiError> {
        let path = self.prices.clone();
        let name = self.prices_file();
        let read = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            std::fs::File::open(path)?.take(LARGEST_LIST).read_to_string(&mut text)?;
            Ok::<_, std::io::Error>(text)
        });
        match read.await {
            Ok(Ok(text)) => Ok(Some(text)),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Ok(Err(error)) => Err(windlass_api::prices_unreadable(&name, &error)),
            Err(error) => Err(windlass_api::prices_unreadable(&name, &error)),
        }
    }

    fn practice_endpoint(&self) -> Option<String> {
        self.remotes.practice_endpoint()
    }
}

fn practice(error: PracticeError) -> UiError {
    UiError::new(ErrorCode::Unexpected, error.to_string()).with_detail(windlass_api::chain(&error))
}

fn some(text: String) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn access(draft: ConnectionDraft) -> Result<Access, UiError> {
    let source = match (draft.source, draft.profile) {
        (ConnectionSource::Profile, profile) => CredentialSource::Profile(profile.unwrap_or_default()),
        (ConnectionSource::AccessKey, _) => {
            CredentialSource::AccessKey { access_key: draft.access_key.clone().unwrap_or_default() }
        }
        (ConnectionSource::Practice, _) => {
            return Err(UiError::bad_request("The practice bucket needs no test. Start it instead."));
        }
    };
    Ok(Access {
        source,
        endpoint: some(draft.endpoint),
        region: some(draft.region),
        access_key: draft.access_key.and_then(some),
        secret: draft.secret_key.map(Secret::new),
        session_token: None,
    })
}

fn result(step: TestStepResult) -> StepResult {
    StepResult {
        step: match step.step {
            windlass_s3::TestStep::NameFound => TestStep::NameFound,
            windlass_s3::TestStep::SecureLine => TestStep::SecureLine,
            windlass_s3::TestStep::Identity => TestStep::Identity,
            windlass_s3::TestStep::List => TestStep::List,
            windlass_s3::TestStep::Write => TestStep::Write,
        },
        outcome: match step.outcome {
            windlass_s3::StepOutcome::Passed => StepOutcome::Passed,
            windlass_s3::StepOutcome::Limited => StepOutcome::Limited,
            windlass_s3::StepOutcome::Failed => StepOutcome::Failed,
            windlass_s3::StepOutcome::Skipped => StepOutcome::Skipped,
        },
        message: step.message,
        advice: step.advice,
        millis: step.millis,
    }
}
