//! The door: everything a user interface can ask for, as one table of typed functions, and the hints that tell it to look
//! again.
//!
//! **Does** turn words into calls of the engine, the journal and the browser's view of S3, and every error into plain words.
//! **Never** knows a window, a web server or an adapter, and never gives a secret out.
//! **Start reading** at `calls.rs` (the table), then [`Api`].
#![deny(missing_docs)]

mod buckets;
mod calls;
mod capabilities;
mod changes;
mod comparing;
mod connections;
pub mod dto;
pub mod dto_jobs;
pub mod dto_lifecycle;
pub mod dto_lock;
pub mod dto_more;
pub mod dto_preview;
pub mod dto_prices;
pub mod dto_search;
pub mod dto_sync;
pub mod dto_thaw;
pub mod dto_time;
pub mod dto_versions;
mod engine_work;
mod error;
mod events;
mod fetching;
mod filling;
mod folders;
mod forecast;
mod histories;
mod indexes;
mod jobs;
mod learning;
mod lifecycle;
mod listing;
mod locks;
mod names;
mod objects;
mod orphans;
mod parts;
mod plan_tree;
mod playing;
mod preview;
mod prices;
mod refusals;
mod rules_json;
mod search;
mod sync_folders;
mod thaws;
mod time;
mod transfers;
mod typescript;
mod versions;
mod work;
mod writing;

pub use capabilities::report as capability_report;
pub use connections::start_in;
pub use dto::{ErrorCode, UiError, UiEvent};
pub use engine_work::EngineWork;
pub use error::{chain, remote_words};
pub use fetching::WholeLimit;
pub use names::visible;
pub use parts::{Api, ApiParts, Connector, PRACTICE_ID};
pub use prices::prices_unreadable;
pub use refusals::{Answer, Ear, Teller, Told, answers};
pub use typescript::typescript;
pub use work::{FolderStatus, Moving, Plan, PlanStep, Work, WorkEvent};
