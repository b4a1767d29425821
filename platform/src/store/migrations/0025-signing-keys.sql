-- What the installation says of itself must be provable elsewhere: seals of the audit trail, records of decisions and short-lived
-- tokens are signed with keys of the installation's own (Ed25519). They belong to no organization, so there is no row-level security;
-- the private halves are sealed by the platform key, which isn't in the database.

CREATE TABLE signing_keys (
  -- RFC 7638: the thumbprint of the public key, so that no other key can bear its name.
  kid         text PRIMARY KEY,
  -- 1, 2, 3, …; the last one signs.
  ordinal     int NOT NULL UNIQUE,
  -- JWK, public only.
  public      json NOT NULL,
  -- PKCS #8, sealed; null once there is a newer key: nobody can sign with it any more.
  sealed      bytea,
  -- Every key is signed by the one before it (the first by itself), so that whoever can only write rows can't add one.
  endorsement bytea NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  -- Until then it is published and believed for what is signed now; what was signed before stays good.
  retires_at  timestamptz
);
GRANT SELECT, INSERT ON signing_keys TO gantry_api, gantry_engine;
GRANT UPDATE (sealed, retires_at) ON signing_keys TO gantry_api, gantry_engine;
