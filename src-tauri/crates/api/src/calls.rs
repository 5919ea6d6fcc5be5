//! The table of functions. One line each gives the dispatch and the TypeScript signature.
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use ts_rs::{Config, TS};

use crate::dto::*;
use crate::dto_jobs::*;
use crate::dto_lifecycle::*;
use crate::dto_lock::*;
use crate::dto_more::*;
use crate::dto_preview::*;
use crate::dto_prices::*;
use crate::dto_search::*;
use crate::dto_sync::*;
use crate::dto_thaw::*;
use crate::dto_time::*;
use crate::dto_versions::*;
use crate::{Api, UiError};

/// Takes one argument out of the object; the error names it.
fn field<T: DeserializeOwned>(call: &str, args: &mut Map<String, Value>, name: &str) -> Result<T, UiError> {
    let given = args.remove(name);
    let missing = given.is_none();
    serde_json::from_value(given.unwrap_or(Value::Null)).map_err(|error| {
        let problem = if missing { "is missing" } else { "has a value that makes no sense" };
        UiError::bad_request(format!("The field `{name}` of `{call}` {problem}. Nothing was done."))
            // Draft fields may hold a secret; serde's text can quote a value.
            .with_detail(if name == "draft" { format!("line {}", error.line()) } else { error.to_string() })
    })
}

/// One function as TypeScript sees it.
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) args: Vec<(&'static str, String)>,
    pub(crate) result: String,
}

macro_rules! calls {
    ($($name:ident($($arg:ident: $ty:ty),* $(,)?) -> $result:ty;)*) => {
        impl Api {
            /// Calls a function by name with an object of arguments.
            ///
            /// # Errors
            /// `BadRequest` when there is no such function or an argument does not fit; else what the function says.
            pub async fn call(&self, name: &str, args: Value) -> Result<Value, UiError> {
                #[allow(unused_mut)]
                let mut args = match args {
                    Value::Object(map) => map,
                    Value::Null => Map::new(),
                    Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                        return Err(UiError::bad_request(format!("The arguments of `{name}` must be an object.")));
                    }
                };
                match name {
                    $(stringify!($name) => {
                        $(let $arg: $ty = field(name, &mut args, stringify!($arg))?;)*
                        let result: $result = Box::pin(self.$name($($arg),*)).await?;
                        serde_json::to_value(result).map_err(|e| {
                            UiError::new(ErrorCode::Unexpected, "The answer could not be written.").with_detail(e)
                        })
                    })*
                    other => Err(UiError::bad_request(format!("There is no function `{other}`. Nothing was done."))),
                }
            }
        }

        /// Every function as TypeScript sees it.
        pub(crate) fn signatures(config: &Config) -> Vec<Signature> {
            vec![$(Signature {
                name: stringify!($name),
                args: vec![$((stringify!($arg), <$ty as TS>::name(config))),*],
                result: <$result as TS>::name(config),
            }),*]
        }
    };
}

