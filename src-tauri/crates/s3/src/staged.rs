//! The staged connection test: five steps, each with its own plain answer.
use std::time::{Duration, Instant};

use windlass_domain::{Bucket, Crc64Nvme, ETag, ObjectKey, RemoteExpect, VersionId};
use windlass_ports::remote::Depth;
use windlass_ports::{
    PutBody, RemoteBrowse as _, RemoteCustody as _, RemoteError, RemoteErrorKind as Kind, RemoteStore as _,
};

use crate::{S3Client, Trouble};

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

const STEPS: [TestStep; 5] =
    [TestStep::NameFound, TestStep::SecureLine, TestStep::Identity, TestStep::List, TestStep::Write];

struct Answer {
    outcome: StepOutcome,
    message: String,
    advice: Option<String>,
}

fn passed(message: impl Into<String>) -> Answer {
    Answer { outcome: StepOutcome::Passed, message: message.into(), advice: None }
}
fn limited(message: impl Into<String>, advice: &str) -> Answer {
    Answer { outcome: StepOutcome::Limited, message: message.into(), advice: Some(advice.to_owned()) }
}
fn failed(message: impl Into<String>, advice: &str) -> Answer {
    Answer { outcome: StepOutcome::Failed, message: message.into(), advice: Some(advice.to_owned()) }
}

