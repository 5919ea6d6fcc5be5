//! A question that waits: how it is told on a terminal and in JSON.
use serde_json::{Value, json};
use windlass_domain::{Mode, Why};
use windlass_ports::{Brake, BrakeAnswer, PairRow};

use crate::output::{bytes, printable};

/// A mode as it is typed.
pub(crate) const fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Ingest => "ingest",
        Mode::MirrorUp => "mirror-up",
        Mode::MirrorDown => "mirror-down",
        Mode::TwoWay => "two-way",
    }
}

const fn why(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::Everything => ("everything", "Everything in it would go."),
        Why::Share => ("share", "That is a large share of what both sides have."),
        Why::FilesAnHour => ("files_an_hour", "That is more files than may go within an hour."),
        Why::BytesAnHour => ("bytes_an_hour", "That is more data than may go within an hour."),
        Why::FilesAWeek => ("files_a_week", "That is more files than may go within a week."),
        Why::Overwrites => ("overwrites", "That would replace the content of many files at once."),
    }
}

/// The question for programs. Its id is text: it does not fit every program's numbers.
pub(crate) fn value(brake: &Brake) -> Value {
    let ask = &brake.ask;
    json!({
        "id": brake.id.to_string(), "why": why(ask.why).0, "trash_here": ask.trash_here,
        "delete_there": ask.delete_there, "overwrite": ask.overwrite, "bytes": ask.bytes, "of": ask.of,
        "sample": ask.sample, "since": brake.since.millis(),
        "answer": brake.answer.map(|answer| match answer { BrakeAnswer::Go => "go", BrakeAnswer::Restore => "restore" }),
    })
}

/// The question for people: what was held back, why, and both answers by what they do.
pub(crate) fn text(brake: &Brake, pair: &PairRow) -> String {
    let ask = &brake.ask;
    let mut parts = Vec::new();
    if ask.delete_there > 0 {
        parts.push(format!("delete {} {} in the bucket", ask.delete_there, many(ask.delete_there, "object")));
    }
    if ask.trash_here > 0 {
        parts.push(format!("move {} {} here to the trash", ask.trash_here, many(ask.trash_here, "file")));
    }
    if ask.overwrite > 0 {
        parts.push(format!("replace the content of {} {}", ask.overwrite, many(ask.overwrite, "file")));
    }
    let mut text = format!("{} stopped before it would {}", pair.name, parts.join(", "));
    if ask.bytes > 0 {
        text.push_str(&format!(" ({})", bytes(ask.bytes)));
    }
    text.push_str(&format!(". {} Nothing of it was done.", why(ask.why).1));
    for path in ask.sample.iter().take(5) {
        text.push_str(&format!("\n    {}", printable(path.as_str())));
    }
    let all = ask.delete_there + ask.trash_here + ask.overwrite;
    if all > 5 {
        text.push_str(&format!("\n    and {} more", all - 5));
    }
    match brake.answer {
        None => text.push_str(&format!(
            "\n  It was meant: run it again with --yes-delete {id}\n  It was not meant, bring it back: run it again with --restore {id}",
            id = brake.id
        )),
        Some(BrakeAnswer::Go) => text.push_str("\n  Allowed; it goes on with exactly that."),
        Some(BrakeAnswer::Restore) => text.push_str("\n  Not meant; what is missing comes back."),
    }
    text
}

fn many(count: u64, one: &str) -> String {
    if count == 1 { one.to_owned() } else { format!("{one}s") }
}

#[cfg(test)]
mod tests {
    use windlass_domain::{Ask, PairId, RelPath, Timestamp};
    use windlass_ports::PairOptions;

    use super::*;

    #[test]
    fn a_question_names_both_answers_and_hides_no_name() {
        let pair = PairRow {
            id: PairId::from("f1"),
            name: "Reports".into(),
            root: "/r".into(),
            connection: "c".into(),
            bucket: "b".into(),
            prefix: String::new(),
            mode: Mode::TwoWay,
            paused: false,
            last_scan: None,
            epoch: 0,
            remote_marker: None,
            seen_root: None,
            merged: None,
            options: PairOptions::default(),
            brake: None,
        };
        let ask = Ask {
            why: Why::Everything,
            trash_here: 0,
            delete_there: 7,
            overwrite: 0,
            bytes: 24_800_000,
            of: 7,
            sample: (0..7).map(|i| RelPath::parse(&format!("photo\u{202e}{i}.jpg")).unwrap()).collect(),
        };
        let brake = Brake { id: u64::MAX, ask, since: Timestamp(1), answer: None };
        let told = text(&brake, &pair);
        assert!(told.starts_with(
            "Reports stopped before it would delete 7 objects in the bucket (24.8 MB). Everything"
        ));
        assert!(
            told.contains("--yes-delete 18446744073709551615")
                && told.contains("--restore 18446744073709551615")
        );
        assert!(told.contains("and 2 more") && !told.contains('\u{202e}'), "{told}");
        assert_eq!(value(&brake)["id"], "18446744073709551615");
        let answered = Brake { answer: Some(BrakeAnswer::Go), ..brake };
        assert!(!text(&answered, &pair).contains("--yes-delete"), "an answered question is not asked again");
    }
}
