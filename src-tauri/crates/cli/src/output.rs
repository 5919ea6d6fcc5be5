//! What is printed: plain lines for people, one JSON document a line for programs.
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::exit::Failure;

/// Where results go.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// For people, or for programs.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read it.
    pub(crate) const fn json(&self) -> bool {
        self.json
    }

    /// A result: the text for people, the value for programs.
    pub(crate) fn result(&self, text: impl FnOnce() -> String, value: &impl Serialize) {
        let line = if self.json { serde_json::to_string(value).unwrap_or_default() } else { text() };
        // A closed pipe (`| head`) is no error of ours.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    /// A remark for people only.
    pub(crate) fn say(&self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// The last word of a command that failed.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            let value = serde_json::json!({
                "error": failure.message, "detail": failure.detail, "exit_code": failure.code.number(),
            });
            let _ = writeln!(std::io::stdout().lock(), "{value}");
        } else {
            let _ = writeln!(std::io::stderr().lock(), "windlass: {}", failure.message);
            if let Some(detail) = &failure.detail {
                let _ = writeln!(std::io::stderr().lock(), "  ({detail})");
            }
        }
        failure.code.into()
    }

    /// A bar of objects on a terminal; hidden elsewhere and for programs.
    pub(crate) fn bar_of_objects(&self) -> ProgressBar {
        let bar = self.bar();
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos} of {len} objects, {per_sec}, {eta} left")
        {
            bar.set_style(style);
        }
        bar
    }

    /// A bar of bytes on a terminal; hidden elsewhere and for programs.
    pub(crate) fn bar(&self) -> ProgressBar {
        let target = if !self.json && std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr_with_hz(4)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template(
            "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left  {msg}",
        ) {
            bar.set_style(style);
        }
        bar
    }
}

/// Bytes as people write them: decimal units, three digits.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = count as f64;
    let mut unit = "B";
    for next in UNITS {
        unit = next;
        if value < 999.5 || next == "PB" {
            break;
        }
        value /= 1000.0;
    }
    if unit == "B" {
        format!("{count} B")
    } else if value < 9.995 {
        format!("{value:.2} {unit}")
    } else if value < 99.95 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// A name as it may be printed: control and bidirectional characters are shown, not obeyed.
pub(crate) fn printable(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}') =>
            {
                out.push_str(&format!("\\u{{{:04x}}}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (24_800_000, "24.8 MB"),
            (1 << 30, "1.07 GB"),
            (999_999, "1.00 MB"),
        ];
        for (count, text) in cases {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn hostile_names_are_shown_not_obeyed() {
        assert_eq!(printable("a\u{202e}gpj.exe"), "a\\u{202e}gpj.exe");
        assert_eq!(printable("two\nlines\u{1b}[31m"), "two\\nlines\\u{001b}[31m");
        assert_eq!(printable("Brücke 📷.jpg"), "Brücke 📷.jpg");
    }
}
