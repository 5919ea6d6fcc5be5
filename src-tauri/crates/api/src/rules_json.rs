//! Lifecycle rules as JSON, the way `aws s3api get-bucket-lifecycle-configuration` prints them and `put-…` reads them.
//!
//! What is read is understood whole or refused, with the rule and the field named: a field that was dropped without a word could make a
//! rule delete more than it said.
use jiff::civil::Date;
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Value};
use windlass_domain::Timestamp;
use windlass_domain::lifecycle::{self, Class, Filter, Noncurrent, Rule, When, midnight};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    rules: Vec<Written>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    #[serde(rename = "ID", skip_serializing_if = "String::is_empty")]
    id: String,
    filter: WrittenFilter,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transitions: Vec<WrittenWhen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<WrittenWhen>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    noncurrent_version_transitions: Vec<WrittenOld>,
    #[serde(skip_serializing_if = "Option::is_none")]
    noncurrent_version_expiration: Option<WrittenOld>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abort_incomplete_multipart_upload: Option<WrittenAbort>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct WrittenFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<WrittenTag>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<WrittenTag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_size_greater_than: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_size_less_than: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    and: Option<Box<WrittenFilter>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WrittenTag {
    key: String,
    value: String,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct WrittenWhen {
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_object_delete_marker: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WrittenOld {
    #[serde(skip_serializing_if = "Option::is_none")]
    noncurrent_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newer_noncurrent_versions: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WrittenAbort {
    days_after_initiation: u32,
}

fn filter(of: &Filter) -> WrittenFilter {
    let tag = |(key, value): &(String, String)| WrittenTag { key: key.clone(), value: value.clone() };
    let mut tags: Vec<WrittenTag> = of.tags.iter().map(tag).collect();
    let conditions = usize::from(!of.prefix.is_empty())
        + tags.len()
        + usize::from(of.larger_than.is_some())
        + usize::from(of.smaller_than.is_some());
    let mut written = WrittenFilter {
        prefix: (!of.prefix.is_empty() || conditions == 0).then(|| of.prefix.clone()),
        object_size_greater_than: of.larger_than,
        object_size_less_than: of.smaller_than,
        ..WrittenFilter::default()
    };
    if conditions > 1 {
        written.tags = tags;
        return WrittenFilter { and: Some(Box::new(written)), ..WrittenFilter::default() };
    }
    written.tag = tags.pop();
    written
}

fn when(when: When) -> WrittenWhen {
    match when {
        When::Days(days) => WrittenWhen { days: Some(days), ..WrittenWhen::default() },
        When::Date(at) => {
            let lifecycle::Date { year, month, day } = lifecycle::Date::of(at);
            let date = format!("{year:04}-{month:02}-{day:02}T00:00:00+00:00");
            WrittenWhen { date: Some(date), ..WrittenWhen::default() }
        }
    }
}

fn old(after: Noncurrent, class: Option<Class>) -> WrittenOld {
    let newer = (after.keep_newer > 0).then_some(after.keep_newer);
    WrittenOld {
        noncurrent_days: (after.days > 0 || newer.is_none()).then_some(after.days),
        storage_class: class.map(Class::name),
        newer_noncurrent_versions: newer,
    }
}

fn written(rule: &Rule) -> Written {
    let markers = WrittenWhen { expired_object_delete_marker: Some(true), ..WrittenWhen::default() };
    Written {
        id: rule.id.clone(),
        filter: filter(&rule.filter),
        status: if rule.enabled { "Enabled" } else { "Disabled" },
        transitions: rule
            .transitions
            .iter()
            .map(|(at, class)| WrittenWhen { storage_class: Some(class.name()), ..when(*at) })
            .collect(),
        expiration: rule.expiration.map(when).or_else(|| rule.expired_markers.then_some(markers)),
        noncurrent_version_transitions: rule
            .noncurrent_transitions
            .iter()
            .map(|(after, class)| old(*after, Some(*class)))
            .collect(),
        noncurrent_version_expiration: rule.noncurrent_expiration.map(|after| old(after, None)),
        abort_incomplete_multipart_upload: rule
            .abort_uploads
            .map(|days| WrittenAbort { days_after_initiation: days }),
    }
}

/// Rules as JSON.
pub(crate) fn write(rules: &[Rule]) -> String {
    let document = Document { rules: rules.iter().map(written).collect() };
    let mut out = Vec::new();
    let mut to = serde_json::Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b"    "));
    // Writing plain structures into memory does not fail.
    let _written = document.serialize(&mut to);
    String::from_utf8(out).unwrap_or_default()
}

/// An object whose fields are taken out one by one; what is left is not known.
struct Fields {
    /// `rule "raw", Filter`.
    place: String,
    map: Map<String, Value>,
}

type Read<T> = Result<T, String>;

impl Fields {
    fn new(place: String, value: Value) -> Read<Self> {
        match value {
            Value::Object(map) => Ok(Self { place, map }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(format!("In {place}, an object in {{ }} has to stand. Nothing was changed."))
            }
        }
    }

    fn wrong<T>(&self, field: &str, must: &str) -> Read<T> {
        Err(format!("In {}, \"{field}\" has to be {must}. Nothing was changed.", self.place))
    }

    fn text(&mut self, field: &str) -> Read<Option<String>> {
        match self.map.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => self.wrong(field, "text in quotes"),
        }
    }

    fn number<T: TryFrom<u64>>(&mut self, field: &str) -> Read<Option<T>> {
        let Some(value) = self.map.remove(field) else { return Ok(None) };
        match value.as_u64().and_then(|n| T::try_from(n).ok()) {
            Some(n) => Ok(Some(n)),
            None => self.wrong(field, "a whole number"),
        }
    }

    fn yes(&mut self, field: &str) -> Read<bool> {
        match self.map.remove(field) {
            None => Ok(false),
            Some(Value::Bool(yes)) => Ok(yes),
            Some(_) => self.wrong(field, "true or false"),
        }
    }

    fn inner(&mut self, field: &str) -> Read<Option<Self>> {
        let place = format!("{}, {field}", self.place);
        self.map.remove(field).map(|value| Self::new(place, value)).transpose()
    }

    fn list(&mut self, field: &str) -> Read<Vec<Self>> {
        match self.map.remove(field) {
            None => Ok(Vec::new()),
            Some(Value::Array(all)) => {
                let each = |(at, value)| Self::new(format!("{}, {field} {}", self.place, at + 1), value);
                all.into_iter().enumerate().map(each).collect()
            }
            Some(_) => self.wrong(field, "a list in [ ]"),
        }
    }

    fn class(&mut self) -> Read<Class> {
        let name = self.text("StorageClass")?;
        match name.as_deref().filter(|name| !name.is_empty()).and_then(Class::parse) {
            Some(class) => Ok(class),
            None => self.wrong("StorageClass", "a class that rules move to, such as \"GLACIER\""),
        }
    }

    fn moment(&mut self) -> Read<Option<When>> {
        let days = self.number("Days")?.map(When::Days);
        let Some(text) = self.text("Date")? else { return Ok(days) };
        if days.is_some() {
            return Err(format!(
                "In {}, only one of \"Days\" and \"Date\" can stand. Nothing was changed.",
                self.place
            ));
        }
        match date(&text) {
            Some(at) => Ok(Some(When::Date(at))),
            None => self.wrong("Date", "a midnight UTC, such as \"2027-01-01T00:00:00Z\""),
        }
    }

    fn after(&mut self) -> Read<Noncurrent> {
        let days = self.number("NoncurrentDays")?;
        let newer = self.number("NewerNoncurrentVersions")?;
        if days.is_none() && newer.is_none() {
            return self.wrong("NoncurrentDays", "there");
        }
        Ok(Noncurrent { days: days.unwrap_or(0), keep_newer: newer.unwrap_or(0) })
    }

    /// Nothing may be left.
    fn end(self) -> Read<()> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(field) => Err(format!(
                "In {}, \"{field}\" is not known. It was not dropped: nothing was changed. Correct it or take it out.",
                self.place
            )),
        }
    }
}

