use proptest::prelude::*;
use windlass_domain::Timestamp;
use windlass_domain::lifecycle::{Class, Filter, Noncurrent, Rule, When};
use windlass_ports::RuleDraft::{self, Changed, Kept, New};

use super::*;

const DAY: i64 = 86_400_000;

/// What another tool wrote, with everything that S3 knows and some that it does not.
const THEIRS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<!-- kept by the night shift -->\n",
    "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n",
    "  <Rule>\n    <ID>everything</ID>\n    <Filter><And><Prefix>a&amp;b/&lt;&#xE9;</Prefix>\n",
    "      <Tag><Key>hold</Key><Value>no</Value></Tag><Tag><Key>k</Key><Value></Value></Tag>\n",
    "      <ObjectSizeGreaterThan>500</ObjectSizeGreaterThan><ObjectSizeLessThan>64000</ObjectSizeLessThan>\n",
    "    </And></Filter>\n    <Status>Enabled</Status>\n",
    "    <Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>\n",
    "    <Transition><StorageClass>GLACIER</StorageClass><Days>90</Days><Price>low</Price></Transition>\n",
    "    <Expiration><Days>365</Days></Expiration>\n",
    "    <NoncurrentVersionTransition><NoncurrentDays>7</NoncurrentDays>",
    "<NewerNoncurrentVersions>2</NewerNoncurrentVersions><StorageClass>GLACIER_IR</StorageClass>",
    "</NoncurrentVersionTransition>\n",
    "    <NoncurrentVersionExpiration><NewerNoncurrentVersions>3</NewerNoncurrentVersions>",
    "<NoncurrentDays>120</NoncurrentDays></NoncurrentVersionExpiration>\n",
    "    <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>\n",
    "    <Owner team=\"ops\"><Name>a &gt; b</Name></Owner><!-- ask before -->\n  </Rule>\n\n",
    "  <Quota>5</Quota>\n",
    "  <Rule><ID>dated</ID><Status>Disabled</Status><Filter><Prefix>logs/</Prefix></Filter>",
    "<Expiration><Date>2027-01-01T00:00:00.000Z</Date></Expiration></Rule>\t\n",
    "  <!-- the last one --><Rule><Filter/><ID>markers</ID><Status>Enabled</Status>",
    "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>\n",
    "</LifecycleConfiguration>\n<!-- end -->\n"
);

fn rules(text: &str) -> Vec<Rule> {
    read(text).unwrap().rules.into_iter().map(|rule| rule.rule).collect()
}

fn one(id: &str, days: u32) -> Rule {
    Rule { id: id.to_owned(), enabled: true, expiration: Some(When::Days(days)), ..Rule::default() }
}

fn made(text: &str, drafts: &[RuleDraft]) -> String {
    draft(text, drafts).unwrap()
}

fn refused(text: &str, drafts: &[RuleDraft]) -> String {
    draft(text, drafts).unwrap_err().0
}

/// One rule in a document of its own.
fn alone(inner: &str) -> String {
    format!("<LifecycleConfiguration><Rule>{inner}</Rule></LifecycleConfiguration>")
}

#[test]
fn every_element_is_understood_and_what_is_unknown_is_named() {
    let document = read(THEIRS).unwrap();
    let [all, dated, markers] = document.rules.as_slice() else { panic!("{document:?}") };
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let expected = Rule {
        id: "everything".to_owned(),
        enabled: true,
        filter: Filter {
            prefix: "a&b/<é".to_owned(),
            tags: vec![tag("hold", "no"), tag("k", "")],
            larger_than: Some(500),
            smaller_than: Some(64_000),
        },
        transitions: vec![(When::Days(30), Class::StandardIa), (When::Days(90), Class::Glacier)],
        expiration: Some(When::Days(365)),
        expired_markers: false,
        noncurrent_transitions: vec![(Noncurrent { days: 7, keep_newer: 2 }, Class::GlacierIr)],
        noncurrent_expiration: Some(Noncurrent { days: 120, keep_newer: 3 }),
        abort_uploads: Some(7),
    };
    assert_eq!(all.rule, expected);
    assert_eq!(all.strange, ["Transition/Price", "Owner"]);
    let date = Timestamp::from_millis(20_819 * DAY);
    assert_eq!((dated.rule.enabled, dated.rule.expiration), (false, Some(When::Date(date))));
    assert!(markers.rule.expired_markers && markers.rule.filter == Filter::default());
    assert!(dated.strange.is_empty() && markers.strange.is_empty());
}

