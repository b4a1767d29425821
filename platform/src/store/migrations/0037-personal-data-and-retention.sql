-- Retention per kind of data, and the erasure of a person. Nothing here takes a record out of the audit trail's chain: what is purged
-- keeps its hash, and what is rewritten is bound by the hash that the record of the rewriting states.

-- What an organization chose, beside its rule for runs (retention_rules); without a row the product's default holds.
CREATE TABLE retention_kind_rules (
  org        uuid NOT NULL REFERENCES organizations (org),
  kind       text NOT NULL,
  -- Null: for ever.
  keep_days  int CHECK (keep_days BETWEEN 1 AND 36500),
  actor      json NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, kind)
);
ALTER TABLE retention_kind_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_kind_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY api ON retention_kind_rules TO gantry_api USING (org = current_setting('gantry.org', true)::uuid)
  WITH CHECK (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY engine ON retention_kind_rules TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_kind_rules TO gantry_api;
GRANT SELECT ON retention_kind_rules TO gantry_engine;

-- The entry of an archived run stays in its chain; its archive itself may go.
ALTER TABLE archived_runs ADD COLUMN content_purged_at timestamptz;
GRANT UPDATE (content_purged_at) ON archived_runs TO gantry_engine;
-- Logs that went before their run did.
ALTER TABLE log_heads ADD COLUMN purged_at timestamptz;
GRANT SELECT ON log_heads TO gantry_api;
GRANT UPDATE (purged_at) ON log_heads TO gantry_engine;

-- What retention removes and its preview counts.
GRANT DELETE ON terraform_state_versions, secret_versions, api_keys, bulk_actions, bulk_items, idempotency_keys TO gantry_engine;
GRANT SELECT ON bulk_actions, bulk_items TO gantry_engine;
CREATE POLICY engine_all ON bulk_actions TO gantry_engine USING (true) WITH CHECK (true);
CREATE POLICY engine_all ON bulk_items TO gantry_engine USING (true) WITH CHECK (true);
GRANT SELECT ON run_secrets TO gantry_api;
CREATE INDEX audit_records_age ON audit_records (org, at);

-- The hash that a rewritten event was sealed with. A rewritten record has it in `redacted`.
CREATE TABLE audit_rewritten_events (
  org    uuid NOT NULL,
  run_id uuid NOT NULL,
  seq    int NOT NULL,
  leaf   bytea NOT NULL,
  PRIMARY KEY (run_id, seq)
);
CREATE INDEX audit_rewritten_events_org ON audit_rewritten_events (org);
ALTER TABLE audit_rewritten_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_rewritten_events FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON audit_rewritten_events TO gantry_engine USING (true) WITH CHECK (true);
CREATE POLICY api ON audit_rewritten_events FOR SELECT TO gantry_api USING (org = current_setting('gantry.org', true)::uuid);
CREATE POLICY upkeep ON audit_rewritten_events TO gantry_migrator USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON audit_rewritten_events TO gantry_engine;
GRANT SELECT ON audit_rewritten_events TO gantry_api;

-- The hash that a record was sealed with, whatever became of its content since.
CREATE FUNCTION audit_sealed_leaf(r audit_records) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT COALESCE(decode(r.redacted ->> 'leaf', 'hex'), audit_record_leaf(r.org, r.id, r.at, r.actor, r.on_behalf_of, r.action,
    r.target, r.reason, r.result, r.details, r.source, r.request_id))
$$;

-- A record leaves only once its hash stands among those of a purge on record.
CREATE FUNCTION audit_purges_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM audit_purged_leaves p
      WHERE p.run_id = nullif(current_setting('gantry.audit_purge', true), '')::uuid AND p.org = OLD.org
        AND position(audit_sealed_leaf(OLD) IN p.leaves) > 0) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'The audit trail is only ever added to: % of % is refused.', TG_OP, TG_TABLE_NAME;
