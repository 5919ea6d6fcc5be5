-- Mirror and two-way folders: what was seen of objects, intents, brakes, epochs. The check on `state` can only be changed by
-- making the table anew.
ALTER TABLE pairs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pairs ADD COLUMN remote_marker TEXT NOT NULL DEFAULT '';
ALTER TABLE pairs ADD COLUMN options TEXT NOT NULL DEFAULT '';
ALTER TABLE pairs ADD COLUMN brake TEXT NOT NULL DEFAULT '';

CREATE TABLE files_3 (
    pair_id TEXT NOT NULL REFERENCES pairs (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    has_local INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    mtime INTEGER NOT NULL DEFAULT 0,
    ctime INTEGER NOT NULL DEFAULT 0,
    device INTEGER NOT NULL DEFAULT 0,
    inode INTEGER NOT NULL DEFAULT 0,
    digest BLOB NOT NULL DEFAULT x'',
    has_base INTEGER NOT NULL DEFAULT 0,
    base_size INTEGER NOT NULL DEFAULT 0,
    base_mtime INTEGER NOT NULL DEFAULT 0,
    base_ctime INTEGER NOT NULL DEFAULT 0,
    base_device INTEGER NOT NULL DEFAULT 0,
    base_inode INTEGER NOT NULL DEFAULT 0,
    base_digest BLOB NOT NULL DEFAULT x'',
    remote_size INTEGER NOT NULL DEFAULT 0,
    remote_etag TEXT NOT NULL DEFAULT '',
    remote_version TEXT NOT NULL DEFAULT '',
    remote_digest BLOB NOT NULL DEFAULT x'',
    state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'uploading', 'checking', 'downloading', 'held', 'safe', 'failed')),
    failure TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    -- Over the path and the base; 0 in rows from before there was one. A row whose base does not agree has none.
    base_check INTEGER NOT NULL DEFAULT 0,
    -- The object as last seen, where it is not what the base says.
    has_seen INTEGER NOT NULL DEFAULT 0,
    seen_size INTEGER NOT NULL DEFAULT 0,
    seen_etag TEXT NOT NULL DEFAULT '',
    seen_version TEXT NOT NULL DEFAULT '',
    seen_digest BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (pair_id, path),
    CHECK (state <> 'safe' OR has_base = 1)
) STRICT, WITHOUT ROWID;
INSERT INTO files_3
    (pair_id, path, has_local, size, mtime, ctime, device, inode, digest, has_base, base_size, base_mtime, base_ctime,
     base_device, base_inode, base_digest, remote_size, remote_etag, remote_version, remote_digest, state, failure, note)
SELECT pair_id, path, has_local, size, mtime, ctime, device, inode, digest, has_base, base_size, base_mtime, base_ctime,
     base_device, base_inode, base_digest, remote_size, remote_etag, remote_version, remote_digest, state, failure, note
FROM files;
DROP TABLE files;
ALTER TABLE files_3 RENAME TO files;
CREATE INDEX files_todo ON files (pair_id, path) WHERE state <> 'safe';
CREATE INDEX files_safe ON files (pair_id, path) WHERE state = 'safe';
CREATE INDEX files_failed ON files (pair_id, path) WHERE state = 'failed';
CREATE INDEX files_cause ON files (pair_id, failure, path) WHERE state = 'failed';

INSERT INTO file_counts (pair_id, state)
SELECT p.id, s.column1 FROM pairs p, (VALUES ('downloading'), ('held')) s
WHERE NOT EXISTS (SELECT 1 FROM file_counts c WHERE c.pair_id = p.id AND c.state = s.column1);
DROP TRIGGER pairs_added;
CREATE TRIGGER pairs_added AFTER INSERT ON pairs BEGIN
    INSERT INTO file_counts (pair_id, state)
    SELECT NEW.id, s.column1 FROM (VALUES ('waiting'), ('uploading'), ('checking'), ('downloading'), ('held'), ('safe'),
        ('failed')) s
    WHERE NOT EXISTS (SELECT 1 FROM file_counts c WHERE c.pair_id = NEW.id AND c.state = s.column1);
END;
CREATE TRIGGER files_added AFTER INSERT ON files BEGIN
    UPDATE file_counts SET files = files + 1, bytes = bytes + NEW.size
    WHERE pair_id = NEW.pair_id AND state = NEW.state;
END;
CREATE TRIGGER files_removed AFTER DELETE ON files BEGIN
    UPDATE file_counts SET files = files - 1, bytes = bytes - OLD.size
    WHERE pair_id = OLD.pair_id AND state = OLD.state;
END;
CREATE TRIGGER files_changed AFTER UPDATE OF state, size ON files
WHEN OLD.state <> NEW.state OR OLD.size <> NEW.size BEGIN
    UPDATE file_counts SET
        files = files + (state = NEW.state) - (state = OLD.state),
        bytes = bytes + iif(state = NEW.state, NEW.size, 0) - iif(state = OLD.state, OLD.size, 0)
    WHERE pair_id = NEW.pair_id AND state IN (OLD.state, NEW.state);
END;

-- What changes or removes something, written before it happens. `row` is the whole intent (JSON); the other columns are what
-- is asked for. `ended` is empty while it is open.
CREATE TABLE intents (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    pair_id TEXT NOT NULL REFERENCES pairs (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    row TEXT NOT NULL,
    ended TEXT NOT NULL DEFAULT '' CHECK (ended IN ('', 'done', 'refused', 'undone')),
    ended_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX intents_open ON intents (pair_id, seq) WHERE ended = '';
CREATE INDEX intents_ended ON intents (pair_id, seq DESC) WHERE ended <> '';
CREATE INDEX intents_deleted ON intents (pair_id, ended_at, size)
    WHERE ended = 'done' AND kind IN ('delete_remote', 'trash_local');
