-- Some stores give every object the same ETag, and times to the second: the size tells two writings of one key apart, too.
ALTER TABLE tickets.exports DROP CONSTRAINT exports_pkey;
ALTER TABLE tickets.exports ADD PRIMARY KEY (feed, key, last_modified, etag, size);

-- Key and ETag alone do not say which writing of a key a run has read. Null in runs that are older than this column.
ALTER TABLE tickets.import_runs ADD COLUMN source_last_modified timestamptz;
