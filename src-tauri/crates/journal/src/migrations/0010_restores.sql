-- Restores: the version that is copied on top, the version that is covered by it, and that one's bytes. Empty for other jobs.
ALTER TABLE job_items ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE job_items ADD COLUMN top TEXT NOT NULL DEFAULT '';
ALTER TABLE job_items ADD COLUMN top_size INTEGER NOT NULL DEFAULT 0;
