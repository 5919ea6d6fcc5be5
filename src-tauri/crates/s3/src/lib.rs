//! S3: the adapter behind the ports of the bucket side. What is done by the thousand goes a short way of our own
//! (`fast`), everything else through the AWS SDK.
//!
//! **Does** speak S3 to Amazon and to servers that resemble it, and turns what comes back into kinds that decide
//! behaviour. **Never** retries on its own (the engine does; the one exception is a request that was refused for the
//! clock or the region and is sent once more with the right one), never replaces without a condition, and never takes
//! an answer for S3's that is not.
//! **Start reading** at [`S3Client`].
#![deny(missing_docs)]

mod access;
mod acl;
mod body;
mod browse;
mod buckets;
mod copy;
mod custody;
mod error;
mod expect;
mod fast;
mod guard;
mod heard;
mod lanes;
mod markers;
mod probe;
mod profiles;
mod read;
mod rules;
mod slow;
mod staged;
mod store;

pub use access::{Access, S3Client};
pub use browse::S3Browse;
pub use error::Trouble;
#[doc(hidden)]
pub use fast::{read_listing_page, read_versions_page};
pub use profiles::{FoundProfile, found_profiles, parse_profiles};
pub use staged::{StepOutcome, TestStep, TestStepResult};
pub use store::S3Store;