fn date(text: &str) -> Option<Timestamp> {
    let at = match text.parse::<jiff::Timestamp>() {
        Ok(at) => Timestamp::from_millis(at.as_millisecond()),
        Err(_) if text.len() == 10 => {
            let Date { .. } = text.parse::<Date>().ok()?;
            let at = format!("{text}T00:00:00Z").parse::<jiff::Timestamp>().ok()?;
            Timestamp::from_millis(at.as_millisecond())
        }
        Err(_) => return None,
    };
    (midnight(at) == at).then_some(at)
}

fn conditions(mut from: Fields, into: &mut Filter) -> Read<()> {
    if let Some(prefix) = from.text("Prefix")? {
        into.prefix = prefix;
    }
    let single = from.inner("Tag")?;
    for mut tag in single.into_iter().chain(from.list("Tags")?) {
        let (Some(key), value) = (tag.text("Key")?, tag.text("Value")?) else {
            return tag.wrong("Key", "there");
        };
        into.tags.push((key, value.unwrap_or_default()));
        tag.end()?;
    }
    if let Some(bytes) = from.number("ObjectSizeGreaterThan")? {
        into.larger_than = Some(bytes);
    }
    if let Some(bytes) = from.number("ObjectSizeLessThan")? {
        into.smaller_than = Some(bytes);
    }
    from.end()
}

