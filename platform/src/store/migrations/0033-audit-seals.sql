-- The audit trail must not be changed unnoticed, not even by who owns the server. Records and events of runs are written unchained,
-- in the statement of what they record; one sealer follows them and writes, per organization, seals: the hash of each row in the order
-- of the feed, the hash of the seal before, and a signature whose key the database hasn't got. So a row that is edited, deleted, put
-- in later or moved no longer fits, and it can be said which. `org` of a seal is all zeros for the installation's own records.

-- One hash (SHA-256, 32 bytes) per row, in their order. They outlive rows that are purged.
CREATE TABLE audit_leaves (
  org    uuid NOT NULL,
  n      bigint NOT NULL,
  leaves bytea NOT NULL,
  PRIMARY KEY (org, n)
);
ALTER TABLE audit_leaves ALTER COLUMN leaves SET STORAGE EXTERNAL;

CREATE TABLE audit_seals (
  org       uuid NOT NULL,
  -- 1, 2, 3, …
  n         bigint NOT NULL,
  -- Rows of transactions from `from_xid` to before `to_xid`; the next seal begins where this one ends.
  from_xid  xid8 NOT NULL,
  to_xid    xid8 NOT NULL,
  count     int NOT NULL,
  -- Of the leaves together.
  digest    text NOT NULL,
  -- Hash of the seal before; null for the first.
  prev      text,
  hash      text NOT NULL,
  kid       text NOT NULL,
  signature text NOT NULL,
  sealed_at timestamptz NOT NULL,
  PRIMARY KEY (org, n)
);

CREATE INDEX audit_seals_time ON audit_seals (org, sealed_at);

-- Hashes of the events of a purged run, in the order of the run: what is missing from the trail for a good reason.
CREATE TABLE audit_purged_leaves (
  org    uuid NOT NULL,
  run_id uuid PRIMARY KEY,
  leaves bytea NOT NULL
);
ALTER TABLE audit_purged_leaves ALTER COLUMN leaves SET STORAGE EXTERNAL;
CREATE INDEX audit_purged_leaves_org ON audit_purged_leaves (org);

