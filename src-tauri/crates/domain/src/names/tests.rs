use proptest::prelude::*;

use super::*;
use crate::words::FailureCode;

const WINDOWS: NameRules =
    NameRules { insensitive: true, windows: true, max_component_bytes: 255, max_path: 32_000 };
const MAC: NameRules =
    NameRules { insensitive: true, windows: false, max_component_bytes: 255, max_path: 1024 };

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

#[test]
fn ha19_golden_list_of_windows_names() {
    let rows = [
        ("plain.txt", "plain.txt"),
        ("a:b", "a\u{F03A}b"),
        ("<>\"|?*\\", "\u{F03C}\u{F03E}\u{F022}\u{F07C}\u{F03F}\u{F02A}\u{F05C}"),
        ("tab\tnewline\n", "tab\u{F009}newline\u{F00A}"),
        ("dot.", "dot\u{F02E}"),
        ("dots...", "dots..\u{F02E}"),
        ("space ", "space\u{F020}"),
        (" leading.and inside ok", " leading.and inside ok"),
        ("folder./file", "folder\u{F02E}/file"),
        ("CON", "\u{F043}ON"),
        ("nul.txt", "\u{F06E}ul.txt"),
        ("aux .tar.gz", "\u{F061}ux .tar.gz"),
        ("sub/COM1/x", "sub/\u{F043}OM1/x"),
        ("lpt³", "\u{F06C}pt³"),
        ("CONOUT$", "\u{F043}ONOUT$"),
        ("CONSOLE", "CONSOLE"),
        ("COM10", "COM10"),
        ("COM", "COM"),
        ("...", "..\u{F02E}"),
        ("\u{F03A}", "\u{F07F}\u{F03A}"),
        ("\u{F07F}", "\u{F07F}\u{F07F}"),
        ("Ｃ：．", "Ｃ：．"),
    ];
    for (there, here) in rows {
        let found = path_of(&key(there), &Prefix::default(), WINDOWS).unwrap();
        assert_eq!(found.as_str(), here, "{there:?}");
        assert_eq!(key_of(&found, &Prefix::default(), WINDOWS).unwrap().as_str(), there);
    }
}

#[test]
fn ha19_a_stand_in_of_somebody_else_is_shown_and_never_another_key() {
    for odd in ["mid\u{F02E}dle", "\u{F02E}\u{F02E}", "\u{F02E}", "\u{F044}ir", "end\u{F07F}", "\u{F07F}x"] {
        let answer = key_of(&path(odd), &Prefix::default(), WINDOWS);
        assert!(answer.is_err(), "{odd:?} became {answer:?}");
    }
    assert_eq!(key_of(&path("mid\u{F02E}dle"), &Prefix::default(), MAC).unwrap().as_str(), "mid\u{F02E}dle");
}

#[test]
fn ha20_too_long_is_said_and_not_cut() {
    let short = NameRules { max_component_bytes: 10, max_path: 15, ..NameRules::EXACT };
    let look = |text: &str, rules| path_of(&key(text), &Prefix::default(), rules);
    assert!(look("0123456789/0123", short).is_ok());
    assert_eq!(look("0123456789a", short), Err(NameProblem::SegmentTooLong));
    assert_eq!(look("0123456789/01234", short), Err(NameProblem::PathTooLong));
    // 100 characters, and three bytes for each stand-in.
    assert_eq!(look(&":".repeat(100), WINDOWS), Err(NameProblem::SegmentTooLong));
    let long = path(&["n".repeat(255), "n".repeat(255), "n".repeat(255), "n".repeat(255)].join("/"));
    assert!(key_of(&long, &Prefix::default(), NameRules::EXACT).is_ok());
    assert_eq!(key_of(&long, &Prefix::new("p"), NameRules::EXACT), Err(NameProblem::KeyTooLong));
}