fn read_filter(rule: &mut Fields) -> Read<Filter> {
    let mut filter = Filter::default();
    let legacy = rule.text("Prefix")?;
    let Some(mut from) = rule.inner("Filter")? else {
        filter.prefix = legacy.unwrap_or_default();
        return Ok(filter);
    };
    if legacy.is_some_and(|prefix| !prefix.is_empty()) {
        return Err(format!(
            "In {}, \"Prefix\" stands beside \"Filter\". Put it inside. Nothing was changed.",
            rule.place
        ));
    }
    if let Some(and) = from.inner("And")? {
        if !from.map.is_empty() {
            return Err(format!("In {}, nothing can stand beside \"And\". Nothing was changed.", from.place));
        }
        conditions(and, &mut filter)?;
        return Ok(filter);
    }
    if from.map.contains_key("Tags") {
        return from.wrong("Tags", "inside \"And\"");
    }
    if from.map.len() > 1 {
        return Err(format!(
            "In {}, several conditions have to stand inside \"And\". Nothing was changed.",
            from.place
        ));
    }
    conditions(from, &mut filter)?;
    Ok(filter)
}

fn read_rule(number: usize, value: Value) -> Read<Rule> {
    let id = value.get("ID").and_then(Value::as_str).unwrap_or_default();
    let place = if id.is_empty() { format!("rule {number}") } else { format!("the rule \"{id}\"") };
    let mut from = Fields::new(place, value)?;
    let mut rule = Rule { id: from.text("ID")?.unwrap_or_default(), ..Rule::default() };
    rule.enabled = match from.text("Status")?.as_deref() {
        Some("Enabled") => true,
        Some("Disabled") => false,
        Some(_) | None => return from.wrong("Status", "\"Enabled\" or \"Disabled\""),
    };
    rule.filter = read_filter(&mut from)?;
    for mut one in from.list("Transitions")? {
        let Some(at) = one.moment()? else { return one.wrong("Days", "there, or \"Date\"") };
        rule.transitions.push((at, one.class()?));
        one.end()?;
    }
    if let Some(mut ends) = from.inner("Expiration")? {
        rule.expiration = ends.moment()?;
        rule.expired_markers = ends.yes("ExpiredObjectDeleteMarker")?;
        ends.end()?;
    }
    for mut one in from.list("NoncurrentVersionTransitions")? {
        rule.noncurrent_transitions.push((one.after()?, one.class()?));
        one.end()?;
    }
    if let Some(mut ends) = from.inner("NoncurrentVersionExpiration")? {
        rule.noncurrent_expiration = Some(ends.after()?);
        ends.end()?;
    }
    if let Some(mut abort) = from.inner("AbortIncompleteMultipartUpload")? {
        rule.abort_uploads = abort.number("DaysAfterInitiation")?;
        if rule.abort_uploads.is_none() {
            return abort.wrong("DaysAfterInitiation", "there");
        }
        abort.end()?;
    }
    from.end()?;
    Ok(rule)
}

