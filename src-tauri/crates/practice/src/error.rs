//! Why the practice server could not be started or reset.

/// What went wrong, in plain words, with the cause attached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PracticeError {
    /// The folder for the practice data could not be made, read or written.
    #[error(
        "The folder of the practice bucket can't be used. The practice bucket was not started. \
         Check that there is space and that the folder may be written to."
    )]
    Folder(#[source] std::io::Error),
    /// The index of the stored objects could not be opened or written.
    #[error(
        "The index of the practice bucket can't be opened. The practice bucket was not started. \
         Resetting the practice bucket makes a new one."
    )]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No port on loopback could be taken.
    #[error(
        "The practice bucket could not listen on this computer. It was not started. \
         If you chose a port, choose another one."
    )]
    Listen(#[source] std::io::Error),
    /// The kept credentials could not be read or made.
    #[error(
        "The keys of the practice bucket can't be read. It was not started. \
         Delete the file credentials.json in its folder to get new ones."
    )]
    Credentials(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The sample photos could not be made.
    #[error(
        "The sample photos could not be made, so the practice bucket would be empty. Try the reset again."
    )]
    Sample(#[source] Box<dyn std::error::Error + Send + Sync>),
}
