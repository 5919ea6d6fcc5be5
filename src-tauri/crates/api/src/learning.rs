//! What looks at objects tell is kept for questions, some of it at a time: a gallery of previews is one commit and not hundreds.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windlass_domain::search::{Capture, Facts, Place, wall_clock};
use windlass_ports::{Learned, ObjectHead};

use crate::Api;
use crate::dto_preview::{FactName, Preview, PreviewMissing};

/// So long what was learned may wait for more. A kill loses it; the next look tells it again.
const PATIENCE: Duration = Duration::from_millis(300);

/// What waits to be written. Its task writes until nothing waits.
#[derive(Debug, Default)]
pub(crate) struct Learning {
    waiting: Vec<Learned>,
    writing: bool,
}

impl Api {
    /// Keeps what a look told. What cannot be written is only not known.
    pub(crate) fn learn(&self, learned: Learned) {
        if learned.etag.is_empty() || learned.facts.is_empty() {
            return;
        }
        {
            let mut learning = lock(&self.learning);
            learning.waiting.push(learned);
            if std::mem::replace(&mut learning.writing, true) {
                return;
            }
        }
        let (learning, index, hub) =
            (Arc::clone(&self.learning), Arc::clone(&self.index), Arc::clone(&self.hub));
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            loop {
                // At the end nothing more is waited for.
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(PATIENCE) => {}
                }
                let Some(batch) = next(&learning) else { return };
                match index.learn(batch).await {
                    Ok(()) => hub.indexes(),
                    Err(error) => {
                        tracing::warn!(
                            error = crate::chain(&error),
                            "what was learned of objects could not be kept"
                        );
                    }
                }
            }
        });
    }
}

fn lock(learning: &Mutex<Learning>) -> MutexGuard<'_, Learning> {
    learning.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What waits; with nothing, the task ends.
fn next(learning: &Mutex<Learning>) -> Option<Vec<Learned>> {
    let mut learning = lock(learning);
    learning.writing = !learning.waiting.is_empty();
    learning.writing.then(|| std::mem::take(&mut learning.waiting))
}

/// What HEAD and a look at the tags tell.
pub(crate) fn of_head(head: &ObjectHead, tags: Option<&[(String, String)]>) -> Facts {
    Facts {
        content_type: Some(head.content_type.clone().unwrap_or_default()),
        tags: tags.map(<[_]>::to_vec),
        capture: None,
    }
}

/// What a look into a file tells of camera, time and place. A file that could not be looked into, or only by a program that is not
/// here, tells nothing, which is not the same as a file that has nothing to tell.
pub(crate) fn of_preview(preview: &Preview) -> Facts {
    let fact = |name| preview.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str());
    let capture = Capture {
        camera: fact(FactName::Camera).unwrap_or_default().to_owned(),
        taken: fact(FactName::Taken).and_then(wall_clock),
        place: preview.position.and_then(|at| Place::from_degrees(at.latitude, at.longitude)),
    };
    let looked = match preview.missing {
        None | Some(PreviewMissing::NoSmallPicture | PreviewMissing::TooLarge | PreviewMissing::Unknown) => {
            true
        }
        Some(
            PreviewMissing::Damaged
            | PreviewMissing::NoHeif
            | PreviewMissing::NoVideo
            | PreviewMissing::NoPdf
            | PreviewMissing::NoRaw
            | PreviewMissing::Unreadable
            | PreviewMissing::NotInstalled,
        ) => capture != Capture::default(),
    };
    Facts { capture: looked.then_some(capture), ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto_preview::{MapPosition, PreviewFact, PreviewKind};

    #[test]
    fn a_file_that_could_not_be_looked_into_tells_nothing() {
        let bare = Preview {
            kind: PreviewKind::Jpeg,
            facts: Vec::new(),
            position: None,
            picture: None,
            text: None,
            table: None,
            missing: None,
        };
        assert_eq!(of_preview(&bare).capture, Some(Capture::default()), "looked into, and it says nothing");
        let broken = Preview { missing: Some(PreviewMissing::NotInstalled), ..bare.clone() };
        assert!(of_preview(&broken).is_empty());
        let fact = |name, value: &str| PreviewFact { name, value: value.to_owned() };
        let full = Preview {
            facts: vec![fact(FactName::Camera, "Canon"), fact(FactName::Taken, "1970-01-02T00:00:01+02:00")],
            position: Some(MapPosition { latitude: -1.5, longitude: 2.25 }),
            missing: Some(PreviewMissing::NoHeif),
            ..bare
        };
        let capture = of_preview(&full).capture.unwrap();
        assert_eq!((capture.camera.as_str(), capture.taken), ("Canon", Some(86_401_000)));
        assert_eq!(capture.place, Some(Place { north: -1_500_000, east: 2_250_000 }));
    }
}
