use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Keys as strangers write them: control characters, signs, all planes, a kilobyte.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c/0-9]{1,6}",
        "\\PC{1,8}",
        proptest::collection::vec(any::<char>(), 1..6).prop_map(String::from_iter),
        "[\u{1}-\u{1f}\u{7f}\u{e000}-\u{ffff}\u{1f600}-\u{1f64f}]{1,5}",
        ("[a-z]{1,2}", 900_usize..1020).prop_map(|(a, n)| a.repeat(n / a.len())),
    ]
}

proptest! {
    #[test]
    fn parts_are_disjoint_and_hold_every_key(keys in proptest::collection::vec(key(), 1..40), probes in proptest::collection::vec(key(), 1..40)) {
        let mut parts = vec![Span::default()];
        for (turn, at) in keys.iter().enumerate() {
            let place = turn % parts.len();
            if let Some((left, right)) = parts[place].split(at) {
                parts.splice(place..=place, [left, right]);
            }
        }
        for key in keys.iter().chain(&probes) {
            prop_assert_eq!(parts.iter().filter(|part| part.contains(key)).count(), 1, "{:?}", key);
        }
        for pair in parts.windows(2) {
            prop_assert_eq!(pair[0].until.as_deref(), Some(pair[1].after.as_str()));
        }
    }

    #[test]
    fn a_point_lies_between_what_was_taken_and_the_end(a in key(), b in key(), c in key()) {
        let mut three = [a, b, c];
        three.sort();
        let [first, last, until] = &three;
        if let Some(point) = split_point(first, last, None) {
            prop_assert!(&point > last && point.len() <= 1024);
        }
        if let Some(point) = split_point(first, last, Some(until)) {
            prop_assert!(&point > last && &point < until && point.len() <= 1024);
        }
    }

    #[test]
    fn a_page_is_cut_where_the_next_part_begins(keys in proptest::collection::btree_set(key(), 0..20), after in key(), until in key()) {
        let span = Span { after, until: Some(until) };
        let page: Vec<&str> = keys.iter().map(String::as_str).filter(|key| *key > span.after.as_str()).collect();
        let kept = match span.cut("", page.iter().copied()) {
            Cut::Whole => page.len(),
            Cut::At(place) => place,
            Cut::Disorder => panic!("they rise"),
        };
        prop_assert!(page[..kept].iter().all(|key| span.contains(key)));
        prop_assert!(page[kept..].iter().all(|key| !span.contains(key)));
    }
}

#[test]
fn keys_that_do_not_rise_are_seen() {
    let span = Span { after: "b".to_owned(), until: Some("m".to_owned()) };
    assert_eq!(span.cut("", ["c", "d"]), Cut::Whole);
    assert_eq!(span.cut("", ["c", "n", "d"]), Cut::Disorder);
    assert_eq!(span.cut("", ["a"]), Cut::Disorder, "the server does not begin where it was told to");
    assert_eq!(span.cut("d", ["d"]), Cut::Disorder, "the same key again");
    assert_eq!(span.cut("", ["n"]), Cut::At(0));
    assert_eq!(span.cut("", []), Cut::Whole);
}

/// A server with an order of its own, listed by parts: either every key is met, or the seams show it.
#[test]
fn a_gap_between_two_parts_shows_whatever_the_order_of_the_server() {
    let keys = ["a", "b", "c", "d", "e", "f"];
    let mut gaps = 0;
    for seed in 0..720_usize {
        let (mut left, mut order, mut rest) = (keys.to_vec(), Vec::new(), seed);
        while !left.is_empty() {
            order.push(left.remove(rest % left.len()));
            rest /= left.len() + 1;
        }
        let after = |key: &str| order.iter().position(|k| *k == key).map_or(0, |place| place + 1);
        let spans = [("", Some("b")), ("b", Some("d")), ("d", None)];
        let mut met = Vec::new();
        let mut seams = Vec::new();
        for (from, until) in spans {
            let mut listed = order[after(from)..].iter();
            let first = listed.clone().next();
            let behind = loop {
                match listed.next() {
                    Some(key) if until.is_none_or(|until| *key <= until) => met.push(*key),
                    other => break other,
                }
            };
            let seam = |key: Option<&&str>| Some(key.map_or(Seam::End, |key| Seam::Key((*key).to_owned())));
            seams.push((seam(first), seam(behind)));
        }
        met.sort_unstable();
        if gap(&seams).is_none() {
            assert_eq!(met, keys, "{order:?}");
        } else {
            gaps += 1;
        }
    }
    assert!(gaps > 0);
    assert_eq!(gap(&[(None, None), (Some(Seam::End), Some(Seam::End))]), Some(0), "nobody met it");
}

#[test]
fn numbers_are_shared_as_long_as_there_are_enough() {
    let all = 1 << 32;
    assert_eq!(share(1000, all, true), Some(1000 + (all - 1000) / 16));
    assert_eq!(share(0, 1 << 26, false), Some(1 << 25));
    assert_eq!(share(0, ROOM * 2 - 1, false), None);
    let (mut next, mut parts) = (0, 0);
    while let Some(middle) = share(next, all, true) {
        (next, parts) = (middle, parts + 1);
    }
    assert!(parts > 50, "{parts}");
}

