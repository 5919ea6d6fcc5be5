-- Objects on which a job put a hold, each in the version that was held. Rows outlive the jobs: a hold stays on the object.
CREATE TABLE holds (
    connection TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    etag TEXT NOT NULL,
    PRIMARY KEY (connection, bucket, key)
) STRICT, WITHOUT ROWID;
