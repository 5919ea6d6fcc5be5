//! Lines: sums by day and class.
use std::collections::BTreeMap;

use super::Terms;
use crate::price::Tally;
use crate::state::Timestamp;
use crate::time::plan::Amount;

/// Lines that are told.
const MOST: usize = 12;
/// Folders that are told apart; objects of others are together.
const FOLDERS: usize = 1000;
/// Storage classes that are told apart.
const CLASSES: usize = 64;

/// A class, and whether a delete marker covers it.
pub(super) type State = (u8, bool);

/// Which objects a line is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineOf {
    /// Current objects that this rule does something to.
    Rule(usize),
    /// Those of no rule, in this folder; empty for what is in none.
    Folder(String),
    /// Old versions.
    Old,
    /// All others.
    Rest,
}

/// What a line shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Most of its bytes are in this class.
    Class(String),
    /// All of them are deleted, and still there below.
    Hidden,
    /// All of them are gone.
    Gone,
}

/// A stretch of time in which a line stays the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
    /// What it shows.
    pub shown: Shown,
}

/// Objects to which the same happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub of: LineOf,
    /// How many now.
    pub amount: Amount,
    /// Without gaps.
    pub stretches: Vec<Stretch>,
}

type Sums = BTreeMap<State, (i64, i128)>;

#[derive(Debug)]
struct Summed {
    of: LineOf,
    amount: Amount,
    begin: Sums,
    days: BTreeMap<u32, Sums>,
}

fn add(sums: &mut Sums, state: State, objects: i64, bytes: i128) {
    let sum = sums.entry(state).or_default();
    *sum = (sum.0 + objects, sum.1 + bytes);
}

fn add_all(sums: &mut Sums, more: &Sums) {
    for (state, (objects, bytes)) in more {
        add(sums, *state, *objects, *bytes);
    }
}

#[derive(Debug)]
pub(super) struct Lines {
    all: Vec<Summed>,
    rules: Vec<Option<usize>>,
    folders: BTreeMap<String, usize>,
    old: Option<usize>,
    rest: Option<usize>,
    classes: Vec<String>,
}

impl Lines {
    pub(super) fn new(rules: usize) -> Self {
        Self {
            all: Vec::new(),
            rules: vec![None; rules],
            folders: BTreeMap::new(),
            old: None,
            rest: None,
            classes: Vec::new(),
        }
    }

    fn begun(&mut self, of: LineOf) -> usize {
        self.all.push(Summed { of, amount: Amount::default(), begin: Sums::new(), days: BTreeMap::new() });
        self.all.len() - 1
    }

    /// The line of old versions.
    pub(super) fn old(&mut self) -> usize {
        if let Some(line) = self.old {
            return line;
        }
        let line = self.begun(LineOf::Old);
        self.old = Some(line);
        line
    }

    /// The line of a current object.
    pub(super) fn of(&mut self, rule: Option<usize>, key: &str) -> usize {
        if let Some(rule) = rule {
            if let Some(Some(line)) = self.rules.get(rule) {
                return *line;
            }
            let line = self.begun(LineOf::Rule(rule));
            if let Some(slot) = self.rules.get_mut(rule) {
                *slot = Some(line);
            }
            return line;
        }
        let folder = key.find('/').and_then(|at| key.get(..=at)).unwrap_or_default();
        if let Some(line) = self.folders.get(folder) {
            return *line;
        }
        if self.folders.len() >= FOLDERS {
            if let Some(line) = self.rest {
                return line;
            }
            let line = self.begun(LineOf::Rest);
            self.rest = Some(line);
            return line;
        }
        let line = self.begun(LineOf::Folder(folder.to_owned()));
        self.folders.insert(folder.to_owned(), line);
        line
    }

    /// The number of a class.
    pub(super) fn class(&mut self, name: &str) -> u8 {
        let known = self.classes.iter().position(|one| one == name);
        let place = known.unwrap_or_else(|| {
            if self.classes.len() < CLASSES {
                self.classes.push(name.to_owned());
            }
            self.classes.len() - 1
        });
        u8::try_from(place).unwrap_or(u8::MAX)
    }

    /// Its name.
    pub(super) fn name(&self, class: u8) -> &str {
        self.classes.get(usize::from(class)).map_or("", String::as_str)
    }

