//! Object Lock, as it is shown: of a bucket, of a few objects in view, and of one version.
use futures::{StreamExt as _, TryStreamExt as _};
use windlass_domain::lock::LockMode as Mode;
use windlass_domain::{Bucket, Timestamp, VersionId};
use windlass_ports::{LockTerm, RemoteErrorKind, Standing};

use crate::dto_lock::{BucketLock, LockDefault, LockMode, LockRow};
use crate::objects::parse_key;
use crate::{Api, UiError};

/// Most objects that are looked at in one call.
const MOST: usize = 100;
/// Of them at once.
const AT_ONCE: usize = 8;

impl Api {
    /// Whether locks are on in a bucket. Where the server knows none, or this identity may not ask, nothing is said of locks.
    pub(crate) async fn bucket_lock(
        &self,
        connection: String,
        bucket: String,
    ) -> Result<BucketLock, UiError> {
        let custody = self.remotes.custody(&connection).await?;
        let lock = match custody.bucket_lock(&Bucket::new(bucket.as_str())).await {
            Ok(lock) => lock,
            Err(error)
                if matches!(error.kind, RemoteErrorKind::AccessDenied | RemoteErrorKind::Unsupported) =>
            {
                None
            }
            Err(error) => return Err(error.into()),
        };
        let default = lock.and_then(|lock| lock.default).map(|(mode, term)| LockDefault {
            mode: told(mode),
            days: match term {
                LockTerm::Days(days) => Some(days),
                LockTerm::Years(_) => None,
            },
            years: match term {
                LockTerm::Years(years) => Some(years),
                LockTerm::Days(_) => None,
            },
        });
        Ok(BucketLock { on: lock.is_some(), default })
    }

    /// What holds the current versions of these keys, in their order; those that are not there, or may not be looked at, are left out.
    pub(crate) async fn object_locks(
        &self,
        connection: String,
        bucket: String,
        keys: Vec<String>,
    ) -> Result<Vec<LockRow>, UiError> {
        if keys.len() > MOST {
            return Err(UiError::bad_request("At most 100 objects can be asked about at once."));
        }
        let custody = self.remotes.custody(&connection).await?;
        let (custody, bucket, now) = (custody.as_ref(), &Bucket::new(bucket.as_str()), self.clock.now());
        let look = |key: String| async move {
            match custody.standing(bucket, &parse_key(&key)?, None).await {
                Ok(standing) => Ok(Some(row(key, &standing, now))),
                Err(error)
                    if matches!(error.kind, RemoteErrorKind::NotFound | RemoteErrorKind::AccessDenied) =>
                {
                    Ok(None)
                }
                Err(error) => Err(UiError::from(error)),
            }
        };
        let rows: Vec<Option<LockRow>> =
            futures::stream::iter(keys.into_iter().map(look)).buffered(AT_ONCE).try_collect().await?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// What holds one version.
    pub(crate) async fn version_lock(
        &self,
        connection: String,
        bucket: String,
        key: String,
        version: String,
    ) -> Result<LockRow, UiError> {
        let custody = self.remotes.custody(&connection).await?;
        let (place, id) = (Bucket::new(bucket.as_str()), VersionId::new(version));
        let standing = custody.standing(&place, &parse_key(&key)?, Some(&id)).await?;
        Ok(LockRow { version: Some(id.as_str().to_owned()), ..row(key, &standing, self.clock.now()) })
    }
}

pub(crate) const fn told(mode: Mode) -> LockMode {
    match mode {
        Mode::Governance => LockMode::Governance,
        Mode::Compliance => LockMode::Compliance,
    }
}

pub(crate) const fn meant(mode: LockMode) -> Mode {
    match mode {
        LockMode::Governance => Mode::Governance,
        LockMode::Compliance => Mode::Compliance,
    }
}

fn row(key: String, standing: &Standing, now: Timestamp) -> LockRow {
    let lock = &standing.lock;
    let kept = lock.retention.filter(|retention| retention.until > now);
    let why = match (kept, lock.hold) {
        (None, false) => String::new(),
        (None, true) => {
            "A legal hold is on it. It cannot be destroyed before somebody takes the hold off.".to_owned()
        }
        (Some(kept), hold) => {
            let until = day(kept.until);
            let mut why = match kept.mode {
                Mode::Governance => format!(
                    "It is kept until {until} (governance). Before then only somebody with the right to go past governance can destroy it, and not from here."
                ),
                Mode::Compliance => {
                    format!("It is kept until {until} (compliance). Nobody can destroy it before then.")
                }
            };
            if hold {
                why.push_str(" A legal hold is on it as well.");
            }
            why
        }
    };
    LockRow {
        key,
        version: standing.version.as_ref().map(|version| version.as_str().to_owned()),
        mode: lock.retention.map(|retention| told(retention.mode)),
        until: lock.retention.map(|retention| retention.until.millis()),
        hold: lock.hold,
        holds: lock.holds(now),
        why,
    }
}

/// A day as people say it, in UTC, as locks end.
fn day(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .map(|at| at.strftime("%-d %B %Y, %H:%M UTC").to_string())
        .unwrap_or_default()
}

/// The day of a retention as it is typed to confirm it.
pub(crate) fn typed_day(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .map(|at| at.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use windlass_domain::ETag;
    use windlass_domain::lock::{ObjectLock, Retention};
    use windlass_domain::thaw::Thaw;

    use super::*;

    fn why(lock: ObjectLock) -> (bool, String) {
        let standing = Standing {
            version: None,
            etag: ETag::new("e"),
            size: 1,
            class: String::new(),
            archive: None,
            thaw: Thaw::Frozen,
            lock,
        };
        let row = row("k".to_owned(), &standing, Timestamp::from_millis(1_000));
        (row.holds, row.why)
    }

    #[test]
    fn what_holds_an_object_is_said_with_its_day_and_who_could_change_it() {
        let kept = |mode, millis| ObjectLock {
            retention: Some(Retention { mode, until: Timestamp::from_millis(millis) }),
            hold: false,
        };
        let march = 1_803_859_200_000;
        assert_eq!(
            why(kept(Mode::Compliance, march)),
            (
                true,
                "It is kept until 1 March 2027, 00:00 UTC (compliance). Nobody can destroy it before then."
                    .to_owned()
            )
        );
        assert!(why(kept(Mode::Governance, march)).1.contains("right to go past governance"));
        let both = why(ObjectLock { hold: true, ..kept(Mode::Compliance, march) });
        assert!(both.1.ends_with("A legal hold is on it as well."));
        assert_eq!(why(kept(Mode::Compliance, 1_000)), (false, String::new()));
        assert!(why(ObjectLock { retention: None, hold: true }).0);
        assert_eq!(typed_day(Timestamp::from_millis(march)), "2027-03-01");
    }
}