-- Set when the content of a record was taken out (erasure of a person, retention): who, why, when. Its hash stays sealed.
ALTER TABLE audit_records ADD COLUMN redacted json;
CREATE INDEX audit_records_action ON audit_records (org, action text_pattern_ops, at DESC);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['audit_leaves', 'audit_seals', 'audit_purged_leaves'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO gantry_engine USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY api_own ON %I FOR SELECT TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid)', t);
    EXECUTE format('CREATE POLICY upkeep ON %I TO gantry_migrator USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO gantry_api', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO gantry_engine', t);
  END LOOP;
END $$;
CREATE POLICY upkeep ON audit_records TO gantry_migrator USING (true) WITH CHECK (true);
-- The installation's own records are seen by a transaction that works for the installation.
CREATE POLICY api_installation_read ON audit_records FOR SELECT TO gantry_api
  USING (org IS NULL AND current_setting('gantry.org', true) = '00000000-0000-0000-0000-000000000000');

-- No role may change them, and neither may their owner.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit trail is only ever added to: % of % is refused.', TG_OP, TG_TABLE_NAME;
END $$;
-- The one change there is: to take the content out, and to say so.
CREATE FUNCTION audit_redacts_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.redacted IS NULL AND NEW.redacted IS NOT NULL
    AND (NEW.org, NEW.id, NEW.at, NEW.action, NEW.result, NEW.xid) IS NOT DISTINCT FROM (OLD.org, OLD.id, OLD.at, OLD.action, OLD.result, OLD.xid)
    AND NEW.actor::text = '{"kind":"unknown","id":"redacted","name":"redacted"}' AND NEW.target::text = '{}'
    AND num_nonnulls(NEW.on_behalf_of, NEW.reason, NEW.details, NEW.source, NEW.request_id) = 0 THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'The audit trail is only ever added to: % of % is refused.', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_redacts_only();
CREATE TRIGGER append_only_rows BEFORE DELETE OR TRUNCATE ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaves FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_purged_leaves
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- What of a row is hashed. scripts/verify-audit.mjs makes the same from the columns, without these functions.
CREATE FUNCTION audit_event_leaf(org uuid, run_id uuid, seq int, type text, at bigint, actor json, data json) RETURNS bytea
LANGUAGE sql STABLE AS $$
  SELECT sha256(convert_to(concat_ws(E'\n', 'event', org, run_id, seq, type, at, octet_length(actor::text), actor::text) || data::text, 'UTF8'))
$$;
CREATE FUNCTION audit_record_leaf(org uuid, id uuid, at timestamptz, actor json, on_behalf_of json, action text, target json,
  reason text, result text, details json, source json, request_id text) RETURNS bytea
LANGUAGE sql STABLE AS $$
  SELECT sha256(convert_to(E'record\n' || json_build_array(org, id, (extract(epoch FROM at) * 1000000)::bigint, actor::text,
    on_behalf_of::text, action, target::text, reason, result, details::text, source::text, request_id)::text, 'UTF8'))
$$;
-- Rows of an organization in the order of seals: xid, kind (0: event, 1: record), id, seq.
CREATE FUNCTION audit_rows(wanted uuid, lo xid8, hi xid8)
RETURNS TABLE (xid xid8, kind int, id uuid, seq int, type text, redacted boolean, leaf bytea)
LANGUAGE sql STABLE AS $$
  SELECT e.xid, 0, e.run_id, e.seq, e.type, false, audit_event_leaf(e.org, e.run_id, e.seq, e.type, e.at, e.actor, e.data)
    FROM events e WHERE e.org = wanted AND e.xid >= lo AND e.xid < hi
  UNION ALL
  SELECT r.xid, 1, r.id, 0, r.action, r.redacted IS NOT NULL,
    audit_record_leaf(r.org, r.id, r.at, r.actor, r.on_behalf_of, r.action, r.target, r.reason, r.result, r.details, r.source, r.request_id)
    FROM audit_records r WHERE r.org = wanted AND r.xid >= lo AND r.xid < hi
  UNION ALL
  SELECT r.xid, 1, r.id, 0, r.action, r.redacted IS NOT NULL,
    audit_record_leaf(r.org, r.id, r.at, r.actor, r.on_behalf_of, r.action, r.target, r.reason, r.result, r.details, r.source, r.request_id)
    FROM audit_records r
   WHERE wanted = '00000000-0000-0000-0000-000000000000' AND r.org IS NULL AND r.xid >= lo AND r.xid < hi
$$;

-- Takes the content out of sealed records: what stays is when, which action, and who had it taken out and why. That is recorded, too,
-- under the id `record`. Those that aren't sealed yet are left as they are. Returns how many it was.
CREATE FUNCTION redact_audit(organization uuid, wanted uuid[], who json, why text, record uuid) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE done uuid[];
BEGIN
  IF session_user = 'gantry_api' AND organization IS DISTINCT FROM current_setting('gantry.org', true)::uuid THEN
    RAISE EXCEPTION 'Records of another organization are not for this transaction.';
  END IF;
  WITH gone AS (
    UPDATE audit_records SET actor = '{"kind":"unknown","id":"redacted","name":"redacted"}', on_behalf_of = NULL, target = '{}',
        reason = NULL, details = NULL, source = NULL, request_id = NULL,
        redacted = json_build_object('by', who, 'why', why, 'at', now(), 'record', record)
     WHERE org = organization AND id = ANY (wanted) AND redacted IS NULL AND action <> 'audit.redact'
       AND xid < (SELECT max(s.to_xid) FROM audit_seals s WHERE s.org = organization)
    RETURNING id)
  SELECT array_agg(id ORDER BY id) INTO done FROM gone;
  IF done IS NOT NULL THEN
    INSERT INTO audit_records (id, org, actor, action, target, reason, result)
    VALUES (record, organization, who, 'audit.redact', json_build_object('records', done), why, 'allowed');
  END IF;
  RETURN COALESCE(cardinality(done), 0);
END $$;
REVOKE ALL ON FUNCTION redact_audit(uuid, uuid[], json, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION redact_audit(uuid, uuid[], json, text, uuid) TO gantry_api, gantry_engine;

-- How long the oldest row that isn't sealed has waited, and how many seals there are.
CREATE FUNCTION audit_metrics() RETURNS json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT json_build_object('unsealedSeconds', COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(w.at)), 0)::float8)
  FROM (SELECT org FROM organizations UNION ALL SELECT '00000000-0000-0000-0000-000000000000') o
  LEFT JOIN LATERAL (SELECT s.to_xid FROM audit_seals s WHERE s.org = o.org ORDER BY s.n DESC LIMIT 1) h ON true
  CROSS JOIN LATERAL (
    (SELECT to_timestamp(e.at / 1000.0) AS at FROM events e WHERE e.org = o.org AND e.xid >= COALESCE(h.to_xid, '0') ORDER BY e.xid LIMIT 1)
    UNION ALL
    (SELECT r.at FROM audit_records r WHERE r.org = o.org AND r.xid >= COALESCE(h.to_xid, '0') ORDER BY r.xid LIMIT 1)) w
$$;
REVOKE ALL ON FUNCTION audit_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_metrics() TO gantry_api, gantry_engine;