    /// A version that is there now.
    pub(super) fn begin(&mut self, line: usize, state: State, size: u64) {
        let Some(line) = self.all.get_mut(line) else { return };
        line.amount.objects += 1;
        line.amount.bytes = line.amount.bytes.saturating_add(size);
        add(&mut line.begin, state, 1, i128::from(size));
    }

    /// A version that becomes something else; `None`: it is gone.
    pub(super) fn change(&mut self, line: usize, day: u32, from: State, to: Option<State>, size: u64) {
        let Some(line) = self.all.get_mut(line) else { return };
        let sums = line.days.entry(day).or_default();
        add(sums, from, -1, -i128::from(size));
        if let Some(to) = to {
            add(sums, to, 1, i128::from(size));
        }
    }

    /// What is kept at the end of a day, by class.
    pub(super) fn kept(&self, day: Option<u32>) -> Vec<Tally> {
        let mut sums = Sums::new();
        for line in &self.all {
            add_all(&mut sums, &line.begin);
            if let Some(day) = day {
                for (_, more) in line.days.range(..=day) {
                    add_all(&mut sums, more);
                }
            }
        }
        let mut by_class: BTreeMap<&str, (i64, i128)> = BTreeMap::new();
        for ((class, _), (objects, bytes)) in sums {
            let sum = by_class.entry(self.name(class)).or_default();
            *sum = (sum.0 + objects, sum.1 + bytes);
        }
        let tally = |(class, (objects, bytes)): (&str, (i64, i128))| Tally {
            class: class.to_owned(),
            objects: u64::try_from(objects).unwrap_or_default(),
            bytes: u64::try_from(bytes).unwrap_or_default(),
        };
        by_class.into_iter().filter(|(_, (objects, _))| *objects > 0).map(tally).collect()
    }

    fn shown(&self, sums: &Sums) -> Shown {
        let visible = sums.iter().filter(|((_, hidden), (objects, _))| !hidden && *objects > 0);
        let most =
            visible.max_by_key(|(state, (objects, bytes))| (*bytes, *objects, std::cmp::Reverse(state.0)));
        if let Some(((class, _), _)) = most {
            return Shown::Class(self.name(*class).to_owned());
        }
        if sums.values().any(|(objects, _)| *objects > 0) { Shown::Hidden } else { Shown::Gone }
    }

    fn stretches(&self, line: &Summed, terms: &Terms) -> Vec<Stretch> {
        let mut sums = line.begin.clone();
        let mut now = Stretch { from: terms.now, to: terms.until(), shown: self.shown(&sums) };
        let mut all = Vec::new();
        for (day, more) in &line.days {
            add_all(&mut sums, more);
            let shown = self.shown(&sums);
            if shown == now.shown {
                continue;
            }
            let at = super::super::after_days(terms.first(), *day);
            let before = std::mem::replace(&mut now, Stretch { from: at, to: terms.until(), shown });
            // What happens this very midnight leaves nothing of what was before.
            if before.from < at {
                all.push(Stretch { to: at, ..before });
            }
        }
        if now.from < now.to || all.is_empty() {
            all.push(now);
        }
        all
    }

    /// Those that are told.
    pub(super) fn told(mut self, terms: &Terms) -> Vec<Line> {
        let mut all = std::mem::take(&mut self.all);
        let old = all.iter().position(|line| line.of == LineOf::Old).map(|at| all.remove(at));
        let rest = all.iter().position(|line| line.of == LineOf::Rest).map(|at| all.remove(at));
        all.sort_by_key(|line| std::cmp::Reverse((line.amount.bytes, line.amount.objects)));
        let room = MOST - usize::from(old.is_some());
        let mut rest: Vec<Summed> = rest.into_iter().collect();
        if all.len() + rest.len() > room {
            rest.extend(all.split_off(all.len().min(room - 1)));
        }
        let together = rest.into_iter().reduce(|mut sum, line| {
            sum.amount.objects += line.amount.objects;
            sum.amount.bytes = sum.amount.bytes.saturating_add(line.amount.bytes);
            add_all(&mut sum.begin, &line.begin);
            for (day, more) in &line.days {
                add_all(sum.days.entry(*day).or_default(), more);
            }
            Summed { of: LineOf::Rest, ..sum }
        });
        let tell =
            |line: Summed| Line { stretches: self.stretches(&line, terms), of: line.of, amount: line.amount };
        all.into_iter().chain(together).chain(old).map(tell).collect()
    }
}