calls! {
    app_info() -> AppInfo;
    found_profiles() -> Vec<FoundProfile>;
    secret_places() -> SecretPlaces;
    connections() -> Vec<ConnectionRow>;
    test_connection(run: String, draft: ConnectionDraft) -> Vec<StepResult>;
    save_connection(draft: ConnectionDraft) -> ConnectionRow;
    remove_connection(id: String) -> ();
    start_practice() -> ConnectionRow;
    reset_practice() -> ();
    probe_capabilities(connection: String, bucket: String) -> CapabilityReport;
    buckets(connection: String) -> Vec<BucketRow>;
    check_bucket_name(name: String) -> Option<String>;
    create_bucket(connection: String, draft: BucketDraft) -> BucketRow;
    delete_bucket(connection: String, bucket: String, typed: String) -> ();
    open_listing(connection: String, bucket: String, prefix: String, refresh: bool, deleted: Option<bool>) -> ListingSummary;
    open_list(connection: String, bucket: String, prefix: String, refresh: bool, deleted: Option<bool>, limit: u64, sort: SortBy, descending: bool, filter: String) -> ListingWindow;
    listing_window(id: String, offset: u64, limit: u64, sort: SortBy, descending: bool, filter: String) -> ListingWindow;
    close_listing(id: String) -> ();
    search(text: String, scope: SearchScope, offset: u64, limit: u64) -> SearchWindow;
    prefix_sizes(connection: String, bucket: String, prefixes: Vec<String>) -> PrefixSizes;
    indexes() -> Vec<IndexRow>;
    start_index(connection: String, bucket: String, prefix: String) -> IndexRow;
    stop_index(id: String) -> ();
    drop_index(id: String) -> ();
    object_details(connection: String, bucket: String, key: String) -> ObjectDetails;
    refusals(connection: String, bucket: String, prefix: String) -> Vec<RefusalRow>;
    forget_refusal(connection: String, bucket: String, prefix: String, right: RefusedRight) -> ();
    preview(connection: String, bucket: String, key: String, etag: String, want: PreviewWant) -> Preview;
    play(connection: String, bucket: String, key: String, etag: String) -> Playing;
    play_trouble(id: String) -> Option<UiError>;
    stop_playing(id: String) -> ();
    create_folder(connection: String, bucket: String, prefix: String, name: String) -> ();
    delete_objects(connection: String, bucket: String, keys: Vec<String>) -> DeleteResult;
    download(connection: String, bucket: String, keys: Vec<String>, to: String) -> DownloadStarted;
    upload_paths(connection: String, bucket: String, prefix: String, paths: Vec<String>) -> UploadStarted;
    price_settings() -> PriceSettings;
    set_price_ask(bytes: Option<u64>) -> ();
    price_download(connection: String, bucket: String, choice: PriceChoice) -> DownloadPrice;
    price_listing(connection: String, bucket: String, requests: u64) -> Price;
    price_job(id: String) -> Price;
    object_versions(connection: String, bucket: String, key: String, after: Option<VersionMark>) -> VersionsPage;
    download_version(connection: String, bucket: String, key: String, version: String, modified: i64, to: String) -> DownloadStarted;
    preview_version(connection: String, bucket: String, key: String, version: String, etag: String, want: PreviewWant) -> Preview;
    compare_versions(connection: String, bucket: String, key: String, older: VersionSide, newer: VersionSide) -> Comparison;
    bucket_versions(connection: String, bucket: String) -> BucketVersions;
    keep_versions(connection: String, bucket: String) -> ();
    bucket_lock(connection: String, bucket: String) -> BucketLock;
    object_locks(connection: String, bucket: String, keys: Vec<String>) -> Vec<LockRow>;
    version_lock(connection: String, bucket: String, key: String, version: String) -> LockRow;
    histories() -> Vec<HistoryRow>;
    start_history(connection: String, bucket: String, prefix: String) -> HistoryRow;
    stop_history(id: String) -> ();
    drop_history(id: String) -> ();
    open_time(connection: String, bucket: String, prefix: String) -> TimePlace;
    time_bars(id: String, prefix: String, from: i64, to: i64, bars: u16) -> Vec<TimeBar>;
    time_counts(id: String, prefix: String, moment: i64) -> TimeCounts;
    time_window(id: String, prefix: String, moment: i64, show: TimeShow, text: String, offset: u64, limit: u64) -> TimeWindow;
    time_plan(id: String, prefix: String, moment: i64, choice: TimeChoice) -> TimePlan;
    time_samples(id: String, prefix: String, moment: i64, choice: TimeChoice) -> TimeSamples;
    lifecycle(connection: String, bucket: String) -> Lifecycle;
    draft_lifecycle(connection: String, bucket: String, mark: String, edit: LifecycleEdit) -> LifecycleDraft;
    save_lifecycle(connection: String, bucket: String, mark: String, edit: LifecycleEdit) -> Lifecycle;
    forecast(connection: String, bucket: String, days: u32, mark: Option<String>, edit: Option<LifecycleEdit>) -> Forecast;
    hold_objects(connection: String, bucket: String, event: ForecastEvent, mark: String, days: u32) -> JobRow;
    orphan_uploads(connection: String, bucket: String, prefix: String) -> OrphanUploads;
    count_orphan(connection: String, bucket: String, upload: UploadName) -> OrphanUse;
    abort_orphans(connection: String, bucket: String, uploads: Vec<UploadName>) -> OrphansEnded;
    plan_job(request: JobRequest) -> JobRow;
    job_items(id: String, offset: u64, limit: u64) -> JobItems;
    start_job(id: String, typed: Option<u64>, date: Option<String>) -> ();
    pause_job(id: String) -> ();
    resume_job(id: String) -> ();
    cancel_job(id: String) -> ();
    undo_job(id: String) -> JobRow;
    remove_job(id: String) -> ();
    jobs() -> Vec<JobRow>;
    job(id: String) -> JobRow;
    job_problems(id: String) -> Vec<JobProblem>;
    thaws() -> ThawBoard;
    plan_thaw(connection: String, bucket: String, from: ThawFrom) -> ThawRow;
    thaw_offers(id: String, days: u32) -> Vec<ThawOffer>;
    start_thaw(id: String, speed: ThawSpeed, days: u32, then: ThawThen) -> ();
    stop_thaw(id: String) -> ();
    faster_thaw(id: String, speed: ThawSpeed) -> ();
    extend_thaw(id: String, days: u32) -> ();
    set_thaw_then(id: String, then: ThawThen) -> ();
    download_thaw(id: String, to: String) -> ();
    drop_thaw(id: String) -> ();
    thaw_items(id: String, offset: u64, limit: u64) -> ThawItems;
    folders() -> Vec<SyncFolderRow>;
    add_folder(name: String, local: String, connection: String, bucket: String, prefix: String, mode: SyncMode, options: Option<FolderOptions>) -> SyncFolderRow;
    set_folder_options(id: String, options: FolderOptions) -> SyncFolderRow;
    set_folder_mode(id: String, mode: SyncMode) -> SyncFolderRow;
    plan_folder(id: String) -> PlanHead;
    plan_window(id: String, plan: String, open: Vec<String>, filter: PlanFilter, offset: u64, limit: u64) -> PlanWindow;
    start_folder(id: String, leave_out: Vec<String>) -> ();
    answer_brake(id: String, brake: String, answer: BrakeChoice) -> ();
    folder_conflicts(id: String, offset: u64, limit: u64) -> ConflictWindow;
    conflict_details(id: String) -> ConflictDetails;
    resolve_conflicts(choices: Vec<ConflictChoice>) -> ConflictsResolved;
    folder_changes(id: String, offset: u64, limit: u64) -> ChangeWindow;
    undo_change(id: String) -> ();
    remove_folder(id: String) -> ();
    pause_folder(id: String) -> ();
    resume_folder(id: String) -> ();
    rescan_folder(id: String) -> ();
    merge_folder(id: String) -> ();
    folder_files(id: String, offset: u64, limit: u64, filter: FileFilter) -> FolderFiles;
    folder_failures(id: String) -> Vec<FailureGroup>;
    retry_failed(id: String, code: Option<String>) -> u64;
    transfers(offset: u64, limit: u64, filter: TransferFilter) -> TransferWindow;
    pause_transfer(id: String) -> ();
    resume_transfer(id: String) -> ();
    cancel_transfer(id: String) -> ();
    retry_transfer(id: String) -> ();
    pause_all() -> ();
    resume_all() -> ();
    cancel_all() -> ();
    retry_all() -> ();
    clear_done() -> ();
    set_bandwidth(bytes_per_second: Option<u64>) -> ();
    drag_out(connection: String, bucket: String, keys: Vec<String>) -> bool;
    pick_folder() -> Option<String>;
    pick_files() -> Vec<String>;
}
