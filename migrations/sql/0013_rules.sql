-- What a proof of the past needs: by which rules a run read which bytes, and what was corrected by hand. Null in older
-- rows: not known.
ALTER TABLE tickets.import_runs ADD COLUMN source_sha256 text, ADD COLUMN rules text;
ALTER TABLE tickets.rejects ADD COLUMN corrected text;
