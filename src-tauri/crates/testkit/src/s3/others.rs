//! What other devices and those who run the bucket do. Never waits: it happens between two steps.
use super::VirtualS3;
use crate::content::{Content, ContentId};
use crate::world::Who;

impl VirtualS3 {
    fn key(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Another device puts an object, whatever is there. Gives the content that was current.
    pub(crate) fn put_by_other(&self, path: &str, data: Content) -> Option<ContentId> {
        let key = self.key(path);
        let mut state = self.state();
        let before = state.current(&key).and_then(|version| version.data.as_ref()).map(|data| data.id);
        let etag = state.etag(&data, 0);
        state.store(&self.world, &key, etag, Some(data), Who::Person);
        state.removed.insert(key, None);
        before
    }

    /// Another device deletes an object (or all below a folder; empty path: all). Gives the contents that were current.
    pub(crate) fn delete_by_other(&self, path: &str) -> Vec<ContentId> {
        let mut state = self.state();
        let keys: Vec<String> = state
            .keys
            .keys()
            .filter(|key| {
                let Some(rest) = key.strip_prefix(&self.prefix) else { return false };
                let inside =
                    rest.strip_prefix(path).is_some_and(|end| end.is_empty() || end.starts_with('/'));
                (path.is_empty() || inside) && !rest.starts_with(".windlass/")
            })
            .cloned()
            .collect();
        let mut gone = Vec::new();
        for key in keys {
            let Some(data) = state.current(&key).and_then(|version| version.data.clone()) else { continue };
            gone.push(data.id);
            state.store(&self.world, &key, String::new(), None, Who::Person);
            state.removed.insert(key, None);
        }
        gone
    }

    /// Somebody deletes an object by its key, whether one is there or not: S3 puts a marker on top of a marker.
    pub fn mark_by_other(&self, path: &str) {
        let key = self.key(path);
        let mut state = self.state();
        state.store(&self.world, &key, String::new(), None, Who::Person);
        state.removed.insert(key, None);
    }

    /// Versioning is switched off: from now on what is written takes the place of what is there.
    pub fn suspend_versions(&self) {
        self.state().profile.versions = false;
    }

    /// The bucket is emptied and made anew: versions, markers, the engine's own objects, all gone.
    pub(crate) fn recreate(&self) -> Vec<ContentId> {
        let mut state = self.state();
        let keys = std::mem::take(&mut state.keys);
        state.open.clear();
        state.generation += 1;
        state.marker_gone = Some(self.world.moment());
        let gone =
            keys.values().filter_map(|versions| versions.last()?.data.as_ref().map(|d| d.id)).collect();
        state.touched.extend(keys.keys().cloned());
        state.removed.extend(keys.into_keys().map(|key| (key, None)));
        gone
    }

    /// The version before the last is current again, as those do who restore a bucket to an older state. Gives the content
    /// that was current.
    pub(crate) fn restore_older(&self, path: &str) -> Option<ContentId> {
        let key = self.key(path);
        let mut state = self.state();
        let before = state.current(&key).and_then(|version| version.data.as_ref()).map(|data| data.id);
        let older =
            state.keys.get(&key)?.iter().rev().skip(1).find(|version| version.data.is_some())?.clone();
        state.store(&self.world, &key, older.etag, older.data, Who::Person);
        state.removed.insert(key, None);
        before
    }

    /// A lifecycle rule ends all open uploads.
    pub(crate) fn expire_uploads(&self) {
        self.state().open.clear();
    }

    /// Takes the engine's marker object away, as someone does who cleans up.
    pub(crate) fn remove_marker_object(&self) {
        let key = self.key(".windlass/marker");
        let mut state = self.state();
        if state.keys.remove(&key).is_some() {
            state.marker_gone = Some(self.world.moment());
            state.generation += 1;
        }
    }
}
