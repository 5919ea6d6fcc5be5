// Written by `cargo xtask types` from the Rust types. Change those, not this file.
import type {
  AppInfo,
  BrakeChoice,
  BucketDraft,
  BucketLock,
  BucketRow,
  BucketVersions,
  CapabilityReport,
  ChangeWindow,
  Comparison,
  ConflictChoice,
  ConflictDetails,
  ConflictWindow,
  ConflictsResolved,
  ConnectionDraft,
  ConnectionRow,
  DeleteResult,
  DownloadPrice,
  DownloadStarted,
  FailureGroup,
  FileFilter,
  FolderFiles,
  FolderOptions,
  Forecast,
  ForecastEvent,
  FoundProfile,
  HistoryRow,
  IndexRow,
  JobItems,
  JobProblem,
  JobRequest,
  JobRow,
  Lifecycle,
  LifecycleDraft,
  LifecycleEdit,
  ListingSummary,
  ListingWindow,
  LockRow,
  ObjectDetails,
  OrphanUploads,
  OrphanUse,
  OrphansEnded,
  PlanFilter,
  PlanHead,
  PlanWindow,
  Playing,
  PrefixSizes,
  Preview,
  PreviewWant,
  Price,
  PriceChoice,
  PriceSettings,
  RefusalRow,
  RefusedRight,
  SearchScope,
  SearchWindow,
  SecretPlaces,
  SortBy,
  StepResult,
  SyncFolderRow,
  SyncMode,
  ThawBoard,
  ThawFrom,
  ThawItems,
  ThawOffer,
  ThawRow,
  ThawSpeed,
  ThawThen,
  TimeBar,
  TimeChoice,
  TimeCounts,
  TimePlace,
  TimePlan,
  TimeSamples,
  TimeShow,
  TimeWindow,
  TransferFilter,
  TransferWindow,
  UiError,
  UploadName,
  UploadStarted,
  VersionMark,
  VersionSide,
  VersionsPage,
} from './types';

