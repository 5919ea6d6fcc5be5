//! The lifecycle rules of a bucket: opened, drafted beside what was opened, and saved where nobody changed them meanwhile.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use windlass_domain::lifecycle::warnings::warnings;
use windlass_domain::lifecycle::{Class, Filter, Noncurrent, Rule, Versioning, When, midnight, words};
use windlass_domain::{Bucket, Timestamp};
use windlass_ports::{LifecycleDocument, LifecycleMark, ListedRule, RemoteError, RemoteErrorKind, RuleDraft};

use crate::comparing::lines;
use crate::dto::ErrorCode;
use crate::dto_lifecycle::{
    Lifecycle, LifecycleDraft, LifecycleEdit, RuleEdit, RuleForm, RuleMove, RuleOld, RuleOldMove, RuleRow,
    RuleTag, RuleWhen,
};
use crate::{Api, UiError, rules_json};

/// Documents that stay in memory.
const KEPT: usize = 8;
/// Amazon S3 may show the old rules for a moment.
const LOOKS: u32 = 4;
const LOOK_AGAIN: Duration = Duration::from_millis(400);

/// Documents by connection and bucket, newest last.
pub(crate) type Opened = Vec<(String, String, Arc<LifecycleDocument>)>;

fn lock(opened: &Mutex<Opened>) -> std::sync::MutexGuard<'_, Opened> {
    opened.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Api {
    /// What the server has now.
    async fn read_rules(&self, connection: &str, bucket: &str) -> Result<Arc<LifecycleDocument>, UiError> {
        let custody = self.remotes.custody(connection).await?;
        let document = Arc::new(custody.lifecycle(&Bucket::new(bucket)).await?);
        self.remember(connection, bucket, &document);
        Ok(document)
    }

    fn remember(&self, connection: &str, bucket: &str, document: &Arc<LifecycleDocument>) {
        let mut opened = lock(&self.opened);
        opened.retain(|(c, b, known)| c != connection || b != bucket || known.mark != document.mark);
        while opened.len() >= KEPT {
            opened.remove(0);
        }
        opened.push((connection.to_owned(), bucket.to_owned(), Arc::clone(document)));
    }

    /// The document of a mark; that of the server where there is none.
    pub(crate) async fn rules(
        &self,
        connection: &str,
        bucket: &str,
        mark: Option<&str>,
    ) -> Result<Arc<LifecycleDocument>, UiError> {
        let Some(mark) = mark else { return self.read_rules(connection, bucket).await };
        let known = lock(&self.opened)
            .iter()
            .find(|(c, b, known)| c == connection && b == bucket && *known.mark.0 == *mark)
            .map(|(.., known)| Arc::clone(known));
        if let Some(known) = known {
            return Ok(known);
        }
        let there = self.read_rules(connection, bucket).await?;
        if *there.mark.0 == *mark { Ok(there) } else { Err(changed_since()) }
    }

    pub(crate) async fn lifecycle(&self, connection: String, bucket: String) -> Result<Lifecycle, UiError> {
        let document = self.read_rules(&connection, &bucket).await?;
        Ok(self.told_rules(&document, Vec::new()))
    }

    fn told_rules(&self, document: &LifecycleDocument, notes: Vec<String>) -> Lifecycle {
        Lifecycle {
            mark: document.mark.0.to_string(),
            rules: document.rules.iter().map(row).collect(),
            json: rules_json::write(&rules_of(document)),
            xml: document.text.clone(),
            notes,
            read_at: self.clock.now().millis(),
        }
    }

    /// The document that an edit makes of another one, and the places of the rules in it that are new or changed.
    pub(crate) async fn edited(
        &self,
        connection: &str,
        opened: &LifecycleDocument,
        edit: LifecycleEdit,
    ) -> Result<(LifecycleDocument, Vec<usize>), UiError> {
        let drafts = drafts(opened, edit)?;
        let touched = |(at, draft): (usize, &RuleDraft)| (!matches!(draft, RuleDraft::Kept(_))).then_some(at);
        let touched = drafts.iter().enumerate().filter_map(touched).collect();
        let custody = self.remotes.custody(connection).await?;
        let document = custody.draft_lifecycle(opened, &drafts).map_err(refused)?;
        Ok((document, touched))
    }

    pub(crate) async fn draft_lifecycle(
        &self,
        connection: String,
        bucket: String,
        mark: String,
        edit: LifecycleEdit,
    ) -> Result<LifecycleDraft, UiError> {
        let opened = self.rules(&connection, &bucket, Some(&mark)).await?;
        let (document, touched) = self.edited(&connection, &opened, edit).await?;
        let versioning = self.versioning_of(&connection, &bucket).await;
        let rules = rules_of(&document);
        let small = document.small_objects().unwrap_or_default();
        Ok(LifecycleDraft {
            warnings: warnings(&rules, &touched, versioning, small),
            rules: document.rules.iter().map(row).collect(),
            json: rules_json::write(&rules),
            lines: lines(&broken(&opened.text), &broken(&document.text)).lines,
            xml: document.text,
        })
    }

    /// Whether the bucket keeps versions, if that can be found out.
    pub(crate) async fn versioning_of(&self, connection: &str, bucket: &str) -> Option<Versioning> {
        let browse = self.remotes.browse(connection).await.ok()?;
        browse.versioning(&Bucket::new(bucket)).await.ok()
    }

    pub(crate) async fn save_lifecycle(
        &self,
        connection: String,
        bucket: String,
        mark: String,
        edit: LifecycleEdit,
    ) -> Result<Lifecycle, UiError> {
        let opened = self.rules(&connection, &bucket, Some(&mark)).await?;
        let (wanted, _) = self.edited(&connection, &opened, edit).await?;
        let (custody, place) = (self.remotes.custody(&connection).await?, Bucket::new(bucket.as_str()));
        let mark = LifecycleMark(mark.into_boxed_str());
        custody.replace_lifecycle(&place, &mark, &wanted).await.map_err(unsaved)?;
        let mut there = None;
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            // What was saved is saved, whether or not it can be read now.
            there = custody.lifecycle(&place).await.ok();
            if there.as_ref().is_some_and(|there| forgotten(&wanted, there).is_empty()) {
                break;
            }
        }
        let notes = match &there {
            None => vec!["The rules were saved, but the server did not show them again. Open them anew before the next change.".to_owned()],
            Some(there) if there.mark == mark && there.text != wanted.text => {
                vec!["The rules were saved, but the server still shows the old ones. Open them again in a minute.".to_owned()]
            }
            Some(there) => forgotten(&wanted, there),
        };
        let document = Arc::new(there.unwrap_or(wanted));
        self.remember(&connection, &bucket, &document);
        Ok(self.told_rules(&document, notes))
    }
}

