//! A plan as a tree: made once, then read by windows with some folders open.
use std::collections::HashSet;

use crate::dto::UiError;
use crate::dto_sync::{PlanCount, PlanFilter, PlanKind, PlanNode, PlanWindow};
use crate::names::{last_part, visible};
use crate::work::PlanStep;

/// A row, and how far the rows of what it holds reach.
#[derive(Debug)]
struct Node {
    path: String,
    depth: u32,
    kind: Option<PlanKind>,
    to: Option<String>,
    files: u64,
    risky: u64,
    bytes: u64,
    /// Index behind its last descendant.
    end: usize,
}

/// A plan that a person looks at.
#[derive(Debug)]
pub(crate) struct PlanTree {
    pub(crate) plan: String,
    nodes: Vec<Node>,
    pub(crate) counts: Vec<PlanCount>,
    pub(crate) same: u64,
}

/// Whether content is deleted or replaced.
const fn risky(kind: PlanKind) -> bool {
    match kind {
        PlanKind::ReplaceThere | PlanKind::ReplaceHere | PlanKind::DeleteThere | PlanKind::TrashHere => true,
        PlanKind::Upload
        | PlanKind::Download
        | PlanKind::RenameThere
        | PlanKind::RenameHere
        | PlanKind::KeepBoth
        | PlanKind::Compare
        | PlanKind::Show => false,
    }
}

impl PlanTree {
    /// Sorts the steps into folders. Steps that only write the journal are counted, not shown.
    pub(crate) fn new(plan: String, steps: Vec<PlanStep>) -> Self {
        let mut same = 0;
        let mut shown = Vec::with_capacity(steps.len());
        for step in steps {
            match step.kind {
                Some(kind) => shown.push((step, kind)),
                None => same += 1,
            }
        }
        // A folder before what it holds, and all it holds together: by parts, not by bytes (`a.x` lies outside `a/`).
        shown.sort_by(|(a, _), (b, _)| a.path.as_str().split('/').cmp(b.path.as_str().split('/')));
        let mut tree = Self { plan, nodes: Vec::new(), counts: Vec::new(), same };
        let mut open: Vec<usize> = Vec::new();
        for (step, kind) in shown {
            tree.count(kind, step.size);
            let path = step.path.as_str();
            while let Some(&folder) = open.last() {
                if tree.nodes.get(folder).is_some_and(|node| inside(path, &node.path)) {
                    break;
                }
                open.pop();
            }
            let mut from = open.last().and_then(|&i| tree.nodes.get(i)).map_or(0, |node| node.path.len() + 1);
            while let Some(slash) = path.get(from..).and_then(|rest| rest.find('/')) {
                let folder = path.get(..from + slash).unwrap_or_default();
                open.push(tree.push(folder.to_owned(), open.len(), None, None));
                from += slash + 1;
            }
            let to = step.to.as_ref().map(|to| visible(to.as_str()));
            let leaf = tree.push(path.to_owned(), open.len(), Some(kind), to);
            for index in open.iter().copied().chain([leaf]) {
                if let Some(node) = tree.nodes.get_mut(index) {
                    node.files += 1;
                    node.risky += u64::from(risky(kind));
                    node.bytes += step.size;
                    node.end = leaf + 1;
                }
            }
        }
        tree.counts.sort_by_key(|count| count.kind);
        tree
    }

    fn count(&mut self, kind: PlanKind, bytes: u64) {
        match self.counts.iter_mut().find(|count| count.kind == kind) {
            Some(count) => {
                count.files += 1;
                count.bytes += bytes;
            }
            None => self.counts.push(PlanCount { kind, files: 1, bytes }),
        }
    }

    fn push(&mut self, path: String, depth: usize, kind: Option<PlanKind>, to: Option<String>) -> usize {
        let index = self.nodes.len();
        let depth = u32::try_from(depth).unwrap_or(u32::MAX);
        self.nodes.push(Node { path, depth, kind, to, files: 0, risky: 0, bytes: 0, end: index + 1 });
        index
    }

    /// Rows `offset..offset + limit` of what is seen with these folders open.
    ///
    /// # Errors
    /// When this is another plan than the one meant.
    pub(crate) fn window(
        &self,
        plan: &str,
        open: &[String],
        filter: PlanFilter,
        offset: u64,
        limit: u64,
    ) -> Result<PlanWindow, UiError> {
        if plan != self.plan {
            return Err(crate::sync_folders::no_plan());
        }
        let open: HashSet<&str> = open.iter().map(String::as_str).collect();
        let (mut rows, mut total, mut at) = (Vec::new(), 0, 0);
        while let Some(node) = self.nodes.get(at) {
            at = if node.kind.is_none() && open.contains(node.path.as_str()) { at + 1 } else { node.end };
            if filter == PlanFilter::Risky && node.risky == 0 {
                at = node.end;
                continue;
            }
            if total >= offset && total - offset < limit {
                rows.push(row(node));
            }
            total += 1;
        }
        Ok(PlanWindow { rows, total })
    }
}

