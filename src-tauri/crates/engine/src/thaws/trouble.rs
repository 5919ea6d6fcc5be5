//! What an answer of the server means for an archived object.
use std::time::Duration;

use windlass_domain::thaw::{Heard, Tier};
use windlass_ports::{RemoteCustody, RemoteError, RemoteErrorKind, Standing, ThawAnswer};

use super::Live;
use crate::retry;
use crate::shared::Shared;
use windlass_domain::thaw::ThawItem;
use windlass_domain::{Bucket, Timestamp};

/// Longest wait for a server that does not answer.
const LISTEN: Duration = Duration::from_secs(60);

const DENIED: &str =
    "You may not ask for it: the right s3:RestoreObject is missing. Ask whoever owns the bucket.";
const UNSEEN: &str =
    "You may not look at it, so nobody can tell whether it can be read. Ask whoever owns the bucket.";
const UNSUPPORTED: &str = "This server brings nothing back from archives.";

/// What came of a request.
#[derive(Debug)]
pub(super) enum Tried {
    /// The object became this.
    Became(ThawItem),
    /// The server does not answer, or not us. Whether the request arrived is not known.
    Wait(RemoteErrorKind),
    /// It was not sent.
    Held,
}

/// Asks for one; the request has been noted.
pub(super) async fn ask(
    shared: &Shared,
    live: &Live,
    custody: &dyn RemoteCustody,
    bucket: &Bucket,
    item: &ThawItem,
    (tier, days): (Tier, Option<u32>),
) -> Tried {
    let days = days.filter(|_| item.archive.has_days());
    let may = || if shared.paused() || live.state().is_over() { Err(()) } else { Ok(()) };
    let request = custody.thaw(bucket, &item.key, item.version.as_ref(), tier, days);
    match shared.change(may, request).await {
        Err(()) => Tried::Held,
        Ok(Ok(ThawAnswer::NotNow)) => Tried::Became(item.clone().heard(Heard::NotNow)),
        // What is not archived, or something else by now, is told by the look that follows.
        Ok(Ok(ThawAnswer::Started | ThawAnswer::Extended | ThawAnswer::Going | ThawAnswer::NotArchived)) => {
            Tried::Became(item.clone().heard(Heard::Taken))
        }
        Ok(Err(error)) => refused(item, &error, DENIED),
    }
}

/// Looks at one.
pub(super) async fn look(
    shared: &Shared,
    custody: &dyn RemoteCustody,
    bucket: &Bucket,
    item: &ThawItem,
    over: Option<Timestamp>,
) -> Tried {
    match shared.call(custody.standing(bucket, &item.key, item.version.as_ref())).await {
        Ok(Standing { etag, archive, thaw, .. }) => {
            let now = shared.now();
            Tried::Became(item.clone().heard(Heard::Stands { etag: &etag, archive, thaw, now, over }))
        }
        Err(error) => refused(item, &error, UNSEEN),
    }
}

fn refused(item: &ThawItem, error: &RemoteError, denied: &str) -> Tried {
    let because = |why: &str| Tried::Became(item.clone().heard(Heard::Refused(why)));
    match error.kind {
        RemoteErrorKind::NotFound => Tried::Became(item.clone().heard(Heard::Gone)),
        RemoteErrorKind::AccessDenied => because(denied),
        RemoteErrorKind::Unsupported => because(UNSUPPORTED),
        RemoteErrorKind::BadRequest => because(&format!("The server refused the request: {}.", error.source)),
        kind @ (RemoteErrorKind::Network
        | RemoteErrorKind::Throttled
        | RemoteErrorKind::Unauthenticated
        | RemoteErrorKind::ClockSkew
        | RemoteErrorKind::WrongRegion
        | RemoteErrorKind::BucketMissing
        | RemoteErrorKind::ConditionalConflict
        | RemoteErrorKind::PreconditionFailed
        | RemoteErrorKind::NoSuchUpload
        | RemoteErrorKind::Integrity
        | RemoteErrorKind::Archived
        | RemoteErrorKind::Unexpected) => Tried::Wait(kind),
    }
}

/// Waits for a server that does not answer; a person's word ends the wait.
pub(super) async fn wait(shared: &Shared, live: &Live, kind: RemoteErrorKind, tries: u32) {
    live.set_waits(shared, Some(kind));
    if kind == RemoteErrorKind::Unauthenticated {
        let connection = live.batch().connection;
        shared.login_was_refused(&connection);
    }
    let pause = Duration::from_millis(retry::delay_ms(tries, shared.ports.entropy.as_ref()));
    tokio::select! {
        () = live.wake.notified() => {}
        () = tokio::time::sleep(pause.min(LISTEN)) => {}
    }
}
