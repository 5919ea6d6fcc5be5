//! The engine: sync folders, uploads and downloads, run over the ports.
//!
//! **Does** look at folders, decide with `windlass-domain`, send with budgets and retries, and write every step to the
//! journal before and after it matters.
//! **Never** knows an SDK, a database, a window, a clock of its own or chance: all of that comes in through
//! [`EnginePorts`].
//! **Start reading** at [`Engine`], then `pair.rs` (one sync folder), `worker.rs` (one upload) and `jobs` (copies and moves on the server).
#![deny(missing_docs)]

mod backoff;
mod budget;
mod download;
mod engine;
mod flow;
mod jobs;
mod meter;
mod observe;
mod pair;
mod plan;
#[cfg(feature = "planted")]
pub mod planted;
#[cfg(not(feature = "planted"))]
#[allow(dead_code, unreachable_pub, reason = "names of mistakes that only tests make")]
mod planted;
mod pool;
mod read;
mod remote;
mod report;
mod retry;
mod send;
mod settle;
mod shared;
mod supervise;
mod sync;
mod thaws;
mod worker;

pub use download::{DownloadRow, DownloadState};
pub use engine::{Engine, EngineError};
pub use jobs::JobView;
pub use meter::Moving;
pub use pair::{Away, Nameless, PairPhase, PairView};
pub use report::{BatchReport, QuietReport, StopCause, Stopped};
pub use shared::{EngineEvent, EngineOptions, EnginePorts};
pub use sync::{Keep, PlanLine, PlanReport};
pub use thaws::{StartThaw, ThawView};
