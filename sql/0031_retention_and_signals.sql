-- Retention: how many rows each table has about, how old the oldest is, and what the sweeper removed last. Streams of security
-- event tokens.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

CREATE TABLE IF NOT EXISTS tenantd.kept (
  name           VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'a table, or a task of the sweeper',
  rows_estimated BIGINT NULL COMMENT 'of the table, by the statistics of the database',
  oldest_at      BIGINT NULL COMMENT 'of what the task removes: the time of the oldest row that it goes by',
  looked_at      BIGINT NULL COMMENT 'when the two were read',
  removed_at     BIGINT NULL COMMENT 'when the task removed something last',
  removed_rows   BIGINT NULL COMMENT 'how many rows, then',
  PRIMARY KEY (name)
) ENGINE = InnoDB;

-- What the sweeper goes by, where it had no index.
ALTER TABLE tenantd.sweep_run ADD KEY sweep_run_age (started_at);
ALTER TABLE tenantd.import_run ADD KEY import_run_age (updated_at);

-- Streams of security event tokens (kind 3): whom they are for. What such a stream shows as Authorization is in secret_sealed.
ALTER TABLE tenantd.stream ADD COLUMN audience VARCHAR(255) COLLATE utf8mb4_bin NULL COMMENT 'shared_signals' AFTER access_key_id;
