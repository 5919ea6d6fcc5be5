//! What a word means once a key is cut into prefix and name.
//!
//! A prefix ends in its slash, so a word without one lies in the prefix or in the name. One with a slash may lie across: then
//! the prefix ends with its first half, and the name begins with its second. A name has a slash at its end or nowhere.
use memchr::memmem::Finder;
use windlass_domain::search::Query;

/// Bytes of text that tell how often a needle comes.
const SAMPLE: usize = 16 << 10;

/// One word.
#[derive(Debug)]
struct Word {
    text: String,
    /// End of a prefix with which the rest of the word is the name's beginning. `None` for words that cannot lie across.
    head: Option<String>,
    whole: Finder<'static>,
    front: Finder<'static>,
}

/// What is left to look for in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// The prefix has it.
    Nothing,
    /// It may lie in the name.
    Inside,
    /// The name may begin with the rest of it.
    Front,
    /// It lies nowhere.
    Never,
}

/// What is left of all words for the names of one prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs {
    inside: u32,
    front: u32,
}

/// A question, ready to be put to text.
#[derive(Debug)]
pub(crate) struct Plan {
    words: Vec<Word>,
    /// How many of the words must be there; the others must not.
    must: usize,
}

impl Plan {
    pub(crate) fn new(query: &Query) -> Self {
        let words = query.words.iter().chain(&query.without).map(|word| Word::new(word)).collect();
        Self { words, must: query.words.len() }
    }

    /// What a folded prefix leaves to look for; `None` when no name below it fits.
    pub(crate) fn needs(&self, prefix: &str) -> Option<Needs> {
        let mut needs = Needs { inside: 0, front: 0 };
        for (place, word) in self.words.iter().enumerate() {
            let bit = 1_u32.checked_shl(u32::try_from(place).ok()?)?;
            match (word.left(prefix), place < self.must) {
                (Left::Nothing, true) | (Left::Never, false) => {}
                (Left::Inside, _) => needs.inside |= bit,
                (Left::Front, _) => needs.front |= bit,
                (Left::Never, true) | (Left::Nothing, false) => return None,
            }
        }
        Some(needs)
    }

    /// The needle that most names lack, going by the first ones, and whether it begins at the break before a name. Each time it
    /// is found costs as much as passing over a hundred names.
    pub(crate) fn rarest(&self, needs: Needs, text: &[u8]) -> Option<(&Finder<'static>, bool)> {
        let must = self.words.iter().enumerate().take(self.must);
        let mut needles: Vec<_> = must.filter_map(|(place, word)| word.needle(needs, place)).collect();
        if needles.len() > 1 {
            let sample = text.get(..SAMPLE).unwrap_or(text);
            needles.sort_by_cached_key(|(finder, _)| {
                (finder.find_iter(sample).count(), usize::MAX - finder.needle().len())
            });
        }
        needles.first().copied()
    }

    /// Whether a name fits. `line` has the break before it and the one behind it.
    pub(crate) fn fits(&self, needs: Needs, line: &[u8]) -> bool {
        self.words.iter().enumerate().all(|(place, word)| {
            let Some((finder, front)) = word.needle(needs, place) else { return true };
            let there = if front { line.starts_with(finder.needle()) } else { finder.find(line).is_some() };
            there == (place < self.must)
        })
    }

    /// Whether one needle alone decides.
    pub(crate) fn is_single(&self, needs: Needs) -> bool {
        (needs.inside | needs.front).count_ones() == 1
    }

    /// Whether names need not be looked at.
    pub(crate) const fn is_done(needs: Needs) -> bool {
        needs.inside | needs.front == 0
    }
}

impl Word {
    fn new(text: &str) -> Self {
        let body = text.strip_suffix('/').unwrap_or(text);
        let halves = body.rfind('/').and_then(|at| text.split_at_checked(at + 1));
        let finder = |text: &str| Finder::new(text.as_bytes()).into_owned();
        Self {
            text: text.to_owned(),
            head: halves.map(|(head, _)| head.to_owned()),
            whole: finder(text),
            front: finder(&format!("\n{}", halves.map_or("", |(_, rest)| rest))),
        }
    }

    fn left(&self, prefix: &str) -> Left {
        if prefix.len() >= self.text.len() && self.whole.find(prefix.as_bytes()).is_some() {
            return Left::Nothing;
        }
        match &self.head {
            None => Left::Inside,
            Some(head) if prefix.ends_with(head.as_str()) => Left::Front,
            Some(_) => Left::Never,
        }
    }

    fn needle(&self, needs: Needs, place: usize) -> Option<(&Finder<'static>, bool)> {
        let bit = 1_u32.checked_shl(u32::try_from(place).ok()?)?;
        if needs.inside & bit != 0 {
            Some((&self.whole, false))
        } else if needs.front & bit != 0 {
            Some((&self.front, true))
        } else {
            None
        }
    }
}