fn changed_since() -> UiError {
    UiError::new(
        ErrorCode::Conflict,
        "The rules of this bucket were changed since you opened them. Nothing was written. Open them again, then make your change.",
    )
}

fn unsaved(error: RemoteError) -> UiError {
    match error.kind {
        RemoteErrorKind::PreconditionFailed => changed_since(),
        RemoteErrorKind::BadRequest => UiError::new(
            ErrorCode::BadRequest,
            "The server does not take these rules. Nothing was changed. The details say what it does not like.",
        )
        .with_detail(crate::chain(&error)),
        RemoteErrorKind::NotFound
        | RemoteErrorKind::BucketMissing
        | RemoteErrorKind::NoSuchUpload
        | RemoteErrorKind::ConditionalConflict
        | RemoteErrorKind::AccessDenied
        | RemoteErrorKind::Unauthenticated
        | RemoteErrorKind::ClockSkew
        | RemoteErrorKind::WrongRegion
        | RemoteErrorKind::Throttled
        | RemoteErrorKind::Network
        | RemoteErrorKind::Integrity
        | RemoteErrorKind::Unsupported
        | RemoteErrorKind::Archived
        | RemoteErrorKind::Unexpected => error.into(),
    }
}

/// Rules that cannot be written, in the words of who would have written them.
fn refused(error: RemoteError) -> UiError {
    if error.kind != RemoteErrorKind::BadRequest {
        return error.into();
    }
    let why = error.source.to_string();
    let mut letters = why.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    UiError::bad_request(format!("{first}{}. Nothing was changed.", letters.as_str()))
}

