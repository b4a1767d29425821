-- What a worker's host has for its tools, as it found out when it started: [{"name", "version", "problem"}]. Empty: one of an
-- earlier release, which doesn't say.
ALTER TABLE workers ADD COLUMN tools json NOT NULL DEFAULT '[]';