fn row(node: &Node) -> PlanNode {
    PlanNode {
        path: node.path.clone(),
        name: visible(last_part(&node.path)),
        depth: node.depth,
        kind: node.kind,
        to: node.to.clone(),
        files: node.files,
        risky: node.risky,
        bytes: node.bytes,
    }
}

fn inside(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use windlass_domain::RelPath;

    use super::*;

    fn step(path: &str, kind: PlanKind, size: u64) -> PlanStep {
        PlanStep { path: RelPath::parse(path).unwrap(), to: None, kind: Some(kind), size }
    }

    fn shown(tree: &PlanTree, open: &[&str], filter: PlanFilter) -> Vec<String> {
        let open: Vec<String> = open.iter().map(|&o| o.to_owned()).collect();
        tree.window("p", &open, filter, 0, 100).unwrap().rows.into_iter().map(|r| r.path).collect()
    }

    fn sample() -> PlanTree {
        let steps = vec![
            step("a.x", PlanKind::Upload, 1),
            step("a/c/1", PlanKind::DeleteThere, 10),
            step("a/b", PlanKind::Upload, 2),
            step("a/c/2", PlanKind::Upload, 3),
            step("z", PlanKind::TrashHere, 5),
            PlanStep { path: RelPath::parse("same").unwrap(), to: None, kind: None, size: 9 },
        ];
        PlanTree::new("p".into(), steps)
    }

    #[test]
    fn folders_hold_what_lies_in_them_and_open_one_by_one() {
        let tree = sample();
        assert_eq!(shown(&tree, &[], PlanFilter::All), ["a", "a.x", "z"]);
        assert_eq!(shown(&tree, &["a"], PlanFilter::All), ["a", "a/b", "a/c", "a.x", "z"]);
        assert_eq!(
            shown(&tree, &["a", "a/c"], PlanFilter::All),
            ["a", "a/b", "a/c", "a/c/1", "a/c/2", "a.x", "z"]
        );
        assert_eq!(
            shown(&tree, &["a/c"], PlanFilter::All),
            ["a", "a.x", "z"],
            "a closed folder hides open ones"
        );
        assert_eq!(shown(&tree, &["a", "a/c"], PlanFilter::Risky), ["a", "a/c", "a/c/1", "z"]);
        let a = tree.window("p", &[], PlanFilter::All, 0, 1).unwrap();
        assert_eq!((a.total, a.rows[0].files, a.rows[0].risky, a.rows[0].bytes), (3, 3, 1, 15));
        assert_eq!(tree.same, 1);
        assert_eq!(
            tree.counts.iter().map(|c| (c.kind, c.files)).collect::<Vec<_>>(),
            [(PlanKind::Upload, 3), (PlanKind::DeleteThere, 1), (PlanKind::TrashHere, 1)]
        );
        assert!(
            tree.window("older", &[], PlanFilter::All, 0, 1).is_err(),
            "a plan that was replaced is not read"
        );
    }

    proptest! {
        #[test]
        fn every_step_is_seen_once_with_all_open_and_windows_add_up(
            paths in proptest::collection::btree_set("[ab.]{1,2}(/[ab!]{1,2}){0,3}", 1..40),
        ) {
            let paths: Vec<_> = paths.into_iter().filter_map(|p| RelPath::parse(&p).ok()).collect();
            let steps = paths
                .iter()
                .map(|p| PlanStep { path: p.clone(), to: None, kind: Some(PlanKind::Upload), size: 1 })
                .collect();
            let tree = PlanTree::new("p".into(), steps);
            let open: Vec<String> = tree.nodes.iter().map(|n| n.path.clone()).collect();
            let all = tree.window("p", &open, PlanFilter::All, 0, 1000).unwrap();
            let leaves: std::collections::BTreeSet<_> =
                all.rows.iter().filter(|r| r.kind.is_some()).map(|r| r.path.clone()).collect();
            prop_assert_eq!(&leaves, &paths.iter().map(|p| p.as_str().to_owned()).collect());
            let folders: Vec<_> = all.rows.iter().filter(|r| r.kind.is_none()).map(|r| &r.path).collect();
            prop_assert_eq!(folders.len(), folders.iter().collect::<HashSet<_>>().len(), "a folder comes once");
            let mut put_together = Vec::new();
            while (put_together.len() as u64) < all.total {
                let part = tree.window("p", &open, PlanFilter::All, put_together.len() as u64, 3).unwrap();
                prop_assert_eq!(part.total, all.total);
                put_together.extend(part.rows);
            }
            prop_assert_eq!(put_together, all.rows);
        }
    }
}
