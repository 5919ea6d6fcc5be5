//! The decision table of the modes that replace and delete.
use super::change::{Change, Content, change_here, changes, content, looks_lost};
use super::{Action, ConflictKind, LocalExpect, RemoteExpect, Triple, Way};
use crate::state::{BaseState, LocalState, Observed, RemoteState};

pub(super) fn decide(way: Way, triple: Triple<'_>) -> Action {
    let (local, remote) = match (triple.local, triple.remote) {
        (Observed::Unknown(reason), _) | (_, Observed::Unknown(reason)) => return Action::Wait(reason),
        (local, remote) => (local.present(), remote.present()),
    };
    if local.is_none() && remote.is_none() {
        return if triple.base.is_some() { Action::Forget } else { Action::Nothing };
    }
    match (local, remote, triple.base.filter(|base| base.is_sound())) {
        (None, None, _) => Action::Nothing,
        (Some(_), None, None) => only_here(way),
        (None, Some(_), None) => only_there(way),
        (Some(local), Some(remote), None) => first_met(way, local, remote),
        (Some(local), None, Some(base)) => gone_there(way, local, base),
        (None, Some(remote), Some(base)) => gone_here(way, remote, base),
        (Some(local), Some(remote), Some(base)) => both_there(way, local, remote, base),
    }
}

fn only_here(way: Way) -> Action {
    match way {
        Way::Up | Way::Both => Action::Upload { expect: RemoteExpect::Absent },
        // Not from the bucket, so it is not ours to remove.
        Way::Down => Action::Nothing,
    }
}

fn only_there(way: Way) -> Action {
    match way {
        Way::Up => Action::Nothing,
        Way::Down | Way::Both => Action::Download { expect: LocalExpect::Absent },
    }
}

/// Both are there and were never proved equal: a new pairing, or a journal that was lost.
fn first_met(way: Way, local: &LocalState, remote: &RemoteState) -> Action {
    match (content(local, remote), way) {
        (Content::Same, _) => Action::Adopt,
        (Content::Unknown, _) => Action::Compare,
        (Content::Differs, Way::Up) => Action::Conflict(ConflictKind::DifferentObjectThere),
        (Content::Differs, Way::Down) => Action::Conflict(ConflictKind::ReceiverChanged),
        (Content::Differs, Way::Both) => Action::Conflict(ConflictKind::BothChanged),
    }
}

fn gone_there(way: Way, local: &LocalState, base: &BaseState) -> Action {
    if looks_lost(local, base) {
        // Nothing to fetch it from, and an empty file must not stand for what it was.
        return Action::Conflict(ConflictKind::ChangedAfterUpload);
    }
    match (way, change_here(local, base)) {
        // Whatever the file became, the bucket is to have it.
        (Way::Up, _) => Action::Upload { expect: RemoteExpect::Absent },
        // Written again beats the delete there, even with the same bytes: somebody may have moved here what was deleted
        // elsewhere, and then this is the last of it.
        (Way::Both, Change::Touched | Change::Unsure | Change::Changed) => {
            Action::Upload { expect: RemoteExpect::Absent }
        }
        (Way::Both, Change::Same) | (Way::Down, Change::Same | Change::Touched) => {
            Action::TrashLocal { expect: LocalExpect::of(local) }
        }
        (Way::Down, Change::Unsure) => Action::Compare,
        (Way::Down, Change::Changed) => Action::Conflict(ConflictKind::ReceiverChanged),
    }
}

/// An object that was written again beats the delete here, even with the same bytes: only the very version that was seen at
/// the last success goes.
fn gone_here(way: Way, remote: &RemoteState, base: &BaseState) -> Action {
    match (way, remote.same_version(&base.remote)) {
        (Way::Up | Way::Both, true) => Action::DeleteRemote { expect: RemoteExpect::of(remote) },
        (Way::Up, false) => Action::Conflict(ConflictKind::ReceiverChanged),
        (Way::Both, false) | (Way::Down, _) => Action::Download { expect: LocalExpect::Absent },
    }
}

fn both_there(way: Way, local: &LocalState, remote: &RemoteState, base: &BaseState) -> Action {
    let (here, there) = changes(local, remote, base);
    if here == Change::Same && there == Change::Same {
        return Action::Nothing;
    }
    match content(local, remote) {
        Content::Same => return Action::Adopt,
        Content::Unknown if here.keeps_content() && there.keeps_content() => return Action::Adopt,
        // Also where neither seems changed: then bytes went bad here, and what is there is what both were.
        Content::Unknown | Content::Differs => {}
    }
    if looks_lost(local, base) {
        return match way {
            Way::Up => Action::Conflict(ConflictKind::ChangedAfterUpload),
            Way::Down | Way::Both => Action::Download { expect: LocalExpect::of(local) },
        };
    }
    match (here, there) {
        (Change::Unsure, _) | (_, Change::Unsure) => Action::Compare,
        (Change::Same | Change::Touched, _) => match way {
            Way::Up => Action::Conflict(ConflictKind::ReceiverChanged),
            Way::Down | Way::Both => Action::Download { expect: LocalExpect::of(local) },
        },
        (Change::Changed, Change::Same | Change::Touched) => match way {
            Way::Up | Way::Both => Action::Upload { expect: RemoteExpect::of(remote) },
            Way::Down => Action::Conflict(ConflictKind::ReceiverChanged),
        },
        (Change::Changed, Change::Changed) => match (content(local, remote), way) {
            (Content::Unknown, _) => Action::Compare,
            (Content::Same, _) => Action::Adopt,
            (Content::Differs, Way::Up | Way::Down) => Action::Conflict(ConflictKind::ReceiverChanged),
            (Content::Differs, Way::Both) => Action::Conflict(ConflictKind::BothChanged),
        },
    }
}
