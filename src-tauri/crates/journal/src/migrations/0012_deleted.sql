-- Lists of a level with what is deleted in it: such a row bears the time of the delete marker on top of it.
ALTER TABLE listings ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE listing_rows ADD COLUMN deleted INTEGER;