/** Every function of the core: what goes in, what comes out. */
export interface Calls {
  app_info: { args: Record<string, never>; result: AppInfo };
  found_profiles: { args: Record<string, never>; result: Array<FoundProfile> };
  secret_places: { args: Record<string, never>; result: SecretPlaces };
  connections: { args: Record<string, never>; result: Array<ConnectionRow> };
  test_connection: { args: { run: string; draft: ConnectionDraft }; result: Array<StepResult> };
  save_connection: { args: { draft: ConnectionDraft }; result: ConnectionRow };
  remove_connection: { args: { id: string }; result: null };
  start_practice: { args: Record<string, never>; result: ConnectionRow };
  reset_practice: { args: Record<string, never>; result: null };
  probe_capabilities: { args: { connection: string; bucket: string }; result: CapabilityReport };
  buckets: { args: { connection: string }; result: Array<BucketRow> };
  check_bucket_name: { args: { name: string }; result: string | null };
  create_bucket: { args: { connection: string; draft: BucketDraft }; result: BucketRow };
  delete_bucket: { args: { connection: string; bucket: string; typed: string }; result: null };
  open_listing: { args: { connection: string; bucket: string; prefix: string; refresh: boolean; deleted: boolean | null }; result: ListingSummary };
  open_list: { args: { connection: string; bucket: string; prefix: string; refresh: boolean; deleted: boolean | null; limit: number; sort: SortBy; descending: boolean; filter: string }; result: ListingWindow };
  listing_window: { args: { id: string; offset: number; limit: number; sort: SortBy; descending: boolean; filter: string }; result: ListingWindow };
  close_listing: { args: { id: string }; result: null };
  search: { args: { text: string; scope: SearchScope; offset: number; limit: number }; result: SearchWindow };
  prefix_sizes: { args: { connection: string; bucket: string; prefixes: Array<string> }; result: PrefixSizes };
  indexes: { args: Record<string, never>; result: Array<IndexRow> };
  start_index: { args: { connection: string; bucket: string; prefix: string }; result: IndexRow };
  stop_index: { args: { id: string }; result: null };
  drop_index: { args: { id: string }; result: null };
  object_details: { args: { connection: string; bucket: string; key: string }; result: ObjectDetails };
  refusals: { args: { connection: string; bucket: string; prefix: string }; result: Array<RefusalRow> };
  forget_refusal: { args: { connection: string; bucket: string; prefix: string; right: RefusedRight }; result: null };
  preview: { args: { connection: string; bucket: string; key: string; etag: string; want: PreviewWant }; result: Preview };
  play: { args: { connection: string; bucket: string; key: string; etag: string }; result: Playing };
  play_trouble: { args: { id: string }; result: UiError | null };
  stop_playing: { args: { id: string }; result: null };
  create_folder: { args: { connection: string; bucket: string; prefix: string; name: string }; result: null };
  delete_objects: { args: { connection: string; bucket: string; keys: Array<string> }; result: DeleteResult };
  download: { args: { connection: string; bucket: string; keys: Array<string>; to: string }; result: DownloadStarted };
  upload_paths: { args: { connection: string; bucket: string; prefix: string; paths: Array<string> }; result: UploadStarted };
  price_settings: { args: Record<string, never>; result: PriceSettings };
  set_price_ask: { args: { bytes: number | null }; result: null };
  price_download: { args: { connection: string; bucket: string; choice: PriceChoice }; result: DownloadPrice };
  price_listing: { args: { connection: string; bucket: string; requests: number }; result: Price };
  price_job: { args: { id: string }; result: Price };
  object_versions: { args: { connection: string; bucket: string; key: string; after: VersionMark | null }; result: VersionsPage };
  download_version: { args: { connection: string; bucket: string; key: string; version: string; modified: number; to: string }; result: DownloadStarted };
  preview_version: { args: { connection: string; bucket: string; key: string; version: string; etag: string; want: PreviewWant }; result: Preview };
  compare_versions: { args: { connection: string; bucket: string; key: string; older: VersionSide; newer: VersionSide }; result: Comparison };
  bucket_versions: { args: { connection: string; bucket: string }; result: BucketVersions };
  keep_versions: { args: { connection: string; bucket: string }; result: null };
  bucket_lock: { args: { connection: string; bucket: string }; result: BucketLock };
  object_locks: { args: { connection: string; bucket: string; keys: Array<string> }; result: Array<LockRow> };
  version_lock: { args: { connection: string; bucket: string; key: string; version: string }; result: LockRow };
  histories: { args: Record<string, never>; result: Array<HistoryRow> };
  start_history: { args: { connection: string; bucket: string; prefix: string }; result: HistoryRow };
  stop_history: { args: { id: string }; result: null };
  drop_history: { args: { id: string }; result: null };
  open_time: { args: { connection: string; bucket: string; prefix: string }; result: TimePlace };
  time_bars: { args: { id: string; prefix: string; from: number; to: number; bars: number }; result: Array<TimeBar> };
  time_counts: { args: { id: string; prefix: string; moment: number }; result: TimeCounts };
  time_window: { args: { id: string; prefix: string; moment: number; show: TimeShow; text: string; offset: number; limit: number }; result: TimeWindow };
  time_plan: { args: { id: string; prefix: string; moment: number; choice: TimeChoice }; result: TimePlan };
  time_samples: { args: { id: string; prefix: string; moment: number; choice: TimeChoice }; result: TimeSamples };
  lifecycle: { args: { connection: string; bucket: string }; result: Lifecycle };
  draft_lifecycle: { args: { connection: string; bucket: string; mark: string; edit: LifecycleEdit }; result: LifecycleDraft };
  save_lifecycle: { args: { connection: string; bucket: string; mark: string; edit: LifecycleEdit }; result: Lifecycle };
  forecast: { args: { connection: string; bucket: string; days: number; mark: string | null; edit: LifecycleEdit | null }; result: Forecast };
  hold_objects: { args: { connection: string; bucket: string; event: ForecastEvent; mark: string; days: number }; result: JobRow };
  orphan_uploads: { args: { connection: string; bucket: string; prefix: string }; result: OrphanUploads };
  count_orphan: { args: { connection: string; bucket: string; upload: UploadName }; result: OrphanUse };
  abort_orphans: { args: { connection: string; bucket: string; uploads: Array<UploadName> }; result: OrphansEnded };
  plan_job: { args: { request: JobRequest }; result: JobRow };
  job_items: { args: { id: string; offset: number; limit: number }; result: JobItems };
  start_job: { args: { id: string; typed: number | null; date: string | null }; result: null };
  pause_job: { args: { id: string }; result: null };
  resume_job: { args: { id: string }; result: null };
  cancel_job: { args: { id: string }; result: null };
  undo_job: { args: { id: string }; result: JobRow };
  remove_job: { args: { id: string }; result: null };
  jobs: { args: Record<string, never>; result: Array<JobRow> };
  job: { args: { id: string }; result: JobRow };
  job_problems: { args: { id: string }; result: Array<JobProblem> };
  thaws: { args: Record<string, never>; result: ThawBoard };
  plan_thaw: { args: { connection: string; bucket: string; from: ThawFrom }; result: ThawRow };
  thaw_offers: { args: { id: string; days: number }; result: Array<ThawOffer> };
  start_thaw: { args: { id: string; speed: ThawSpeed; days: number; then: ThawThen }; result: null };
  stop_thaw: { args: { id: string }; result: null };
  faster_thaw: { args: { id: string; speed: ThawSpeed }; result: null };
  extend_thaw: { args: { id: string; days: number }; result: null };
  set_thaw_then: { args: { id: string; then: ThawThen }; result: null };
  download_thaw: { args: { id: string; to: string }; result: null };
  drop_thaw: { args: { id: string }; result: null };
  thaw_items: { args: { id: string; offset: number; limit: number }; result: ThawItems };
  folders: { args: Record<string, never>; result: Array<SyncFolderRow> };
  add_folder: { args: { name: string; local: string; connection: string; bucket: string; prefix: string; mode: SyncMode; options: FolderOptions | null }; result: SyncFolderRow };
  set_folder_options: { args: { id: string; options: FolderOptions }; result: SyncFolderRow };
  set_folder_mode: { args: { id: string; mode: SyncMode }; result: SyncFolderRow };
  plan_folder: { args: { id: string }; result: PlanHead };
  plan_window: { args: { id: string; plan: string; open: Array<string>; filter: PlanFilter; offset: number; limit: number }; result: PlanWindow };
  start_folder: { args: { id: string; leave_out: Array<string> }; result: null };
  answer_brake: { args: { id: string; brake: string; answer: BrakeChoice }; result: null };
  folder_conflicts: { args: { id: string; offset: number; limit: number }; result: ConflictWindow };
  conflict_details: { args: { id: string }; result: ConflictDetails };
  resolve_conflicts: { args: { choices: Array<ConflictChoice> }; result: ConflictsResolved };
  folder_changes: { args: { id: string; offset: number; limit: number }; result: ChangeWindow };
  undo_change: { args: { id: string }; result: null };
  remove_folder: { args: { id: string }; result: null };
  pause_folder: { args: { id: string }; result: null };
  resume_folder: { args: { id: string }; result: null };
  rescan_folder: { args: { id: string }; result: null };
  merge_folder: { args: { id: string }; result: null };
  folder_files: { args: { id: string; offset: number; limit: number; filter: FileFilter }; result: FolderFiles };
  folder_failures: { args: { id: string }; result: Array<FailureGroup> };
  retry_failed: { args: { id: string; code: string | null }; result: number };
  transfers: { args: { offset: number; limit: number; filter: TransferFilter }; result: TransferWindow };
  pause_transfer: { args: { id: string }; result: null };
  resume_transfer: { args: { id: string }; result: null };
  cancel_transfer: { args: { id: string }; result: null };
  retry_transfer: { args: { id: string }; result: null };
  pause_all: { args: Record<string, never>; result: null };
  resume_all: { args: Record<string, never>; result: null };
  cancel_all: { args: Record<string, never>; result: null };
  retry_all: { args: Record<string, never>; result: null };
  clear_done: { args: Record<string, never>; result: null };
  set_bandwidth: { args: { bytes_per_second: number | null }; result: null };
  drag_out: { args: { connection: string; bucket: string; keys: Array<string> }; result: boolean };
  pick_folder: { args: Record<string, never>; result: string | null };
  pick_files: { args: Record<string, never>; result: Array<string> };
}