#[test]
fn there_are_more_listers_where_the_way_is_long_and_fewer_when_the_server_asks_for_patience() {
    let ms = Duration::from_millis;
    let mut near = Pace::after(0, 0);
    for _ in 0..100 {
        near.page(ms(3), ms(2));
    }
    assert_eq!(near.listers(), 1);
    let mut far = Pace::after(0, 0);
    for _ in 0..7 {
        far.page(ms(100), ms(2));
        assert_eq!((far.listers(), far.may_split(true)), (1, false), "it may be a short one");
    }
    for _ in 0..50 {
        far.page(ms(100), ms(2));
    }
    assert_eq!((far.listers(), far.may_split(false)), (MOST_LISTERS, true));
    far.throttled();
    far.throttled();
    assert_eq!(far.listers(), 4);
    for _ in 0..3 {
        far.page(ms(100), ms(2));
    }
    assert_eq!(far.listers(), 4, "slowly from now on");
    for _ in 0..100 {
        far.page(ms(900), ms(2));
    }
    assert!(far.listers() < MOST_LISTERS, "the server has enough to do");
    for _ in 0..20 {
        far.wasted();
    }
    assert!(far.may_split(false));
    far.wasted();
    far.wasted();
    assert!(far.may_split(true) && !far.may_split(false), "too many guesses were wrong");
}

/// Lists keys by the policy, a page of every lister at a time; how many rounds and requests that took.
fn listed(keys: &[String]) -> (usize, usize) {
    const PAGE: usize = 1000;
    struct Part {
        span: Span,
        last: String,
        pages: u64,
        done: bool,
    }
    let whole = Part { span: Span::default(), last: String::new(), pages: 0, done: false };
    let (mut parts, mut pace, mut met) = (vec![whole], Pace::after(0, 0), 0);
    let (mut rounds, mut requests) = (0, 0);
    while parts.iter().any(|part| !part.done) {
        rounds += 1;
        let mut order: Vec<usize> = (0..parts.len()).filter(|place| !parts[*place].done).collect();
        order.sort_by_key(|place| std::cmp::Reverse(parts[*place].pages));
        let mut free = pace.listers().saturating_sub(order.len());
        let mut new = BTreeMap::new();
        for place in order {
            let part = &parts[place];
            if free == 0 || !pace.may_split(false) || part.pages < SETTLED {
                continue;
            }
            if let Some(at) = split_point(&keys[0], &part.last, part.span.until.as_deref()) {
                new.insert(place, part.span.split(&at).unwrap());
                free -= 1;
            }
        }
        for (place, (left, right)) in new.into_iter().rev() {
            parts[place].span = left;
            parts[place].pages = 0;
            parts.insert(place + 1, Part { span: right, last: String::new(), pages: 0, done: false });
        }
        for part in parts.iter_mut().filter(|part| !part.done).take(pace.listers()) {
            requests += 1;
            let from = if part.last.is_empty() { &part.span.after } else { &part.last };
            let begin = keys.partition_point(|key| key <= from);
            let page = &keys[begin..keys.len().min(begin + PAGE)];
            let kept = match part.span.cut(&part.last, page.iter().map(String::as_str)) {
                Cut::Whole => page.len(),
                Cut::At(place) => place,
                Cut::Disorder => unreachable!(),
            };
            part.done = kept < page.len() || begin + PAGE >= keys.len();
            met += kept;
            if kept == 0 && part.last.is_empty() {
                pace.wasted();
            }
            if let Some(last) = page[..kept].last() {
                part.last.clone_from(last);
            }
            part.pages += 1;
            pace.page(Duration::from_millis(100), Duration::from_millis(2));
        }
    }
    assert_eq!(met, keys.len(), "each once");
    (rounds, requests)
}

/// The key of an object by its number.
type Make = Box<dyn Fn(u64) -> String>;

#[test]
fn buckets_of_all_kinds_are_listed_in_a_fraction_of_the_rounds_and_few_requests_find_nothing() {
    let count = 400_000_u64;
    let hash =
        |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let kinds: [(&str, Make); 6] = [
        ("numbers", Box::new(|n| format!("DJI_{n:010}.JPG"))),
        ("hex", Box::new(move |n| format!("{:016x}", hash(n)))),
        (
            "days",
            Box::new(|n| {
                format!(
                    "logs/{}/{:02}/{:02}/{n:08}.gz",
                    2019 + n / 60_000,
                    n / 5000 % 12 + 1,
                    n / 180 % 28 + 1
                )
            }),
        ),
        (
            "folders",
            Box::new(move |n| {
                format!(
                    "{}/{:03}/x{n}",
                    ["alpha", "bridges", "Zoo", "été", "01"][(n % 5) as usize],
                    hash(n) % 300
                )
            }),
        ),
        ("one folder", Box::new(move |n| format!("backup/host/Zürich/{:08x}/part", hash(n) >> 32))),
        ("signs", Box::new(|n| format!("+{}_{}~\u{1}{n}", n % 7, n % 100))),
    ];
    for (name, make) in kinds {
        let mut keys: Vec<String> = (0..count).map(make).collect();
        keys.sort();
        keys.dedup();
        let pages = keys.len().div_ceil(1000);
        let (rounds, requests) = listed(&keys);
        println!("{name}: {pages} pages in {rounds} rounds, {requests} requests");
        assert!(rounds * 3 < pages, "{name}: {pages} pages in {rounds} rounds");
        assert!(requests <= pages + pages / 6 + 70, "{name}: {pages} pages in {requests} requests");
    }
}