/// Seconds as a person says them.
fn amount(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..90 => (seconds, "second"),
        90..5400 => (seconds.div_ceil(60), "minute"),
        5400..129_600 => (seconds.div_ceil(3600), "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

fn clock(ahead: i64) -> String {
    let side = if ahead > 0 { "behind" } else { "ahead of" };
    format!("This computer's clock is {} {side} the server's.", amount(ahead.unsigned_abs()))
}

/// Why the credentials were not taken, by the server's code.
fn identity(error: &RemoteError) -> Answer {
    let code = Trouble::of(error).and_then(|t| t.code.as_deref()).unwrap_or_default();
    match code {
        "InvalidAccessKeyId" => failed(
            "The server does not know this access key.",
            "Compare it with the one you were given, letter by letter. It may also have been removed.",
        ),
        "SignatureDoesNotMatch" => failed(
            "The access key is known, but the secret does not fit it.",
            "Enter the secret again; a space or a missing last letter is enough.",
        ),
        "ExpiredToken" | "TokenRefreshRequired" | "RequestExpired" => {
            failed("These temporary credentials have expired.", "Sign in again and repeat the test.")
        }
        "InvalidToken" => failed("The session token is not valid.", "Sign in again and repeat the test."),
        _ => failed(
            "The credentials were not accepted.",
            "Check the access key and its secret, or sign in again if they come from a profile.",
        ),
    }
}

struct Place {
    bucket: Option<Bucket>,
    prefix: String,
}

impl Place {
    fn of(start_in: &str) -> Self {
        let text = start_in.trim_start_matches("s3://").trim_start_matches('/');
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        Self { bucket: (!bucket.is_empty()).then(|| Bucket::new(bucket)), prefix: prefix.to_owned() }
    }
}

impl S3Client {
    /// Runs the five steps, reports each as it ends, and stops trying after the first that failed.
    pub async fn test(
        &self,
        start_in: &str,
        report: &mut (dyn FnMut(TestStepResult) + Send),
    ) -> Vec<TestStepResult> {
        let place = Place::of(start_in);
        let mut results: Vec<TestStepResult> = Vec::new();
        let mut looked: Option<Result<usize, RemoteError>> = None;
        for step in STEPS {
            let started = Instant::now();
            let stopped = results.iter().any(|r| r.outcome == StepOutcome::Failed);
            let answer = if stopped {
                Answer { outcome: StepOutcome::Skipped, message: "Not tried.".to_owned(), advice: None }
            } else {
                match step {
                    TestStep::NameFound => self.name_found().await,
                    TestStep::SecureLine => {
                        let result = self.look(&place).await;
                        let answer = self.line(&result);
                        looked = Some(result);
                        answer
                    }
                    TestStep::Identity => accepted(looked.as_ref()),
                    TestStep::List => self.listed(&place, looked.as_ref()),
                    TestStep::Write => self.written(&place).await,
                }
            };
            let millis = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
            let Answer { outcome, message, advice } = answer;
            let result = TestStepResult { step, outcome, message, advice, millis };
            report(result.clone());
            results.push(result);
        }
        results
    }

    async fn name_found(&self) -> Answer {
        let (host, port) = match self.endpoint().and_then(|e| url::Url::parse(e).ok()) {
            Some(url) => {
                (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default().unwrap_or(443))
            }
            None => (format!("s3.{}.amazonaws.com", self.region()), 443),
        };
        let bare = host.trim_matches(['[', ']']).to_owned();
        let addresses: Vec<_> = match tokio::net::lookup_host((bare.as_str(), port)).await {
            Ok(found) => found.collect(),
            Err(_) => Vec::new(),
        };
        if addresses.is_empty() {
            return failed(
                format!("No computer named {host} was found."),
                "Check the spelling of the endpoint, and whether this computer is online.",
            );
        }
        let connect = tokio::net::TcpStream::connect(addresses.as_slice());
        match tokio::time::timeout(Duration::from_secs(10), connect).await {
            Ok(Ok(_)) => passed(format!("{host} was found and answers on port {port}.")),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => failed(
                format!("{host} was found, but nothing answers on port {port}."),
                "Check the port in the endpoint, and whether the server is running.",
            ),
            Ok(Err(_)) | Err(_) => failed(
                format!("{host} was found, but did not answer on port {port} within 10 seconds."),
                "A firewall may be in the way, or the server is down.",
            ),
        }
    }

    /// Lists the start prefix, or the buckets.
    async fn look(&self, place: &Place) -> Result<usize, RemoteError> {
        match &place.bucket {
            Some(bucket) => {
                self.browse().level(bucket, &place.prefix, Depth::Level, None).await.map(|l| l.entries.len())
            }
            None => self.browse().buckets().await.map(|b| b.len()),
        }
    }

    fn line(&self, result: &Result<usize, RemoteError>) -> Answer {
        let secure = self.endpoint().is_none_or(|e| e.starts_with("https://"));
        if let Err(error) = result {
            let trouble = Trouble::of(error);
            if error.kind == Kind::ClockSkew {
                let ahead = trouble.and_then(|t| t.clock_ahead).unwrap_or(0);
                return failed(
                    format!("{} S3 refuses requests that are more than 15 minutes off.", clock(ahead)),
                    "Set this computer's clock right, best of all from the network, and repeat the test.",
                );
            }
            if error.kind == Kind::Network {
                if trouble.is_some_and(|t| t.status.is_some_and(|s| s < 500)) {
                    return failed(
                        "Something answered, but it is not an S3 server; it may be the log-in page of this network.",
                        "Open a web page in your browser, sign in to the network if it asks, and repeat the test.",
                    );
                }
                let text = trouble.map(|t| t.text.to_ascii_lowercase()).unwrap_or_default();
                if secure
                    && (text.contains("certificate") || text.contains("tls") || text.contains("handshake"))
                {
                    return failed(
                        "No secure line: the server's certificate is not trusted, or it does not speak TLS here.",
                        "If the server has no TLS, its endpoint starts with http://. Otherwise ask whoever runs it for its certificate.",
                    );
                }
                return failed(
                    "The line was cut before an answer came.",
                    "Repeat the test. If it stays so, the network or the server drops these requests.",
                );
            }
        }
        if secure {
            passed("The line is encrypted and the clocks agree.")
        } else {
            limited(
                "The server answers and the clocks agree. The line is not encrypted.",
                "That is fine on this computer or inside a closed network. Anywhere else use https://.",
            )
        }
    }

    fn listed(&self, place: &Place, looked: Option<&Result<usize, RemoteError>>) -> Answer {
        let error = match looked {
            Some(Ok(count)) => {
                let plural = if *count == 1 { "" } else { "s" };
                return match &place.bucket {
                    Some(bucket) => passed(format!("{bucket}/{} can be listed.", place.prefix)),
                    None => passed(format!("{count} bucket{plural} can be seen.")),
                };
            }
            Some(Err(error)) => error,
            None => return failed("The listing was not tried.", "Repeat the test."),
        };
        match (error.kind, &place.bucket) {
            (Kind::BucketMissing | Kind::NotFound, Some(bucket)) => failed(
                format!("There is no bucket named {bucket} here."),
                "Check its spelling. If it belongs to another account or server, check the endpoint too.",
            ),
            (Kind::AccessDenied, None) => limited(
                "You are signed in, but may not see the list of buckets. That is common.",
                "Enter the bucket, and the folder if you were given one, under \"Start in\".",
            ),
            (Kind::AccessDenied, Some(bucket)) => limited(
                format!("You are signed in, but may not list {bucket}/{}.", place.prefix),
                "If you were given a folder inside the bucket, enter it under \"Start in\". Uploading can still work.",
            ),
            (Kind::WrongRegion, _) => {
                let region = Trouble::of(error).and_then(|t| t.region.clone());
                failed(
                    match region {
                        Some(region) => format!("The bucket is in another region: {region}."),
                        None => "The region does not fit this server.".to_owned(),
                    },
                    "Enter that region in the connection, or leave the field empty.",
                )
            }
            (Kind::Throttled, _) => {
                failed("The server is too busy to answer.", "Repeat the test in a minute.")
            }
            (_, _) => failed(
                "The listing failed.",
                "Repeat the test. If it stays so, send the details to whoever runs the server.",
            ),
        }
    }

    async fn written(&self, place: &Place) -> Answer {
        let Some(bucket) = &place.bucket else {
            return Answer {
                outcome: StepOutcome::Skipped,
                message: "Not tried, because no bucket was named.".to_owned(),
                advice: None,
            };
        };
        let name = format!("{}.windlass-test-{}", place.prefix, uuid::Uuid::new_v4().simple());
        let Ok(key) = ObjectKey::parse(&name) else {
            return failed("The start folder's name is too long.", "Choose a folder with a shorter name.");
        };
        let store = self.bucket(bucket, windlass_domain::Capabilities::default());
        let bytes = bytes::Bytes::from(vec![b'w'; 1024]);
        let body = PutBody { crc: Crc64Nvme::of(&bytes), bytes: bytes.clone(), flow: None };
        let state = match store.put(&key, body, &RemoteExpect::Absent, "connection-test").await {
            Ok(state) => state,
            Err(error) if error.kind == Kind::AccessDenied => {
                return limited(
                    "You may look here, but not write. That is normal for readers.",
                    "If you are to upload here, ask for the permission to write.",
                );
            }
            Err(error) => {
                let said = Trouble::of(&error).map(|t| t.text.clone()).unwrap_or_default();
                return failed(
                    format!("A small test file could not be written ({said})."),
                    "Repeat the test. If it stays so, send this line to whoever runs the server.",
                );
            }
        };
        let read = self.read_back(&store, &key, &state.etag).await;
        // What is removed was just written under a name that nobody else has, so nothing has to be proved for it.
        let removed = match state.version.as_ref().filter(|v| v.as_str() != "null") {
            Some(version) => self.remove(bucket, &key, version).await,
            None => self.slow_delete(bucket, &key, Some(&state.etag)).await.map(|_| ()),
        };
        match (read, removed) {
            (Ok(back), Ok(())) if back == bytes => {
                passed("A small test file was written, read back the same, and removed.")
            }
            (Ok(_), Ok(())) => failed(
                "A small test file was written, but came back different.",
                "Do not keep anything here until whoever runs the server has looked at it.",
            ),
            (Err(error), _) if error.kind != Kind::AccessDenied => failed(
                "A small test file was written, but could not be read back.",
                "Repeat the test. If it stays so, send the details to whoever runs the server.",
            ),
            (Err(_), _) => limited(
                "You may write here, but not read.",
                "Windlass can upload, but cannot check by reading.",
            ),
            (_, Err(_)) => limited(
                format!("You may write here, but not remove. The test file {key} stays behind (1 KB)."),
                "That is normal where nothing may be deleted.",
            ),
        }
    }

    async fn read_back(
        &self,
        store: &crate::S3Store,
        key: &ObjectKey,
        etag: &ETag,
    ) -> Result<Vec<u8>, RemoteError> {
        use futures::StreamExt as _;
        let mut stream = store.get(key, None, etag).await?;
        let mut all = Vec::new();
        while let Some(chunk) = stream.next().await {
            all.extend_from_slice(&chunk?);
        }
        Ok(all)
    }

    async fn remove(&self, bucket: &Bucket, key: &ObjectKey, version: &VersionId) -> Result<(), RemoteError> {
        self.browse().delete_version(bucket, key, version).await
    }
}

/// A listing, or the refusal of one, shows whether the credentials were taken.
fn accepted(looked: Option<&Result<usize, RemoteError>>) -> Answer {
    match looked {
        Some(Err(error)) if error.kind == Kind::Unauthenticated => identity(error),
        Some(_) => passed("The credentials were accepted."),
        None => failed("The credentials were not tried.", "Repeat the test."),
    }
}
