//! What is worth a thought before rules are saved.
use super::words::{many, name};
use super::{Class, Filter, Noncurrent, Rule, SMALL, SmallObjects, Versioning, When};

/// Warnings of the rules at these places, which are new or changed; those that are off have none. `versioning` is `None` where nobody knows.
#[must_use]
pub fn warnings(
    rules: &[Rule],
    touched: &[usize],
    versioning: Option<Versioning>,
    small: SmallObjects,
) -> Vec<String> {
    let mut all = Vec::new();
    for place in touched {
        let Some(rule) = rules.get(*place).filter(|rule| rule.enabled) else { continue };
        let name = name(rules, *place);
        all.extend(rule.noncurrent_expiration.map(|after| old_gone(rule, after)));
        all.extend(whole_bucket(&name, rule, versioning));
        all.extend(order(&name, rule));
        all.extend(too_soon(&name, rule));
        all.extend(least_days(&name, rule));
        all.extend(small_objects(&name, rule, small));
        all.extend(delays(&name, rule));
    }
    all
}

fn old_gone(rule: &Rule, after: Noncurrent) -> String {
    let below =
        if rule.filter.prefix.is_empty() { String::new() } else { format!(" of {}", rule.filter.prefix) };
    let when = match after.days {
        0 => "at once".to_owned(),
        days => format!("after {}", many(days.into(), "day")),
    };
    let but = match after.keep_newer {
        0 => String::new(),
        1 => " but for the newest of each object".to_owned(),
        newest => format!(" but for the {newest} newest of each object"),
    };
    format!("Old versions{below} are destroyed {when}{but}, so no restore reaches further back.")
}

fn whole_bucket(name: &str, rule: &Rule, versioning: Option<Versioning>) -> Option<String> {
    if rule.filter != Filter::default() {
        return None;
    }
    let ends = match rule.expiration {
        Some(When::Days(days)) => format!("{} after it was written", many(days.into(), "day")),
        Some(When::Date(date)) => format!("from {} on", super::Date::of(date)),
        None if rule.transitions.is_empty() => return None,
        None => return Some(format!("{name} is for every object of the bucket.")),
    };
    let back = match versioning {
        Some(Versioning::Never) => " Nothing brings it back, since this bucket keeps no versions.",
        Some(Versioning::On | Versioning::Suspended) | None => "",
    };
    Some(format!("{name} deletes every object of the bucket, {ends}.{back}"))
}

/// Moves by days, in the order in which they come.
fn by_days(rule: &Rule) -> Vec<(u32, Class)> {
    let days = |(when, class): &(When, Class)| match when {
        When::Days(days) => Some((*days, *class)),
        When::Date(_) => None,
    };
    let mut moves: Vec<(u32, Class)> = rule.transitions.iter().filter_map(days).collect();
    moves.sort_unstable();
    moves
}

fn old_by_days(rule: &Rule) -> Vec<(u32, Class)> {
    let mut moves: Vec<(u32, Class)> =
        rule.noncurrent_transitions.iter().map(|(after, class)| (after.days, *class)).collect();
    moves.sort_unstable();
    moves
}

fn order(name: &str, rule: &Rule) -> Vec<String> {
    let mut all = Vec::new();
    for moves in [by_days(rule), old_by_days(rule)] {
        for ((_, before), (days, after)) in moves.iter().zip(moves.iter().skip(1)) {
            if !before.leads_to(*after) {
                all.push(format!(
                    "{name} moves from {} to {} after {}. Rules only move to colder classes, so the server will refuse it.",
                    before.plain(),
                    after.plain(),
                    many((*days).into(), "day")
                ));
            }
        }
    }
    all
}

fn too_soon(name: &str, rule: &Rule) -> Vec<String> {
    let too_soon =
        |(days, class): &(u32, Class)| matches!(class, Class::StandardIa | Class::OnezoneIa) && *days < 30;
    let moves = by_days(rule);
    let soon = moves.iter().filter(|one| too_soon(one)).map(|(_, class)| {
        format!("{name} moves to {} in less than 30 days, which Amazon S3 refuses.", class.plain())
    });
    soon.collect()
}

fn least_days(name: &str, rule: &Rule) -> Vec<String> {
    let mut all = Vec::new();
    let ends = match rule.expiration {
        Some(When::Days(days)) => Some(days),
        Some(When::Date(_)) | None => None,
    };
    let old_ends = rule.noncurrent_expiration.map(|after| after.days);
    for (moves, ends) in [(by_days(rule), ends), (old_by_days(rule), old_ends)] {
        let next = moves.iter().skip(1).map(|(days, _)| Some(*days)).chain([ends]);
        for ((days, class), next) in moves.iter().zip(next) {
            let Some(stays) = next.map(|next| next.saturating_sub(*days)) else { continue };
            if stays < class.least_days() {
                all.push(format!(
                    "{name} leaves objects in {} for {} only. It is billed for {} at least.",
                    class.plain(),
                    many(stays.into(), "day"),
                    many(class.least_days().into(), "day")
                ));
            }
        }
    }
    all
}

