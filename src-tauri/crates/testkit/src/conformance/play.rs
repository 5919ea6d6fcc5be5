//! Random sequences beside a model.
use bytes::Bytes;
use windlass_domain::{RemoteExpect, RemoteState, VersionId};
use windlass_ports::RemoteError;

use super::{DEVICE, Step, Subject, Trace, body, deleted, unchanged, word};

/// What the model knows of a key.
#[derive(Debug, Clone, Default)]
struct Known {
    /// The current content.
    now: Option<(u8, RemoteState)>,
    /// A state that was current once and is not now.
    stale: Option<RemoteState>,
    /// The delete marker on top, and what is right below it.
    marker: Option<(VersionId, u8, RemoteState)>,
}

/// A step of SplitMix64.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick(seed: &mut u64, among: usize) -> usize {
    usize::try_from(next(seed) % (among.max(1) as u64)).unwrap_or(0)
}

/// Plays `count` random writes, copies, deletes and undos on four keys, from a seed, and compares each answer and, after it,
/// the object with a model. The names of the steps hold what was done.
///
/// # Errors
/// When `prefix` leaves no room for a key.
pub async fn play(on: Subject<'_>, seed: u64, count: usize) -> Result<Vec<Step>, RemoteError> {
    let mut trace = Trace { on, scene: "play", steps: Vec::new() };
    // None is a folder of another: see the scene "put".
    let names = ["k", "j/x", "k-x", "ü k"];
    let keys = names.iter().map(|n| trace.key(&format!("{seed:016x}/{n}"))).collect::<Result<Vec<_>, _>>()?;
    let mut model: Vec<Known> = vec![Known::default(); keys.len()];
    let mut seed = seed;
    for n in 0..count {
        let (at, other) = (pick(&mut seed, keys.len()), pick(&mut seed, keys.len()));
        let (Some(key), Some(known)) = (keys.get(at), model.get(at).cloned()) else { continue };
        let expect = match (next(&mut seed) % 4, &known.now, &known.stale) {
            (0, _, _) => RemoteExpect::Absent,
            (1, _, Some(stale)) => unchanged(stale),
            (_, Some((_, now)), _) => unchanged(now),
            (_, None, _) => RemoteExpect::Absent,
        };
        let holds = match (&expect, &known.now) {
            (RemoteExpect::Absent, None) => true,
            (RemoteExpect::Unchanged(etag), Some((_, now))) => *etag == now.etag,
            (RemoteExpect::Absent, Some(_)) | (RemoteExpect::Unchanged(_), None) => false,
        };
        let said = match &expect {
            RemoteExpect::Absent => "absent",
            RemoteExpect::Unchanged(_) if holds => "as it is",
            RemoteExpect::Unchanged(_) => "as it was",
        };
        let name = names.get(at).copied().unwrap_or_default();
        let mut content = u8::try_from(next(&mut seed) % 3).unwrap_or(0);
        match next(&mut seed) % 8 {
            0..=2 => {
                let bytes = Bytes::from(vec![content; 3]);
                let result = on.store.put(key, body(bytes), &expect, DEVICE).await;
                let expected = if holds { "stored" } else { "refused" };
                let step = format!("{n} put {content} to {name}, {said}");
                let state = trace.wrote(&step, expected, key, result, &[content; 3]).await;
                settle(&mut model, at, state, content);
            }
            3 | 4 => {
                let Some(from) = keys.get(other) else { continue };
                let Some((what, source)) = model.get(other).and_then(|k| k.now.clone()) else { continue };
                if at == other {
                    continue;
                }
                content = what;
                let result = on.store.copy(from, &source, key, &expect, DEVICE).await;
                let expected = if holds { "stored" } else { "refused" };
                let step =
                    format!("{n} copy {} to {name}, {said}", names.get(other).copied().unwrap_or_default());
                let state = trace.wrote(&step, expected, key, result, &[content; 3]).await;
                settle(&mut model, at, state, content);
            }
            5 | 6 => {
                if expect == RemoteExpect::Absent {
                    continue;
                }
                let result = on.store.delete(key, &expect).await;
                let expected = if !holds {
                    "refused"
                } else if on.versioned {
                    "marker"
                } else {
                    "gone"
                };
                trace.step(&format!("{n} delete {name}, {said}"), expected, deleted(&result));
                if let (Ok(marker), Some(slot)) = (result, model.get_mut(at)) {
                    let was = slot.now.take();
                    slot.stale = was.clone().map(|(_, state)| state).or(slot.stale.take());
                    slot.marker = marker.zip(was).map(|(id, (content, state))| (id, content, state));
                }
            }
            _ => {
                let Some((marker, below, state)) = known.marker else { continue };
                let result = on.store.remove_marker(key, &marker).await;
                let got = result.as_ref().map_or_else(word, |()| "removed");
                trace.step(&format!("{n} take the marker of {name} away"), "removed", got);
                if let (Ok(()), Some(slot)) = (result, model.get_mut(at)) {
                    slot.marker = None;
                    slot.now = Some((below, state));
                }
            }
        }
        let now = model.get(at).and_then(|k| k.now.clone());
        let got = match (&now, on.store.head(key).await) {
            (Some((content, state)), Ok(_)) => trace.looks(key, state, &[*content; 3]).await,
            (None, Ok(_)) => "there".to_owned(),
            (_, Err(error)) => word(&error).to_owned(),
        };
        trace.step(
            &format!("{n} {name} afterwards"),
            if now.is_some() { "stored" } else { "not found" },
            got,
        );
    }
    Ok(trace.steps)
}

/// A write was taken: what it wrote is current, and a marker is no longer on top.
fn settle(model: &mut [Known], at: usize, state: Option<RemoteState>, content: u8) {
    let (Some(state), Some(slot)) = (state, model.get_mut(at)) else { return };
    let before = slot.now.replace((content, state.clone()));
    // The same bytes have the same ETag on most servers, and are then not told apart.
    let before = before.map(|(_, was)| was).or(slot.stale.take());
    slot.stale = before.filter(|was| was.etag != state.etag);
    slot.marker = None;
}
