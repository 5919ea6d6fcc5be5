-- Which root this is, and when both sides were compared anew last. Both are JSON, or empty.
ALTER TABLE pairs ADD COLUMN seen_root TEXT NOT NULL DEFAULT '';
ALTER TABLE pairs ADD COLUMN merged TEXT NOT NULL DEFAULT '';
-- Marks over fewer columns do not hold any more; they are made anew when the migrations are through.
UPDATE pairs SET mark = 0;
