//! The API's own body: what it is made of, and its beginning and end.
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::{Notify, broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use windlass_domain::PairId;
use windlass_ports::{
    Catalog, Clock, Decoder, Entropy, Histories, Index, Jobs, Journal, LocalFs, PreviewCache, Remotes,
    SecretStore, Streams,
};

use crate::changes::Counted;
use crate::dto::{ConnectionDraft, FoundProfile, StepResult};
use crate::dto_more::AppInfo;
use crate::events::Hub;
use crate::indexes::Fillings;
use crate::learning::Learning;
use crate::lifecycle::Opened;
use crate::listing::Running;
use crate::plan_tree::PlanTree;
use crate::playing::Played;
use crate::refusals::{Ear, Memory};
use crate::time::Lines;
use crate::work::Work;
use crate::{UiError, UiEvent};

/// Id of the practice connection.
pub const PRACTICE_ID: &str = "practice";
/// Where the practice bucket opens: at its first photos.
pub(crate) const PRACTICE_START: &str = "inspections-practice/bridges/A14-viaduct/2026-05-12/raw/";

/// What only the composition root can do.
#[async_trait]
pub trait Connector: std::fmt::Debug + Send + Sync {
    /// Profiles of the AWS configuration files.
    async fn found_profiles(&self) -> Vec<FoundProfile>;
    /// The staged test; each step is sent when it ends.
    async fn test(
        &self,
        draft: ConnectionDraft,
        steps: mpsc::UnboundedSender<StepResult>,
    ) -> Result<Vec<StepResult>, UiError>;
    /// Starts the practice bucket if it does not run.
    async fn start_practice(&self) -> Result<(), UiError>;
    /// Puts the practice bucket back to its first state.
    async fn reset_practice(&self) -> Result<(), UiError>;
    /// File that a price list of the person's own is in, or would be.
    fn prices_file(&self) -> String;
    /// The text of that file; `None` when there is none.
    async fn own_prices(&self) -> Result<Option<String>, UiError>;
    /// Address of the practice bucket while it runs.
    fn practice_endpoint(&self) -> Option<String>;
}

/// What an [`Api`] is made of.
pub struct ApiParts {
    /// The engine.
    pub engine: Arc<dyn Work>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// Connections and listings.
    pub catalog: Arc<dyn Catalog>,
    /// Indexes and search.
    pub index: Arc<dyn Index>,
    /// Version indexes.
    pub histories: Arc<dyn Histories>,
    /// Which objects bear a hold.
    pub jobs: Arc<dyn Jobs>,
    /// S3 by connection.
    pub remotes: Arc<dyn Remotes>,
    /// The disk; only ever read, for small pictures.
    pub fs: Arc<dyn LocalFs>,
    /// Looks into files of strangers.
    pub decoder: Arc<dyn Decoder>,
    /// Keeps what it drew.
    pub previews: Arc<dyn PreviewCache>,
    /// Gives the window's player its bytes.
    pub streams: Arc<dyn Streams>,
    /// Secrets.
    pub secrets: Arc<dyn SecretStore>,
    /// What only the composition root can do.
    pub connector: Arc<dyn Connector>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Tells what servers refused; see [`crate::answers`].
    pub ear: Ear,
}

/// Everything a user interface can ask for; see [`Api::call`].
pub struct Api {
    pub(crate) engine: Arc<dyn Work>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) index: Arc<dyn Index>,
    pub(crate) histories: Arc<dyn Histories>,
    pub(crate) holds: Arc<dyn Jobs>,
    /// Lifecycle rules that were opened last.
    pub(crate) opened: Mutex<Opened>,
    pub(crate) remotes: Arc<dyn Remotes>,
    pub(crate) fs: Arc<dyn LocalFs>,
    pub(crate) decoder: Arc<dyn Decoder>,
    pub(crate) previews: Arc<dyn PreviewCache>,
    pub(crate) streams: Arc<dyn Streams>,
    pub(crate) played: Played,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) listings: Arc<Mutex<HashMap<i64, Running>>>,
    pub(crate) fillings: Fillings,
    pub(crate) history_fillings: Fillings,
    /// What is looked at in time.
    pub(crate) lines: Mutex<Lines>,
    pub(crate) learning: Arc<Mutex<Learning>>,
    /// Whether an index is being read into memory.
    pub(crate) warming: Arc<AtomicBool>,
    /// Rings with every search.
    pub(crate) searched: Arc<Notify>,
    pub(crate) refused: Arc<Memory>,
    pub(crate) conflicts: Mutex<Counted>,
    /// The plan that was made last for each folder.
    pub(crate) plans: Mutex<BTreeMap<PairId, Arc<PlanTree>>>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

impl Api {
    /// Starts it. Needs a running Tokio runtime; [`Api::shutdown`] ends its tasks.
    #[must_use]
    pub fn new(parts: ApiParts) -> Self {
        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        let hub = Arc::new(Hub::new());
        tasks.spawn(Hub::flush_loop(Arc::clone(&hub), stop.clone()));
        tasks.spawn(Hub::listen(Arc::clone(&hub), parts.engine.events(), stop.clone()));
        let searched = Arc::new(Notify::new());
        tasks.spawn(Self::rest_when_idle(Arc::clone(&parts.index), Arc::clone(&searched), stop.clone()));
        let (catalog, clock) = (Arc::clone(&parts.catalog), Arc::clone(&parts.clock));
        let refused = Arc::new(Memory::new(catalog, clock, Arc::clone(&hub), &parts.ear));
        tasks.spawn(Arc::clone(&refused).listen(parts.ear, stop.clone()));
        Self {
            refused,
            engine: parts.engine,
            journal: parts.journal,
            catalog: parts.catalog,
            index: parts.index,
            histories: parts.histories,
            holds: parts.jobs,
            opened: Mutex::default(),
            remotes: parts.remotes,
            fs: parts.fs,
            decoder: parts.decoder,
            previews: parts.previews,
            streams: parts.streams,
            played: Played::default(),
            secrets: parts.secrets,
            connector: parts.connector,
            clock: parts.clock,
            entropy: parts.entropy,
            hub,
            tasks,
            stop,
            listings: Arc::default(),
            fillings: Fillings::default(),
            history_fillings: Fillings::default(),
            lines: Mutex::default(),
            learning: Arc::default(),
            warming: Arc::default(),
            searched,
            conflicts: Mutex::default(),
            plans: Mutex::default(),
        }
    }

    /// Hints to look again. Each receiver gets at most about eight batches a second.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<UiEvent> {
        self.hub.subscribe()
    }

    /// Ends its tasks and waits for them.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub(crate) async fn app_info(&self) -> Result<AppInfo, UiError> {
        Ok(AppInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: std::env::consts::OS.to_owned(),
            practice_running: self.connector.practice_endpoint().is_some(),
            first_run: self.catalog.connections().await?.is_empty(),
        })
    }

    /// Only a shell with a desktop around its window can hand files to it.
    pub(crate) async fn drag_out(
        &self,
        _connection: String,
        _bucket: String,
        _keys: Vec<String>,
    ) -> Result<bool, UiError> {
        Err(UiError::new(
            crate::ErrorCode::NotSupported,
            "A browser cannot hand objects to the desktop. Choose Download and a folder instead.",
        ))
    }

    /// Only a shell with native dialogs can answer this; without one a text field asks instead.
    pub(crate) async fn pick_folder(&self) -> Result<Option<String>, UiError> {
        Ok(None)
    }

    /// As [`Self::pick_folder`].
    pub(crate) async fn pick_files(&self) -> Result<Vec<String>, UiError> {
        Ok(Vec::new())
    }
}
