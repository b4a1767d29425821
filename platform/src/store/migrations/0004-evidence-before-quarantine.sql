-- A worker that dies while a run has it for itself may have been killed by anything. How often in a row that happened to a
-- run that got no further in between is counted, so that one coincidence doesn't put it aside.
ALTER TABLE runs ADD COLUMN alone_deaths int NOT NULL DEFAULT 0;