#[test]
fn an_edit_of_one_rule_leaves_every_other_byte_alone() {
    let all = rules(THEIRS);
    let dated = Rule { expiration: Some(When::Days(10)), ..all[1].clone() };
    let text = made(THEIRS, &[Kept(0), Changed(1, dated), Kept(2)]);
    assert_eq!(text, THEIRS.replace("<Date>2027-01-01T00:00:00.000Z</Date>", "<Days>10</Days>"));

    let edited = Rule {
        enabled: false,
        transitions: vec![(When::Days(30), Class::StandardIa), (When::Days(60), Class::Glacier)],
        expiration: None,
        ..all[0].clone()
    };
    let text = made(THEIRS, &[Changed(0, edited), Kept(1), Kept(2)]);
    let wanted = THEIRS
        .replacen("<Status>Enabled</Status>", "<Status>Disabled</Status>", 1)
        .replace(
            "<StorageClass>GLACIER</StorageClass><Days>90</Days><Price>low</Price>",
            "<Days>60</Days><StorageClass>GLACIER</StorageClass><Price>low</Price>",
        )
        .replace("\n    <Expiration><Days>365</Days></Expiration>", "");
    assert_eq!(text, wanted);
    assert_eq!(made(THEIRS, &[Changed(0, all[0].clone()), Kept(1), Kept(2)]), THEIRS, "nothing was changed");
}

#[test]
fn rules_come_and_go_and_what_is_between_them_stays() {
    let new = Rule { filter: Filter { prefix: "x<".to_owned(), ..Filter::default() }, ..one("new", 3) };
    let text = made(THEIRS, &[Kept(0), New(new.clone()), Kept(2)]);
    let start = THEIRS.find("<Rule><ID>dated").unwrap();
    let end = THEIRS.find("\t\n  <!-- the last").unwrap();
    // The unknown element before it is nobody's to remove.
    let mut wanted = THEIRS.to_owned();
    wanted.replace_range(start - 3..end, "");
    let written = "\n  <Rule><ID>new</ID><Filter><Prefix>x&lt;</Prefix></Filter><Status>Enabled</Status>\
                   <Expiration><Days>3</Days></Expiration></Rule>";
    let behind = wanted.find("\n\n  <Quota>").unwrap();
    wanted.insert_str(behind, written);
    assert_eq!(text, wanted);
    assert_eq!(rules(&text)[1], new);
    assert_eq!(made(THEIRS, &[]), "", "without a rule there is no document");
    assert!(refused(THEIRS, &[Kept(1), Kept(0)]).contains("order"));
    assert!(refused(THEIRS, &[Kept(0), Kept(0)]).contains("order"));
    assert!(refused(THEIRS, &[Kept(3)]).contains("not there"));
}

#[test]
fn a_document_is_begun_where_there_is_none() {
    let dated = Rule { expiration: Some(When::Date(Timestamp::from_millis(20_819 * DAY))), ..one("", 1) };
    for opened in ["", "<LifecycleConfiguration/>", "<s:LifecycleConfiguration xmlns:s='x' />"] {
        let text = made(opened, &[New(one("a", 1)), New(dated.clone())]);
        assert_eq!(rules(&text), [one("a", 1), dated.clone()], "{text}");
        assert!(text.contains("<Date>2027-01-01T00:00:00Z</Date>") || text.contains("<s:Date>"), "{text}");
    }
}

