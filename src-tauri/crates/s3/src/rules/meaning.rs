//! What a rule says.
use windlass_domain::Timestamp;
use windlass_domain::lifecycle::{self, Class, Filter, Noncurrent, When};

use super::{Element, elements};
use crate::fast::listing::moment;
use crate::fast::xml::{CUT, Malformed};

/// Children of a rule that are changed on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Id,
    /// `Filter`, or `Prefix` as it was written before there were filters.
    Filter,
    Status,
    Transitions,
    Expiration,
    NoncurrentTransitions,
    NoncurrentExpiration,
    AbortUploads,
}

impl Part {
    pub(crate) const ALL: [Self; 8] = [
        Self::Id,
        Self::Filter,
        Self::Status,
        Self::Transitions,
        Self::Expiration,
        Self::NoncurrentTransitions,
        Self::NoncurrentExpiration,
        Self::AbortUploads,
    ];

    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "ID" => Self::Id,
            "Filter" | "Prefix" => Self::Filter,
            "Status" => Self::Status,
            "Transition" => Self::Transitions,
            "Expiration" => Self::Expiration,
            "NoncurrentVersionTransition" => Self::NoncurrentTransitions,
            "NoncurrentVersionExpiration" => Self::NoncurrentExpiration,
            "AbortIncompleteMultipartUpload" => Self::AbortUploads,
            _ => return None,
        })
    }

    /// Name of its element.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Filter => "Filter",
            Self::Status => "Status",
            Self::Transitions => "Transition",
            Self::Expiration => "Expiration",
            Self::NoncurrentTransitions => "NoncurrentVersionTransition",
            Self::NoncurrentExpiration => "NoncurrentVersionExpiration",
            Self::AbortUploads => "AbortIncompleteMultipartUpload",
        }
    }

    /// Whether a rule may have several.
    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::Transitions | Self::NoncurrentTransitions)
    }

    /// Whether this is a child of its element that we know.
    pub(crate) fn holds(self, name: &str) -> bool {
        let names: &[&str] = match self {
            Self::Id | Self::Status => &[],
            Self::Filter => &["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And"],
            Self::Transitions => &["Days", "Date", "StorageClass"],
            Self::Expiration => &["Days", "Date", "ExpiredObjectDeleteMarker"],
            Self::NoncurrentTransitions => &["NoncurrentDays", "NewerNoncurrentVersions", "StorageClass"],
            Self::NoncurrentExpiration => &["NoncurrentDays", "NewerNoncurrentVersions"],
            Self::AbortUploads => &["DaysAfterInitiation"],
        };
        names.contains(&name)
    }

    /// Whether two rules say the same here.
    pub(crate) fn same(self, a: &lifecycle::Rule, b: &lifecycle::Rule) -> bool {
        match self {
            Self::Id => a.id == b.id,
            Self::Filter => a.filter == b.filter,
            Self::Status => a.enabled == b.enabled,
            Self::Transitions => alike(&a.transitions, &b.transitions),
            Self::Expiration => a.expiration == b.expiration && a.expired_markers == b.expired_markers,
            Self::NoncurrentTransitions => alike(&a.noncurrent_transitions, &b.noncurrent_transitions),
            Self::NoncurrentExpiration => a.noncurrent_expiration == b.noncurrent_expiration,
            Self::AbortUploads => a.abort_uploads == b.abort_uploads,
        }
    }
}

/// Whether two lists hold the same; the order of moves says nothing.
fn alike<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    let mut left: Vec<&T> = b.iter().collect();
    a.iter().all(|one| left.iter().position(|other| *other == one).map(|at| left.swap_remove(at)).is_some())
        && left.is_empty()
}

/// Whether two rules say the same.
pub(crate) fn same(a: &lifecycle::Rule, b: &lifecycle::Rule) -> bool {
    Part::ALL.into_iter().all(|part| part.same(a, b))
}

/// What a child of a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Understood.
    Part(Part),
    /// Understood: a move of current versions.
    Transition(When, Class),
    /// Understood: a move of versions that are not current.
    NoncurrentTransition(Noncurrent, Class),
    /// Unknown, or known by name and not understood.
    Strange(Option<Part>),
}

