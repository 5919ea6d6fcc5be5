//! Playing: which version is played, how long its address lasts, and why it ended.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use windlass_domain::{Bucket, ETag, MediaType};
use windlass_ports::{ByteRanges, RemoteError, RemoteErrorKind};

use crate::dto_preview::Playing;
use crate::objects::parse_key;
use crate::preview::ObjectRanges;
use crate::{Api, ErrorCode, UiError};

/// Objects that are open to players at a time; the one that was opened first goes when there are more. A window plays one.
const AT_A_TIME: usize = 16;
/// Waits before a read that met passing trouble is tried again; a player's own store of bytes lasts longer.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// What is open to players, in the order it was opened.
#[derive(Debug, Default)]
pub(crate) struct Played {
    open: Mutex<Vec<(String, Arc<Trouble>)>>,
}

/// Why nothing more could be read, once nothing could.
#[derive(Debug, Default)]
struct Trouble(Mutex<Option<UiError>>);

impl Played {
    fn open(&self) -> MutexGuard<'_, Vec<(String, Arc<Trouble>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes one more, and gives the tokens of those that must go for it.
    fn add(&self, token: String, trouble: Arc<Trouble>) -> Vec<String> {
        let mut open = self.open();
        open.push((token, trouble));
        let over = open.len().saturating_sub(AT_A_TIME);
        open.drain(..over).map(|(token, _)| token).collect()
    }

    fn remove(&self, token: &str) {
        self.open().retain(|(each, _)| each != token);
    }

    fn trouble(&self, token: &str) -> Option<UiError> {
        let open = self.open();
        let (_, trouble) = open.iter().find(|(each, _)| each == token)?;
        trouble.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Bytes of the version that is played. Notes why they ended.
#[derive(Debug)]
struct PlayedObject {
    object: ObjectRanges,
    trouble: Arc<Trouble>,
}

#[async_trait]
impl ByteRanges for PlayedObject {
    fn size(&self) -> u64 {
        self.object.size()
    }

    async fn read(&self, offset: u64, len: u64) -> Result<Bytes, RemoteError> {
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.object.read(offset, len).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            match pauses.next().filter(|_| error.kind.is_passing()) {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => {
                    *self.trouble.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(words(&error));
                    return Err(error);
                }
            }
        }
    }
}

/// Words for what ended the playing; those for work on the bucket speak of changes that nobody made here.
fn words(error: &RemoteError) -> UiError {
    let (code, message) = match error.kind {
        RemoteErrorKind::PreconditionFailed | RemoteErrorKind::NotFound => (
            ErrorCode::Conflict,
            "Playing stopped: the object was replaced or deleted meanwhile. What you saw was the version that was listed. Refresh the list to see what is there now.",
        ),
        kind if kind.is_passing() => (
            ErrorCode::Offline,
            "Playing stopped: the storage server does not answer, or asks for patience. Nothing is lost. Check the network, then play it again.",
        ),
        kind => crate::remote_words(kind),
    };
    UiError::new(code, message).with_detail(crate::chain(error))
}

impl Api {
    /// Opens an object to the player of a window: exactly the version with this ETag, or whichever is there when it is empty. Its first
    /// 64 KiB are read, which say what it is and whether it can be read at all; all else when the player asks.
    pub(crate) async fn play(
        &self,
        connection: String,
        bucket: String,
        key: String,
        etag: String,
    ) -> Result<Playing, UiError> {
        let parsed = parse_key(&key)?;
        let browse = self.remotes.browse(&connection).await?;
        let expect = (!etag.is_empty()).then(|| ETag::new(etag));
        let object = ObjectRanges::open(browse, Bucket::new(bucket.as_str()), parsed, None, expect)
            .await
            .map_err(|error| words(&error))?;
        let Some(media) = MediaType::of(object.head()) else {
            return Err(UiError::new(
                ErrorCode::NotSupported,
                "By its bytes this is neither a film nor sound, whatever its name says, so it is not played. Download it to open it in another program.",
            ));
        };
        let trouble = Arc::new(Trouble::default());
        let source = Arc::new(PlayedObject { object, trouble: Arc::clone(&trouble) });
        let id = self.token();
        let address = self.streams.open(&id, media, source).await.map_err(|error| {
            UiError::new(
                ErrorCode::Unexpected,
                "This computer gives no port to the player, so nothing is played. Download it to open it in another program.",
            )
            .with_detail(error)
        })?;
        for old in self.played.add(id.clone(), trouble) {
            self.streams.close(&old).await;
        }
        Ok(Playing { id, address, media: media.name().to_owned() })
    }

    /// 256 bits: all that keeps others on this computer from what is played.
    fn token(&self) -> String {
        (0..4).map(|_| format!("{:016x}", self.entropy.next_u64())).collect()
    }

    /// Why a player got no more; `None` when it got all it asked for, and the trouble is its own.
    pub(crate) async fn play_trouble(&self, id: String) -> Result<Option<UiError>, UiError> {
        Ok(self.played.trouble(&id))
    }

    /// Ends what a player reads, at once. What has ended already is no error.
    pub(crate) async fn stop_playing(&self, id: String) -> Result<(), UiError> {
        self.played.remove(&id);
        self.streams.close(&id).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hs33_the_first_opened_goes_when_there_are_too_many() {
        let played = Played::default();
        for i in 0..AT_A_TIME {
            assert_eq!(played.add(i.to_string(), Arc::default()), Vec::<String>::new());
        }
        assert_eq!(played.add("new".to_owned(), Arc::default()), ["0"]);
        played.remove("5");
        assert_eq!(played.add("newer".to_owned(), Arc::default()), Vec::<String>::new());
        assert_eq!(played.open().len(), AT_A_TIME);
    }
}