END $$;
DROP TRIGGER append_only_rows ON audit_records;
CREATE TRIGGER append_only_rows BEFORE DELETE ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_purges_only();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Removes up to `most` of the oldest sealed records. Their hashes stay under the id of the record `audit.purge`, which stays itself, like
-- all that say why something of the trail is gone. What is said of a run that is held stays as long as it is. Returns how many it was.
CREATE FUNCTION purge_audit(organization uuid, older_than_days int, most int, who json, details json, record uuid) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wanted uuid[];
  gone int;
BEGIN
  IF older_than_days < 90 THEN
    RAISE EXCEPTION 'Records of the audit trail are kept for 90 days at least.';
  END IF;
  SELECT array_agg(x.id ORDER BY x.xid, x.id) INTO wanted FROM (
    SELECT r.id, r.xid FROM audit_records r WHERE r.org = organization AND r.at < now() - make_interval(days => older_than_days)
      AND audit_purgeable(r) ORDER BY r.at, r.id LIMIT most FOR UPDATE) x;
  IF wanted IS NULL THEN
    RETURN 0;
  END IF;
  INSERT INTO audit_purged_leaves (org, run_id, leaves)
  SELECT organization, record, string_agg(audit_sealed_leaf(r), ''::bytea ORDER BY r.xid, r.id) FROM audit_records r WHERE r.id = ANY (wanted);
  PERFORM set_config('gantry.audit_purge', record::text, true);
  DELETE FROM audit_records WHERE org = organization AND id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('gantry.audit_purge', '', true);
  INSERT INTO audit_records (id, org, actor, action, target, result, details)
  VALUES (record, organization, who, 'audit.purge', json_build_object('purge', record, 'records', gone), 'allowed', details);
  RETURN gone;
END $$;

-- Sealed, and nothing that the trail, or a run that is held, still needs.
CREATE FUNCTION audit_purgeable(r audit_records) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT r.action NOT IN ('audit.redact', 'audit.purge', 'runs.purge')
    AND r.xid < (SELECT s.to_xid FROM audit_seals s WHERE s.org = r.org ORDER BY s.n DESC LIMIT 1)
    AND NOT EXISTS (SELECT FROM run_holds h WHERE h.org = r.org AND h.run_id::text = r.target ->> 'run')
