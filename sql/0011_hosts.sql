-- Several hosts on one database: who they are, what their writes changed, and who has heard of it.
-- include/tenantd/hosts/protocol.hpp describes it.
--
-- As in 0001: every statement can be run twice.

CREATE TABLE IF NOT EXISTS tenantd.host (
  id           BINARY(16)   NOT NULL COMMENT 'of one start of tenantd',
  registration BINARY(16)   NOT NULL COMMENT 'another one when the row was removed and written again',
  beat         BIGINT       NOT NULL DEFAULT 0 COMMENT 'counts up while the host lives',
  name         VARCHAR(255) NOT NULL,
  version      VARCHAR(40)  NOT NULL,
  started_at   BIGINT       NOT NULL,
  seen_at      BIGINT       NOT NULL COMMENT 'for people: nothing follows from it',
  PRIMARY KEY (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.invalidation (
  seq     BIGINT           NOT NULL AUTO_INCREMENT,
  host_id BINARY(16)       NOT NULL COMMENT 'whose write it was',
  at_once BOOLEAN          NOT NULL COMMENT 'the writer waits for acknowledgements',
  ids     VARBINARY(16000) NOT NULL COMMENT 'users and organizations, 16 bytes each; empty = all',
  PRIMARY KEY (seq)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.invalidation_ack (
  seq     BIGINT     NOT NULL,
  host_id BINARY(16) NOT NULL COMMENT 'goes by it',
  PRIMARY KEY (seq, host_id),
  CONSTRAINT invalidation_ack_entry FOREIGN KEY (seq) REFERENCES tenantd.invalidation (seq) ON DELETE CASCADE
) ENGINE = InnoDB;
