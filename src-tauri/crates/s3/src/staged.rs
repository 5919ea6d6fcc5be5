//! The staged connection test.
use windlass_ports::RemoteError;

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestStep {
    /// The endpoint's name resolves and a connection opens.
    NameFound,
    /// TLS and clock.
    SecureLine,
    /// The credentials are accepted.
    Identity,
    /// The start prefix, or the buckets, can be listed.
    List,
    /// A small object can be written, read back and removed.
    Write,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// It holds.
    Passed,
    /// Not wrong, but worth knowing.
    Limited,
    /// It does not hold; later steps were not tried.
    Failed,
    /// Not tried.
    Skipped,
}

/// Result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestStepResult {
    /// Which step.
    pub step: TestStep,
    /// How it ended.
    pub outcome: StepOutcome,
    /// What was found, in plain words.
    pub message: String,
    /// What to do next, when something is wrong.
    pub advice: Option<String>,
    /// Milliseconds it took.
    pub millis: u32,
}

impl crate::S3Client {
    /// stub
    pub async fn test(
        &self,
        _start_in: &str,
        _report: &mut (dyn FnMut(TestStepResult) + Send),
    ) -> Vec<TestStepResult> {
        let _: Option<RemoteError> = None;
        Vec::new()
    }
}
