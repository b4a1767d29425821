-- Blobs in an S3-compatible bucket. Rows that obey the narrower check obey the wider one, so nothing needs to be read again.
ALTER TABLE blobs DROP CONSTRAINT blobs_backend_check;
ALTER TABLE blobs ADD CONSTRAINT blobs_backend_check CHECK (backend IN ('files', 'postgres', 's3')) NOT VALID;

-- Whether there are any, at every start; costs installations without a bucket nothing.
CREATE INDEX blobs_in_s3 ON blobs (id) WHERE backend = 's3';

-- The id that the bucket carries too. What no row here names is swept from the bucket: two installations in one place would
-- delete each other's content. Belongs to no organization.
CREATE TABLE blob_bucket (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON blob_bucket TO gantry_engine;
