-- The feed's index named run and sequence too, so no two entries were alike and each event wrote 44 bytes of index. All events
-- of a flush share organization and transaction: without the other two columns Postgres folds them into one entry, and a
-- reader sorts the events of one transaction, a few hundred at most, when it reads them.
CREATE INDEX events_feed_order ON events (org, xid);
DROP INDEX events_feed;
