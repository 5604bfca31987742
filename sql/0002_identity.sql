-- Second factors, API keys, what happened to accounts, expiring assignments, delivery of invitations.
--
-- As in 0001: every statement can be run twice, and every unique key of a tenant's table starts with org_id.

ALTER TABLE tenantd.user
  ADD COLUMN IF NOT EXISTS mfa_enabled_at BIGINT NULL COMMENT 'since when sign-in asks for a second factor' AFTER locked_until;

ALTER TABLE tenantd.organization
  ADD COLUMN IF NOT EXISTS require_mfa BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'members without a second factor may do nothing here' AFTER personal;

ALTER TABLE tenantd.role
  ADD COLUMN IF NOT EXISTS revision INT NOT NULL DEFAULT 1 COMMENT 'its ETag; counts changes';

-- What a system role may is written nowhere but in the program: no row becomes one or ceases to be one, and no other
-- bears the name of one.
ALTER TABLE tenantd.role DROP CONSTRAINT IF EXISTS role_kind;
ALTER TABLE tenantd.role ADD CONSTRAINT role_kind
  CHECK ((permissions IS NULL) = (BINARY name IN ('owner', 'admin', 'manager', 'member', 'viewer')));

DELIMITER //
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.role_kept BEFORE UPDATE ON tenantd.role
FOR EACH ROW
BEGIN
  IF (OLD.permissions IS NULL OR NEW.permissions IS NULL)
     AND NOT (OLD.permissions <=> NEW.permissions AND BINARY OLD.name <=> BINARY NEW.name) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a system role stays as it is';
  END IF;
END//
-- The end of an organization takes its roles along without this: a cascade fires no triggers.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.role_deleted BEFORE DELETE ON tenantd.role
FOR EACH ROW
BEGIN
  IF OLD.permissions IS NULL OR EXISTS (SELECT 1 FROM tenantd.member WHERE org_id = OLD.org_id AND role_id = OLD.id) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a system role stays, and so does one that members hold';
  END IF;
END//
DELIMITER ;

ALTER TABLE tenantd.member
  ADD COLUMN IF NOT EXISTS role_expires_at BIGINT NULL COMMENT 'from then on the role grants nothing; NULL = never' AFTER role_id;

ALTER TABLE tenantd.invite
  ADD COLUMN IF NOT EXISTS mail_id BINARY(16) NULL COMMENT 'its newest mail in the outbox',
  ADD COLUMN IF NOT EXISTS by_user BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'the account was named: its address is not shown';

-- purpose: 0 verify_email, 1 reset_password, 2 change_email, 3 second_factor (between password and code).
ALTER TABLE tenantd.one_time_token
  MODIFY COLUMN purpose INT NOT NULL COMMENT '0 verify_email, 1 reset_password, 2 change_email, 3 second_factor',
  ADD COLUMN IF NOT EXISTS email VARCHAR(320) COLLATE utf8mb4_bin NULL COMMENT 'change_email: the new address';

-- The time-based one-time password of an account (RFC 6238). A secret counts once it was confirmed by a code; until then
-- the one before it stays in force. last_step: no code of this or an earlier step is taken again.
CREATE TABLE IF NOT EXISTS tenantd.totp (
  user_id        BINARY(16)     NOT NULL PRIMARY KEY,
  secret_sealed  VARBINARY(255) NULL COMMENT 'NULL = none confirmed yet',
  pending_sealed VARBINARY(255) NULL COMMENT 'waits for its first code',
  last_step      BIGINT         NOT NULL DEFAULT 0,
  failures       INT            NOT NULL DEFAULT 0,
  locked_until   BIGINT         NOT NULL DEFAULT 0,
  created_at     BIGINT         NOT NULL,
  updated_at     BIGINT         NOT NULL,
  CONSTRAINT totp_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Single-use: used means deleted.
CREATE TABLE IF NOT EXISTS tenantd.recovery_code (
  user_id    BINARY(16) NOT NULL,
  code       BINARY(32) NOT NULL COMMENT 'HMAC-SHA-256 under a key outside the database',
  created_at BIGINT     NOT NULL,
  PRIMARY KEY (user_id, code),
  CONSTRAINT recovery_code_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- A key acts for its maker: it holds no more than the maker holds at the moment, and dies with that membership.
CREATE TABLE IF NOT EXISTS tenantd.api_key (
  org_id       BINARY(16)    NOT NULL,
  id           BINARY(16)    NOT NULL,
  token        BINARY(32)    NOT NULL COMMENT 'SHA-256',
  prefix       VARCHAR(16)   CHARACTER SET ascii NOT NULL COMMENT 'its first characters, to tell keys apart',
  name         VARCHAR(100)  NOT NULL,
  permissions  VARCHAR(2000) CHARACTER SET ascii NOT NULL,
  created_by   BINARY(16)    NOT NULL,
  created_at   BIGINT        NOT NULL,
  expires_at   BIGINT        NULL,
  last_used_at BIGINT        NULL,
  PRIMARY KEY (org_id, id),
  KEY api_key_token (token),
  KEY api_key_maker (org_id, created_by),
  CONSTRAINT api_key_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT api_key_of_member FOREIGN KEY (org_id, created_by) REFERENCES tenantd.member (org_id, user_id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- What happened to an account, in the order of the ids: sign-ins, passwords, factors, addresses, sessions.
-- An attempt on an address that has no account is kept without one: identity is an HMAC of what was typed.
CREATE TABLE IF NOT EXISTS tenantd.account_event (
  id         BINARY(16)   NOT NULL PRIMARY KEY,
  user_id    BINARY(16)   NULL,
  identity   BINARY(32)   NULL,
  type       VARCHAR(40)  CHARACTER SET ascii NOT NULL,
  session_id BINARY(16)   NULL,
  actor_id   BINARY(16)   NULL COMMENT 'who did it, if not the account itself',
  address    VARCHAR(45)  CHARACTER SET ascii NOT NULL DEFAULT '',
  agent      VARCHAR(400) NOT NULL DEFAULT '',
  created_at BIGINT       NOT NULL,
  KEY account_event_user (user_id, id),
  KEY account_event_age (created_at),
  CONSTRAINT account_event_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- How far `tenantctl import` came with a file, so that a run that was cut short goes on where it stopped.
CREATE TABLE IF NOT EXISTS tenantd.import_run (
  id           BINARY(32) NOT NULL PRIMARY KEY COMMENT 'SHA-256 of the file and of what it is imported into',
  rows_done    BIGINT     NOT NULL,
  rows_refused BIGINT     NOT NULL DEFAULT 0 COMMENT 'of those',
  created_at   BIGINT     NOT NULL,
  updated_at   BIGINT     NOT NULL
) ENGINE = InnoDB;