/// A rule in its document.
#[derive(Debug)]
pub(crate) struct Rule<'a> {
    pub(crate) element: Element<'a>,
    pub(crate) children: Vec<(Element<'a>, Meaning)>,
    pub(crate) rule: lifecycle::Rule,
    pub(crate) strange: Vec<String>,
    /// It has a `Prefix` of its own.
    pub(crate) legacy: bool,
    /// Its filter has conditions beside `And`. Ceph 16.2 tells rules so, and drops the prefix when it is given one back: such a
    /// rule, kept byte for byte, would be for more objects than before.
    pub(crate) crooked: bool,
}

/// Reads children that are known by name and gives the names of those that are not. `take` says whether it took one.
fn each(
    text: &str,
    parent: &Element<'_>,
    strange: &mut Vec<String>,
    mut take: impl FnMut(&str, &Element<'_>) -> Result<bool, Malformed>,
) -> Result<(), Malformed> {
    for child in elements(text, parent.inside.clone())? {
        let taken = match child.known(parent.space()) {
            Some(name) => take(name, &child)?,
            None => false,
        };
        if !taken {
            strange.push(child.name.to_owned());
        }
    }
    Ok(())
}

const UNREAD: Malformed = Malformed("a value of a rule is not what it should be");

fn number<T: std::str::FromStr>(text: &str, element: &Element<'_>) -> Result<T, Malformed> {
    element.value(text)?.trim_ascii().parse().map_err(|_| UNREAD)
}

/// A value that is there once.
fn once<T>(place: &mut Option<T>, value: T) -> Result<bool, Malformed> {
    match place.replace(value) {
        None => Ok(true),
        Some(_) => Err(UNREAD),
    }
}

fn date(text: &str, element: &Element<'_>) -> Result<Timestamp, Malformed> {
    let said = element.value(text)?;
    let said = said.trim_ascii();
    moment(said).or_else(|| moment(&format!("{said}T00:00:00Z"))).ok_or(UNREAD)
}

#[derive(Default)]
struct Times {
    days: Option<u32>,
    date: Option<Timestamp>,
    class: Option<Class>,
    marker: Option<bool>,
    noncurrent: Option<u32>,
    newer: Option<u32>,
    initiated: Option<u32>,
}

impl Times {
    /// Only what belongs there: a class in an `Expiration` is something that we do not know.
    fn read(
        text: &str,
        part: Part,
        element: &Element<'_>,
        strange: &mut Vec<String>,
    ) -> Result<Self, Malformed> {
        let mut found = Self::default();
        each(text, element, strange, |name, child| match name {
            _ if !part.holds(name) => Ok(false),
            "Days" => once(&mut found.days, number(text, child)?),
            "Date" => once(&mut found.date, date(text, child)?),
            "StorageClass" => {
                let class = child.value(text)?;
                once(&mut found.class, Class::parse(class.trim_ascii()).ok_or(UNREAD)?)
            }
            "ExpiredObjectDeleteMarker" => once(&mut found.marker, number(text, child)?),
            "NoncurrentDays" => once(&mut found.noncurrent, number(text, child)?),
            "NewerNoncurrentVersions" => once(&mut found.newer, number(text, child)?),
            "DaysAfterInitiation" => once(&mut found.initiated, number(text, child)?),
            _ => Ok(false),
        })?;
        Ok(found)
    }

    fn when(&self) -> Result<Option<When>, Malformed> {
        match (self.days, self.date) {
            (Some(days), None) => Ok(Some(When::Days(days))),
            (None, Some(date)) => Ok(Some(When::Date(date))),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(UNREAD),
        }
    }

    /// Without days it is from the day on which the version was covered.
    fn noncurrent(&self) -> Result<Noncurrent, Malformed> {
        if self.noncurrent.is_none() && self.newer.is_none() {
            return Err(UNREAD);
        }
        Ok(Noncurrent {
            days: self.noncurrent.unwrap_or_default(),
            keep_newer: self.newer.unwrap_or_default(),
        })
    }
}

fn tag(text: &str, element: &Element<'_>) -> Result<(String, String), Malformed> {
    let (mut key, mut value) = (None, None);
    let mut strange = Vec::new();
    each(text, element, &mut strange, |name, child| match name {
        "Key" => once(&mut key, child.value(text)?),
        "Value" => once(&mut value, child.value(text)?),
        _ => Ok(false),
    })?;
    // A tag with more than a key and a value is another condition than we know.
    if strange.is_empty() { Ok((key.ok_or(UNREAD)?, value.unwrap_or_default())) } else { Err(UNREAD) }
}

/// A filter, and whether it has conditions beside `And`.
fn filter(text: &str, element: &Element<'_>, strange: &mut Vec<String>) -> Result<(Filter, bool), Malformed> {
    let (mut prefix, mut found, mut and) = (None, Filter::default(), None);
    let mut beside = false;
    let mut take = |name: &str, child: &Element<'_>| match name {
        "Prefix" => once(&mut prefix, child.value(text)?),
        "Tag" => {
            found.tags.push(tag(text, child)?);
            Ok(true)
        }
        "ObjectSizeGreaterThan" => once(&mut found.larger_than, number(text, child)?),
        "ObjectSizeLessThan" => once(&mut found.smaller_than, number(text, child)?),
        _ => Ok(false),
    };
    each(text, element, strange, |name, child| {
        if name == "And" {
            return once(&mut and, child.clone().whole);
        }
        beside = true;
        take(name, child)
    })?;
    let crooked = beside && and.is_some();
    if let Some(range) = and {
        let and = elements(text, range)?.pop().ok_or(CUT)?;
        each(text, &and, strange, take)?;
    }
    found.prefix = prefix.unwrap_or_default();
    Ok((found, crooked))
}