#[test]
fn what_was_written_the_old_way_stays_that_way() {
    let old = "<LifecycleConfiguration><Rule><ID>a</ID><Prefix>x/</Prefix><Status>Enabled</Status><Expiration><Days>1</Days>\
               </Expiration></Rule><Rule><Prefix/><ID>b</ID><Status>Enabled</Status><Expiration><Days>2</Days></Expiration>\
               </Rule></LifecycleConfiguration>";
    let all = rules(old);
    assert_eq!((all[0].filter.prefix.as_str(), all[1].filter.prefix.as_str()), ("x/", ""));
    let moved = |rule: &Rule, prefix: &str| Rule {
        filter: Filter { prefix: prefix.to_owned(), ..Filter::default() },
        ..rule.clone()
    };
    let text =
        made(old, &[Changed(0, moved(&all[0], "y&/")), Changed(1, moved(&all[1], "z")), New(one("c", 3))]);
    let wanted = old.replace(">x/<", ">y&amp;/<").replace("<Prefix/>", "<Prefix>z</Prefix>").replace(
        "</LifecycleConfiguration>",
        "<Rule><ID>c</ID><Prefix></Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>\
         </LifecycleConfiguration>",
    );
    assert_eq!(text, wanted);
    // S3 takes no filter beside them; alone the rule may have one.
    let sized = Filter { larger_than: Some(5), ..all[0].filter.clone() };
    let sized = Rule { filter: sized, ..all[0].clone() };
    assert!(refused(old, &[Changed(0, sized.clone()), Kept(1)]).contains("old way"));
    let text = made(old, &[Changed(0, sized)]);
    assert!(text.contains(
        "<ID>a</ID><Filter><And><Prefix>x/</Prefix><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter>"
    ));
}

#[test]
fn what_is_not_understood_is_kept_and_never_guessed_at() {
    let rule = "<ID>a</ID><Filter><And><Prefix>p</Prefix><ObjectAge>9</ObjectAge></And></Filter><Status>Enabled</Status>\
                <Transition><Days>1</Days><StorageClass>COLD_LINE</StorageClass></Transition>\
                <Transition><Days>2</Days><StorageClass>GLACIER</StorageClass></Transition>\
                <Expiration><Days>soon</Days></Expiration><x:Expiration><Days>4</Days></x:Expiration>";
    let text = alone(rule);
    let document = read(&text).unwrap();
    let [found] = document.rules.as_slice() else { panic!("{document:?}") };
    assert_eq!(found.strange, ["Filter/ObjectAge", "Transition", "Expiration", "x:Expiration"]);
    assert_eq!(found.rule.transitions, [(When::Days(2), Class::Glacier)]);
    assert_eq!(found.rule.expiration, None, "not that of another namespace");

    let with = |change: fn(&mut Rule)| {
        let mut rule = found.rule.clone();
        change(&mut rule);
        draft(&text, &[Changed(0, rule)]).map_err(|why| why.0)
    };
    let wider = with(|rule| rule.filter.prefix = "q".to_owned()).unwrap();
    assert_eq!(wider, text.replace("<Prefix>p<", "<Prefix>q<"));
    // The condition that is not known is alone now.
    let all = with(|rule| rule.filter.prefix.clear()).unwrap();
    assert!(all.contains("<Filter><ObjectAge>9</ObjectAge></Filter>"), "{all}");
    let moved = with(|rule| rule.transitions = vec![(When::Days(5), Class::Glacier)]).unwrap();
    assert_eq!(moved, text.replace("<Days>2</Days>", "<Days>5</Days>"));
    let none = with(|rule| rule.transitions = vec![(When::Days(5), Class::DeepArchive)]).unwrap();
    assert!(
        none.contains("COLD_LINE") && !none.contains(">GLACIER<") && none.contains("DEEP_ARCHIVE"),
        "{none}"
    );
    let why = with(|rule| rule.expiration = Some(When::Days(3))).unwrap_err();
    assert!(why.contains("Expiration") && why.contains("does not understand"), "{why}");
}

/// Found on Ceph 16.2, which tells a prefix beside `And` and forgets it when it is told so.
#[test]
fn a_filter_that_its_own_server_would_read_as_a_wider_one_is_written_straight() {
    let crooked = alone(
        "<ID>a</ID><Filter><Prefix>p/</Prefix><And><Tag><Key>k</Key><Value>v</Value></Tag><Odd/></And></Filter>\
         <Status>Enabled</Status><Expiration><Days>1</Days></Expiration><Owner>x</Owner>",
    );
    let straight = crooked.replace(
        "<Prefix>p/</Prefix><And><Tag><Key>k</Key><Value>v</Value></Tag><Odd/></And>",
        "<And><Prefix>p/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><Odd/></And>",
    );
    assert_eq!(made(&crooked, &[Kept(0)]), straight);
    let longer = Rule { expiration: Some(When::Days(2)), ..rules(&crooked).remove(0) };
    assert_eq!(made(&crooked, &[Changed(0, longer)]), straight.replace("<Days>1<", "<Days>2<"));
    assert_eq!(made(&straight, &[Kept(0)]), straight);
}

