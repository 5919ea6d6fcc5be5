//! The core: everything that runs behind a window, a browser or a terminal.
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tokio_util::task::TaskTracker;
use windlass_api::{Api, ApiParts, EngineWork, PRACTICE_ID};
use windlass_engine::{Engine, EngineOptions, EnginePorts};
use windlass_journal::SqliteJournal;
use windlass_platform::dirs::AppDirs;
use windlass_platform::{
    DecoderProcess, Disk, DiskCache, LoopbackStreams, NotifyWatcher, Secrets, SystemClock, SystemEntropy,
};
use windlass_ports::{
    Catalog, Clock, Decoder, Entropy, JournalError, JournalErrorKind, LocalFs, Remotes, SecretStore,
};

use crate::connector::LiveConnector;
use crate::noted::NotedRemotes;
use crate::{JOURNAL_FILE, LiveRemotes};

/// Name of a price list of the person's own, in the folder of settings.
const PRICES_FILE: &str = "prices.json";

/// How a core is built.
#[derive(Debug, Default)]
pub struct ComposeOptions {
    /// Folder of the journal and the practice bucket; `None` for the application's own.
    pub data_dir: Option<PathBuf>,
    /// Settings of the engine.
    pub engine: EngineOptions,
    /// Where secrets are kept; `None` for the system's keychain and its stand-ins.
    pub secrets: Option<Arc<dyn SecretStore>>,
    /// The disk; `None` for this computer's.
    pub fs: Option<Arc<dyn LocalFs>>,
    /// What looks into files of strangers; `None` for the program that was installed with this one.
    pub decoder: Option<Arc<dyn Decoder>>,
}

/// A running core.
#[derive(Debug)]
pub struct Core {
    /// What a user interface may ask.
    pub api: Arc<Api>,
    /// The engine.
    pub engine: Engine,
    /// The journal.
    pub journal: Arc<SqliteJournal>,
    /// The same journal as the browser uses it.
    pub catalog: Arc<dyn Catalog>,
    /// S3 by connection.
    pub remotes: Arc<LiveRemotes>,
    /// Folders of the application.
    pub dirs: AppDirs,
    tasks: TaskTracker,
}

/// Starts a core: journal, secrets, S3, engine, API, in this order. A damaged journal is put aside and a new one begun, in
/// which nothing is known about files, so that nothing is deleted or replaced (hazard HC6). A practice bucket that was started once answers again;
/// one that cannot is told in the log and when it is asked for, and keeps nothing else from starting.
///
/// # Errors
/// When the folder cannot be used, another process owns the journal (see [`is_owned`]), or the journal cannot be read.
pub async fn start(options: ComposeOptions) -> anyhow::Result<Core> {
    let dirs = AppDirs::open(options.data_dir.as_deref()).context("opening the application's folder")?;
    let path = dirs.data().join(JOURNAL_FILE);
    let opened = tokio::task::spawn_blocking(move || SqliteJournal::open_or_begin(&path, SystemClock.now()))
        .await
        .context("opening the journal")?
        .map_err(describe)?;
    if let Some(aside) = &opened.recovered {
        tracing::error!(aside = %aside.display(), "the journal was damaged and was put aside; folders are compared anew");
    }
    let journal = Arc::new(opened.journal);
    let catalog: Arc<dyn Catalog> = Arc::clone(&journal) as Arc<dyn Catalog>;
    let secrets = options.secrets.unwrap_or_else(|| Arc::new(Secrets::new(dirs.data())));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let remotes = Arc::new(LiveRemotes::new(
        Arc::clone(&catalog),
        Arc::clone(&secrets),
        Arc::clone(&clock),
        windlass_ports::Journal::device_id(journal.as_ref()).await.map_err(describe)?,
        dirs.practice(),
    ));
    let practised = catalog.connections().await.map_err(describe)?.iter().any(|c| c.id == PRACTICE_ID);
    if practised && let Err(error) = remotes.start_practice().await {
        tracing::warn!(error = windlass_api::chain(&error), "the practice bucket did not start");
    }
    let (teller, ear) = windlass_api::answers();
    let noted: Arc<dyn Remotes> =
        Arc::new(NotedRemotes { inner: Arc::clone(&remotes) as Arc<dyn Remotes>, teller });
    let fs = options.fs.unwrap_or_else(|| Arc::new(Disk::new()));
    let ports = EnginePorts {
        remotes: Arc::clone(&noted),
        journal: Arc::clone(&journal) as Arc<dyn windlass_ports::Journal>,
        jobs: Arc::clone(&journal) as Arc<dyn windlass_ports::Jobs>,
        thaws: Arc::clone(&journal) as Arc<dyn windlass_ports::Thaws>,
        settings: Arc::clone(&catalog),
        fs: Arc::clone(&fs),
        watcher: Arc::new(NotifyWatcher::new()),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
    };
    let engine = Engine::start(ports, options.engine).await.map_err(describe)?;
    let tasks = TaskTracker::new();
    let api = Api::new(ApiParts {
        engine: Arc::new(EngineWork::new(engine.clone(), &tasks)),
        journal: Arc::clone(&journal) as Arc<dyn windlass_ports::Journal>,
        catalog: Arc::clone(&catalog),
        index: Arc::clone(&journal) as Arc<dyn windlass_ports::Index>,
        histories: Arc::clone(&journal) as Arc<dyn windlass_ports::Histories>,
        jobs: Arc::clone(&journal) as Arc<dyn windlass_ports::Jobs>,
        remotes: noted,
        fs,
        decoder: options.decoder.unwrap_or_else(|| Arc::new(DecoderProcess::installed())),
        previews: Arc::new(DiskCache::new(dirs.cache().join("previews"))),
        streams: Arc::new(LoopbackStreams::new()),
        secrets,
        connector: Arc::new(LiveConnector {
            remotes: Arc::clone(&remotes),
            prices: dirs.config().join(PRICES_FILE),
        }),
        clock,
        entropy,
        ear,
    });
    Ok(Core { api: Arc::new(api), engine, journal, catalog, remotes, dirs, tasks })
}

/// A journal's error with the API's plain words for it.
fn describe(error: JournalError) -> anyhow::Error {
    let words = match error.kind {
        JournalErrorKind::Owned => "another Windlass is at work on this journal",
        JournalErrorKind::TooNew => "the journal was written by a newer Windlass",
        JournalErrorKind::Corrupt => "the journal is damaged",
        JournalErrorKind::Full => "there is no space left for the journal",
        JournalErrorKind::Other => "the journal cannot be used",
    };
    anyhow::Error::new(error).context(words)
}

impl Core {
    /// Ends in order: no new work and transfers at a border, hints, then the practice bucket. The journal closes with its
    /// last user.
    pub async fn shutdown(self) {
        self.engine.shutdown().await;
        self.api.shutdown().await;
        self.remotes.stop().await;
        drop(self.api);
        drop(self.engine);
        self.tasks.close();
        // The task that passes hints on ends when the engine is dropped; a caller that still holds it is not waited for.
        if tokio::time::timeout(std::time::Duration::from_secs(1), self.tasks.wait()).await.is_err() {
            tracing::debug!("somebody still holds the engine");
        }
    }
}

/// Whether a start failed because another process owns the journal.
#[must_use]
pub fn is_owned(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<JournalError>().is_some_and(|e| e.kind == JournalErrorKind::Owned))
}
