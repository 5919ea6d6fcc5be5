//! What each write of a batch does. Runs on the writer's thread, inside a transaction.
use rusqlite::Connection;
use windlass_domain::Revision;
use windlass_ports::JournalWrite;

use crate::error::Result;
use crate::tables::{audit, files, intents, pairs, parts, replaced, settings, transfers};

/// Applies a batch. An error takes all of it back (the caller's savepoint).
pub(crate) fn apply(conn: &Connection, batch: &[JournalWrite]) -> Result<Revision> {
    let revision = settings::next_revision(conn)?;
    for write in batch {
        one(conn, write, revision)?;
    }
    Ok(revision)
}

fn one(conn: &Connection, write: &JournalWrite, revision: Revision) -> Result<()> {
    match write {
        JournalWrite::SavePair(pair) => pairs::save(conn, pair),
        JournalWrite::RemovePair(pair) => pairs::remove(conn, pair),
        JournalWrite::ScanEnded(pair, at) => pairs::scan_ended(conn, pair, *at),
        JournalWrite::SaveFile { pair, path, local, state, note } => {
            files::save(conn, pair, path, local.as_ref(), *state, note)
        }
        JournalWrite::ForgetFile(pair, path) => files::forget(conn, pair, path),
        JournalWrite::SaveRemote(pair, path, seen) => files::save_seen(conn, pair, path, seen.as_ref()),
        JournalWrite::ForgetBases(pair) => files::forget_bases(conn, pair),
        JournalWrite::ForgetBase(pair, path) => files::forget_base(conn, pair, path),
        JournalWrite::SetEpoch(pair, epoch) => pairs::set_epoch(conn, pair, *epoch),
        JournalWrite::SetRemoteMarker(pair, etag) => pairs::set_remote_marker(conn, pair, etag.as_ref()),
        JournalWrite::SaveRoot(pair, root) => pairs::save_root(conn, pair, root.as_ref()),
        JournalWrite::NoteMerge(pair, merged) => pairs::note_merge(conn, pair, merged),
        JournalWrite::SaveBrake(pair, brake) => pairs::save_brake(conn, pair, brake.as_ref()),
        JournalWrite::NoteReplaced(pair, path, at) => replaced::note(conn, pair, path, *at),
        JournalWrite::Meant(pair) => {
            replaced::forget(conn, pair)?;
            intents::meant(conn, pair)
        }
        JournalWrite::SaveIntent(intent) => intents::save(conn, intent),
        JournalWrite::EndIntent { id, at, end, trashed, marker } => {
            intents::ended(conn, id, *at, *end, trashed.as_deref(), marker.as_ref())
        }
        JournalWrite::SaveUpload { spec, state, at } => transfers::save(conn, spec, state, *at, revision),
        JournalWrite::SavePart(id, part) => {
            parts::save(conn, id, part)?;
            transfers::touch(conn, id, revision)
        }
        JournalWrite::DropParts(id) => {
            parts::drop_all(conn, id)?;
            transfers::touch(conn, id, revision)
        }
        JournalWrite::SaveBase { pair, path, base } => files::save_base(conn, pair, path, base),
        JournalWrite::NoteSafe { connection, bucket, key, etag } => {
            files::add_safe(conn, connection, bucket.as_str(), key.as_str(), etag.as_str())
        }
        JournalWrite::ClearEnded => transfers::clear_ended(conn),
        JournalWrite::Audit { at, action, target, detail } => audit::add(conn, *at, action, target, detail),
    }
}
