//! A plan in one sentence.
use super::{Op, SyncPlan};

/// How much of what a plan does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files to send.
    pub uploads: u64,
    /// Objects to fetch.
    pub downloads: u64,
    /// Renames, on either side.
    pub moves: u64,
    /// Objects to delete.
    pub deletes_there: u64,
    /// Files to move to the trash.
    pub trashes_here: u64,
    /// Paths of which both sides are kept, or which a person is shown.
    pub conflicts: u64,
    /// Paths found equal; only the journal is written.
    pub adopts: u64,
    /// Paths whose bytes must be read before it is known what they need.
    pub compares: u64,
    /// Paths that wait.
    pub waiting: u64,
    /// Bytes to send.
    pub bytes_up: u64,
    /// Bytes to fetch.
    pub bytes_down: u64,
}

impl Summary {
    /// Counts.
    #[must_use]
    pub fn of(plan: &SyncPlan) -> Self {
        let mut sum = Self { waiting: plan.waiting.len() as u64, ..Self::default() };
        for op in &plan.ops {
            match op {
                Op::Upload { .. } => {
                    sum.uploads += 1;
                    sum.bytes_up = sum.bytes_up.saturating_add(op.size());
                }
                Op::Download { .. } => {
                    sum.downloads += 1;
                    sum.bytes_down = sum.bytes_down.saturating_add(op.size());
                }
                Op::DeleteRemote { .. } => sum.deletes_there += 1,
                Op::TrashLocal { .. } => sum.trashes_here += 1,
                Op::MoveRemote { .. } | Op::MoveLocal { .. } => sum.moves += 1,
                Op::Adopt { .. } => sum.adopts += 1,
                Op::Compare { .. } => sum.compares += 1,
                Op::KeepBoth { .. } | Op::Show { .. } => sum.conflicts += 1,
                Op::Forget { .. } => {}
            }
        }
        sum
    }

    /// One plain sentence: what would be done, and always whether something would be deleted.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut parts = Vec::new();
        if self.uploads > 0 {
            parts.push(format!("upload {} ({})", files(self.uploads), bytes(self.bytes_up)));
        }
        if self.downloads > 0 {
            parts.push(format!("download {} ({})", files(self.downloads), bytes(self.bytes_down)));
        }
        if self.moves > 0 {
            parts.push(format!("rename {}", grouped(self.moves)));
        }
        if self.compares > 0 {
            parts.push(format!("compare {}", grouped(self.compares)));
        }
        if self.conflicts > 0 {
            parts.push(format!("keep both sides of {}", grouped(self.conflicts)));
        }
        if self.waiting > 0 {
            parts.push(format!("wait for {}", grouped(self.waiting)));
        }
        if self.deletes_there > 0 {
            parts.push(format!("delete {} in the bucket", grouped(self.deletes_there)));
        }
        if self.trashes_here > 0 {
            parts.push(format!("move {} here to the trash", grouped(self.trashes_here)));
        }
        if parts.is_empty() {
            return "Nothing to do: both sides are the same.".to_owned();
        }
        if self.deletes_there + self.trashes_here == 0 {
            parts.push("delete nothing".to_owned());
        }
        let mut text = parts.join(", ");
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        text.push('.');
        text
    }
}

fn files(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{} files", grouped(count)) }
}

/// With a comma between thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Decimal units, one digit after the point, as disks and S3 bills have them.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") };
    }
    let mut value = count as f64 / 1000.0;
    let mut units = UNITS.iter();
    let mut unit = units.next().unwrap_or(&"kB");
    for next in units {
        // What would be shown as 1000.0 is 1.0 of the next.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_have_commas_between_them_and_none_before() {
        for (count, text) in [
            (0, "0 files"),
            (1, "1 file"),
            (999, "999 files"),
            (1_000, "1,000 files"),
            (123_456, "123,456 files"),
            (12_345_678, "12,345,678 files"),
        ] {
            assert_eq!(files(count), text);
        }
    }
}