/// Reads rules. `small` is what the bucket says of small objects: `aws` prints that beside the rules, and it is not changed here.
///
/// # Errors
/// Words that name the rule and the field.
pub(crate) fn read(text: &str, small: Option<&str>) -> Read<Vec<Rule>> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| format!("This is no JSON ({error}). Nothing was changed."))?;
    let mut from = Fields::new("the document".to_owned(), value)?;
    if let Some(said) = from.text("TransitionDefaultMinimumObjectSize")?
        && Some(said.as_str()) != small
    {
        return Err(
            "\"TransitionDefaultMinimumObjectSize\" is another one than the bucket has, and it cannot be changed here. Nothing was changed."
                .to_owned(),
        );
    }
    let rules = match from.map.remove("Rules") {
        Some(Value::Array(rules)) => rules,
        Some(_) | None => return from.wrong("Rules", "a list in [ ]"),
    };
    from.end()?;
    rules.into_iter().zip(1..).map(|(rule, number)| read_rule(number, rule)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Rule {
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        Rule {
            id: "everything".to_owned(),
            enabled: true,
            filter: Filter {
                prefix: "raw/".to_owned(),
                tags: vec![tag("case", "open"), tag("k", "")],
                larger_than: Some(500),
                smaller_than: Some(64_000),
            },
            transitions: vec![
                (When::Days(30), Class::StandardIa),
                (When::Date(Timestamp::from_millis(20_819 * 86_400_000)), Class::Glacier),
            ],
            expiration: Some(When::Days(365)),
            expired_markers: false,
            noncurrent_transitions: vec![(Noncurrent { days: 7, keep_newer: 2 }, Class::GlacierIr)],
            noncurrent_expiration: Some(Noncurrent { days: 120, keep_newer: 0 }),
            abort_uploads: Some(7),
        }
    }

    const WHOLE: &str = r#"{
    "Rules": [
        {
            "ID": "everything",
            "Filter": {
                "And": {
                    "Prefix": "raw/",
                    "Tags": [
                        {
                            "Key": "case",
                            "Value": "open"
                        },
                        {
                            "Key": "k",
                            "Value": ""
                        }
                    ],
                    "ObjectSizeGreaterThan": 500,
                    "ObjectSizeLessThan": 64000
                }
            },
            "Status": "Enabled",
            "Transitions": [
                {
                    "Days": 30,
                    "StorageClass": "STANDARD_IA"
                },
                {
                    "Date": "2027-01-01T00:00:00+00:00",
                    "StorageClass": "GLACIER"
                }
            ],
            "Expiration": {
                "Days": 365
            },
            "NoncurrentVersionTransitions": [
                {
                    "NoncurrentDays": 7,
                    "StorageClass": "GLACIER_IR",
                    "NewerNoncurrentVersions": 2
                }
            ],
            "NoncurrentVersionExpiration": {
                "NoncurrentDays": 120
            },
            "AbortIncompleteMultipartUpload": {
                "DaysAfterInitiation": 7
            }
        }
    ]
}"#;

    #[test]
    fn every_element_goes_there_and_back() {
        assert_eq!(write(&[whole()]), WHOLE);
        assert_eq!(read(WHOLE, None), Ok(vec![whole()]));
        let plain = |change: fn(&mut Rule)| {
            let mut rule = Rule { id: "a".to_owned(), abort_uploads: Some(1), ..Rule::default() };
            change(&mut rule);
            rule
        };
        let all = [
            plain(|_| ()),
            plain(|rule| rule.filter.tags = vec![("a".to_owned(), "b".to_owned())]),
            plain(|rule| rule.filter.larger_than = Some(0)),
            plain(|rule| rule.filter.prefix = "é\"/".to_owned()),
            plain(|rule| rule.expired_markers = true),
            plain(|rule| rule.id.clear()),
            plain(|rule| rule.noncurrent_expiration = Some(Noncurrent { days: 0, keep_newer: 3 })),
        ];
        assert_eq!(read(&write(&all), None), Ok(all.to_vec()));
        assert_eq!(read(r#"{"Rules": []}"#, None), Ok(vec![]));
        let legacy =
            r#"{"Rules": [{"Prefix": "x/", "Status": "Disabled", "Expiration": {"Date": "2027-01-01"}}]}"#;
        let read = read(legacy, None).unwrap();
        assert_eq!(read[0].filter.prefix, "x/");
        assert_eq!(read[0].expiration, Some(When::Date(Timestamp::from_millis(20_819 * 86_400_000))));
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_rule_and_field() {
        let with = |inner: &str| {
            let text = format!(r#"{{"Rules": [{{"ID": "a", "Status": "Enabled", {inner}}}]}}"#);
            read(&text, Some("all_storage_classes_128K")).unwrap_err()
        };
        let left = "It was not dropped: nothing was changed. Correct it or take it out.";
        assert_eq!(with(r#""Owner": 1"#), format!("In the rule \"a\", \"Owner\" is not known. {left}"));
        assert_eq!(
            with(r#""Filter": {"And": {"Prefix": "x", "ObjectAge": 3}}"#),
            format!("In the rule \"a\", Filter, And, \"ObjectAge\" is not known. {left}")
        );
        assert_eq!(
            with(r#""Transitions": [{"Days": 1, "StorageClass": "COLD"}]"#),
            "In the rule \"a\", Transitions 1, \"StorageClass\" has to be a class that rules move to, such as \"GLACIER\". Nothing was changed."
        );
        assert_eq!(
            with(r#""Expiration": {"Days": "soon"}"#),
            "In the rule \"a\", Expiration, \"Days\" has to be a whole number. Nothing was changed."
        );
        assert_eq!(
            with(r#""Expiration": {"Date": "2027-01-01T10:00:00Z"}"#),
            "In the rule \"a\", Expiration, \"Date\" has to be a midnight UTC, such as \"2027-01-01T00:00:00Z\". Nothing was changed."
        );
        assert_eq!(
            with(r#""Filter": {"Prefix": "x", "ObjectSizeLessThan": 3}"#),
            "In the rule \"a\", Filter, several conditions have to stand inside \"And\". Nothing was changed."
        );
        assert_eq!(
            read(r#"{"Rules": [{"Status": "On"}]}"#, None).unwrap_err(),
            "In rule 1, \"Status\" has to be \"Enabled\" or \"Disabled\". Nothing was changed."
        );
        assert!(read("{", None).unwrap_err().contains("This is no JSON"));
        let small = r#"{"Rules": [], "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}"#;
        assert!(
            read(small, Some("all_storage_classes_128K")).unwrap_err().contains("cannot be changed here")
        );
        assert_eq!(read(small, Some("varies_by_storage_class")), Ok(vec![]));
    }
}
