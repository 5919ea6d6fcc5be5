//! Sync folders that go both ways: their mode, their options, the plan before a run, and the brake.
use std::sync::{Arc, PoisonError};

use windlass_domain::{Limits, Mode, PairId, RelPath, Why};
use windlass_ports::{Brake, BrakeAnswer, PairOptions};

use crate::dto::{ErrorCode, SyncFolderRow};
use crate::dto_sync::{
    BrakeChoice, BrakeLimits, BrakeRow, BrakeWhy, FolderOptions, PlanFilter, PlanHead, PlanWindow, SyncMode,
};
use crate::plan_tree::PlanTree;
use crate::{Api, UiError, visible};

/// Most rows in one answer.
const MAX_ROWS: u64 = 1000;
/// Most lines that a folder leaves out by.
const MAX_LINES: usize = 10_000;

impl Api {
    /// What a round would do now. Nothing is carried out.
    pub(crate) async fn plan_folder(&self, id: String) -> Result<PlanHead, UiError> {
        let pair = PairId::from(id);
        let plan = self.engine.plan_now(&pair).await?;
        let name = format!("p{:016x}", self.entropy.next_u64());
        let tree = PlanTree::new(name.clone(), plan.steps);
        let head = PlanHead {
            plan: name,
            sentence: visible(&plan.sentence),
            counts: tree.counts.clone(),
            same: tree.same,
            waiting: plan.waiting,
            made: self.clock.now().millis(),
        };
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).insert(pair, Arc::new(tree));
        Ok(head)
    }

    /// Rows of a plan's tree with these folders open.
    pub(crate) async fn plan_window(
        &self,
        id: String,
        plan: String,
        open: Vec<String>,
        filter: PlanFilter,
        offset: u64,
        limit: u64,
    ) -> Result<PlanWindow, UiError> {
        let tree = self.plans.lock().unwrap_or_else(PoisonError::into_inner).get(&PairId::from(id)).cloned();
        tree.ok_or_else(no_plan)?.window(&plan, &open, filter, offset, limit.min(MAX_ROWS))
    }

    /// Starts a folder, or goes on with it. What was unticked in the plan is left out from now on.
    pub(crate) async fn start_folder(&self, id: String, leave_out: Vec<String>) -> Result<(), UiError> {
        let id = PairId::from(id);
        let pair = self.pair(&id).await?;
        if !leave_out.is_empty() {
            let mut options = pair.options;
            for path in leave_out {
                let (path, folder) = path.strip_suffix('/').map_or((path.as_str(), ""), |p| (p, "/"));
                let path = RelPath::parse(path)
                    .map_err(|e| UiError::bad_request(format!("The field `leave_out` has no path: {e}.")))?;
                let line = format!("{}{folder}", ignore_line(path.as_str()));
                if !options.ignore.contains(&line) {
                    options.ignore.push(line);
                }
            }
            check(&options)?;
            self.engine.set_pair_options(&id, options).await?;
        }
        self.engine.resume_pair(&id).await?;
        self.forget_plan(&id);
        self.hub.folders();
        Ok(())
    }

    pub(crate) async fn set_folder_options(
        &self,
        id: String,
        options: FolderOptions,
    ) -> Result<SyncFolderRow, UiError> {
        let id = PairId::from(id);
        self.pair(&id).await?;
        let options = stored_options(options);
        check(&options)?;
        self.engine.set_pair_options(&id, options).await?;
        self.forget_plan(&id);
        self.hub.folders();
        self.folder_row(self.pair(&id).await?).await
    }

    /// Keeps a folder in another way. It waits until a person has seen what that would do and starts it.
    pub(crate) async fn set_folder_mode(&self, id: String, mode: SyncMode) -> Result<SyncFolderRow, UiError> {
        let id = PairId::from(id);
        let pair = self.pair(&id).await?;
        if sync_mode(pair.mode) != mode {
            // Before the mode: a round between the two would carry out what nobody has seen.
            self.engine.pause_pair(&id).await?;
            self.engine.set_pair_mode(&id, domain_mode(mode)).await?;
            self.forget_plan(&id);
            self.hub.folders();
        }
        self.folder_row(self.pair(&id).await?).await
    }

    /// A person's word on exactly what was asked.
    pub(crate) async fn answer_brake(
        &self,
        id: String,
        brake: String,
        answer: BrakeChoice,
    ) -> Result<(), UiError> {
        let number = brake
            .parse()
            .map_err(|_| UiError::bad_request("The field `brake` names no question. Nothing was done."))?;
        self.engine.answer_brake(&PairId::from(id), number, brake_answer(answer)).await?;
        self.hub.folders();
        Ok(())
    }

    pub(crate) fn forget_plan(&self, id: &PairId) {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

pub(crate) fn no_plan() -> UiError {
    UiError::new(
        ErrorCode::NotFound,
        "This plan was replaced by another one. Make it again to see what is so now.",
    )
}

/// A line of gitignore that means exactly this path, seen from the root.
fn ignore_line(path: &str) -> String {
    let mut line = String::from("/");
    for c in path.chars() {
        match c {
            '\\' | '*' | '?' | '[' | ']' | ' ' => {
                line.push('\\');
                line.push(c);
            }
            // A line cannot hold its own end; any one character stands in for it.
            c if c.is_control() => line.push('?'),
            c => line.push(c),
        }
    }
    line
}

pub(crate) fn check(options: &PairOptions) -> Result<(), UiError> {
    if options.ignore.len() > MAX_LINES || options.ignore.iter().any(|line| line.contains(['\n', '\r', '\0']))
    {
        return Err(UiError::bad_request(format!(
            "What is left out must be at most {MAX_LINES} lines of text. Nothing was changed."
        )));
    }
    if options.limits.percent > 100 || options.limits.overwrite_percent > 100 {
        return Err(UiError::bad_request("A share is at most 100 percent. Nothing was changed."));
    }
    Ok(())
}

pub(crate) const fn sync_mode(mode: Mode) -> SyncMode {
    match mode {
        Mode::Ingest => SyncMode::Ingest,
        Mode::MirrorUp => SyncMode::MirrorUp,
        Mode::MirrorDown => SyncMode::MirrorDown,
        Mode::TwoWay => SyncMode::TwoWay,
    }
}

pub(crate) const fn domain_mode(mode: SyncMode) -> Mode {
    match mode {
        SyncMode::Ingest => Mode::Ingest,
        SyncMode::MirrorUp => Mode::MirrorUp,
        SyncMode::MirrorDown => Mode::MirrorDown,
        SyncMode::TwoWay => Mode::TwoWay,
    }
}

pub(crate) fn options_row(options: &PairOptions) -> FolderOptions {
    let Limits { percent, files_an_hour, bytes_an_hour, files_a_week, overwrite_percent, few: _ } =
        options.limits;
    FolderOptions {
        ignore: options.ignore.clone(),
        largest: options.largest,
        limits: Some(BrakeLimits { percent, files_an_hour, bytes_an_hour, files_a_week, overwrite_percent }),
    }
}

pub(crate) fn stored_options(options: FolderOptions) -> PairOptions {
    let limits = options.limits.map_or_else(Limits::default, |l| Limits {
        percent: l.percent,
        files_an_hour: l.files_an_hour,
        bytes_an_hour: l.bytes_an_hour,
        files_a_week: l.files_a_week,
        overwrite_percent: l.overwrite_percent,
        ..Limits::default()
    });
    let ignore = options.ignore.into_iter().filter(|line| !line.trim().is_empty()).collect();
    PairOptions { ignore, largest: options.largest, limits }
}

const fn brake_answer(choice: BrakeChoice) -> BrakeAnswer {
    match choice {
        BrakeChoice::Go => BrakeAnswer::Go,
        BrakeChoice::Restore => BrakeAnswer::Restore,
    }
}

pub(crate) fn brake_row(brake: Brake) -> BrakeRow {
    let Brake { id, ask, since, answer } = brake;
    BrakeRow {
        id: id.to_string(),
        why: match ask.why {
            Why::Everything => BrakeWhy::Everything,
            Why::Share => BrakeWhy::Share,
            Why::FilesAnHour => BrakeWhy::FilesAnHour,
            Why::BytesAnHour => BrakeWhy::BytesAnHour,
            Why::FilesAWeek => BrakeWhy::FilesAWeek,
            Why::Overwrites => BrakeWhy::Overwrites,
        },
        trash_here: ask.trash_here,
        delete_there: ask.delete_there,
        overwrite: ask.overwrite,
        bytes: ask.bytes,
        of: ask.of,
        sample: ask.sample.iter().map(|path| visible(path.as_str())).collect(),
        since: since.millis(),
        answer: answer.map(|answer| match answer {
            BrakeAnswer::Go => BrakeChoice::Go,
            BrakeAnswer::Restore => BrakeChoice::Restore,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_signs_of_gitignore_means_only_itself() {
        for (path, line) in [
            ("a/b.jpg", "/a/b.jpg"),
            ("#a", "/#a"),
            ("a*[1]?.jpg", "/a\\*\\[1\\]\\?.jpg"),
            ("end ", "/end\\ "),
            ("two\nlines", "/two?lines"),
        ] {
            assert_eq!(ignore_line(path), line);
        }
    }

    #[test]
    fn options_come_back_as_they_went_in_and_empty_lines_do_not() {
        let limits = BrakeLimits {
            percent: 5,
            files_an_hour: 10,
            bytes_an_hour: 11,
            files_a_week: 12,
            overwrite_percent: 13,
        };
        let given = FolderOptions {
            ignore: vec!["*.tmp".into(), "  ".into()],
            largest: Some(7),
            limits: Some(limits),
        };
        let back = options_row(&stored_options(given.clone()));
        assert_eq!(back, FolderOptions { ignore: vec!["*.tmp".into()], ..given });
        let usual = stored_options(FolderOptions { ignore: Vec::new(), largest: None, limits: None });
        assert_eq!(usual.limits, Limits::default());
        let share = BrakeLimits { percent: 101, ..limits };
        let wrong = FolderOptions { ignore: Vec::new(), largest: None, limits: Some(share) };
        assert!(check(&stored_options(wrong)).is_err());
    }
}