#[test]
fn the_prefix_of_a_namespace_is_that_of_what_is_written() {
    let text = "<s3:LifecycleConfiguration xmlns:s3=\"x\"><s3:Rule><s3:ID>a</s3:ID><s3:Status>Enabled</s3:Status>\
                <s3:Expiration><s3:Days>1</s3:Days></s3:Expiration></s3:Rule></s3:LifecycleConfiguration>";
    let old = rules(text).remove(0);
    assert_eq!(old, one("a", 1));
    let edited = Rule { abort_uploads: Some(2), ..old };
    let made = made(text, &[Changed(0, edited.clone()), New(one("b", 5))]);
    assert!(made.contains(
        "</s3:Expiration><s3:AbortIncompleteMultipartUpload><s3:DaysAfterInitiation>2</s3:DaysAfterInitiation>"
    ));
    assert!(
        made.contains("<s3:Rule><s3:ID>b</s3:ID><s3:Filter><s3:Prefix></s3:Prefix></s3:Filter>"),
        "{made}"
    );
    assert_eq!(rules(&made), [edited, one("b", 5)]);
}

#[test]
fn bad_documents_are_refused_as_a_whole() {
    let good = alone("<ID>a</ID><Status>Enabled</Status><Expiration><Days>1</Days></Expiration>");
    assert!(read(&good).is_ok());
    for bad in [
        good.replace("</Rule>", ""),
        good.replace("</ID>", "</Id>"),
        good.replace("<Status>", "<Status"),
        good.replace("</LifecycleConfiguration>", "</LifecycleConfiguration><Rule/>"),
        good.replace("<Rule>", "words<Rule>"),
        good.replace("<ID>", "words<ID>"),
        format!("<!DOCTYPE a [<!ENTITY x 'y'>]>{good}"),
        good.replace("LifecycleConfiguration", "ListBucketResult"),
        good.get(..good.len() - 5).unwrap().to_owned(),
        "{\"Rules\": []}".to_owned(),
        "<html><body>Log in</body></html>".to_owned(),
        " ".to_owned(),
    ] {
        let why = refused(&bad, &[Kept(0), New(one("n", 1))]);
        assert!(why.starts_with("the rules that are there cannot be read"), "{bad}: {why}");
    }
}

#[test]
fn what_no_server_takes_is_said_before_anything_is_sent() {
    let noon = Timestamp::from_millis(DAY / 2);
    let tag = ("k".to_owned(), "v".to_owned());
    let filtered = |filter: Filter| Rule { filter, ..one("a", 1) };
    for (rule, words) in [
        (Rule { expiration: None, ..one("a", 1) }, "does nothing"),
        (Rule { expired_markers: true, ..one("a", 1) }, "two rules"),
        (Rule { expiration: Some(When::Date(noon)), ..one("a", 1) }, "midnight"),
        (one(&"x".repeat(256), 1), "255"),
        (filtered(Filter { prefix: "a\u{1}".to_owned(), ..Filter::default() }), "control characters"),
        (filtered(Filter { larger_than: Some(5), smaller_than: Some(5), ..Filter::default() }), "no size"),
        (filtered(Filter { tags: vec![tag.clone(), tag], ..Filter::default() }), "twice"),
    ] {
        let why = refused("", &[New(rule)]);
        assert!(why.contains(words), "{why}");
    }
    assert!(refused(THEIRS, &[Kept(0), New(one("everything", 1))]).contains("called everything"));
    let twice =
        "<LifecycleConfiguration><Rule><ID>a</ID></Rule><Rule><ID>a</ID></Rule></LifecycleConfiguration>";
    // Those of others are theirs.
    assert!(draft(twice, &[Kept(0), Kept(1), New(one("b", 1))]).is_ok());
    assert!(refused(twice, &[Changed(0, one("a", 1)), Kept(1)]).contains("called a"));
    let many = |count: u32| (0..count).map(|n| New(one(&n.to_string(), 1))).collect::<Vec<_>>();
    let text = made("", &many(1000));
    assert_eq!(rules(&text).len(), 1000);
    let mut full: Vec<RuleDraft> = (0..1000).map(Kept).collect();
    full[500] = Changed(500, one("500", 77));
    let edited = made(&text, &full);
    assert_eq!(
        edited,
        text.replace(
            "<ID>500</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>1<",
            "<ID>500</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>77<"
        )
    );
    full.push(New(one("one more", 1)));
    assert!(refused(&text, &full).contains("1000 rules"));
}

