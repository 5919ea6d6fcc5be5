//! The document made anew, with some rules changed.
use std::fmt::Write as _;
use std::ops::Range;

use aws_smithy_types::date_time::{DateTime, Format};
use windlass_domain::Timestamp;
use windlass_domain::lifecycle::{self, Filter, Noncurrent, When, midnight};
use windlass_ports::RuleDraft;

use super::meaning::{Meaning, Part, Rule, same};
use super::{Document, Element, MOST, elements, read};
use crate::fast::xml::Malformed;

/// Why a document cannot be written, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unwritable(pub(crate) String);

impl From<Malformed> for Unwritable {
    fn from(error: Malformed) -> Self {
        Self(format!("the rules that are there cannot be read: {}", error.0))
    }
}

fn no<T>(why: impl Into<String>) -> Result<T, Unwritable> {
    Err(Unwritable(why.into()))
}

const EMPTY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></LifecycleConfiguration>";

/// Text as it stands between tags. Line ends are written as references, since a parser makes `\n` of each.
fn escaped(text: &str) -> Result<String, Unwritable> {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' | '\n' | '\t' => {
                // Writing into a String does not fail.
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {
                return no(
                    "a rule cannot name a key or a tag with control characters in it: XML has no way to write them",
                );
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

/// `<space:name>inner</space:name>`.
fn element(space: &str, name: &str, inner: &str) -> String {
    format!("<{space}{name}>{inner}</{space}{name}>")
}

fn when(space: &str, when: When) -> Result<String, Unwritable> {
    Ok(match when {
        When::Days(days) => element(space, "Days", &days.to_string()),
        When::Date(date) => element(space, "Date", &day(date)?),
    })
}

fn day(date: Timestamp) -> Result<String, Unwritable> {
    if midnight(date) != date {
        return no("a rule begins at a midnight UTC");
    }
    let text = DateTime::from_secs(date.millis().div_euclid(1000)).fmt(Format::DateTime);
    text.map_err(|_| Unwritable("a rule's date is out of range".to_owned()))
}

fn noncurrent(space: &str, noncurrent: Noncurrent) -> String {
    let Noncurrent { days, keep_newer } = noncurrent;
    let mut inner = String::new();
    // Zero days are what a rule without days says; S3 itself takes none below one.
    if days > 0 || keep_newer == 0 {
        inner += &element(space, "NoncurrentDays", &days.to_string());
    }
    if keep_newer > 0 {
        inner += &element(space, "NewerNoncurrentVersions", &keep_newer.to_string());
    }
    inner
}

/// What is in a `Filter`, with conditions that we do not know behind those that we do.
fn filter(space: &str, filter: &Filter, strange: &[&str]) -> Result<String, Unwritable> {
    let Filter { prefix, tags, larger_than, smaller_than } = filter;
    let mut parts = Vec::new();
    if !prefix.is_empty() {
        parts.push(element(space, "Prefix", &escaped(prefix)?));
    }
    for (key, value) in tags {
        let inner = element(space, "Key", &escaped(key)?) + &element(space, "Value", &escaped(value)?);
        parts.push(element(space, "Tag", &inner));
    }
    parts.extend(larger_than.map(|bytes| element(space, "ObjectSizeGreaterThan", &bytes.to_string())));
    parts.extend(smaller_than.map(|bytes| element(space, "ObjectSizeLessThan", &bytes.to_string())));
    parts.extend(strange.iter().map(|&text| text.to_owned()));
    Ok(match parts.len() {
        // An empty one is not read by everybody; this one is.
        0 => element(space, "Prefix", ""),
        1 => parts.concat(),
        _ => element(space, "And", &parts.concat()),
    })
}

/// The elements of a part, as they are written new: what is in each.
fn inner(space: &str, part: Part, rule: &lifecycle::Rule) -> Result<Vec<String>, Unwritable> {
    Ok(match part {
        Part::Id if rule.id.is_empty() => Vec::new(),
        Part::Id => vec![escaped(&rule.id)?],
        Part::Filter => vec![filter(space, &rule.filter, &[])?],
        Part::Status => vec![if rule.enabled { "Enabled" } else { "Disabled" }.to_owned()],
        Part::Transitions => rule
            .transitions
            .iter()
            .map(|(at, class)| Ok(when(space, *at)? + &element(space, "StorageClass", class.name())))
            .collect::<Result<_, Unwritable>>()?,
        Part::Expiration => match (rule.expiration, rule.expired_markers) {
            (Some(at), _) => vec![when(space, at)?],
            (None, true) => vec![element(space, "ExpiredObjectDeleteMarker", "true")],
            (None, false) => Vec::new(),
        },
        Part::NoncurrentTransitions => rule
            .noncurrent_transitions
            .iter()
            .map(|(after, class)| noncurrent(space, *after) + &element(space, "StorageClass", class.name()))
            .collect(),
        Part::NoncurrentExpiration => {
            rule.noncurrent_expiration.iter().map(|after| noncurrent(space, *after)).collect()
        }
        Part::AbortUploads => {
            let days = rule.abort_uploads.iter();
            days.map(|days| element(space, "DaysAfterInitiation", &days.to_string())).collect()
        }
    })
}

/// What no server takes, and what would be read as another rule.
fn check(rule: &lifecycle::Rule) -> Result<(), Unwritable> {
    let name = if rule.id.is_empty() { "the new rule".to_owned() } else { format!("the rule {}", rule.id) };
    if rule.id.chars().count() > 255 {
        return no("the name of a rule has 255 characters at most");
    }
    let acts = !rule.transitions.is_empty()
        || rule.expiration.is_some()
        || rule.expired_markers
        || !rule.noncurrent_transitions.is_empty()
        || rule.noncurrent_expiration.is_some()
        || rule.abort_uploads.is_some();
    if !acts {
        return no(format!("{name} does nothing: give it something to do, or remove it"));
    }
    if rule.expiration.is_some() && rule.expired_markers {
        return no(format!(
            "{name} deletes objects, and markers that cover nothing: S3 takes these as two rules only"
        ));
    }
    if let (Some(least), Some(most)) = (rule.filter.larger_than, rule.filter.smaller_than)
        && least >= most
    {
        return no(format!("{name} is for no size at all"));
    }
    let tags = &rule.filter.tags;
    if tags.iter().enumerate().any(|(at, (key, _))| tags.iter().skip(at + 1).any(|(other, _)| other == key)) {
        return no(format!("{name} asks for one tag twice"));
    }
    Ok(())
}

/// A piece of a text and what takes its place.
type Edit = (Range<usize>, String);

/// The text with its edits made; they do not overlap.
fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&new);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// The blanks between two places; nothing where something else stands.
fn blanks(text: &str, range: Range<usize>) -> &str {
    text.get(range).filter(|gap| gap.trim_ascii().is_empty()).unwrap_or_default()
}

/// Where an element begins with the blanks right before it, back to the end of what is before it at most.
fn with_blanks(text: &str, before: usize, element: &Element<'_>) -> Range<usize> {
    let gap = text.get(before..element.whole.start).unwrap_or_default();
    before + gap.trim_ascii_end().len()..element.whole.end
}

/// The same element with other content.
fn refilled(old: &Element<'_>, inner: &str) -> Edit {
    if old.is_one_tag() {
        return (old.whole.clone(), element("", old.name, inner));
    }
    (old.inside.clone(), inner.to_owned())
}

/// Texts of the children of an element that are not known there.
fn strangers<'a>(text: &'a str, part: Part, parent: &Element<'_>) -> Result<Vec<&'a str>, Malformed> {
    let mut found = Vec::new();
    for child in elements(text, parent.inside.clone())? {
        match child.known(parent.space()) {
            Some("And") if part == Part::Filter => {
                for inner in elements(text, child.inside.clone())? {
                    let name = inner.known(child.space());
                    if name.is_none_or(|name| name == "And" || !part.holds(name)) {
                        found.extend(text.get(inner.whole));
                    }
                }
            }
            Some(name) if part.holds(name) => {}
            Some(_) | None => found.extend(text.get(child.whole)),
        }
    }
    Ok(found)
}

/// Whether an old element says what the new one at this place is to say, and whether it is the one that becomes it: a move is the same
/// one as long as its class is.
fn says(meaning: Meaning, rule: &lifecycle::Rule, place: usize) -> (bool, bool) {
    match meaning {
        Meaning::Transition(at, class) => {
            rule.transitions.get(place).map_or((false, false), |new| (*new == (at, class), new.1 == class))
        }
        Meaning::NoncurrentTransition(after, class) => rule
            .noncurrent_transitions
            .get(place)
            .map_or((false, false), |new| (*new == (after, class), new.1 == class)),
        Meaning::Part(_) => (false, true),
        Meaning::Strange(_) => (false, false),
    }
}

/// Which old element each new one is written over: the equal one, which stays as it is, else the one that becomes it.
fn pairs(old: &[(&Element<'_>, Meaning)], count: usize, rule: &lifecycle::Rule) -> Vec<Option<usize>> {
    let mut over: Vec<Option<usize>> = vec![None; count];
    for equal in [true, false] {
        for place in 0..count {
            let fits = |at: &usize| {
                let said = old.get(*at).map(|(_, meaning)| says(*meaning, rule, place));
                said.is_some_and(|(same, becomes)| if equal { same } else { becomes })
            };
            let found = (0..old.len()).filter(|at| !over.contains(&Some(*at))).find(fits);
            if let Some(none) = over.get_mut(place).filter(|over| over.is_none()) {
                *none = found;
            }
        }
    }
    over
}

/// A rule that stands, changed to say something else.
fn changed(text: &str, old: &Rule<'_>, new: &lifecycle::Rule) -> Result<String, Unwritable> {
    let space = old.element.space();
    let first = old.children.first().map_or(old.element.inside.start, |(child, _)| child.whole.start);
    let gap = blanks(text, old.element.inside.start..first);
    let end = old.children.last().map_or(old.element.inside.end, |(child, _)| child.whole.end);
    let mut edits: Vec<Edit> = Vec::new();
    let mut added = String::new();
    let anew = |part: &Part| !part.same(&old.rule, new) || (*part == Part::Filter && old.crooked);
    for part in Part::ALL.into_iter().filter(anew) {
        let strange = Meaning::Strange(Some(part));
        if !part.is_list() && old.children.iter().any(|(_, meaning)| *meaning == strange) {
            return no(format!(
                "the rule {} has a {} that Windlass does not understand, so it does not change it",
                old.rule.id,
                part.name()
            ));
        }
        let is_of = |meaning: Meaning| match meaning {
            Meaning::Part(of) => of == part,
            Meaning::Transition(..) => part == Part::Transitions,
            Meaning::NoncurrentTransition(..) => part == Part::NoncurrentTransitions,
            Meaning::Strange(_) => false,
        };
        let there: Vec<_> =
            old.children.iter().filter(|(_, m)| is_of(*m)).map(|(child, m)| (child, *m)).collect();
        let wanted = inner(space, part, new)?;
        let over = pairs(&there, wanted.len(), new);
        for (place, (child, meaning)) in there.iter().enumerate() {
            let Some(at) = over.iter().position(|over| *over == Some(place)) else {
                let before = old
                    .children
                    .iter()
                    .rev()
                    .map(|(other, _)| other.whole.end)
                    .find(|end| *end <= child.whole.start)
                    .unwrap_or(old.element.inside.start);
                edits.push((with_blanks(text, before, child), String::new()));
                continue;
            };
            if says(*meaning, new, at).0 {
                continue;
            }
            edits.push(rewritten(text, part, child, wanted.get(at).map_or("", String::as_str), new)?);
        }
        for (inner, _) in wanted.iter().zip(&over).filter(|(_, over)| over.is_none()) {
            added.push_str(gap);
            added.push_str(&element(space, part.name(), inner));
        }
    }
    if !added.is_empty() {
        edits.push((end..end, added));
    }
    // Edits are made in the rule's own text.
    let start = old.element.whole.start;
    for (range, _) in &mut edits {
        *range = range.start - start..range.end - start;
    }
    Ok(edited(old.element.text(text)?, edits))
}

/// One element of a rule, with what is strange in it.
fn rewritten(
    text: &str,
    part: Part,
    old: &Element<'_>,
    inner: &str,
    rule: &lifecycle::Rule,
) -> Result<Edit, Unwritable> {
    if part == Part::Filter && old.known(old.space()) == Some("Prefix") {
        let Filter { prefix, tags, larger_than, smaller_than } = &rule.filter;
        if tags.is_empty() && larger_than.is_none() && smaller_than.is_none() {
            return Ok(refilled(old, &escaped(prefix)?));
        }
        return Ok((old.whole.clone(), element(old.space(), "Filter", inner)));
    }
    if matches!(part, Part::Id | Part::Status) {
        return Ok(refilled(old, inner));
    }
    let strange = strangers(text, part, old)?;
    if part == Part::Filter {
        return Ok(refilled(old, &filter(old.space(), &rule.filter, &strange)?));
    }
    Ok(refilled(old, &(inner.to_owned() + &strange.concat())))
}

/// A rule that is not there yet; `legacy` where the others name a prefix and no filter.
fn added(space: &str, rule: &lifecycle::Rule, legacy: bool) -> Result<String, Unwritable> {
    let mut out = String::new();
    for part in Part::ALL {
        if part == Part::Filter && legacy {
            out += &element(space, "Prefix", &escaped(&rule.filter.prefix)?);
            continue;
        }
        for inner in inner(space, part, rule)? {
            out += &element(space, part.name(), &inner);
        }
    }
    Ok(element(space, "Rule", &out))
}

fn plain(filter: &Filter) -> bool {
    filter.tags.is_empty() && filter.larger_than.is_none() && filter.smaller_than.is_none()
}

/// Rules of the two generations beside each other: S3 answers "Filter element can only be used in Lifecycle V2".
fn is_mixed(document: &Document<'_>) -> bool {
    let filters = |rule: &Rule<'_>| {
        rule.children.iter().any(|(child, _)| child.known(rule.element.space()) == Some("Filter"))
    };
    document.rules.iter().any(|rule| rule.legacy) && document.rules.iter().any(filters)
}

/// The document for these rules; empty without any. What is not named is left out, what is kept stays byte for byte, and so does
/// everything between the rules. One exception: a filter that is crooked is written straight, or it would lose its prefix.
pub(crate) fn draft(opened: &str, drafts: &[RuleDraft]) -> Result<String, Unwritable> {
    if drafts.is_empty() {
        return Ok(String::new());
    }
    if drafts.len() > MOST {
        return no(format!("a bucket has {MOST} rules at most, and these are {}", drafts.len()));
    }
    let old = read(if opened.is_empty() { EMPTY } else { opened })?;
    let text = old.text;
    let stays = |at: usize| {
        drafts.iter().any(|draft| matches!(draft, RuleDraft::Kept(n) | RuleDraft::Changed(n, _) if *n == at))
    };
    let staying = old.rules.iter().enumerate().filter(|(at, _)| stays(*at)).map(|(_, rule)| rule);
    let legacy = staying.clone().any(|rule| rule.legacy);
    let first = old.rules.first().map_or(old.root.inside.start, |rule| rule.element.whole.start);
    let before_first = with_start_of_line(text, old.root.inside.start, first);

    let mut edits: Vec<Edit> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let (mut at, mut next, mut new) = (old.root.inside.start, 0, String::new());
    for draft in drafts {
        let (place, rule) = match draft {
            RuleDraft::New(rule) => {
                check(rule)?;
                names.push(&rule.id);
                let legacy = legacy && plain(&rule.filter);
                new.push_str(before_first);
                new.push_str(&added(old.root.space(), rule, legacy)?);
                continue;
            }
            RuleDraft::Kept(place) => (*place, None),
            RuleDraft::Changed(place, rule) => (*place, Some(rule)),
        };
        let Some(stands) = old.rules.get(place).filter(|_| place >= next) else {
            return no("the rules that stay are named in another order than they have, or are not there");
        };
        edits.push((at..at, std::mem::take(&mut new)));
        names.push(rule.map_or(stands.rule.id.as_str(), |rule| rule.id.as_str()));
        let rule = rule.filter(|rule| !same(rule, &stands.rule));
        if let Some(rule) = rule {
            check(rule)?;
        }
        if rule.is_some() || stands.crooked {
            let rule = rule.unwrap_or(&stands.rule);
            edits.push((stands.element.whole.clone(), changed(text, stands, rule)?));
        }
        (at, next) = (stands.element.whole.end, place + 1);
    }
    let mut before = old.root.inside.start;
    for (place, rule) in old.rules.iter().enumerate() {
        if !stays(place) {
            edits.push((with_blanks(text, before, &rule.element), String::new()));
        }
        before = rule.element.whole.end;
    }
    if old.root.is_one_tag() {
        // `<LifecycleConfiguration xmlns="…"/>` has to be opened.
        let tag = old.root.text(text)?;
        let open = tag.strip_suffix("/>").unwrap_or(tag).trim_ascii_end();
        edits.push((old.root.whole.clone(), format!("{open}>{new}</{}>", old.root.name)));
    } else {
        edits.push((at..at, new));
    }
    let made = edited(text, edits);
    proved(&old, drafts, &names, &made)?;
    Ok(made)
}

/// The blanks before the first rule: what begins the line of each.
fn with_start_of_line(text: &str, from: usize, to: usize) -> &str {
    let gap = text.get(from..to).unwrap_or_default();
    let blank = gap.len() - gap.trim_ascii_end().len();
    gap.get(gap.len() - blank..).unwrap_or_default()
}

/// Whether everything strange is still there, but for what was in an element that was taken out.
fn keeps_strangers(old: &Rule<'_>, new: &Rule<'_>) -> bool {
    let mut left = new.strange.clone();
    for name in &old.strange {
        if let Some(at) = left.iter().position(|other| other == name) {
            left.swap_remove(at);
            continue;
        }
        let gone = name
            .split_once('/')
            .is_some_and(|(parent, _)| new.children.iter().all(|(child, _)| child.name != parent));
        if !gone {
            return false;
        }
    }
    left.is_empty()
}

/// The last look: the text that was made says what was wanted, and holds what was kept.
fn proved(old: &Document<'_>, drafts: &[RuleDraft], names: &[&str], made: &str) -> Result<(), Unwritable> {
    let new = read(made)?;
    if new.rules.len() != drafts.len() {
        return no("the rules that would be written are not those that were wanted");
    }
    for ((draft, rule), name) in drafts.iter().zip(&new.rules).zip(names) {
        let good = match draft {
            RuleDraft::New(wanted) => same(&rule.rule, wanted) && rule.strange.is_empty(),
            RuleDraft::Changed(at, wanted) => {
                same(&rule.rule, wanted) && old.rules.get(*at).is_some_and(|old| keeps_strangers(old, rule))
            }
            RuleDraft::Kept(at) => {
                let Some(before) = old.rules.get(*at) else {
                    return no("a rule that was to stay is not there");
                };
                if before.crooked {
                    same(&rule.rule, &before.rule) && keeps_strangers(before, rule)
                } else {
                    rule.element.text(made)? == before.element.text(old.text)?
                }
            }
        };
        if !good {
            return no(format!("the rule {name} cannot be written so that it is read as it was meant"));
        }
        let written = !matches!(draft, RuleDraft::Kept(_));
        if written && !name.is_empty() && names.iter().filter(|other| *other == name).count() > 1 {
            return no(format!("two rules are called {name}; S3 wants each name once"));
        }
    }
    if is_mixed(&new) && !is_mixed(old) {
        return no(
            "the other rules of this bucket are written in the old way, with a prefix and no filter, and S3 takes no \
             rule with tags or sizes beside them: change those to the new way first",
        );
    }
    Ok(())
}
