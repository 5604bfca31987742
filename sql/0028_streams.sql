-- Streams: where audit rows and events are sent, in their order, and how far each receiver has them.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

-- No foreign key to the organization: all zero is the whole system. remove_closed removes what is of one.
CREATE TABLE IF NOT EXISTS tenantd.stream (
  org_id          BINARY(16)     NOT NULL COMMENT 'all zero = of the whole system: every chain',
  id              BINARY(16)     NOT NULL,
  name            VARCHAR(100)   NOT NULL,
  kind            TINYINT        NOT NULL COMMENT '0 = https, 1 = s3, 2 = syslog',
  carries         VARCHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'audit, events; a comma between',
  format          TINYINT        NOT NULL COMMENT '0 = json, 1 = ocsf',
  url             VARCHAR(2000)  COLLATE utf8mb4_bin NOT NULL,
  region          VARCHAR(64)    COLLATE utf8mb4_bin NULL COMMENT 's3',
  access_key_id   VARCHAR(128)   COLLATE utf8mb4_bin NULL COMMENT 's3',
  start           TINYINT        NOT NULL COMMENT '0 = with what happens from its making on, 1 = with the oldest row that is kept',
  secret_sealed   VARBINARY(512) NULL COMMENT 'https: signs; s3: the secret access key',
  previous_secret_sealed VARBINARY(512) NULL COMMENT 'signs beside secret_sealed until previous_until',
  previous_until  BIGINT         NULL,
  status          TINYINT        NOT NULL DEFAULT 0 COMMENT '0 active, 1 paused',
  created_by      BINARY(16)     NULL,
  kept_by         BINARY(16)     NULL,
  revision        INT            NOT NULL DEFAULT 1,
  created_at      BIGINT         NOT NULL,
  updated_at      BIGINT         NOT NULL,
  next_attempt_at BIGINT         NOT NULL DEFAULT 0,
  lease_until     BIGINT         NOT NULL DEFAULT 0 COMMENT 'a courier sends until then',
  failures        INT            NOT NULL DEFAULT 0 COMMENT 'attempts since the last that succeeded',
  last_error      VARCHAR(500)   NULL,
  delivered_at    BIGINT         NULL,
  PRIMARY KEY (org_id, id),
  KEY stream_made (org_id, created_at, id),
  KEY stream_turn (status, next_attempt_at)
) ENGINE = InnoDB;
INSERT IGNORE INTO tenantd.organization_count (org_id, kind, amount) SELECT id, 'streams', 0 FROM tenantd.organization;

-- How far a receiver has acknowledged each chain: audit_log.seq. Of a stream of an organization there is one row; of a stream of
-- the whole system one for each organization, and a chain without one is read from its beginning.
CREATE TABLE IF NOT EXISTS tenantd.stream_position (
  stream_org BINARY(16) NOT NULL,
  stream_id  BINARY(16) NOT NULL,
  org_id     BINARY(16) NOT NULL COMMENT 'whose chain; all zero = the system''s own',
  seq        BIGINT     NOT NULL,
  PRIMARY KEY (stream_org, stream_id, org_id),
  CONSTRAINT stream_position_of FOREIGN KEY (stream_org, stream_id) REFERENCES tenantd.stream (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;