pub(crate) fn rules_of(document: &LifecycleDocument) -> Vec<Rule> {
    document.rules.iter().map(|listed| listed.rule.clone()).collect()
}

/// What a server made of rules that is not what it was given.
fn forgotten(wanted: &LifecycleDocument, there: &LifecycleDocument) -> Vec<String> {
    let (wanted, mut left) = (rules_of(wanted), rules_of(there));
    let mut notes = Vec::new();
    let mut missing: Vec<(String, &Rule)> = Vec::new();
    for (at, rule) in wanted.iter().enumerate() {
        // A rule without a name gets one.
        let same = |other: &Rule| {
            other.says(rule)
                || (rule.id.is_empty() && other.says(&Rule { id: other.id.clone(), ..rule.clone() }))
        };
        match left.iter().position(same) {
            Some(at) => drop(left.remove(at)),
            None => missing.push((words::name(&wanted, at), rule)),
        }
    }
    for (name, rule) in missing {
        let Some(at) = left.iter().position(|other| other.id == rule.id) else {
            notes.push(format!("The server did not keep the rule {name}."));
            continue;
        };
        let kept = left.remove(at);
        let said = words::sentences(&kept, &[]).join(" ");
        let said = if said.is_empty() { "It does nothing.".to_owned() } else { said };
        notes.push(format!(
            "The server kept the rule {name} in another way than it was given. It now says: {said}"
        ));
    }
    notes.extend(left.iter().map(|rule| format!("The server has the rule {} as well.", rule.id)));
    notes
}

/// A text whose elements stand on lines of their own: most servers write one line.
fn broken(text: &str) -> String {
    text.replace("><", ">\n<")
}

fn row(listed: &ListedRule) -> RuleRow {
    RuleRow {
        form: form(&listed.rule),
        sentences: words::sentences(&listed.rule, &listed.strange),
        xml: listed.text.clone(),
        strange: listed.strange.clone(),
    }
}

const fn when(when: When) -> RuleWhen {
    match when {
        When::Days(days) => RuleWhen { days: Some(days), date: None },
        When::Date(date) => RuleWhen { days: None, date: Some(date.millis()) },
    }
}

const fn old(after: Noncurrent) -> RuleOld {
    RuleOld { days: after.days, keep_newer: after.keep_newer }
}

fn form(rule: &Rule) -> RuleForm {
    let Filter { prefix, tags, larger_than, smaller_than } = &rule.filter;
    let tag = |(key, value): &(String, String)| RuleTag { key: key.clone(), value: value.clone() };
    RuleForm {
        id: rule.id.clone(),
        enabled: rule.enabled,
        prefix: prefix.clone(),
        tags: tags.iter().map(tag).collect(),
        larger_than: *larger_than,
        smaller_than: *smaller_than,
        transitions: rule
            .transitions
            .iter()
            .map(|(at, class)| RuleMove { when: when(*at), class: class.name().to_owned() })
            .collect(),
        expiration: rule.expiration.map(when),
        expired_markers: rule.expired_markers,
        old_transitions: rule
            .noncurrent_transitions
            .iter()
            .map(|(after, class)| RuleOldMove { when: old(*after), class: class.name().to_owned() })
            .collect(),
        old_expiration: rule.noncurrent_expiration.map(old),
        abort_uploads: rule.abort_uploads,
    }
}

