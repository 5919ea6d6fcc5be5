-- Version indexes: every version and delete marker below a prefix, in the order in which the server listed them. Rows and keys bear the
-- number of their index in the upper half of their ids, as those of listings do. `size` is -1 for a delete marker.
CREATE TABLE histories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL,
    bucket TEXT NOT NULL,
    prefix TEXT NOT NULL DEFAULT '',
    keys INTEGER NOT NULL DEFAULT 0,
    versions INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0,
    last_key TEXT NOT NULL DEFAULT '',
    next_key TEXT NOT NULL DEFAULT '',
    next_version TEXT,
    began INTEGER NOT NULL DEFAULT 0,
    ended INTEGER
) STRICT;
CREATE TABLE history_keys (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL
) STRICT;
CREATE TABLE history_rows (
    id INTEGER PRIMARY KEY,
    key INTEGER NOT NULL,
    version TEXT NOT NULL,
    modified INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL DEFAULT '',
    class TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE history_garbage (
    history_id INTEGER PRIMARY KEY
) STRICT;
