-- What a look at an object told beyond its listing, of one version each. `seq` rises with everything that is learned: what has the
-- smallest was learned longest ago and goes first. Of each of the three kinds `has_…` says whether anybody looked.
CREATE TABLE facts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER,
    has_type INTEGER NOT NULL DEFAULT 0,
    content_type TEXT NOT NULL DEFAULT '',
    has_tags INTEGER NOT NULL DEFAULT 0,
    -- JSON: pairs of name and value.
    tags TEXT NOT NULL DEFAULT '[]',
    has_capture INTEGER NOT NULL DEFAULT 0,
    camera TEXT NOT NULL DEFAULT '',
    -- Milliseconds by the camera's clock.
    taken INTEGER,
    -- Millionths of a degree.
    north INTEGER,
    east INTEGER
) STRICT;
CREATE UNIQUE INDEX facts_place ON facts (connection, bucket, key);