#[test]
fn odd_characters_come_back_as_they_were() {
    for prefix in
        ["a&b<c>d\"e'f", "line\nbreak\r\ttab", "]]>", "é/日本/🐢", " blank ", "<!-- no -->", "&amp;"]
    {
        let filter = Filter {
            prefix: prefix.to_owned(),
            tags: vec![(prefix.to_owned(), prefix.to_owned())],
            ..Filter::default()
        };
        let rule = Rule { filter, id: prefix.to_owned(), ..one("", 1) };
        let text = made("", &[New(rule.clone())]);
        assert_eq!(rules(&text), [rule], "{text}");
    }
    let cdata = alone("<Filter><Prefix><![CDATA[a&b]]>c<!-- x -->d</Prefix></Filter>");
    assert_eq!(rules(&cdata)[0].filter.prefix, "a&bcd");
}

/// A gap between elements: blanks, and what is not ours.
fn gap() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just(""),
        2 => Just("\n  "),
        1 => Just("\t"),
        1 => Just("<!-- <Rule> & -->"),
        1 => Just("\n<?note x?>\n"),
    ]
}

fn id_and_status() -> impl Strategy<Value = String> {
    (any::<bool>(), any::<bool>()).prop_map(|(on, named)| {
        let status = if on { "Enabled" } else { "Disabled" };
        let id = if named { "<ID>r-&amp;</ID>" } else { "" };
        format!("{id}<Status>{status}</Status>")
    })
}

/// The inside of a rule: in any order, with anything strange.
fn rule_text() -> impl Strategy<Value = (String, Vec<&'static str>)> {
    let strange = [
        "<Owner><Name>x</Name></Owner>",
        "<Note at='>'/>",
        "<a:Days>1</a:Days>",
        "<Quota><![CDATA[<]]></Quota>",
    ];
    let known = vec![
        "<Filter><And><Prefix>p/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><Odd>1</Odd></And></Filter>",
        "<Expiration>\n<Days>4</Days> </Expiration>",
        "<Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition>",
        "<Transition><Date>2027-01-01</Date><StorageClass>DEEP_ARCHIVE</StorageClass></Transition>",
        "<Transition><Days>1</Days><StorageClass>FROSTY</StorageClass></Transition>",
        "<NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays></NoncurrentVersionExpiration>",
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
    ];
    let known = proptest::sample::subsequence(known, 0..=7).prop_shuffle();
    let strange = proptest::sample::subsequence(strange.to_vec(), 0..=4);
    (id_and_status(), known, strange, gap(), gap()).prop_map(|(head, known, strange, a, b)| {
        let mut text = format!("{a}{head}");
        for (place, known) in known.iter().enumerate() {
            text.push_str(b);
            text.push_str(known);
            text.extend(strange.get(place).copied());
        }
        text.extend(strange.iter().skip(known.len()).copied());
        text.push_str(a);
        (text, strange)
    })
}

/// What is to become of a rule, and what it is changed to.
#[derive(Debug, Clone)]
enum Fate {
    Stay,
    Go,
    Edit(u8),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![3 => Just(Fate::Stay), 1 => Just(Fate::Go), 3 => (0..64u8).prop_map(Fate::Edit)]
}

