-- What a fleet asks often: bounded journals, and runs that are open.
ALTER TABLE runs ADD COLUMN journal_bytes BIGINT NOT NULL DEFAULT 0;
UPDATE runs SET journal_bytes = (SELECT COALESCE(SUM(LENGTH(signed)), 0) FROM journal WHERE journal.run = runs.id);
CREATE INDEX runs_open ON runs (is_over, target);
