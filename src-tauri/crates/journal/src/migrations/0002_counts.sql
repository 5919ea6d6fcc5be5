-- The same counts with fewer statements. A row of each state is there from the start, so that an update of counts is one
-- UPDATE that cannot fail half-way; SQLite then needs no copy of the pages to take a statement back.
INSERT INTO file_counts (pair_id, state)
SELECT p.id, s.column1 FROM pairs p, (VALUES ('waiting'), ('uploading'), ('checking'), ('safe'), ('failed')) s
WHERE NOT EXISTS (SELECT 1 FROM file_counts c WHERE c.pair_id = p.id AND c.state = s.column1);
CREATE TRIGGER pairs_added AFTER INSERT ON pairs BEGIN
    INSERT INTO file_counts (pair_id, state)
    SELECT NEW.id, s.column1 FROM (VALUES ('waiting'), ('uploading'), ('checking'), ('safe'), ('failed')) s
    WHERE NOT EXISTS (SELECT 1 FROM file_counts c WHERE c.pair_id = NEW.id AND c.state = s.column1);
END;

DROP TRIGGER files_added;
CREATE TRIGGER files_added AFTER INSERT ON files BEGIN
    UPDATE file_counts SET files = files + 1, bytes = bytes + NEW.size
    WHERE pair_id = NEW.pair_id AND state = NEW.state;
END;
DROP TRIGGER files_changed;
CREATE TRIGGER files_changed AFTER UPDATE OF state, size ON files
WHEN OLD.state <> NEW.state OR OLD.size <> NEW.size BEGIN
    UPDATE file_counts SET
        files = files + (state = NEW.state) - (state = OLD.state),
        bytes = bytes + iif(state = NEW.state, NEW.size, 0) - iif(state = OLD.state, OLD.size, 0)
    WHERE pair_id = NEW.pair_id AND state IN (OLD.state, NEW.state);
END;

DROP TRIGGER transfers_added;
CREATE TRIGGER transfers_added AFTER INSERT ON transfers BEGIN
    UPDATE transfer_counts SET transfers = transfers + 1 WHERE class = NEW.class;
    UPDATE batches SET
        open = open + (NEW.ending = ''),
        open_bytes = open_bytes + iif(NEW.ending = '', NEW.size, 0),
        safe_bytes = safe_bytes + iif(NEW.ending = 'committed', NEW.size, 0)
    WHERE seq = NEW.batch_seq;
END;
DROP TRIGGER transfers_changed;
CREATE TRIGGER transfers_changed AFTER UPDATE OF class, ending ON transfers
WHEN OLD.class <> NEW.class OR OLD.ending <> NEW.ending BEGIN
    UPDATE transfer_counts SET transfers = transfers + (class = NEW.class) - (class = OLD.class)
    WHERE class IN (OLD.class, NEW.class);
    UPDATE batches SET
        open = open - (OLD.ending = '') + (NEW.ending = ''),
        open_bytes = open_bytes - iif(OLD.ending = '', OLD.size, 0) + iif(NEW.ending = '', NEW.size, 0),
        safe_bytes = safe_bytes - iif(OLD.ending = 'committed', OLD.size, 0)
            + iif(NEW.ending = 'committed', NEW.size, 0)
    WHERE seq = NEW.batch_seq AND OLD.ending <> NEW.ending;
END;