impl<'a> Rule<'a> {
    /// Reads a rule. What is not understood in it is no mistake.
    pub(super) fn read(text: &'a str, element: Element<'a>) -> Result<Self, Malformed> {
        let mut found = Self {
            children: Vec::new(),
            rule: <_>::default(),
            strange: Vec::new(),
            legacy: false,
            crooked: false,
            element,
        };
        let mut seen: Vec<Part> = Vec::new();
        for child in elements(text, found.element.inside.clone())? {
            let name = child.known(found.element.space());
            let part = name.and_then(Part::of);
            let mut strange = Vec::new();
            let meaning = match (name, part) {
                (Some(name), Some(part)) if part.is_list() || !seen.contains(&part) => {
                    // What is known and says something else than we know is left to those who do.
                    found.take(text, name, part, &child, &mut strange).unwrap_or_else(|_| {
                        strange.clear();
                        Meaning::Strange(Some(part))
                    })
                }
                (_, part) => Meaning::Strange(part),
            };
            seen.extend(part);
            if matches!(meaning, Meaning::Strange(_)) {
                found.strange.push(child.name.to_owned());
            }
            found.strange.extend(strange.into_iter().map(|inner| format!("{}/{inner}", child.name)));
            found.children.push((child, meaning));
        }
        Ok(found)
    }

    fn take(
        &mut self,
        text: &str,
        name: &str,
        part: Part,
        child: &Element<'_>,
        strange: &mut Vec<String>,
    ) -> Result<Meaning, Malformed> {
        match part {
            Part::Id => self.rule.id = child.value(text)?,
            Part::Filter if name == "Prefix" => {
                self.rule.filter = Filter { prefix: child.value(text)?, ..Filter::default() };
                self.legacy = true;
            }
            Part::Filter => (self.rule.filter, self.crooked) = filter(text, child, strange)?,
            Part::Status => match child.value(text)?.trim_ascii() {
                "Enabled" => self.rule.enabled = true,
                "Disabled" => self.rule.enabled = false,
                _ => return Err(UNREAD),
            },
            Part::Transitions => {
                let times = Times::read(text, part, child, strange)?;
                let (when, class) = (times.when()?.ok_or(UNREAD)?, times.class.ok_or(UNREAD)?);
                self.rule.transitions.push((when, class));
                return Ok(Meaning::Transition(when, class));
            }
            Part::Expiration => {
                let times = Times::read(text, part, child, strange)?;
                (self.rule.expiration, self.rule.expired_markers) =
                    (times.when()?, times.marker.unwrap_or_default());
            }
            Part::NoncurrentTransitions => {
                let times = Times::read(text, part, child, strange)?;
                let (after, class) = (times.noncurrent()?, times.class.ok_or(UNREAD)?);
                self.rule.noncurrent_transitions.push((after, class));
                return Ok(Meaning::NoncurrentTransition(after, class));
            }
            Part::NoncurrentExpiration => {
                self.rule.noncurrent_expiration =
                    Some(Times::read(text, part, child, strange)?.noncurrent()?);
            }
            Part::AbortUploads => {
                let times = Times::read(text, part, child, strange)?;
                self.rule.abort_uploads = Some(times.initiated.ok_or(UNREAD)?);
            }
        }
        Ok(Meaning::Part(part))
    }
}
