//! Choices from bytes.

/// Gives out choices that bytes stand for; zeros when there are no more.
#[derive(Debug, Clone)]
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// All of them.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % end
    }

    /// One of them.
    pub fn of<'b, T: ?Sized>(&mut self, all: &[&'b T]) -> &'b T {
        all[self.below(all.len())]
    }

    /// Eight bytes.
    pub fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// Up to `most` bytes as they are.
    pub fn some(&mut self, most: usize) -> &'a [u8] {
        let len = self.below(most + 1).min(self.0.len());
        let (some, rest) = self.0.split_at(len);
        self.0 = rest;
        some
    }

    /// Everything that is left.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// A text of pieces that make names difficult.
    pub fn text(&mut self, most: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.below(most + 1) {
            match self.byte() {
                0..=199 => text.push_str(self.of(PIECES)),
                200..=239 => text.push_str(&String::from_utf8_lossy(self.some(8))),
                _ => text.extend(char::from_u32(self.number() as u32 % 0x11_0000)),
            }
        }
        text
    }
}

/// What makes names difficult.
const PIECES: &[&str] = &[
    "a",
    "b",
    "A",
    "/",
    "/",
    "//",
    ".",
    "..",
    "...",
    "/../",
    "/./",
    " ",
    "\\",
    ":",
    "*",
    "?",
    "\"",
    "<",
    ">",
    "|",
    "\0",
    "\n",
    "\r",
    "\t",
    "\u{1}",
    "\u{1f}",
    "\u{7f}",
    "CON",
    "nul",
    "AUX.txt",
    "com1",
    "LPT\u{b9}",
    "CONOUT$",
    "C:",
    "~",
    "%2F",
    "%",
    "+",
    "&",
    ";",
    "#",
    "é",
    "e\u{301}",
    "\u{212b}",
    "ß",
    "ss",
    "İ",
    "\u{3a3}",
    "\u{3c2}",
    "📷",
    "\u{202e}",
    "\u{feff}",
    "\u{F03A}",
    "\u{F02E}",
    "\u{F07F}",
    "\u{F080}",
    "\u{F000}",
    "\u{F043}",
    "：",
    "/etc/passwd",
    ".windlass/",
    ".windlass-tmp-",
    "prefix/",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];