/** Name of a function of the core. */
export type CallName = keyof Calls;

/** Anything that can carry a call to the core. */
export type Caller = <N extends CallName>(name: N, args: Calls[N]['args']) => Promise<Calls[N]['result']>;

/** One function for each of the core's, on top of a caller. */
export function client(call: Caller) {
  return {
    app_info: () => call('app_info', {}),
    found_profiles: () => call('found_profiles', {}),
    secret_places: () => call('secret_places', {}),
    connections: () => call('connections', {}),
    test_connection: (args: Calls['test_connection']['args']) => call('test_connection', args),
    save_connection: (args: Calls['save_connection']['args']) => call('save_connection', args),
    remove_connection: (args: Calls['remove_connection']['args']) => call('remove_connection', args),
    start_practice: () => call('start_practice', {}),
    reset_practice: () => call('reset_practice', {}),
    probe_capabilities: (args: Calls['probe_capabilities']['args']) => call('probe_capabilities', args),
    buckets: (args: Calls['buckets']['args']) => call('buckets', args),
    check_bucket_name: (args: Calls['check_bucket_name']['args']) => call('check_bucket_name', args),
    create_bucket: (args: Calls['create_bucket']['args']) => call('create_bucket', args),
    delete_bucket: (args: Calls['delete_bucket']['args']) => call('delete_bucket', args),
    open_listing: (args: Calls['open_listing']['args']) => call('open_listing', args),
    open_list: (args: Calls['open_list']['args']) => call('open_list', args),
    listing_window: (args: Calls['listing_window']['args']) => call('listing_window', args),
    close_listing: (args: Calls['close_listing']['args']) => call('close_listing', args),
    search: (args: Calls['search']['args']) => call('search', args),
    prefix_sizes: (args: Calls['prefix_sizes']['args']) => call('prefix_sizes', args),
    indexes: () => call('indexes', {}),
    start_index: (args: Calls['start_index']['args']) => call('start_index', args),
    stop_index: (args: Calls['stop_index']['args']) => call('stop_index', args),
    drop_index: (args: Calls['drop_index']['args']) => call('drop_index', args),
    object_details: (args: Calls['object_details']['args']) => call('object_details', args),
    refusals: (args: Calls['refusals']['args']) => call('refusals', args),
    forget_refusal: (args: Calls['forget_refusal']['args']) => call('forget_refusal', args),
    preview: (args: Calls['preview']['args']) => call('preview', args),
    play: (args: Calls['play']['args']) => call('play', args),
    play_trouble: (args: Calls['play_trouble']['args']) => call('play_trouble', args),
    stop_playing: (args: Calls['stop_playing']['args']) => call('stop_playing', args),
    create_folder: (args: Calls['create_folder']['args']) => call('create_folder', args),
    delete_objects: (args: Calls['delete_objects']['args']) => call('delete_objects', args),
    download: (args: Calls['download']['args']) => call('download', args),
    upload_paths: (args: Calls['upload_paths']['args']) => call('upload_paths', args),
    price_settings: () => call('price_settings', {}),
    set_price_ask: (args: Calls['set_price_ask']['args']) => call('set_price_ask', args),
    price_download: (args: Calls['price_download']['args']) => call('price_download', args),
    price_listing: (args: Calls['price_listing']['args']) => call('price_listing', args),
    price_job: (args: Calls['price_job']['args']) => call('price_job', args),
    object_versions: (args: Calls['object_versions']['args']) => call('object_versions', args),
    download_version: (args: Calls['download_version']['args']) => call('download_version', args),
    preview_version: (args: Calls['preview_version']['args']) => call('preview_version', args),
    compare_versions: (args: Calls['compare_versions']['args']) => call('compare_versions', args),
    bucket_versions: (args: Calls['bucket_versions']['args']) => call('bucket_versions', args),
    keep_versions: (args: Calls['keep_versions']['args']) => call('keep_versions', args),
    bucket_lock: (args: Calls['bucket_lock']['args']) => call('bucket_lock', args),
    object_locks: (args: Calls['object_locks']['args']) => call('object_locks', args),
    version_lock: (args: Calls['version_lock']['args']) => call('version_lock', args),
    histories: () => call('histories', {}),
    start_history: (args: Calls['start_history']['args']) => call('start_history', args),
    stop_history: (args: Calls['stop_history']['args']) => call('stop_history', args),
    drop_history: (args: Calls['drop_history']['args']) => call('drop_history', args),
    open_time: (args: Calls['open_time']['args']) => call('open_time', args),
    time_bars: (args: Calls['time_bars']['args']) => call('time_bars', args),
    time_counts: (args: Calls['time_counts']['args']) => call('time_counts', args),
    time_window: (args: Calls['time_window']['args']) => call('time_window', args),
    time_plan: (args: Calls['time_plan']['args']) => call('time_plan', args),
    time_samples: (args: Calls['time_samples']['args']) => call('time_samples', args),
    lifecycle: (args: Calls['lifecycle']['args']) => call('lifecycle', args),
    draft_lifecycle: (args: Calls['draft_lifecycle']['args']) => call('draft_lifecycle', args),
    save_lifecycle: (args: Calls['save_lifecycle']['args']) => call('save_lifecycle', args),
    forecast: (args: Calls['forecast']['args']) => call('forecast', args),
    hold_objects: (args: Calls['hold_objects']['args']) => call('hold_objects', args),
    orphan_uploads: (args: Calls['orphan_uploads']['args']) => call('orphan_uploads', args),
    count_orphan: (args: Calls['count_orphan']['args']) => call('count_orphan', args),
    abort_orphans: (args: Calls['abort_orphans']['args']) => call('abort_orphans', args),
    plan_job: (args: Calls['plan_job']['args']) => call('plan_job', args),
    job_items: (args: Calls['job_items']['args']) => call('job_items', args),
    start_job: (args: Calls['start_job']['args']) => call('start_job', args),
    pause_job: (args: Calls['pause_job']['args']) => call('pause_job', args),
    resume_job: (args: Calls['resume_job']['args']) => call('resume_job', args),
    cancel_job: (args: Calls['cancel_job']['args']) => call('cancel_job', args),
    undo_job: (args: Calls['undo_job']['args']) => call('undo_job', args),
    remove_job: (args: Calls['remove_job']['args']) => call('remove_job', args),
    jobs: () => call('jobs', {}),
    job: (args: Calls['job']['args']) => call('job', args),
    job_problems: (args: Calls['job_problems']['args']) => call('job_problems', args),
    thaws: () => call('thaws', {}),
    plan_thaw: (args: Calls['plan_thaw']['args']) => call('plan_thaw', args),
    thaw_offers: (args: Calls['thaw_offers']['args']) => call('thaw_offers', args),
    start_thaw: (args: Calls['start_thaw']['args']) => call('start_thaw', args),
    stop_thaw: (args: Calls['stop_thaw']['args']) => call('stop_thaw', args),
    faster_thaw: (args: Calls['faster_thaw']['args']) => call('faster_thaw', args),
    extend_thaw: (args: Calls['extend_thaw']['args']) => call('extend_thaw', args),
    set_thaw_then: (args: Calls['set_thaw_then']['args']) => call('set_thaw_then', args),
    download_thaw: (args: Calls['download_thaw']['args']) => call('download_thaw', args),
    drop_thaw: (args: Calls['drop_thaw']['args']) => call('drop_thaw', args),
    thaw_items: (args: Calls['thaw_items']['args']) => call('thaw_items', args),
    folders: () => call('folders', {}),
    add_folder: (args: Calls['add_folder']['args']) => call('add_folder', args),
    set_folder_options: (args: Calls['set_folder_options']['args']) => call('set_folder_options', args),
    set_folder_mode: (args: Calls['set_folder_mode']['args']) => call('set_folder_mode', args),
    plan_folder: (args: Calls['plan_folder']['args']) => call('plan_folder', args),
    plan_window: (args: Calls['plan_window']['args']) => call('plan_window', args),
    start_folder: (args: Calls['start_folder']['args']) => call('start_folder', args),
    answer_brake: (args: Calls['answer_brake']['args']) => call('answer_brake', args),
    folder_conflicts: (args: Calls['folder_conflicts']['args']) => call('folder_conflicts', args),
    conflict_details: (args: Calls['conflict_details']['args']) => call('conflict_details', args),
    resolve_conflicts: (args: Calls['resolve_conflicts']['args']) => call('resolve_conflicts', args),
    folder_changes: (args: Calls['folder_changes']['args']) => call('folder_changes', args),
    undo_change: (args: Calls['undo_change']['args']) => call('undo_change', args),
    remove_folder: (args: Calls['remove_folder']['args']) => call('remove_folder', args),
    pause_folder: (args: Calls['pause_folder']['args']) => call('pause_folder', args),
    resume_folder: (args: Calls['resume_folder']['args']) => call('resume_folder', args),
    rescan_folder: (args: Calls['rescan_folder']['args']) => call('rescan_folder', args),
    merge_folder: (args: Calls['merge_folder']['args']) => call('merge_folder', args),
    folder_files: (args: Calls['folder_files']['args']) => call('folder_files', args),
    folder_failures: (args: Calls['folder_failures']['args']) => call('folder_failures', args),
    retry_failed: (args: Calls['retry_failed']['args']) => call('retry_failed', args),
    transfers: (args: Calls['transfers']['args']) => call('transfers', args),
    pause_transfer: (args: Calls['pause_transfer']['args']) => call('pause_transfer', args),
    resume_transfer: (args: Calls['resume_transfer']['args']) => call('resume_transfer', args),
    cancel_transfer: (args: Calls['cancel_transfer']['args']) => call('cancel_transfer', args),
    retry_transfer: (args: Calls['retry_transfer']['args']) => call('retry_transfer', args),
    pause_all: () => call('pause_all', {}),
    resume_all: () => call('resume_all', {}),
    cancel_all: () => call('cancel_all', {}),
    retry_all: () => call('retry_all', {}),
    clear_done: () => call('clear_done', {}),
    set_bandwidth: (args: Calls['set_bandwidth']['args']) => call('set_bandwidth', args),
    drag_out: (args: Calls['drag_out']['args']) => call('drag_out', args),
    pick_folder: () => call('pick_folder', {}),
    pick_files: () => call('pick_files', {}),
  };
}
