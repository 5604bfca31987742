-- The link that makes the first super-admin, and how it is found out that there is one.
--
-- As in 0001: every statement can be run twice.

CREATE TABLE IF NOT EXISTS tenantd.setup_link (
  id         TINYINT    NOT NULL PRIMARY KEY COMMENT '1: the newest link is the only one',
  token      BINARY(32) NOT NULL COMMENT 'SHA-256 of the token',
  expires_at BIGINT     NOT NULL
) ENGINE = InnoDB;

ALTER TABLE tenantd.user ADD KEY user_super (is_super, id);
