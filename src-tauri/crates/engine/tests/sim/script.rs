//! Schedules as data.
use windlass_domain::Mode;
use windlass_testkit::{Act, DiskOptions, Fault, Power, Profile};

/// One act, so many virtual milliseconds after the one before.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) after: u64,
    pub(crate) at: usize,
    pub(crate) act: Act,
}

/// What becomes of a journal, once, when the script is through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Journal {
    Stays,
    /// Set back to so many percent of its commits; 0 wipes it.
    Back(u64),
    /// Set back to so many commits.
    To(usize),
}

/// A whole run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) seed: u64,
    pub(crate) mode: Mode,
    pub(crate) profile: Profile,
    pub(crate) disk: DiskOptions,
    pub(crate) computers: usize,
    pub(crate) lines: Vec<Line>,
    pub(crate) per_mille: u64,
    /// These faults at the next calls of these names.
    pub(crate) faults: Vec<(&'static str, Fault)>,
    /// The process dies at these cuts.
    pub(crate) deaths: Vec<u64>,
    /// What becomes of the disks with each death; the last one goes for the rest.
    pub(crate) power: Vec<Power>,
    pub(crate) journal: Journal,
}

impl Plan {
    pub(crate) fn new(name: &str, mode: Mode) -> Self {
        Self {
            name: name.to_owned(),
            seed: 1,
            mode,
            profile: Profile::AWS,
            disk: DiskOptions::default(),
            computers: 1,
            lines: Vec::new(),
            per_mille: 0,
            faults: Vec::new(),
            deaths: Vec::new(),
            power: Vec::new(),
            journal: Journal::Stays,
        }
    }

    /// Adds acts of the first computer, a quarter of a second apart.
    pub(crate) fn acts(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.lines.extend(acts.into_iter().map(|act| Line { after: 250, at: 0, act }));
        self
    }

    /// The same, one right after the other.
    pub(crate) fn at_once(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.lines.extend(acts.into_iter().map(|act| Line { after: 0, at: 0, act }));
        self
    }

    /// The same of another computer.
    pub(crate) fn acts_at(mut self, at: usize, acts: impl IntoIterator<Item = Act>) -> Self {
        self.computers = self.computers.max(at + 1);
        self.lines.extend(acts.into_iter().map(|act| Line { after: 250, at, act }));
        self
    }

    /// The test that runs it: mode and name.
    pub(crate) fn test_name(&self) -> String {
        let mode = match self.mode {
            Mode::Ingest => "ingest",
            Mode::TwoWay => "two_way",
            Mode::MirrorUp | Mode::MirrorDown => "mirror",
        };
        format!("{mode}::{}", self.name.replace('-', "_"))
    }

    /// Whether something is never possible.
    pub(crate) fn forbids(&self) -> bool {
        let refused = self.lines.iter().any(|line| matches!(line.act, Act::Always(..)));
        refused || self.profile == Profile::UNPROTECTED
    }

    /// Whether it has a file of several parts.
    pub(crate) fn is_large(&self) -> bool {
        self.lines.iter().any(|line| match line.act {
            Act::Write { len, .. } | Act::Put { len, .. } => len > 1_000_000,
            _ => false,
        })
    }

    pub(crate) fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    pub(crate) fn disk(self, disk: DiskOptions) -> Self {
        Self { disk, ..self }
    }

    pub(crate) fn faults(self, faults: impl IntoIterator<Item = (&'static str, Fault)>) -> Self {
        Self { faults: faults.into_iter().collect(), ..self }
    }

    pub(crate) fn journal(self, journal: Journal) -> Self {
        Self { journal, ..self }
    }
}
