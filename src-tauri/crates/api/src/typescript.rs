//! The same types and functions in TypeScript.
use ts_rs::{Config, TS};

use crate::calls::signatures;
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

const HEAD: &str = "// Written by `cargo xtask types` from the Rust types. Change those, not this file.\n";

fn config() -> Config {
    Config::new().with_large_int("number")
}

fn one<T: TS + 'static>(config: &Config) -> (String, String) {
    let docs = T::docs().unwrap_or_default();
    let docs = docs.trim_end();
    let gap = if docs.is_empty() { "" } else { "\n" };
    (T::ident(config), format!("{docs}{gap}export {}\n", T::decl(config)))
}

macro_rules! all {
    ($config:expr; $($name:ident),* $(,)?) => { vec![$(one::<$name>($config)),*] };
}

/// Files of the user interface that follow from the types here: name and content.
#[must_use]
pub fn typescript() -> Vec<(String, String)> {
    let config = &config();
    let mut types = all![config;
        FactName, MapPosition, Preview, PreviewFact, PreviewKind, PreviewMissing, PreviewPicture, PreviewTable, PreviewText, Playing,
        PreviewWant,
        BrakeChoice, BrakeLimits, BrakeRow, BrakeWhy, ChangeEnd, ChangeKind, ChangeRow, ChangeWindow, ConflictChoice,
        ConflictDetails, ConflictRow, ConflictSide, ConflictWindow, ConflictsResolved, FolderOptions, KeepSide, PlanCount,
        IndexRow, PrefixSize, PrefixSizes, SearchKnown, SearchLine, SearchScope, SearchWindow, PlanFilter, PlanHead, PlanKind, PlanNode, PlanWindow, SyncMode,
        DownloadPrice, Price, PriceChoice, PriceEarly, PriceKind, PriceLine, PricePart, PriceSettings,
        Added, RestoreTo, Undelete, VersionMark, VersionRow, VersionsPage,
        Comparison, DiffKind, DiffLine, FactDiff, TextDiff, VersionSide,
        BucketVersions, HistoryRow, JobCall, JobItemRow, JobItemState, JobItems, ObjectAmount, TimeBar, TimeChange, TimeChoice,
        TimeCounts, TimePlace, TimePlan, TimeRow, TimeSamples, TimeShow, TimeVersion, TimeWindow,
        BucketLock, LockChange, LockDefault, LockMode, LockRow, PurgeChoice,
        ThawBoard, ThawFrom, ThawItem, ThawItemState, ThawItems, ThawOffer, ThawRow, ThawSpeed, ThawState, ThawThen,
        Forecast, ForecastEvent, ForecastKind, ForecastLine, ForecastMonth, ForecastStretch, Lifecycle, LifecycleDraft, LifecycleEdit,
        OrphanUpload, OrphanUploads, OrphanUse, OrphansEnded, RuleEdit, RuleForm, RuleMove, RuleOld, RuleOldMove, RuleRow, RuleTag,
        RuleWhen, StretchKind, UploadName,
        EditField, EditLine, IfTaken, JobKind, JobProblem, JobRequest, JobRoot, JobRow, JobState,
        RefusalRow, RefusedRight, Activity, AppInfo, BucketDraft, BucketRow, CapabilityLine, CapabilityReport, ConnectionDraft, ConnectionRow, ConnectionSource,
        DeleteResult, Direction, DownloadStarted, ErrorCode, FailureGroup, FileFilter, FolderCounts, FolderFileRow,
        FolderFiles, FolderState, FoundProfile, KeepSecret, Kept, ListingSummary, ListingWindow, MergeNeed, MergedRow, MergedWhy, NamedValue, ObjectDetails,
        ObjectRow, RowState, SecretPlaces, SortBy, StepOutcome, StepResult, Support, SyncFolderRow, TestStep,
        TransferCounts, TransferFilter, TransferRow, TransferState, TransferWindow, UiError, UiEvent, UploadStarted,
    ];
    types.sort();
    let mut text = HEAD.to_owned();
    for (_, declaration) in &types {
        text.push('\n');
        text.push_str(declaration);
    }
    vec![("types.ts".to_owned(), text), ("client.ts".to_owned(), client(config, &types))]
}

fn client(config: &Config, types: &[(String, String)]) -> String {
    let calls = signatures(config);
    let used: Vec<&str> = types
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| {
            calls.iter().any(|c| mentions(&c.result, name) || c.args.iter().any(|(_, ty)| mentions(ty, name)))
        })
        .collect();
    let mut text = format!("{HEAD}import type {{\n");
    for name in used {
        text.push_str(&format!("  {name},\n"));
    }
    text.push_str("} from './types';\n\n/** Every function of the core: what goes in, what comes out. */\nexport interface Calls {\n");
    for call in &calls {
        let args = if call.args.is_empty() {
            "Record<string, never>".to_owned()
        } else {
            let list: Vec<String> = call.args.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
            format!("{{ {} }}", list.join("; "))
        };
        text.push_str(&format!("  {}: {{ args: {args}; result: {} }};\n", call.name, call.result));
    }
    text.push_str(
        "}\n\n/** Name of a function of the core. */\nexport type CallName = keyof Calls;\n\n/** Anything that can carry a call to the core. */\nexport type Caller = <N extends CallName>(name: N, args: Calls[N]['args']) => Promise<Calls[N]['result']>;\n\n/** One function for each of the core's, on top of a caller. */\nexport function client(call: Caller) {\n  return {\n",
    );
    for call in &calls {
        let name = call.name;
        if call.args.is_empty() {
            text.push_str(&format!("    {name}: () => call('{name}', {{}}),\n"));
        } else {
            text.push_str(&format!("    {name}: (args: Calls['{name}']['args']) => call('{name}', args),\n"));
        }
    }
    text.push_str("  };\n}\n");
    text
}

fn mentions(ty: &str, name: &str) -> bool {
    ty.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_same_every_time_and_knows_every_type_it_names() {
        let first = typescript();
        assert_eq!(first, typescript());
        let [(types_name, types), (client_name, client)] = first.as_slice() else { panic!("two files") };
        assert_eq!((types_name.as_str(), client_name.as_str()), ("types.ts", "client.ts"));
        assert!(!types.contains("bigint") && !client.contains("bigint"));
        assert!(
            client.contains("buckets: { args: { connection: string }; result: Array<BucketRow> };"),
            "{client}"
        );
        assert!(
            client.contains("set_bandwidth: { args: { bytes_per_second: number | null }; result: null };")
        );
        for word in client.split(|c: char| !c.is_ascii_alphanumeric()) {
            if word.ends_with("Row") || word.ends_with("Window") || word.ends_with("Filter") {
                assert!(types.contains(&format!("export type {word} ")), "{word}");
            }
        }
    }
}
