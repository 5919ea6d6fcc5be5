//! One archived object that was asked for: what it becomes by what the server says of it.
use serde::{Deserialize, Serialize};

use super::{Archive, Thaw};
use crate::key::{ETag, ObjectKey, VersionId};
use crate::state::Timestamp;

/// How an object of a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThawItemState {
    /// Not asked for.
    Planned,
    /// A request is on its way. Found after a kill, nobody knows whether it arrived: the object is looked at.
    Asking,
    /// The server took the request.
    Thawing,
    /// It can be read.
    Ready,
    /// It is on disk.
    Downloaded,
    /// Its copy has ended.
    Ended,
    /// It could not be asked for, or is gone.
    Failed,
}

impl ThawItemState {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Planned,
        Self::Asking,
        Self::Thawing,
        Self::Ready,
        Self::Downloaded,
        Self::Ended,
        Self::Failed,
    ];

    /// Its text, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Asking => "asking",
            Self::Thawing => "thawing",
            Self::Ready => "ready",
            Self::Downloaded => "downloaded",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }
}

/// One object of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThawItem {
    /// Its number, from 1.
    pub seq: u64,
    /// Key.
    pub key: ObjectKey,
    /// Version; `None` for the current one.
    pub version: Option<VersionId>,
    /// The ETag it was planned with. What has another one is another object.
    pub etag: ETag,
    /// Bytes.
    pub size: u64,
    /// Where it lies.
    pub archive: Archive,
    /// How it stands.
    pub state: ThawItemState,
    /// When its copy ends.
    pub ends_at: Option<Timestamp>,
    /// Why it failed, or what did not work; for people, else empty.
    pub why: String,
}

/// What the server said of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// The request was taken, or something else is to be said of it only after a look.
    Taken,
    /// There is no room at this hour.
    NotNow,
    /// Nothing is there.
    Gone,
    /// It refused, for this reason.
    Refused(&'a str),
    /// How it stands.
    Stands {
        /// What is there.
        etag: &'a ETag,
        /// The archive it is in.
        archive: Option<Archive>,
        /// How it stands there.
        thaw: Thaw,
        /// When this was said.
        now: Timestamp,
        /// By when a copy that was asked for has ended in any case; `None` where that is not known.
        over: Option<Timestamp>,
    },
}

/// Why an object failed that is gone.
pub const GONE: &str = "It is not there any more. Somebody deleted or moved it.";
pub(super) const CHANGED: &str = "Something else is there now: it was written anew after the plan was made.";

impl ThawItem {
    fn to(mut self, state: ThawItemState) -> Self {
        self.state = state;
        self
    }

    fn failed(mut self, why: &str) -> Self {
        self.state = ThawItemState::Failed;
        why.clone_into(&mut self.why);
        self
    }

    /// What it becomes by what the server said. What is on disk stays on disk, and only its end moves.
    #[must_use]
    pub fn heard(mut self, heard: Heard<'_>) -> Self {
        let open = matches!(
            self.state,
            ThawItemState::Planned | ThawItemState::Asking | ThawItemState::Thawing | ThawItemState::Ready
        );
        match heard {
            Heard::Taken if matches!(self.state, ThawItemState::Planned | ThawItemState::Asking) => {
                self.to(ThawItemState::Thawing)
            }
            Heard::NotNow if self.state == ThawItemState::Asking => self.to(ThawItemState::Planned),
            Heard::Taken | Heard::NotNow => self,
            Heard::Gone if open => self.failed(GONE),
            Heard::Refused(why) if open => self.failed(why),
            Heard::Gone | Heard::Refused(_) => self,
            Heard::Stands { etag, .. } if *etag != self.etag => {
                if open {
                    self.failed(CHANGED)
                } else {
                    self
                }
            }
            Heard::Stands { archive: None, .. } if open => {
                self.ends_at = None;
                self.to(ThawItemState::Ready)
            }
            Heard::Stands { archive: None, .. } => self,
            Heard::Stands { thaw, now, over, .. } => self.stands(thaw, now, over),
        }
    }

    fn stands(mut self, thaw: Thaw, now: Timestamp, over: Option<Timestamp>) -> Self {
        match (self.state, thaw) {
            (ThawItemState::Failed, _) => self,
            (_, Thaw::Ready(ends)) if ends.is_some_and(|ends| ends <= now) => {
                self.ends_at = ends;
                self.ended()
            }
            (ThawItemState::Downloaded, Thaw::Ready(ends)) => {
                self.ends_at = ends;
                self
            }
            (_, Thaw::Ready(ends)) => {
                self.ends_at = ends;
                self.to(ThawItemState::Ready)
            }
            (ThawItemState::Planned | ThawItemState::Asking, Thaw::Going) => self.to(ThawItemState::Thawing),
            (_, Thaw::Going) => self,
            // The request never arrived.
            (ThawItemState::Asking, Thaw::Frozen) => self.to(ThawItemState::Planned),
            // A server may show for a while that nobody asked.
            (ThawItemState::Thawing, Thaw::Frozen) if over.is_some_and(|over| over <= now) => self.ended(),
            (ThawItemState::Ready, Thaw::Frozen) => self.ended(),
            (_, Thaw::Frozen) => self,
        }
    }

    fn ended(self) -> Self {
        let on_disk = self.state == ThawItemState::Downloaded;
        if on_disk { self } else { self.to(ThawItemState::Ended) }
    }

    /// What it becomes as time goes on.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        let over = self.ends_at.is_some_and(|ends| ends <= now);
        if self.state == ThawItemState::Ready && over { self.ended() } else { self }
    }
}
