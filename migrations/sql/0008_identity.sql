-- Some stores give every object the same ETag, and times to the second: the size also distinguishes versions of one key.
ALTER TABLE tickets.exports DROP CONSTRAINT exports_pkey;
ALTER TABLE tickets.exports ADD PRIMARY KEY (feed, key, last_modified, etag, size);

-- Key and ETag alone do not identify the version of a key that a run has read. Null in runs older than this column.
ALTER TABLE tickets.import_runs ADD COLUMN source_last_modified timestamptz;
