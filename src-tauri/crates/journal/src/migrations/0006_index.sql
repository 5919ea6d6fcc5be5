-- An index is a listing of everything below a prefix (`deep = 1`). It fills for minutes or hours and goes on after a restart:
-- `next` is the token of the page that comes next, saved with the page before it. `requests` is what it has cost so far.
ALTER TABLE listings ADD COLUMN deep INTEGER NOT NULL DEFAULT 0;
ALTER TABLE listings ADD COLUMN next TEXT NOT NULL DEFAULT '';
ALTER TABLE listings ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE listings ADD COLUMN ended_at INTEGER NOT NULL DEFAULT 0;
