-- An index that several listers fill has parts of the key space: behind `after`, up to and with `until` (NULL: to the end). Each
-- has row numbers of its own, so that the order of ids stays the order of keys, and a place of its own where it goes on: `token` is
-- that of its next page. `first_key` and `behind_key` are the first keys met in it and behind it; NULL: not yet, empty: the end.
CREATE TABLE index_parts (
    listing_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    end_row INTEGER NOT NULL,
    next_row INTEGER NOT NULL,
    after TEXT NOT NULL DEFAULT '',
    until TEXT,
    token TEXT NOT NULL DEFAULT '',
    last_key TEXT NOT NULL DEFAULT '',
    first_key TEXT,
    behind_key TEXT,
    done INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (listing_id, number)
) STRICT, WITHOUT ROWID;
-- Whether an index was begun anew because its server does not list in the order of the keys: it stays with one lister.
ALTER TABLE listings ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;