fn named(form: &RuleForm) -> &str {
    if form.id.is_empty() { "without a name" } else { &form.id }
}

fn moment(form: &RuleForm, when: RuleWhen) -> Result<When, UiError> {
    match when {
        RuleWhen { days: Some(days), date: None } => Ok(When::Days(days)),
        RuleWhen { days: None, date: Some(date) } => {
            let date = Timestamp::from_millis(date);
            if midnight(date) == date {
                return Ok(When::Date(date));
            }
            Err(UiError::bad_request(format!(
                "A date of the rule {} is no midnight UTC. Nothing was changed.",
                named(form)
            )))
        }
        RuleWhen { .. } => Err(UiError::bad_request(format!(
            "The rule {} has to name either days or a date. Nothing was changed.",
            named(form)
        ))),
    }
}

fn class(form: &RuleForm, name: &str) -> Result<Class, UiError> {
    Class::parse(name).filter(|_| !name.is_empty()).ok_or_else(|| {
        UiError::bad_request(format!(
            "The rule {} names the storage class \"{name}\", which no rule moves to. Nothing was changed.",
            named(form)
        ))
    })
}

fn rule(form: &RuleForm) -> Result<Rule, UiError> {
    let after = |old: RuleOld| Noncurrent { days: old.days, keep_newer: old.keep_newer };
    let moves = form.transitions.iter();
    let old_moves = form.old_transitions.iter();
    Ok(Rule {
        id: form.id.clone(),
        enabled: form.enabled,
        filter: Filter {
            prefix: form.prefix.clone(),
            tags: form.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
            larger_than: form.larger_than,
            smaller_than: form.smaller_than,
        },
        transitions: moves
            .map(|one| Ok((moment(form, one.when)?, class(form, &one.class)?)))
            .collect::<Result<_, UiError>>()?,
        expiration: form.expiration.map(|at| moment(form, at)).transpose()?,
        expired_markers: form.expired_markers,
        noncurrent_transitions: old_moves
            .map(|one| Ok((after(one.when), class(form, &one.class)?)))
            .collect::<Result<_, UiError>>()?,
        noncurrent_expiration: form.old_expiration.map(after),
        abort_uploads: form.abort_uploads,
    })
}

/// What an edit makes of the rules that were opened.
fn drafts(opened: &LifecycleDocument, edit: LifecycleEdit) -> Result<Vec<RuleDraft>, UiError> {
    match edit {
        LifecycleEdit { rules: Some(rules), json: None } => {
            rules.iter().map(|edit| one_draft(opened, edit)).collect()
        }
        LifecycleEdit { rules: None, json: Some(json) } => {
            let small = opened.minimum.as_deref();
            Ok(matched(opened, rules_json::read(&json, small).map_err(UiError::bad_request)?))
        }
        LifecycleEdit { .. } => Err(UiError::bad_request("Give either rules or JSON. Nothing was changed.")),
    }
}

fn one_draft(opened: &LifecycleDocument, edit: &RuleEdit) -> Result<RuleDraft, UiError> {
    let Some(place) = edit.keeps else {
        let form = edit.form.as_ref();
        let form = form.ok_or_else(|| UiError::bad_request("A rule says nothing. Nothing was changed."))?;
        return rule(form).map(RuleDraft::New);
    };
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    let there = opened.rules.get(place);
    let there = there
        .ok_or_else(|| UiError::bad_request("A rule that is to stay is not there. Nothing was changed."))?;
    match &edit.form {
        None => Ok(RuleDraft::Kept(place)),
        Some(form) => {
            let wanted = rule(form)?;
            Ok(if there.rule.says(&wanted) {
                RuleDraft::Kept(place)
            } else {
                RuleDraft::Changed(place, wanted)
            })
        }
    }
}

