//! `windlass ls --at`, `ls --versions` and `diff`: what the versions that are still there tell of the past. Nothing is kept.
use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::json;
use windlass_domain::time::{ByKey, Change, Content, Unordered, Version, change, up_to};
use windlass_domain::{Root, Timestamp};
use windlass_ports::remote::Depth;
use windlass_ports::{RemoteBrowse, VersionPage};

use crate::address::Address;
use crate::args::{Common, Diff};
use crate::exit::{Code, Failure};
use crate::open;
use crate::output::{Output, bytes, printable};

/// A moment as it is typed. Without an offset it is this computer's time, as people read it from its clock.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let exact = text.parse::<jiff::Timestamp>().map(|at| at.as_millisecond());
    let here = || {
        let local: DateTime = text.parse().ok()?;
        local.to_zoned(TimeZone::system()).ok().map(|at| at.timestamp().as_millisecond())
    };
    exact.ok().or_else(here).map(Timestamp::from_millis).ok_or_else(|| {
        "it is no moment; write 2026-11-12T14:05, or 2026-11-12T14:05Z, or 2026-11-12T14:05+01:00".to_owned()
    })
}

fn written(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map_or_else(|_| "?".to_owned(), |at| at.to_string())
}

async fn page(
    browse: &dyn RemoteBrowse,
    address: &Address,
    after: Option<&windlass_ports::VersionMark>,
) -> Result<VersionPage, Failure> {
    let page = browse.versions(&address.bucket, &address.rest, Depth::Deep, after).await;
    page.map_err(|error| Failure::remote(&format!("Listing the versions of {address}"), &error))
}

/// Each key below an address with all of its versions, in the order of the keys.
async fn each(
    browse: &dyn RemoteBrowse,
    address: &Address,
    mut see: impl FnMut(&str, &[Version]),
) -> Result<(), Failure> {
    let (mut after, mut by_key) = (None, ByKey::default());
    let unordered = |error: Unordered| {
        Failure::unexpected("The server lists versions in an order that cannot be followed.", error)
    };
    loop {
        let page = page(browse, address, after.as_ref()).await?;
        for one in page.versions {
            if let Some((key, versions)) = by_key.add(one.key, one.version).map_err(unordered)? {
                see(&key, &versions);
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if let Some((key, versions)) = by_key.end() {
        see(&key, &versions);
    }
    Ok(())
}

/// All versions and markers below an address, as they come.
pub(crate) async fn versions(
    browse: &dyn RemoteBrowse,
    address: &Address,
    output: &Output,
) -> Result<Code, Failure> {
    let (mut after, mut seen) = (None, false);
    loop {
        let page = page(browse, address, after.as_ref()).await?;
        for one in page.versions {
            seen = true;
            let (id, at, content) = (one.version.id.as_str(), one.version.modified, &one.version.content);
            output.result(
                || {
                    let what = content.as_ref().map_or("deleted".to_owned(), |content| bytes(content.size));
                    let now = if one.latest { "*" } else { " " };
                    let key = printable(&one.key);
                    format!("{now} {}  {what:>10}  {id}  s3://{}/{key}", written(at), address.bucket)
                },
                &json!({
                    "key": one.key, "version": id, "latest": one.latest, "modified": at.millis(),
                    "marker": content.is_none(), "size": content.as_ref().map(|content| content.size),
                    "etag": content.as_ref().map(|content| content.etag.as_str()),
                    "class": content.as_ref().map(|content| &*content.class), "owner": one.owner,
                }),
            );
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if !seen && !address.rest.is_empty() {
        return Err(Failure::not_found(format!("Nothing is or was at {address}.")));
    }
    Ok(Code::Done)
}

/// What was below an address at a moment.
pub(crate) async fn list(
    browse: &dyn RemoteBrowse,
    address: &Address,
    at: Timestamp,
    recursive: bool,
    output: &Output,
) -> Result<Code, Failure> {
    let (mut folders, mut seen) = (BTreeSet::new(), false);
    let see = |key: &str, versions: &[Version]| {
        let Some(Version { id, modified, content: Some(content) }) = up_to(versions, at).first() else {
            return;
        };
        seen = true;
        let rest = key.strip_prefix(address.rest.as_str()).unwrap_or(key);
        if let Some((folder, _)) = rest.split_once('/').filter(|_| !recursive) {
            let folder = format!("{}{folder}/", address.rest);
            if folders.insert(folder.clone()) {
                output.result(
                    || format!("{:>10}  s3://{}/{}", "folder", address.bucket, printable(&folder)),
                    &json!({ "folder": folder }),
                );
            }
            return;
        }
        output.result(
            || format!("{:>10}  s3://{}/{}", bytes(content.size), address.bucket, printable(key)),
            &json!({
                "key": key, "size": content.size, "modified": modified.millis(), "etag": content.etag.as_str(),
                "class": &*content.class, "version": id.as_str(),
            }),
        );
    };
    each(browse, address, see).await?;
    if !seen && !address.rest.is_empty() {
        let words =
            format!("Nothing was at {address} then, as far as the versions tell that are still there.");
        return Err(Failure::not_found(words));
    }
    Ok(Code::Done)
}

/// What is different below an address between two moments, or a moment and now.
pub(crate) async fn diff(common: &Common, args: &Diff, output: &Output) -> Result<Code, Failure> {
    let (from, to) = match args.at.as_slice() {
        [at] => (*at, None),
        [one, other] => (*one.min(other), Some(*one.max(other))),
        _ => return Err(Failure::usage("Give --at once or twice.")),
    };
    let address = Address::parse(&args.address)?;
    let browse = open::client(common).await?.browse();
    let root = Root::here(&address.rest);
    let see = |key: &str, versions: &[Version]| {
        // Behind one object come those whose names only begin as its does.
        if !root.covers(key) {
            return;
        }
        let end = to.map_or(versions, |to| up_to(versions, to));
        let what = change(end, from);
        let (then, now) = (up_to(end, from).first(), end.first());
        let word = match what {
            Change::Same => return,
            Change::Rewritten => "rewritten",
            Change::Changed => "changed",
            Change::Deleted => "deleted",
            Change::Added => "added",
        };
        let held = |version: Option<&Version>| version.and_then(|version| version.content.clone());
        let (then, now) = (held(then), held(now));
        let size = |content: &Option<Content>| content.as_ref().map(|content| content.size);
        let text = |content: &Option<Content>| size(content).map_or("none".to_owned(), bytes);
        output.result(
            || {
                let key = printable(key);
                format!("{word:>9}  {:>8} to {:>8}  s3://{}/{key}", text(&then), text(&now), address.bucket)
            },
            &json!({ "key": key, "change": what, "then": size(&then), "now": size(&now) }),
        );
    };
    each(&browse, &address, see).await?;
    Ok(Code::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_with_its_offset_or_as_the_clock_here() {
        let at = |text: &str| moment(text).unwrap().millis();
        assert_eq!(at("1970-01-01T00:00:01Z"), 1000);
        assert_eq!(at("1970-01-01T01:00+01:00"), 0);
        let here = "2026-11-12T14:05".parse::<DateTime>().unwrap().to_zoned(TimeZone::system()).unwrap();
        for text in ["2026-11-12T14:05", "2026-11-12 14:05", "2026-11-12T14:05:00"] {
            assert_eq!(at(text), here.timestamp().as_millisecond(), "{text}");
        }
        assert!(at("2026-11-12") < at("2026-11-12T00:01"));
        for wrong in ["", "yesterday", "14:05", "2026-13-01T00:00", "2026-11-12T25:00"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
