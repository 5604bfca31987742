-- Organizations, users, roles, members, invites, sessions, outbox.
--
-- Base tables live in the schema `tenantd`; the application never sees them (views.sql, grants.sql).
-- Every statement can be run twice: DDL commits by itself, so a migration that was cut short is run again.
-- Ids are BINARY(16) (UUIDv7), times BIGINT seconds since 1970, status 0 = active.
-- Every unique key of a tenant's table starts with org_id, and links between tenants' tables carry it, so that no row
-- can name, steal or replace another tenant's.

CREATE TABLE IF NOT EXISTS tenantd.organization (
  id         BINARY(16)   NOT NULL PRIMARY KEY,
  name       VARCHAR(200) NOT NULL,
  slug       VARCHAR(63)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status     INT          NOT NULL DEFAULT 0,
  personal   BOOLEAN      NOT NULL DEFAULT FALSE,
  settings   JSON         NOT NULL DEFAULT '{}',
  created_at BIGINT       NOT NULL,
  updated_at BIGINT       NOT NULL,
  UNIQUE KEY slug (slug),
  KEY created (created_at, id)
) ENGINE = InnoDB;

-- email is canonical (NFKC, case-folded, A-label domain) before it gets here; compared byte by byte.
CREATE TABLE IF NOT EXISTS tenantd.user (
  id                  BINARY(16)   NOT NULL PRIMARY KEY,
  email               VARCHAR(320) COLLATE utf8mb4_bin NOT NULL,
  password            VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'PHC string; NULL = none chosen yet',
  profile             JSON         NOT NULL DEFAULT '{}',
  status              INT          NOT NULL DEFAULT 0,
  settings            JSON         NOT NULL DEFAULT '{}',
  is_super            BOOLEAN      NOT NULL DEFAULT FALSE,
  email_verified_at   BIGINT       NULL,
  failed_signins      INT          NOT NULL DEFAULT 0,
  locked_until        BIGINT       NOT NULL DEFAULT 0,
  created_at          BIGINT       NOT NULL,
  updated_at          BIGINT       NOT NULL,
  UNIQUE KEY email (email)
) ENGINE = InnoDB;

