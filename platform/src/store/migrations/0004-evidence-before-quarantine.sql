-- Evidence of who died of what: for runs that are suspected, and for requests whose server may be gone.

-- A worker that dies while a run has it for itself may have been killed by anything. How often in a row that happened to a
-- run that got no further in between is counted, so that one coincidence doesn't put it aside.
ALTER TABLE runs ADD COLUMN alone_deaths int NOT NULL DEFAULT 0;

-- When the server that has the key last said that it is still at it. Before, a key whose server was killed was taken for a minute.
ALTER TABLE idempotency_keys ADD COLUMN held_at timestamptz NOT NULL DEFAULT now();
