-- What leaves Gantry because something happened: who wants to know what (subscriptions), how far each organization's feed
-- was read for them (notification_cursors), what is to be sent and what became of it (deliveries), and the chat message
-- that stands for a run (notification_threads). New tables only, so the release before goes on without them.

CREATE TABLE subscriptions (
  org         uuid NOT NULL,
  id          uuid NOT NULL,
  name        text NOT NULL,
  -- Both null: the whole organization. An environment's subscription names its project too.
  project     uuid REFERENCES projects (id),
  environment text,
  -- Kinds of notices and types of events; `*` is all.
  kinds       text[] NOT NULL,
  channel     text NOT NULL CHECK (channel IN ('webhook', 'slack', 'slack-webhook', 'email')),
  -- Where to, by the channel; credentials in it are names of secrets.
  destination json NOT NULL,
  -- {from, to, timeZone, breakThrough}; null: any hour is fine.
  quiet_hours json,
  actor       text NOT NULL,
  -- Only events of later transactions are for it.
  since       xid8 NOT NULL DEFAULT pg_current_xact_id(),
  paused_at   timestamptz,
  paused_by   text,
  -- The destination asked for patience (Retry-After).
  hold_until  timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, id),
  UNIQUE (org, name),
  CHECK (environment IS NULL OR project IS NOT NULL)
);
CREATE UNIQUE INDEX subscriptions_id ON subscriptions (id);

-- Where the one reader of an organization stands; its row is locked while a page becomes deliveries, so that each event
-- becomes them once, whoever reads.
CREATE TABLE notification_cursors (
  org         uuid PRIMARY KEY,
  incarnation text NOT NULL,
  xid         xid8 NOT NULL,
  run_id      uuid NOT NULL,
  seq         int NOT NULL
);

CREATE TABLE deliveries (
  org          uuid NOT NULL,
  -- The message's id for its receiver: the same in every try.
  id           uuid NOT NULL,
  subscription uuid NOT NULL,
  -- The run whose deliveries go in order; of a test its own id.
  run_id       uuid NOT NULL,
  -- Of the event; 0 for a test.
  seq          int NOT NULL,
  kind         text NOT NULL,
  notice       json NOT NULL,
  status       text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'dead', 'failed')),
  attempts     int NOT NULL DEFAULT 0,
  due_at       timestamptz NOT NULL DEFAULT now(),
  -- Until the end of quiet hours; what follows in its run and may break through them doesn't wait for it.
  quiet_until  timestamptz,
  -- Who sends it now; the lease of one that died runs out.
  lease        uuid,
  leased_until timestamptz,
  -- What the destination said last.
  answer       json,
  created_at   timestamptz NOT NULL DEFAULT now(),
  ended_at     timestamptz,
  PRIMARY KEY (org, id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX deliveries_once ON deliveries (subscription, run_id, seq);
CREATE INDEX deliveries_line ON deliveries (subscription, run_id, seq) WHERE status = 'pending';
CREATE INDEX deliveries_due ON deliveries (subscription, due_at) WHERE status = 'pending';
CREATE INDEX deliveries_list ON deliveries (org, created_at DESC, id DESC);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- The chat message that is updated as its run goes on.
CREATE TABLE notification_threads (
  org          uuid NOT NULL,
  subscription uuid NOT NULL,
  run_id       uuid NOT NULL,
  channel      text NOT NULL,
  message      text NOT NULL,
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org, subscription, run_id)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['subscriptions', 'notification_cursors', 'deliveries', 'notification_threads'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY api ON %I TO gantry_api USING (org = current_setting(''gantry.org'', true)::uuid) '
      'WITH CHECK (org = current_setting(''gantry.org'', true)::uuid)', name);
    EXECUTE format('CREATE POLICY engine ON %I TO gantry_engine USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
-- The API can ask for a test and for a replay; that something was sent, only the one that sends it may say.
CREATE POLICY api_new ON deliveries AS RESTRICTIVE FOR INSERT TO gantry_api
  WITH CHECK (status = 'pending' AND kind = 'test' AND seq = 0 AND attempts = 0);
CREATE POLICY api_replay ON deliveries AS RESTRICTIVE FOR UPDATE TO gantry_api
  USING (status = 'dead') WITH CHECK (status = 'pending' AND attempts = 0);

GRANT SELECT, INSERT, DELETE ON subscriptions TO gantry_api;
GRANT UPDATE (paused_at, paused_by) ON subscriptions TO gantry_api;
GRANT SELECT, INSERT ON notification_cursors TO gantry_api;
GRANT SELECT, INSERT, DELETE ON deliveries TO gantry_api;
GRANT UPDATE (status, attempts, due_at, quiet_until, ended_at) ON deliveries TO gantry_api;
GRANT SELECT, DELETE ON notification_threads TO gantry_api;
GRANT SELECT ON subscriptions TO gantry_engine;
GRANT UPDATE (paused_at, paused_by, hold_until, since) ON subscriptions TO gantry_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON notification_cursors, deliveries, notification_threads TO gantry_engine;

-- Numbers over all organizations, and nothing but numbers.
CREATE FUNCTION notification_metrics() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT json_build_object(
    'pending', count(*) FILTER (WHERE status = 'pending'),
    'dead', count(*) FILTER (WHERE status = 'dead'),
    'oldestDueSeconds', COALESCE(EXTRACT(epoch FROM now() - min(due_at) FILTER (WHERE status = 'pending' AND due_at <= now())), 0))
  FROM deliveries WHERE status IN ('pending', 'dead')
$$;
CREATE INDEX deliveries_open ON deliveries (status, due_at) WHERE status IN ('pending', 'dead');
CREATE POLICY metrics ON deliveries FOR SELECT TO gantry_migrator USING (true);
REVOKE ALL ON FUNCTION notification_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notification_metrics() TO gantry_api;