/// Small objects are moved where the rule speaks of sizes, or, to archives, where the bucket is of old.
fn small_objects(name: &str, rule: &Rule, small: SmallObjects) -> Vec<String> {
    let filter = &rule.filter;
    if filter.larger_than.is_some_and(|least| least >= SMALL - 1) {
        return Vec::new();
    }
    let moves = rule.transitions.iter().map(|(_, class)| *class);
    let moves = moves.chain(rule.noncurrent_transitions.iter().map(|(_, class)| *class));
    let mut classes: Vec<Class> = moves
        .filter(|class| {
            let goes = filter.names_sizes() || (small == SmallObjects::VariesByClass && class.is_archive());
            goes && class.bills_small()
        })
        .collect();
    classes.sort_unstable();
    classes.dedup();
    let told = |class: Class| {
        let billed = if class.is_archive() { "with 40 KB more than it has" } else { "as 128 KB" };
        format!(
            "{name} moves objects under 128 KB too. {} bills each {billed}, so that saves little or nothing.",
            class.plain()
        )
    };
    classes.into_iter().map(told).collect()
}

fn delays(name: &str, rule: &Rule) -> Vec<String> {
    let mut archives: Vec<Class> =
        rule.transitions.iter().map(|(_, class)| *class).filter(|class| class.is_archive()).collect();
    archives.sort_unstable();
    archives.dedup();
    let told = |class: Class| {
        format!(
            "What {name} moves to {} cannot be read at once: getting it back takes {}.",
            class.plain(),
            class.delay()
        )
    };
    archives.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::tests::rule;

    fn warned(text: &str, versioning: Option<Versioning>, small: SmallObjects) -> Vec<String> {
        let rules = [Rule { id: "Tidy".to_owned(), ..rule(text) }];
        warnings(&rules, &[0], versioning, small)
    }

    fn plain(text: &str) -> Vec<String> {
        warned(text, None, SmallObjects::Stay)
    }

    #[test]
    fn old_versions_that_go_limit_how_far_a_restore_reaches() {
        assert_eq!(
            plain("nx30"),
            ["Old versions are destroyed after 30 days, so no restore reaches further back."]
        );
        assert_eq!(
            plain("p:raw/ nx1/3"),
            [
                "Old versions of raw/ are destroyed after 1 day but for the 3 newest of each object, so no restore reaches further back."
            ]
        );
    }

    #[test]
    fn a_rule_for_everything_says_so() {
        assert_eq!(plain("x30"), ["Tidy deletes every object of the bucket, 30 days after it was written."]);
        assert_eq!(
            warned("x@2027-01-01", Some(Versioning::Never), SmallObjects::Stay),
            [
                "Tidy deletes every object of the bucket, from 1 January 2027 on. Nothing brings it back, since this bucket keeps no versions."
            ]
        );
        assert_eq!(plain("30>INTELLIGENT_TIERING"), ["Tidy is for every object of the bucket."]);
        assert_eq!(plain("p:a/ x30"), [""; 0]);
        assert_eq!(plain("off x30"), [""; 0]);
        assert_eq!(
            warnings(&[rule("x30")], &[], None, SmallObjects::Stay),
            [""; 0],
            "what stays is not told again"
        );
    }

    #[test]
    fn what_costs_more_than_it_saves_is_told() {
        assert_eq!(
            plain("p:a/ 30>STANDARD_IA L:1000"),
            [
                "Tidy moves objects under 128 KB too. Infrequent Access bills each as 128 KB, so that saves little or nothing."
            ]
        );
        assert_eq!(plain("p:a/ 30>STANDARD_IA L:131072"), [""; 0]);
        assert_eq!(plain("p:a/ 30>STANDARD_IA"), [""; 0], "small ones stay where they are");
        assert_eq!(
            warned("p:a/ 1>GLACIER", None, SmallObjects::VariesByClass),
            [
                "Tidy moves objects under 128 KB too. Glacier Flexible Retrieval bills each with 40 KB more than it has, so that saves little or nothing.",
                "What Tidy moves to Glacier Flexible Retrieval cannot be read at once: getting it back takes 3 to 12 hours.",
            ]
        );
        assert_eq!(
            plain("p:a/ 30>STANDARD_IA 45>GLACIER_IR x400"),
            ["Tidy leaves objects in Infrequent Access for 15 days only. It is billed for 30 days at least."]
        );
        assert_eq!(
            plain("p:a/ 1>DEEP_ARCHIVE x101"),
            [
                "Tidy leaves objects in Deep Archive for 100 days only. It is billed for 180 days at least.",
                "What Tidy moves to Deep Archive cannot be read at once: getting it back takes 12 to 48 hours.",
            ]
        );
    }

    #[test]
    fn what_the_server_refuses_is_told_before() {
        assert_eq!(
            plain("p:a/ 30>GLACIER_IR 200>STANDARD_IA"),
            [
                "Tidy moves from Glacier Instant Retrieval to Infrequent Access after 200 days. Rules only move to colder classes, so the server will refuse it."
            ]
        );
        assert_eq!(
            plain("p:a/ 29>ONEZONE_IA"),
            ["Tidy moves to One Zone Infrequent Access in less than 30 days, which Amazon S3 refuses."]
        );
    }
}