/// Any number of changes at once.
fn edit(rule: &Rule, bits: u8) -> Rule {
    let mut rule = rule.clone();
    let mut bit = 0;
    let mut when = |change: &mut dyn FnMut(&mut Rule)| {
        if bits & (1 << bit) != 0 {
            change(&mut rule);
        }
        bit += 1;
    };
    when(&mut |rule| rule.enabled = !rule.enabled);
    when(&mut |rule| rule.filter.prefix = "changed/<".to_owned());
    when(&mut |rule| rule.expiration = if rule.expiration.is_some() { None } else { Some(When::Days(77)) });
    when(&mut |rule| {
        rule.transitions = vec![(When::Days(31), Class::Glacier), (When::Days(1), Class::OnezoneIa)]
    });
    when(&mut |rule| rule.abort_uploads = rule.abort_uploads.map_or(Some(1), |_| None));
    when(&mut |rule| {
        rule.noncurrent_transitions.push((Noncurrent { days: 1, keep_newer: 2 }, Class::DeepArchive))
    });
    rule
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn random_edits_leave_the_rest_byte_for_byte(
        head in prop_oneof![Just(""), Just("<?xml version='1.0'?>\n<!-- <LifecycleConfiguration> -->")],
        parts in prop::collection::vec((gap(), rule_text(), fate()), 0..8),
        (between, tail) in (prop_oneof![Just(""), Just("<Quota/>")], gap()),
        new in any::<bool>(),
    ) {
        let root = format!("{head}<LifecycleConfiguration xmlns='y'>{between}");
        let end = format!("{tail}</LifecycleConfiguration>{tail}");
        let whole = |inner: &str| format!("<Rule>{inner}</Rule>");
        let mut text = root.clone();
        for (gap, (inner, _), _) in &parts {
            text += &format!("{gap}{}", whole(inner));
        }
        text += &end;
        let old = read(&text).unwrap();
        prop_assert_eq!(old.rules.len(), parts.len());
        let mut drafts = Vec::new();
        for (place, (_, _, fate)) in parts.iter().enumerate() {
            match fate {
                Fate::Stay => drafts.push(Kept(place)),
                Fate::Go => {}
                Fate::Edit(bits) => {
                    let mut edited = edit(&old.rules[place].rule, *bits);
                    // Names are given once.
                    edited.id = format!("rule {place}");
                    edited.noncurrent_expiration = Some(Noncurrent { days: 8, keep_newer: 0 });
                    drafts.push(Changed(place, edited));
                }
            }
        }
        if new {
            drafts.push(New(one("fresh", 9)));
        }
        let made = draft(&text, &drafts).map_err(|why| TestCaseError::fail(format!("{text}: {}", why.0)))?;
        if drafts.is_empty() {
            prop_assert_eq!(made, "");
            return Ok(());
        }
        let again = read(&made).unwrap();
        prop_assert_eq!(again.rules.len(), drafts.len());

        // Put together by hand from what the document was made of, with the changed rules as they came.
        let mut wanted = root;
        let mut rules = again.rules.iter();
        for (gap, (inner, strange), fate) in &parts {
            match fate {
                Fate::Go => wanted += gap.trim_ascii_end(),
                Fate::Stay => {
                    rules.next();
                    wanted += &format!("{gap}{}", whole(inner));
                }
                Fate::Edit(_) => {
                    let rule = rules.next().unwrap();
                    let text = rule.element.text(&made).unwrap();
                    for strange in strange {
                        prop_assert!(text.contains(strange), "{} is gone from {}", strange, text);
                    }
                    for kept in ["<Odd>1</Odd>", "FROSTY", "<!-- <Rule> & -->", "<?note x?>"] {
                        prop_assert_eq!(inner.matches(kept).count(), text.matches(kept).count(), "{}", kept);
                    }
                    wanted += &format!("{gap}{text}");
                }
            }
        }
        for (draft, rule) in drafts.iter().zip(&again.rules) {
            if let Changed(_, wanted) = draft {
                prop_assert_eq!(&rule.rule.id, &wanted.id);
                prop_assert_eq!(rule.rule.expiration, wanted.expiration);
                prop_assert_eq!(&rule.rule.filter, &wanted.filter);
            }
        }
        if new {
            // Where it is written is free; it is the last rule.
            let fresh = again.rules.last().unwrap();
            let mut without = made.clone();
            without.replace_range(fresh.element.whole.clone(), "");
            prop_assert_eq!(without.split_whitespace().collect::<String>(), wanted.split_whitespace().collect::<String>() + &end.split_whitespace().collect::<String>());
        } else {
            prop_assert_eq!(made, wanted + &end);
        }
    }

    #[test]
    fn no_document_makes_it_panic(text in "(<LifecycleConfiguration>)?(<Rule>|</Rule>|<Filter>|</Filter>|<And/>|<ID>|x|&|<!--|-->| |/>){0,12}(</LifecycleConfiguration>)?") {
        let _ = read(&text);
        let _ = draft(&text, &[Kept(0), New(one("a", 1))]);
    }
}