-- permissions: comma-separated names; NULL = a system role, whose permissions the program knows.
CREATE TABLE IF NOT EXISTS tenantd.role (
  org_id      BINARY(16)    NOT NULL,
  id          BINARY(16)    NOT NULL,
  name        VARCHAR(64)   NOT NULL,
  description VARCHAR(500)  NOT NULL DEFAULT '',
  permissions VARCHAR(2000) CHARACTER SET ascii NULL,
  created_at  BIGINT        NOT NULL,
  updated_at  BIGINT        NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY role_name (org_id, name),
  CONSTRAINT role_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.member (
  org_id     BINARY(16) NOT NULL,
  user_id    BINARY(16) NOT NULL,
  role_id    BINARY(16) NOT NULL,
  status     INT        NOT NULL DEFAULT 0,
  settings   JSON       NOT NULL DEFAULT '{}',
  created_at BIGINT     NOT NULL,
  updated_at BIGINT     NOT NULL,
  PRIMARY KEY (org_id, user_id),
  block      INT        AS (created_at >> 22) PERSISTENT COMMENT 'spans of 2^22 seconds, 48 days',
  KEY member_user (user_id, status, role_id),
  KEY member_role (org_id, role_id),
  KEY member_time (org_id, created_at, user_id),
  KEY member_block (org_id, block, created_at, status, role_id),
  CONSTRAINT member_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT member_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT member_has_role FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- How many members an organization has, kept by the triggers below as members change, so that statistics do not scan
-- members: per block of joining (-1 = all blocks), in all and by role. role_name is a copy, for reading without a look
-- at 5,000 roles.
CREATE TABLE IF NOT EXISTS tenantd.member_total (
  org_id  BINARY(16) NOT NULL,
  block   INT        NOT NULL,
  status  INT        NOT NULL,
  members INT        NOT NULL,
  PRIMARY KEY (org_id, block, status),
  CONSTRAINT member_total_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.member_count (
  org_id    BINARY(16)  NOT NULL,
  block     INT         NOT NULL,
  status    INT         NOT NULL,
  role_id   BINARY(16)  NOT NULL,
  role_name VARCHAR(64) NOT NULL,
  members   INT         NOT NULL,
  PRIMARY KEY (org_id, block, status, role_id),
  CONSTRAINT member_count_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

DELIMITER //
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.count_member(
  IN p_org BINARY(16), IN p_block INT, IN p_status INT, IN p_role BINARY(16))
BEGIN
  DECLARE v_name VARCHAR(64) DEFAULT (SELECT name FROM tenantd.role WHERE org_id = p_org AND id = p_role);
  INSERT INTO tenantd.member_total (org_id, block, status, members)
  VALUES (p_org, -1, p_status, 1), (p_org, p_block, p_status, 1)
  ON DUPLICATE KEY UPDATE members = members + 1;
  INSERT INTO tenantd.member_count (org_id, block, status, role_id, role_name, members)
  VALUES (p_org, -1, p_status, p_role, v_name, 1), (p_org, p_block, p_status, p_role, v_name, 1)
  ON DUPLICATE KEY UPDATE members = members + 1;
END//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.discount_member(
  IN p_org BINARY(16), IN p_block INT, IN p_status INT, IN p_role BINARY(16))
BEGIN
  UPDATE tenantd.member_total SET members = members - 1
  WHERE org_id = p_org AND block IN (-1, p_block) AND status = p_status;
  UPDATE tenantd.member_count SET members = members - 1
  WHERE org_id = p_org AND block IN (-1, p_block) AND status = p_status AND role_id = p_role;
END//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_inserted AFTER INSERT ON tenantd.member
FOR EACH ROW CALL tenantd.count_member(NEW.org_id, NEW.created_at >> 22, NEW.status, NEW.role_id)//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_deleted AFTER DELETE ON tenantd.member
FOR EACH ROW CALL tenantd.discount_member(OLD.org_id, OLD.created_at >> 22, OLD.status, OLD.role_id)//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_updated AFTER UPDATE ON tenantd.member
FOR EACH ROW
BEGIN
  IF NOT (OLD.role_id <=> NEW.role_id AND OLD.status <=> NEW.status AND OLD.created_at <=> NEW.created_at) THEN
    CALL tenantd.discount_member(OLD.org_id, OLD.created_at >> 22, OLD.status, OLD.role_id);
    CALL tenantd.count_member(NEW.org_id, NEW.created_at >> 22, NEW.status, NEW.role_id);
  END IF;
END//
-- A cascade fires no triggers: members go before what they hang on.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.user_deleted BEFORE DELETE ON tenantd.user
FOR EACH ROW DELETE FROM tenantd.member WHERE user_id = OLD.id//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.role_deleted BEFORE DELETE ON tenantd.role
FOR EACH ROW DELETE FROM tenantd.member WHERE org_id = OLD.org_id AND role_id = OLD.id//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.role_updated AFTER UPDATE ON tenantd.role
FOR EACH ROW
BEGIN
  IF NOT (BINARY OLD.name <=> BINARY NEW.name) THEN
    UPDATE tenantd.member_count SET role_name = NEW.name WHERE org_id = NEW.org_id AND role_id = NEW.id;
  END IF;
END//
DELIMITER ;

-- token: SHA-256 of the token in the mail. One pending invite per organization and address: NULLs do not collide.
CREATE TABLE IF NOT EXISTS tenantd.invite (
  org_id        BINARY(16)   NOT NULL,
  id            BINARY(16)   NOT NULL,
  token         BINARY(32)   NOT NULL,
  email         VARCHAR(320) COLLATE utf8mb4_bin NOT NULL,
  user_id       BINARY(16)   NULL COMMENT 'the account invited, when there was one',
  role_id       BINARY(16)   NOT NULL,
  invited_by    BINARY(16)   NOT NULL,
  status        INT          NOT NULL DEFAULT 0 COMMENT '0 pending, 1 accepted, 2 revoked, 3 declined, 4 expired',
  created_at    BIGINT       NOT NULL,
  updated_at    BIGINT       NOT NULL,
  expires_at    BIGINT       NOT NULL,
  pending_email VARCHAR(320) COLLATE utf8mb4_bin AS (IF(status = 0, email, NULL)) PERSISTENT,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY invite_pending (org_id, pending_email),
  KEY invite_token (token),
  KEY invite_expiry (status, expires_at),
  KEY invite_user (org_id, user_id),
  CONSTRAINT invite_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT invite_to_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT invite_by_user FOREIGN KEY (invited_by) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT invite_has_role FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- One row per sign-in. Refresh tokens are derived from (id, counter) under a key outside the database.
CREATE TABLE IF NOT EXISTS tenantd.session (
  id         BINARY(16)       NOT NULL PRIMARY KEY,
  user_id    BINARY(16)       NOT NULL,
  org_id     BINARY(16)       NULL COMMENT 'the organization of the next access token',
  counter    BIGINT           NOT NULL DEFAULT 0,
  rotated_at BIGINT           NOT NULL,
  created_at BIGINT           NOT NULL,
  expires_at BIGINT           NOT NULL COMMENT 'slides with each refresh',
  ends_at    BIGINT           NOT NULL COMMENT 'never moves',
  address    VARCHAR(45)      CHARACTER SET ascii NOT NULL DEFAULT '',
  agent      VARCHAR(400)     NOT NULL DEFAULT '',
  KEY session_user (user_id),
  KEY session_expiry (expires_at),
  CONSTRAINT session_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT session_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE SET NULL
) ENGINE = InnoDB;

-- Links in mails: address verification, password reset. Single-use: used means deleted.
CREATE TABLE IF NOT EXISTS tenantd.one_time_token (
  token      BINARY(32) NOT NULL PRIMARY KEY COMMENT 'SHA-256',
  user_id    BINARY(16) NOT NULL,
  purpose    INT        NOT NULL COMMENT '0 verify_email, 1 reset_password',
  created_at BIGINT     NOT NULL,
  expires_at BIGINT     NOT NULL,
  KEY token_user (user_id, purpose),
  KEY token_expiry (expires_at),
  CONSTRAINT token_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- The reply to a request that carried an Idempotency-Key; sealed, since it may hold tokens.
CREATE TABLE IF NOT EXISTS tenantd.idempotency (
  id         BINARY(32) NOT NULL PRIMARY KEY COMMENT 'SHA-256 of caller, route and key',
  request    BINARY(32) NOT NULL COMMENT 'HMAC-SHA-256 of the body',
  status     INT        NOT NULL DEFAULT 0 COMMENT 'HTTP status; 0 = not answered yet',
  reply      MEDIUMBLOB NULL,
  expires_at BIGINT     NOT NULL,
  KEY idempotency_expiry (expires_at)
) ENGINE = InnoDB;

-- Mail on its way. values_sealed is erased once the mail is sent: it holds the link.
CREATE TABLE IF NOT EXISTS tenantd.outbox (
  id                BINARY(16)      NOT NULL PRIMARY KEY,
  org_id            BINARY(16)      NULL,
  user_id           BINARY(16)      NULL,
  template          VARCHAR(32)     CHARACTER SET ascii NOT NULL,
  recipient         VARCHAR(320)    COLLATE utf8mb4_bin NOT NULL,
  values_sealed     VARBINARY(8192) NULL,
  status            TINYINT         NOT NULL DEFAULT 0 COMMENT '0 pending, 1 sent, 2 dead',
  attempts          INT             NOT NULL DEFAULT 0,
  next_attempt_at   BIGINT          NOT NULL,
  lease_until       BIGINT          NOT NULL DEFAULT 0,
  last_error        VARCHAR(500)    NULL,
  connection_failed BOOLEAN         NOT NULL DEFAULT FALSE,
  created_at        BIGINT          NOT NULL,
  updated_at        BIGINT          NOT NULL,
  sent_at           BIGINT          NULL,
  KEY due (status, next_attempt_at)
) ENGINE = InnoDB;

-- What happened in an organization, in the order of the ids.
CREATE TABLE IF NOT EXISTS tenantd.event (
  org_id     BINARY(16)  NOT NULL,
  id         BINARY(16)  NOT NULL,
  type       VARCHAR(64) CHARACTER SET ascii NOT NULL,
  actor_id   BINARY(16)  NULL COMMENT 'NULL = the system',
  subject_id BINARY(16)  NULL,
  data       JSON        NOT NULL DEFAULT '{}',
  created_at BIGINT      NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT event_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.sweep_run (
  id           BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  task         VARCHAR(64)  CHARACTER SET ascii NOT NULL,
  started_at   BIGINT       NOT NULL,
  duration_us  BIGINT       NOT NULL,
  rows_deleted BIGINT       NOT NULL,
  error        VARCHAR(500) NULL,
  KEY sweep_task (task, id)
) ENGINE = InnoDB;