/// Rules by their meaning, then by their names. Those that stay are in the order in which they were opened, new ones behind them: the
/// order says nothing, and the text between them stays where it is.
fn matched(opened: &LifecycleDocument, rules: Vec<Rule>) -> Vec<RuleDraft> {
    let mut taken = vec![false; opened.rules.len()];
    let mut places: Vec<Option<usize>> = vec![None; rules.len()];
    for by_name in [false, true] {
        for (rule, slot) in rules.iter().zip(&mut places).filter(|(_, slot)| slot.is_none()) {
            let fits = |(at, there): &(usize, &ListedRule)| {
                let free = taken.get(*at) == Some(&false);
                free && if by_name {
                    !rule.id.is_empty() && there.rule.id == rule.id
                } else {
                    there.rule.says(rule)
                }
            };
            *slot = opened.rules.iter().enumerate().find(fits).map(|(at, _)| at);
            if let Some(taken) = slot.and_then(|at| taken.get_mut(at)) {
                *taken = true;
            }
        }
    }
    let mut drafts: Vec<(usize, RuleDraft)> = rules
        .into_iter()
        .zip(places)
        .map(|(rule, place)| match place {
            None => (usize::MAX, RuleDraft::New(rule)),
            Some(at) if opened.rules.get(at).is_some_and(|there| there.rule.says(&rule)) => {
                (at, RuleDraft::Kept(at))
            }
            Some(at) => (at, RuleDraft::Changed(at, rule)),
        })
        .collect();
    drafts.sort_by_key(|(at, _)| *at);
    drafts.into_iter().map(|(_, draft)| draft).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(rules: Vec<Rule>) -> LifecycleDocument {
        let listed = |rule| ListedRule { rule, text: String::new(), strange: Vec::new() };
        LifecycleDocument {
            text: String::new(),
            rules: rules.into_iter().map(listed).collect(),
            minimum: None,
            mark: LifecycleMark("m".into()),
        }
    }

    /// Ceph 16.2 and moto do so.
    #[test]
    fn what_a_server_forgot_is_said_plainly() {
        let rule = |id: &str, larger_than: Option<u64>| Rule {
            id: id.to_owned(),
            enabled: true,
            filter: Filter { larger_than, ..Filter::default() },
            expiration: Some(When::Days(30)),
            ..Rule::default()
        };
        let wanted = document(vec![rule("a", Some(500)), rule("b", None), rule("", Some(7))]);
        assert_eq!(forgotten(&wanted, &wanted), [""; 0]);
        let there = document(vec![rule("given", Some(7)), rule("a", None), rule("c", None)]);
        assert_eq!(
            forgotten(&wanted, &there),
            [
                "The server kept the rule a in another way than it was given. It now says: All objects are deleted 30 days after they were written.",
                "The server did not keep the rule b.",
                "The server has the rule c as well.",
            ]
        );
    }

    #[test]
    fn rules_are_matched_by_what_they_say_and_then_by_their_names() {
        let rule = |id: &str, days: u32| Rule {
            id: id.to_owned(),
            enabled: true,
            expiration: Some(When::Days(days)),
            ..Rule::default()
        };
        let opened = document(vec![rule("a", 1), rule("b", 2), rule("c", 3)]);
        let drafts = matched(&opened, vec![rule("d", 4), rule("c", 9), rule("a", 1)]);
        let expected =
            [RuleDraft::Kept(0), RuleDraft::Changed(2, rule("c", 9)), RuleDraft::New(rule("d", 4))];
        assert_eq!(drafts, expected);
        // One that says what another of that name said is that other one.
        let twice = document(vec![rule("", 1), rule("", 2)]);
        let drafts = matched(&twice, vec![rule("", 2), rule("", 1), rule("", 1)]);
        assert_eq!(drafts, [RuleDraft::Kept(0), RuleDraft::Kept(1), RuleDraft::New(rule("", 1))]);
    }
}