$$;
REVOKE ALL ON FUNCTION purge_audit(uuid, int, int, json, json, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_audit(uuid, int, int, json, json, uuid) TO gantry_engine;

-- Sign-in keeps nothing that has ended. It belongs to people, not to organizations, so no organization sets this.
CREATE FUNCTION forget_ended_sign_ins(most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  t text;
  n int;
  gone int := 0;
BEGIN
  FOREACH t IN ARRAY ARRAY['session', 'verification', 'deviceCode'] LOOP
    EXECUTE format('DELETE FROM auth.%1$I WHERE id = ANY (ARRAY(SELECT id FROM auth.%1$I WHERE "expiresAt" < now() - interval ''1 day'' LIMIT $1))', t)
      USING most;
    GET DIAGNOSTICS n = ROW_COUNT;
    gone := gone + n;
  END LOOP;
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION forget_ended_sign_ins(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_ended_sign_ins(int) TO gantry_engine;

-- Content is taken out whole (redact_audit), or rewritten so that nobody is named in it any more (rewrite_audit). Either way the row keeps
-- the hash that it was sealed with, and a record says that it was done; of what was rewritten that record states the new hash.
CREATE OR REPLACE FUNCTION audit_redacts_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.redacted ->> 'leaf' = encode(audit_sealed_leaf(OLD), 'hex')
    AND (NEW.org, NEW.id, NEW.at, NEW.action, NEW.result, NEW.xid) IS NOT DISTINCT FROM (OLD.org, OLD.id, OLD.at, OLD.action, OLD.result, OLD.xid)
    AND (NEW.redacted ->> 'rewritten' = 'true' AND NEW.actor ->> 'id' = OLD.actor ->> 'id'
      OR NEW.actor::text = '{"kind":"unknown","id":"redacted","name":"redacted"}' AND NEW.target::text = '{}'
        AND num_nonnulls(NEW.on_behalf_of, NEW.reason, NEW.details, NEW.source, NEW.request_id) = 0) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'The audit trail is only ever added to: % of % is refused.', TG_OP, TG_TABLE_NAME;
END $$;

CREATE OR REPLACE FUNCTION redact_audit(organization uuid, wanted uuid[], who json, why text, record uuid) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE done uuid[];
BEGIN
  IF session_user = 'gantry_api' AND organization IS DISTINCT FROM current_setting('gantry.org', true)::uuid THEN
    RAISE EXCEPTION 'Records of another organization are not for this transaction.';
  END IF;
  WITH gone AS (
    UPDATE audit_records r SET actor = '{"kind":"unknown","id":"redacted","name":"redacted"}', on_behalf_of = NULL, target = '{}',
        reason = NULL, details = NULL, source = NULL, request_id = NULL,
        redacted = json_build_object('by', who, 'why', why, 'at', now(), 'record', record, 'leaf', encode(audit_sealed_leaf(r), 'hex'))
     WHERE org = organization AND id = ANY (wanted) AND (redacted IS NULL OR redacted ->> 'rewritten' = 'true') AND action <> 'audit.redact'
       AND xid < (SELECT max(s.to_xid) FROM audit_seals s WHERE s.org = organization)
    RETURNING id)
  SELECT array_agg(id ORDER BY id) INTO done FROM gone;
  IF done IS NOT NULL THEN
    INSERT INTO audit_records (id, org, actor, action, target, reason, result)
    VALUES (record, organization, who, 'audit.redact', json_build_object('records', done), why, 'allowed');
  END IF;
  RETURN COALESCE(cardinality(done), 0);
END $$;

-- Puts other content in the place of records (`id`) and of events of ended runs (`run`, `seq`) that are sealed. Returns how many it was;
-- `organization` null: records of the installation.
CREATE FUNCTION rewrite_audit(organization uuid, contents json, who json, why text, record uuid) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  sealed_below xid8 := (SELECT max(s.to_xid) FROM audit_seals s
    WHERE s.org = COALESCE(organization, '00000000-0000-0000-0000-000000000000'));
  done json;
  n int;
BEGIN
  INSERT INTO audit_rewritten_events (org, run_id, seq, leaf)
  SELECT e.org, e.run_id, e.seq, audit_event_leaf(e.org, e.run_id, e.seq, e.type, e.at, e.actor, e.data)
    FROM json_to_recordset(contents) AS c (run uuid, seq int) JOIN events e ON e.run_id = c.run AND e.seq = c.seq
    JOIN runs r ON r.id = e.run_id AND r.finished_at IS NOT NULL AND r.owner IS NULL
   WHERE e.org = organization AND e.xid < sealed_below
  ON CONFLICT DO NOTHING;
  WITH given AS (SELECT * FROM json_to_recordset(contents) AS c (id uuid, run uuid, seq int, actor json, on_behalf_of json, target json,
      reason text, details json, source json, data json)),
    records AS (
      UPDATE audit_records r SET actor = g.actor, on_behalf_of = g.on_behalf_of, target = g.target, reason = g.reason, details = g.details,
          source = g.source, redacted = json_build_object('by', who, 'why', why, 'at', now(), 'record', record, 'rewritten', true,
            'leaf', encode(audit_sealed_leaf(r), 'hex'))
        FROM given g WHERE r.id = g.id AND r.org IS NOT DISTINCT FROM organization AND r.xid < sealed_below AND r.action <> 'audit.redact'
      RETURNING 'record ' || r.id AS name, audit_record_leaf(r.org, r.id, r.at, r.actor, r.on_behalf_of, r.action, r.target, r.reason,
        r.result, r.details, r.source, r.request_id) AS leaf),
    happened AS (
      UPDATE events e SET actor = g.actor, data = g.data FROM given g
       WHERE e.run_id = g.run AND e.seq = g.seq AND e.org = organization
         AND EXISTS (SELECT FROM audit_rewritten_events w WHERE w.run_id = e.run_id AND w.seq = e.seq)
      RETURNING 'event ' || e.run_id || '/' || e.seq AS name, audit_event_leaf(e.org, e.run_id, e.seq, e.type, e.at, e.actor, e.data) AS leaf)
  SELECT json_object_agg(x.name, encode(x.leaf, 'hex') ORDER BY x.name), count(*) INTO done, n
    FROM (SELECT * FROM records UNION ALL SELECT * FROM happened) x;
  -- Copies of what was rewritten; a run's state follows from its events.
  UPDATE runs r SET snapshot = NULL, snapshot_seq = NULL WHERE r.snapshot IS NOT NULL AND r.finished_at IS NOT NULL
    AND r.id IN (SELECT c.run FROM json_to_recordset(contents) AS c (run uuid));
  IF n > 0 THEN
    INSERT INTO audit_records (id, org, actor, action, target, reason, result)
    VALUES (record, organization, who, 'audit.redact', json_build_object('rewritten', done), why, 'allowed');
  END IF;
  RETURN n;
END $$;
REVOKE ALL ON FUNCTION rewrite_audit(uuid, json, json, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rewrite_audit(uuid, json, json, text, uuid) TO gantry_engine;

-- People who are being erased or were: from one organization, or altogether. Belongs to the installation, and to none of them: what is left
-- names nobody. `names` is what has to be replaced, and is forgotten at the end.
CREATE TABLE person_erasures (
  id           uuid PRIMARY KEY,
  -- Null: the whole person.
  organization uuid,
  pseudonym    text NOT NULL,
  person       uuid,
  -- [{org, actor}]
  places       json NOT NULL,
  names        text[],
  token_hash   bytea NOT NULL UNIQUE,
  -- {kind, id}: no name, as it may be the person's own.
  asked_by     json NOT NULL,
  started_at   timestamptz NOT NULL DEFAULT now(),
  -- What was erased and what had to stay, counted.
  counts       jsonb NOT NULL DEFAULT '{}',
  kept         jsonb NOT NULL DEFAULT '{}',
  erased_at    timestamptz,
  receipt      text,
  signature    text
);
GRANT SELECT, UPDATE ON person_erasures TO gantry_engine;

-- From here on the person can do nothing there, and is called by a pseudonym wherever names are looked up. `scope` null: `wanted` is a
-- person, and goes from everywhere; else an actor of that organization. Returns false when there is nobody such. Whether the caller may is
-- checked by the API; an organization that would be left without an owner raises GP001.
CREATE FUNCTION begin_person_erasure(erasure uuid, scope uuid, wanted uuid, token bytea, who json) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  alias text := 'erased-' || right(erasure::text, 12);
  found_places json;
  known text[];
  human uuid;
  emails text[];
  place record;
  owned boolean;
BEGIN
  IF scope IS DISTINCT FROM nullif(current_setting('gantry.org', true), '')::uuid AND scope IS NOT NULL THEN
    RAISE EXCEPTION 'Organization % isn''t the transaction''s', scope;
  END IF;
  SELECT json_agg(json_build_object('org', a.org, 'actor', a.id) ORDER BY a.org), array_agg(DISTINCT a.name), (array_agg(a.person))[1]
    INTO found_places, known, human FROM actors a
   WHERE a.kind = 'user' AND CASE WHEN scope IS NULL THEN a.person = wanted ELSE a.org = scope AND a.id = wanted END
     AND a.name NOT LIKE 'erased-%';
  IF scope IS NULL THEN
    human := wanted;
  END IF;
  SELECT array_agg(u.email), known || array_agg(u.email) || CASE WHEN scope IS NULL THEN array_agg(u.name) END
    INTO emails, known FROM auth."user" u WHERE u.id = human HAVING count(*) > 0;
  IF emails IS NULL THEN
    emails := '{}';
    SELECT array_agg(DISTINCT a.name) INTO known FROM json_to_recordset(found_places) AS p (actor uuid) JOIN actors a ON a.id = p.actor;
  END IF;
  IF found_places IS NULL AND emails = '{}' THEN
    RETURN false;
  END IF;
  INSERT INTO person_erasures (id, organization, pseudonym, person, places, names, token_hash, asked_by)
  VALUES (erasure, scope, alias, CASE WHEN scope IS NULL THEN human END, COALESCE(found_places, '[]'),
    ARRAY(SELECT DISTINCT n FROM unnest(known) n WHERE n <> ''), token, who);
  FOR place IN SELECT * FROM json_to_recordset(found_places) AS p (org uuid, actor uuid) LOOP
    PERFORM set_config('gantry.within', place.org::text, true);
    PERFORM FROM organizations o WHERE o.org = place.org FOR NO KEY UPDATE;
    owned := has_owner(place.org);
    UPDATE actors a SET disabled_at = COALESCE(a.disabled_at, now()), name = alias, groups = '{}' WHERE a.id = place.actor;
    DELETE FROM role_bindings b WHERE b.org = place.org AND b.actor = place.actor;
    DELETE FROM team_members m WHERE m.org = place.org AND m.actor = place.actor;
    IF owned AND NOT has_owner(place.org) THEN
      RAISE EXCEPTION 'Organization % would be left without an owner', place.org USING ERRCODE = 'GP001';
    END IF;
    UPDATE api_keys k SET revoked_at = COALESCE(k.revoked_at, now()), name = '' WHERE k.org = place.org AND k.actor = place.actor;
    UPDATE approval_delegations d SET revoked_at = now() WHERE d.org = place.org AND d.revoked_at IS NULL
      AND place.actor IN (d.delegator, d.delegate);
    DELETE FROM approval_proofs p WHERE p.org = place.org AND p.actor = place.actor;
    DELETE FROM invitations i WHERE i.org = place.org AND (i.accepted_by = place.actor OR i.email = ANY (emails));
  END LOOP;
  PERFORM set_config('gantry.within', '', true);
  IF scope IS NULL THEN
    DELETE FROM auth.verification v WHERE v.value = human::text
      OR EXISTS (SELECT FROM unnest(emails) e WHERE strpos(lower(v.identifier), e) > 0 OR strpos(lower(v.value), e) > 0);
    DELETE FROM auth."user" u WHERE u.id = human;
  END IF;
  RETURN true;
END $$;

CREATE FUNCTION has_owner(of uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM role_bindings b JOIN actors a ON a.org = b.org AND a.kind = 'user' AND a.disabled_at IS NULL
      AND (a.id = b.actor OR EXISTS (SELECT FROM team_members m WHERE m.team = b.team AND m.actor = a.id))
    WHERE b.org = of AND b.role = 'owner' AND b.project IS NULL AND b.expires_at IS NULL)
$$;

-- Names that stand beside ids, in every table of the organization that has any: {kind, id, name} in columns `actor` and `…_by`, a name
-- alone in such a column, or `actor_name`. The trail itself is rewritten apart. Returns how many rows it was.
CREATE FUNCTION erase_names(erasure uuid, of uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  e person_erasures;
  whom uuid;
  t record;
  n bigint;
  total bigint := 0;
BEGIN
  SELECT * INTO e FROM person_erasures WHERE id = erasure AND erased_at IS NULL;
  SELECT p.actor INTO whom FROM json_to_recordset(e.places) AS p (org uuid, actor uuid) WHERE p.org = of;
  IF whom IS NULL THEN
    RAISE EXCEPTION 'Nobody is being erased from organization %', of;
  END IF;
  PERFORM set_config('gantry.within', of::text, true);
  FOR t IN
    SELECT x.name, quote_ident(c.attname) AS col, c.attname = 'actor_name' AS beside, c.atttypid = 'json'::regtype AS is_json
    FROM tenant_tables() x JOIN pg_attribute c ON c.attrelid = x.id AND c.attnum > 0 AND NOT c.attisdropped
    WHERE x.name NOT IN ('public.events', 'public.audit_records', 'public.archived_runs') AND (c.attname = 'actor_name'
      OR (c.attname = 'actor' OR c.attname LIKE '%\_by') AND c.atttypid IN ('json'::regtype, 'text'::regtype))
  LOOP
    IF t.is_json THEN
      EXECUTE format($q$UPDATE %1$s SET %2$s = (jsonb_set(%2$s::jsonb, '{name}', to_jsonb($3)) - 'person')::json
        WHERE org = $1 AND %2$s ->> 'id' = $2::text AND %2$s ->> 'name' <> $3$q$, t.name, t.col) USING of, whom, e.pseudonym;
    ELSIF t.beside THEN
      EXECUTE format('UPDATE %s SET actor_name = $3 WHERE org = $1 AND actor::text = $2::text AND actor_name <> $3', t.name)
        USING of, whom, e.pseudonym;
    ELSE
      EXECUTE format('UPDATE %1$s SET %2$s = $2 WHERE org = $1 AND %2$s = ANY ($3)', t.name, t.col) USING of, e.pseudonym, e.names;
    END IF;
    GET DIAGNOSTICS n = ROW_COUNT;
    total := total + n;
  END LOOP;
  -- What they said to runs; what a signed decision says stays with it.
  UPDATE inbox m SET payload = (m.payload::jsonb - 'reason' - 'text')::json WHERE m.org = of AND m.actor ->> 'id' = whom::text
    AND m.handled_at IS NOT NULL AND m.kind IN ('comment', 'pause', 'cancel', 'undo', 'override_freeze')
    AND (m.payload ->> 'reason' IS NOT NULL OR m.payload ->> 'text' IS NOT NULL);
  GET DIAGNOSTICS n = ROW_COUNT;
  PERFORM set_config('gantry.within', '', true);
  RETURN total + n;
END $$;

-- Nobody is behind the actors any more, and what names they had isn't known here either.
CREATE FUNCTION end_person_erasure(erasure uuid, written text, signed text, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE place record;
BEGIN
  FOR place IN SELECT p.* FROM person_erasures e, json_to_recordset(e.places) AS p (org uuid, actor uuid) WHERE e.id = erasure LOOP
    PERFORM set_config('gantry.within', place.org::text, true);
    UPDATE actors a SET person = NULL WHERE a.id = place.actor;
  END LOOP;
  PERFORM set_config('gantry.within', '', true);
  UPDATE person_erasures e SET erased_at = at, receipt = written, signature = signed, names = NULL, person = NULL WHERE e.id = erasure;
END $$;

-- A receipt by its token, or those of an organization, or all of them (checked by the API).
CREATE FUNCTION find_person_receipts(token bytea, of uuid, everywhere boolean)
RETURNS TABLE (id uuid, organization uuid, pseudonym text, asked_by json, started_at timestamptz, erased_at timestamptz, counts jsonb,
  kept jsonb, receipt text, signature text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.id, e.organization, e.pseudonym, e.asked_by, e.started_at, e.erased_at, e.counts, e.kept, e.receipt, e.signature
  FROM person_erasures e WHERE everywhere OR e.token_hash = token
    OR e.organization = of AND of = nullif(current_setting('gantry.org', true), '')::uuid
  ORDER BY e.started_at DESC LIMIT 1000
$$;

DO $$
DECLARE f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['begin_person_erasure(uuid, uuid, uuid, bytea, json)', 'find_person_receipts(bytea, uuid, boolean)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gantry_api', f);
  END LOOP;
  FOREACH f IN ARRAY ARRAY['erase_names(uuid, uuid)', 'end_person_erasure(uuid, text, text, timestamptz)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gantry_engine', f);
  END LOOP;
END $$;

-- Where a person is an actor. Whose person it may be is checked by the API: their own, or anybody's for who may see everywhere.
CREATE FUNCTION find_places_of_person(human uuid) RETURNS TABLE (org uuid, actor uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.org, a.id FROM actors a WHERE a.person = human ORDER BY a.org
$$;
REVOKE ALL ON FUNCTION find_places_of_person(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_places_of_person(uuid) TO gantry_api;
