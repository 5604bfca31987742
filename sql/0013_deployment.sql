-- What all hosts of one database must have in common, and more of each host, for people and for the others.
-- include/tenantd/hosts/deployment.hpp describes the first.
--
-- As in 0001: every statement can be run twice.

CREATE TABLE IF NOT EXISTS tenantd.deployment (
  name     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'id, seal, refresh, or a signing key',
  value    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'of a key: one way, never the key',
  until_at BIGINT NULL COMMENT 'of a signing key: when its last token ends; NULL = for good',
  PRIMARY KEY (name)
) ENGINE = InnoDB;

ALTER TABLE tenantd.host
  ADD address VARCHAR(255) NOT NULL DEFAULT '' COMMENT 'where the database sees it',
  ADD kids    VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT ''
              COMMENT 'signing keys that it verifies, blanks between; empty = it does not tell',
  ADD files   VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT ''
              COMMENT 's3, local or shared; empty = it does not tell',
  ADD lag_us  BIGINT NOT NULL DEFAULT 0 COMMENT 'longest time between two polls of late',
  ADD overdue INT NOT NULL DEFAULT 0 COMMENT 'replies that waited for it in vain';