#[test]
fn ha21_keys_without_a_file_have_none_on_any_disk() {
    for rules in [NameRules::EXACT, WINDOWS, MAC] {
        for odd in ["a//b", "/a", "a/", "..", "a/../b", "./a", "a\0b"] {
            assert!(path_of(&key(odd), &Prefix::default(), rules).is_err(), "{odd:?}");
        }
        assert!(path_of(&key("other/a"), &Prefix::new("p"), rules).is_err(), "not below the prefix");
    }
}

#[test]
fn ha17_ha18_twins_have_one_key_where_the_disk_is_insensitive_only() {
    let twins = [
        ("A.txt", "a.TXT"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("CAF\u{c9}", "cafe\u{301}"),
        ("\u{212b}", "\u{e5}"),
        ("Ordner/\u{394}", "ORDNER/\u{3b4}"),
        ("\u{3a3}", "\u{3c2}"),
        ("stra\u{df}e", "STRASSE"),
        ("\u{1e0b}\u{323}", "\u{1e0d}\u{307}"),
    ];
    for (one, other) in twins {
        assert_eq!(twin_key(&path(one), MAC), twin_key(&path(other), MAC), "{one} {other}");
        assert_ne!(twin_key(&path(one), NameRules::EXACT), twin_key(&path(other), NameRules::EXACT));
    }
    for (one, other) in [("a", "b"), ("e", "\u{e9}"), ("a/b", "a:b"), ("\u{2460}", "1")] {
        assert_ne!(twin_key(&path(one), MAC), twin_key(&path(other), MAC), "{one} {other}");
    }
}

#[test]
fn ha17_a_disk_that_cannot_be_tried_out_is_taken_for_one_that_ignores_case() {
    let (small, large) = (path("a.jpg"), path("A.JPG"));
    assert_eq!(twin_key(&small, NameRules::CAREFUL), twin_key(&large, NameRules::CAREFUL));
    assert_ne!(twin_key(&small, NameRules::EXACT), twin_key(&large, NameRules::EXACT));
}

#[test]
fn ha17_the_first_of_two_twins_keeps_the_name() {
    let mut names = Claims::new(MAC);
    assert_eq!(names.claim(&path("Photos/A.jpg")), Ok(()));
    assert_eq!(names.claim(&path("Photos/A.jpg")), Ok(()), "again");
    assert_eq!(names.claim(&path("Photos/a.jpg")), Err(Clash::Twin("Photos/a.jpg".into())));
    assert_eq!(names.claim(&path("photos/b.jpg")), Err(Clash::Twin("photos".into())), "a folder's twin");
    assert_eq!(names.claim(&path("photos/b.jpg")).unwrap_err().part(), "photos");
    assert_eq!(names.check(&path("photos/B.jpg")), Err(Clash::Twin("photos".into())));
    assert_eq!(
        names.claim(&path("PHOTOS")),
        Err(Clash::Twin("PHOTOS".into())),
        "a folder's twin that is a file"
    );
    assert!(names.has_folder("photos") && !names.has_folder("Photos/A.jpg") && !names.has_folder("other"));
    assert_eq!(names.claim(&path("Photos/b.jpg")), Ok(()));
    let mut names = Claims::new(NameRules::EXACT);
    assert_eq!(names.claim(&path("A")), Ok(()));
    assert_eq!(names.claim(&path("a")), Ok(()));
    assert_eq!(Clash::Twin(String::new()).code(), FailureCode::NameTwin);
}

#[test]
fn ha22_a_name_is_a_file_or_a_folder() {
    for rules in [NameRules::EXACT, MAC] {
        let mut names = Claims::new(rules);
        assert_eq!(names.claim(&path("a")), Ok(()));
        assert_eq!(names.claim(&path("a/b")), Err(Clash::FileAndFolder("a".into())));
        assert_eq!(names.claim(&path("a.txt")), Ok(()));
        assert_eq!(names.claim(&path("d/e/f")), Ok(()));
        assert_eq!(names.claim(&path("d/e")), Err(Clash::FileAndFolder("d/e".into())));
        assert_eq!(names.claim(&path("d")), Err(Clash::FileAndFolder("d".into())));
        assert_eq!(names.claim(&path("d/e/g")), Ok(()), "what was refused took nothing");
    }
}

#[test]
fn ha18_what_lies_below_a_folder_does_so_under_every_spelling() {
    let is = |file: &str, folder: &str, rules| is_below(&path(file), &path(folder), rules);
    assert!(
        is("Caf\u{e9}/x", "cafe\u{301}", MAC) && is("A/b/c", "a/B", MAC) && is("a/b", "a", NameRules::EXACT)
    );
    assert!(!is("A/b", "a", NameRules::EXACT) && !is("ab/c", "A", MAC) && !is("A", "a", MAC));
}

/// What makes names difficult.
const ALPHABET: &[&str] = &[
    "a", "C", "o", "N", "n", "U", "l", "COM", "nul", "lpt1", "¹", ".", " ", ":", "\\", "*", "\u{1}",
    "\u{1f}", "\u{7f}", "/", "\u{F03A}", "\u{F02E}", "\u{F043}", "\u{F07F}", "\u{F080}", "\u{F000}", "é",
    "e\u{301}", "：", "📷", "\"",
];

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(0..ALPHABET.len(), 1..9)
        .prop_map(|picks| picks.into_iter().map(|at| ALPHABET[at]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn d3_every_key_comes_back_from_its_file(text in text(), windows: bool) {
        let rules = NameRules { windows, ..WINDOWS };
        let key = Prefix::new("p").key(&text).unwrap();
        if let Ok(file) = path_of(&key, &Prefix::new("p"), rules) {
            prop_assert_eq!(key_of(&file, &Prefix::new("p"), rules), Ok(key));
            if windows {
                for segment in file.as_str().split('/') {
                    let bad = |c: char| c.is_ascii_control() && c != '\u{7f}' || "<>:\"\\|?*".contains(c);
                    prop_assert!(!segment.contains(bad) && !segment.ends_with(['.', ' ']), "{:?}", segment);
                    let device = segment.split('.').next().unwrap().trim_end().to_ascii_uppercase();
                    prop_assert!(!["NUL", "CON", "COM1", "LPT1", "COM¹"].contains(&device.as_str()));
                }
            }
        }
    }

    #[test]
    fn d3_every_file_comes_back_from_its_key(text in text(), windows: bool) {
        let rules = NameRules { windows, ..WINDOWS };
        if let Ok(file) = RelPath::parse(&text)
            && let Ok(key) = key_of(&file, &Prefix::new("p"), rules)
        {
            prop_assert_eq!(path_of(&key, &Prefix::new("p"), rules), Ok(file));
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn ha17_of_many_names_only_one_of_each_kind_is_claimed(names in proptest::collection::vec(text(), 1..12), insensitive: bool) {
        let rules = NameRules { insensitive, ..NameRules::EXACT };
        let (mut claims, mut held) = (Claims::new(rules), Vec::<RelPath>::new());
        for file in names.iter().filter_map(|text| RelPath::parse(text).ok()) {
            let parts = |file: &RelPath| {
                let folders: Vec<(String, bool)> = file.folders().map(|part| (part.to_owned(), false)).collect();
                folders.into_iter().chain([(file.as_str().to_owned(), true)]).collect::<Vec<_>>()
            };
            let fits = held.iter().flat_map(parts).all(|(there, is_file)| {
                parts(&file).into_iter().all(|(new, new_is_file)| {
                    folded(&there, rules) != folded(&new, rules) || (there == new && is_file == new_is_file)
                })
            });
            prop_assert_eq!(claims.check(&file).is_ok(), fits);
            prop_assert_eq!(claims.claim(&file).is_ok(), fits);
            if fits {
                held.push(file);
            }
        }
    }

    #[test]
    fn twin_keys_do_not_change_when_taken_again(text in text()) {
        if let Ok(file) = RelPath::parse(&text) {
            let once = twin_key(&file, MAC);
            prop_assert_eq!(folded(&once, MAC), once);
        }
    }
}
