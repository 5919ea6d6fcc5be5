-- Shipped migrations are never edited; what is needed later comes in a later file.
CREATE TABLE counter (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL DEFAULT 0,
    device_id TEXT NOT NULL DEFAULT (lower(hex(randomblob(16))))
) STRICT;
INSERT INTO counter (one) VALUES (1);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE pairs (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    root TEXT NOT NULL DEFAULT '',
    connection TEXT NOT NULL DEFAULT '',
    bucket TEXT NOT NULL DEFAULT '',
    prefix TEXT NOT NULL DEFAULT '',
    mode TEXT NOT NULL DEFAULT 'ingest',
    paused INTEGER NOT NULL DEFAULT 0,
    scanned INTEGER NOT NULL DEFAULT 0,
    last_scan INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Digests are blobs: 8 bytes CRC-64/NVME, 32 bytes SHA-256, none is empty. Ids of file systems are unsigned 64-bit
-- numbers, kept bit by bit in a signed column.
CREATE TABLE files (
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
        CHECK (state IN ('waiting', 'uploading', 'checking', 'safe', 'failed')),
    failure TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (pair_id, path),
    -- The second promise, once more where no code can forget it: Safe never without a base.
    CHECK (state <> 'safe' OR has_base = 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX files_todo ON files (pair_id, path) WHERE state <> 'safe';
CREATE INDEX files_safe ON files (pair_id, path) WHERE state = 'safe';
CREATE INDEX files_failed ON files (pair_id, path) WHERE state = 'failed';
CREATE INDEX files_cause ON files (pair_id, failure, path) WHERE state = 'failed';

CREATE TABLE file_counts (
    pair_id TEXT NOT NULL,
    state TEXT NOT NULL,
    files INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (pair_id, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER files_added AFTER INSERT ON files BEGIN
    INSERT INTO file_counts (pair_id, state, files, bytes) VALUES (NEW.pair_id, NEW.state, 1, NEW.size)
    ON CONFLICT (pair_id, state) DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER files_removed AFTER DELETE ON files BEGIN
    UPDATE file_counts SET files = files - 1, bytes = bytes - OLD.size
    WHERE pair_id = OLD.pair_id AND state = OLD.state;
END;
CREATE TRIGGER files_changed AFTER UPDATE OF state, size ON files
WHEN OLD.state <> NEW.state OR OLD.size <> NEW.size BEGIN
    UPDATE file_counts SET files = files - 1, bytes = bytes - OLD.size
    WHERE pair_id = OLD.pair_id AND state = OLD.state;
    INSERT INTO file_counts (pair_id, state, files, bytes) VALUES (NEW.pair_id, NEW.state, 1, NEW.size)
    ON CONFLICT (pair_id, state) DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
END;

CREATE TABLE safe_versions (
    connection TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    etag TEXT NOT NULL,
    PRIMARY KEY (connection, bucket, key, etag)
) STRICT, WITHOUT ROWID;

-- `class`: active, waiting (both open), failed, done.
CREATE TABLE transfers (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    batch TEXT NOT NULL,
    batch_seq INTEGER NOT NULL DEFAULT 0,
    pair_id TEXT NOT NULL DEFAULT '',
    path TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0,
    spec TEXT NOT NULL,
    state_kind TEXT NOT NULL,
    state TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('active', 'waiting', 'failed', 'done')),
    ending TEXT NOT NULL DEFAULT '',
    queued_at INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX transfers_one_open ON transfers (pair_id, path) WHERE ending = '' AND pair_id <> '';
CREATE INDEX transfers_open ON transfers (queued_at) WHERE ending = '';
CREATE INDEX transfers_class ON transfers (class, batch_seq DESC);
CREATE INDEX transfers_shown ON transfers (batch_seq DESC) WHERE class <> 'done';
CREATE INDEX transfers_pair ON transfers (pair_id) WHERE pair_id <> '';

CREATE TABLE batches (
    seq INTEGER PRIMARY KEY,
    batch TEXT NOT NULL UNIQUE,
    open INTEGER NOT NULL DEFAULT 0,
    open_bytes INTEGER NOT NULL DEFAULT 0,
    safe_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX batches_open ON batches (seq) WHERE open > 0;
CREATE TABLE transfer_counts (
    class TEXT NOT NULL PRIMARY KEY,
    transfers INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO transfer_counts (class) VALUES ('active'), ('waiting'), ('failed'), ('done');
CREATE TRIGGER transfers_added AFTER INSERT ON transfers BEGIN
    UPDATE transfer_counts SET transfers = transfers + 1 WHERE class = NEW.class;
    UPDATE batches SET
        open = open + (NEW.ending = ''),
        open_bytes = open_bytes + iif(NEW.ending = '', NEW.size, 0),
        safe_bytes = safe_bytes + iif(NEW.ending = 'committed', NEW.size, 0)
    WHERE batch = NEW.batch;
END;
-- What was done stays counted in its batch when the list is cleared; what was open does not.
CREATE TRIGGER transfers_removed AFTER DELETE ON transfers BEGIN
    UPDATE transfer_counts SET transfers = transfers - 1 WHERE class = OLD.class;
    UPDATE batches SET
        open = open - (OLD.ending = ''),
        open_bytes = open_bytes - iif(OLD.ending = '', OLD.size, 0)
    WHERE batch = OLD.batch;
END;
CREATE TRIGGER transfers_changed AFTER UPDATE OF class, ending ON transfers
WHEN OLD.class <> NEW.class OR OLD.ending <> NEW.ending BEGIN
    UPDATE transfer_counts SET transfers = transfers - 1 WHERE class = OLD.class;
    UPDATE transfer_counts SET transfers = transfers + 1 WHERE class = NEW.class;
    UPDATE batches SET
        open = open - (OLD.ending = '') + (NEW.ending = ''),
        open_bytes = open_bytes - iif(OLD.ending = '', OLD.size, 0) + iif(NEW.ending = '', NEW.size, 0),
        safe_bytes = safe_bytes - iif(OLD.ending = 'committed', OLD.size, 0)
            + iif(NEW.ending = 'committed', NEW.size, 0)
    WHERE batch = NEW.batch AND OLD.ending <> NEW.ending;
END;

CREATE TABLE parts (
    transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    etag TEXT NOT NULL DEFAULT '',
    crc INTEGER NOT NULL DEFAULT 0,
    len INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (transfer_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL DEFAULT 0,
    action TEXT NOT NULL DEFAULT '',
    target TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE connections (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL DEFAULT '',
    endpoint TEXT NOT NULL DEFAULT '',
    region TEXT NOT NULL DEFAULT '',
    start_in TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE capabilities (
    connection TEXT NOT NULL,
    bucket TEXT NOT NULL,
    found TEXT NOT NULL DEFAULT '',
    at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (connection, bucket)
) STRICT, WITHOUT ROWID;

-- Rows of a listing have the ids `listing * 2^32 + n` with n growing, so that a page is an append. As long as pages come
-- in key order (`keyed = 0`), the order of ids is the order of keys and no index is needed. The first page that does not
-- fit makes the listing `keyed`: from then on `listing_keys` knows which id a key has.
CREATE TABLE listings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL DEFAULT '',
    bucket TEXT NOT NULL DEFAULT '',
    prefix TEXT NOT NULL DEFAULT '',
    rows INTEGER NOT NULL DEFAULT 0,
    objects INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0,
    listed_at INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0,
    next_row INTEGER NOT NULL DEFAULT 0,
    last_key TEXT NOT NULL DEFAULT '',
    keyed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX listings_level ON listings (connection, bucket, prefix);
CREATE TABLE listing_rows (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    folder INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    modified INTEGER NOT NULL DEFAULT -9223372036854775808,
    etag TEXT NOT NULL DEFAULT '',
    class TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE listing_keys (
    listing_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (listing_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE listing_garbage (
    listing_id INTEGER PRIMARY KEY
) STRICT;
