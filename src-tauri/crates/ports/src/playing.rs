//! Where a player gets the bytes of a film.
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use windlass_domain::MediaType;

use crate::ByteRanges;

/// Gives players on this computer bytes by ranges, at addresses that only they know.
#[async_trait]
pub trait Streams: Debug + Send + Sync {
    /// Opens a source under a token and says at which address a player gets it. Nothing is read before the player asks, and never
    /// more than it took and one piece ahead. The address lasts until [`Streams::close`], or until nothing was taken for an hour. The token
    /// is all that keeps others away, so nobody may be able to guess it. Fails when the computer gives no port.
    async fn open(
        &self,
        token: &str,
        media: MediaType,
        source: Arc<dyn ByteRanges>,
    ) -> std::io::Result<String>;
    /// Ends an address: what is being read for it is dropped. One that is not there has ended.
    async fn close(&self, token: &str);
}
