-- Tenants and their limits, single sign-on, impersonation, audit, events in order, webhooks, mail that bounced.
--
-- As in 0001: every statement can be run twice, and every unique key of a tenant's table starts with org_id.

-- --- Tenants: limits and business settings. NULL = no limit; NULL = as the service's settings say. --------------------

ALTER TABLE tenantd.organization
  ADD COLUMN IF NOT EXISTS max_members INT NULL COMMENT 'active members' AFTER settings,
  ADD COLUMN IF NOT EXISTS max_projects INT NULL AFTER max_members,
  ADD COLUMN IF NOT EXISTS max_storage_bytes BIGINT NULL AFTER max_projects,
  ADD COLUMN IF NOT EXISTS max_requests INT NULL COMMENT 'a minute, of all members and keys together' AFTER max_storage_bytes,
  ADD COLUMN IF NOT EXISTS mail_sender_name VARCHAR(100) NULL COMMENT 'NULL = the service''s' AFTER max_requests,
  ADD COLUMN IF NOT EXISTS self_approval BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'one''s own purchase request may be approved by oneself' AFTER mail_sender_name,
  ADD COLUMN IF NOT EXISTS session_idle_seconds BIGINT NULL AFTER self_approval,
  ADD COLUMN IF NOT EXISTS session_max_seconds BIGINT NULL AFTER session_idle_seconds,
  ADD COLUMN IF NOT EXISTS deactivated_at BIGINT NULL AFTER session_max_seconds;

ALTER TABLE tenantd.organization
  ADD COLUMN IF NOT EXISTS revision INT NOT NULL DEFAULT 1 COMMENT 'its ETag; counts changes' AFTER deactivated_at,
  ADD KEY IF NOT EXISTS organization_status (status, created_at, id);

-- Called once a member has become active and was counted: the row of the total is locked by its increment until the end of
-- the transaction, so that of two who join at once the second sees the first. Who changes roles joins nothing: where the
-- limit was lowered below what there is, everything goes on but joining.
DELIMITER //
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.limit_members(IN p_org BINARY(16))
BEGIN
  IF EXISTS (
    SELECT 1 FROM tenantd.organization o JOIN tenantd.member_total t ON t.org_id = o.id AND t.block = -1 AND t.status = 0
    WHERE o.id = p_org AND t.members > o.max_members) THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'limit: members';
  END IF;
END//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_inserted AFTER INSERT ON tenantd.member
FOR EACH ROW
BEGIN
  CALL tenantd.count_member(NEW.org_id, NEW.created_at >> 22, NEW.status, NEW.role_id);
  IF NEW.status = 0 THEN
    CALL tenantd.limit_members(NEW.org_id);
  END IF;
END//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_updated AFTER UPDATE ON tenantd.member
FOR EACH ROW
BEGIN
  IF NOT (OLD.role_id <=> NEW.role_id AND OLD.status <=> NEW.status AND OLD.created_at <=> NEW.created_at) THEN
    CALL tenantd.discount_member(OLD.org_id, OLD.created_at >> 22, OLD.status, OLD.role_id);
    CALL tenantd.count_member(NEW.org_id, NEW.created_at >> 22, NEW.status, NEW.role_id);
    IF NEW.status = 0 AND OLD.status <> 0 THEN
      CALL tenantd.limit_members(NEW.org_id);
    END IF;
  END IF;
END//
DELIMITER ;

-- --- Sessions: whose they are in truth, and for which organization alone they are good. ------------------------------

ALTER TABLE tenantd.session
  ADD COLUMN IF NOT EXISTS bound_org_id BINARY(16) NULL COMMENT 'signed in by this organization''s identity provider: good for it alone' AFTER org_id,
  ADD COLUMN IF NOT EXISTS actor_id BINARY(16) NULL COMMENT 'the super-admin who impersonates user_id' AFTER bound_org_id,
  ADD COLUMN IF NOT EXISTS reason VARCHAR(500) NULL COMMENT 'of an impersonation' AFTER actor_id;
ALTER TABLE tenantd.session DROP FOREIGN KEY IF EXISTS session_bound;
ALTER TABLE tenantd.session ADD CONSTRAINT session_bound FOREIGN KEY (bound_org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE;
ALTER TABLE tenantd.session DROP FOREIGN KEY IF EXISTS session_actor;
ALTER TABLE tenantd.session ADD CONSTRAINT session_actor FOREIGN KEY (actor_id) REFERENCES tenantd.user (id) ON DELETE CASCADE;

-- --- Impersonation: it ends with the super-admin's own session that began it, whatever ends that. --------------------

ALTER TABLE tenantd.session
  ADD COLUMN IF NOT EXISTS parent_id BINARY(16) NULL COMMENT 'the session that began an impersonation' AFTER reason;
ALTER TABLE tenantd.session DROP FOREIGN KEY IF EXISTS session_parent;
ALTER TABLE tenantd.session ADD CONSTRAINT session_parent FOREIGN KEY (parent_id) REFERENCES tenantd.session (id) ON DELETE CASCADE;

-- --- Sessions that administrators end, and what acted on an account --------------------------------------------------

ALTER TABLE tenantd.member
  ADD COLUMN IF NOT EXISTS sessions_ended_at BIGINT NULL COMMENT 'sessions that began before are shut out, wherever they are at home' AFTER status;
ALTER TABLE tenantd.account_event
  ADD COLUMN IF NOT EXISTS api_key_id BINARY(16) NULL COMMENT 'with which actor_id did it' AFTER actor_id;

-- --- Changes: one head an organization. Whoever writes an event or an audit row holds it until the commit, so that -----
-- --- numbers have no gaps and come in the order of the commits. ------------------------------------------------------

CREATE TABLE IF NOT EXISTS tenantd.change_head (
  org_id     BINARY(16) NOT NULL PRIMARY KEY COMMENT 'all zero = what belongs to no organization',
  event_seq  BIGINT     NOT NULL DEFAULT 0,
  audit_seq  BIGINT     NOT NULL DEFAULT 0,
  audit_hash BINARY(32) NOT NULL COMMENT 'of the newest row; zeros before the first'
) ENGINE = InnoDB;

ALTER TABLE tenantd.event
  ADD COLUMN IF NOT EXISTS seq BIGINT NULL COMMENT 'its place in the order of commits' AFTER id;
UPDATE tenantd.event e
JOIN (SELECT org_id, id, ROW_NUMBER() OVER (PARTITION BY org_id ORDER BY id) AS place FROM tenantd.event) o
  ON o.org_id = e.org_id AND o.id = e.id
SET e.seq = o.place WHERE e.seq IS NULL;
ALTER TABLE tenantd.event ADD UNIQUE KEY IF NOT EXISTS event_seq (org_id, seq);
ALTER TABLE tenantd.event ADD KEY IF NOT EXISTS event_type (org_id, type, seq);
INSERT IGNORE INTO tenantd.change_head (org_id, event_seq, audit_seq, audit_hash)
SELECT org_id, MAX(seq), 0, REPEAT('\0', 32) FROM tenantd.event GROUP BY org_id;
INSERT IGNORE INTO tenantd.change_head (org_id, event_seq, audit_seq, audit_hash)
VALUES (REPEAT('\0', 16), 0, 0, REPEAT('\0', 32));

-- Who changed what, append-only. hash: HMAC-SHA-256 over the hash before and the row, under a key outside the database,
-- so that neither a changed nor a missing row goes unseen. No foreign keys: what is told outlives what it tells of.
CREATE TABLE IF NOT EXISTS tenantd.audit_log (
  org_id          BINARY(16)   NOT NULL COMMENT 'all zero = what belongs to no organization',
  seq             BIGINT       NOT NULL,
  id              BINARY(16)   NOT NULL,
  actor_id        BINARY(16)   NULL COMMENT 'who did it; NULL = the system, or nobody signed in',
  actor_email     VARCHAR(320) COLLATE utf8mb4_bin NULL COMMENT 'as it was then',
  effective_id    BINARY(16)   NULL COMMENT 'as whom: another than the actor when impersonating',
  effective_email VARCHAR(320) COLLATE utf8mb4_bin NULL,
  api_key_id      BINARY(16)   NULL,
  action          VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resource        VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resource_id     BINARY(16)   NULL,
  old_values      MEDIUMTEXT   COLLATE utf8mb4_bin NULL COMMENT 'JSON object; secrets masked',
  new_values      MEDIUMTEXT   COLLATE utf8mb4_bin NULL COMMENT 'JSON object; secrets masked',
  address         VARCHAR(45)  CHARACTER SET ascii NOT NULL DEFAULT '',
  agent           VARCHAR(400) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  request_id      VARCHAR(128) CHARACTER SET ascii NOT NULL DEFAULT '',
  created_at      BIGINT       NOT NULL,
  hash            BINARY(32)   NOT NULL,
  PRIMARY KEY (org_id, seq),
  UNIQUE KEY audit_id (org_id, id),
  KEY audit_time (created_at, id),
  KEY audit_org_time (org_id, created_at, id),
  KEY audit_actor (actor_id, org_id, seq),
  KEY audit_resource (resource_id, org_id, seq),
  KEY audit_action (action, org_id, seq),
  KEY audit_request (request_id, org_id, seq)
) ENGINE = InnoDB;

-- --- Webhooks: who wants to hear of which events, and what became of each. -------------------------------------------

CREATE TABLE IF NOT EXISTS tenantd.webhook (
  org_id        BINARY(16)     NOT NULL,
  id            BINARY(16)     NOT NULL,
  url           VARCHAR(2000)  COLLATE utf8mb4_bin NOT NULL,
  description   VARCHAR(200)   NOT NULL DEFAULT '',
  secret_sealed VARBINARY(512) NOT NULL,
  previous_secret_sealed VARBINARY(512) NULL COMMENT 'signs beside secret_sealed until previous_until',
  previous_until BIGINT        NULL,
  events        VARCHAR(4000)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'comma-separated types; * = all',
  status        INT            NOT NULL DEFAULT 0 COMMENT '0 active, 1 paused',
  revision      INT            NOT NULL DEFAULT 1,
  created_by    BINARY(16)     NULL,
  created_at    BIGINT         NOT NULL,
  updated_at    BIGINT         NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT webhook_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.webhook_delivery (
  org_id          BINARY(16)   NOT NULL,
  webhook_id      BINARY(16)   NOT NULL,
  event_id        BINARY(16)   NOT NULL,
  event_seq       BIGINT       NOT NULL,
  status          TINYINT      NOT NULL DEFAULT 0 COMMENT '0 pending, 1 delivered, 2 dead',
  attempts        INT          NOT NULL DEFAULT 0,
  next_attempt_at BIGINT       NOT NULL COMMENT 'of one that is under way: when its lease ends',
  lease_until     BIGINT       NOT NULL DEFAULT 0,
  pending_since   BIGINT       NOT NULL COMMENT 'given up so long after this; a replay begins anew',
  response_status INT          NULL,
  duration_ms     INT          NULL,
  last_error      VARCHAR(500) NULL,
  created_at      BIGINT       NOT NULL,
  updated_at      BIGINT       NOT NULL,
  delivered_at    BIGINT       NULL,
  PRIMARY KEY (org_id, webhook_id, event_id),
  KEY delivery_due (status, next_attempt_at),
  KEY delivery_turn (status, org_id, webhook_id, next_attempt_at, event_seq),
  KEY delivery_order (org_id, webhook_id, event_seq),
  CONSTRAINT delivery_of_webhook FOREIGN KEY (org_id, webhook_id) REFERENCES tenantd.webhook (org_id, id) ON DELETE CASCADE,
  CONSTRAINT delivery_of_event FOREIGN KEY (org_id, event_id) REFERENCES tenantd.event (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;

DELIMITER //
-- A delivery of an event for every webhook that wants it.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.tell_webhooks(
  IN p_org BINARY(16), IN p_event BINARY(16), IN p_seq BIGINT, IN p_type VARCHAR(64), IN p_now BIGINT)
BEGIN
  INSERT INTO tenantd.webhook_delivery (org_id, webhook_id, event_id, event_seq, next_attempt_at, pending_since, created_at,
    updated_at)
  SELECT w.org_id, w.id, p_event, p_seq, p_now, p_now, p_now, p_now FROM tenantd.webhook w
  WHERE w.org_id = p_org AND w.status = 0 AND (w.events = '*' OR FIND_IN_SET(p_type, w.events) > 0);
END//
-- An event, at the end of its organization's order. The organization's row is locked before that end is: see lock_changes.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.append_event(
  IN p_org BINARY(16), IN p_id BINARY(16), IN p_type VARCHAR(64), IN p_actor BINARY(16), IN p_subject BINARY(16),
  IN p_data LONGTEXT, IN p_now BIGINT)
BEGIN
  DECLARE v_seq BIGINT;
  SELECT 1 INTO v_seq FROM tenantd.organization WHERE id = p_org LOCK IN SHARE MODE;
  INSERT INTO tenantd.change_head (org_id, event_seq, audit_seq, audit_hash) VALUES (p_org, 1, 0, REPEAT('\0', 32))
  ON DUPLICATE KEY UPDATE event_seq = event_seq + 1;
  SELECT event_seq INTO v_seq FROM tenantd.change_head WHERE org_id = p_org;
  INSERT INTO tenantd.event (org_id, id, seq, type, actor_id, subject_id, data, created_at)
  VALUES (p_org, p_id, v_seq, p_type, p_actor, p_subject, p_data, p_now);
  CALL tenantd.tell_webhooks(p_org, p_id, v_seq, p_type, p_now);
END//
DELIMITER ;

-- --- Single sign-on ----------------------------------------------------------------------------------------------------

-- Deleting a role that newcomers would get is refused.
CREATE TABLE IF NOT EXISTS tenantd.identity_provider (
  org_id               BINARY(16)      NOT NULL,
  id                   BINARY(16)      NOT NULL,
  kind                 VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'microsoft, google',
  client_id            VARCHAR(255)    COLLATE utf8mb4_bin NOT NULL,
  client_secret_sealed VARBINARY(1024) NOT NULL,
  azure_tenant_id      VARCHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'microsoft: the tid that its tokens must carry',
  auto_provision       BOOLEAN         NOT NULL DEFAULT FALSE,
  allowed_domains      VARCHAR(4000)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'comma-separated, lower-case A-labels',
  default_role_id      BINARY(16)      NOT NULL,
  status               INT             NOT NULL DEFAULT 0,
  revision             INT             NOT NULL DEFAULT 1,
  created_at           BIGINT          NOT NULL,
  updated_at           BIGINT          NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY identity_provider_kind (org_id, kind),
  CONSTRAINT identity_provider_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT identity_provider_role FOREIGN KEY (org_id, default_role_id) REFERENCES tenantd.role (org_id, id)
) ENGINE = InnoDB;

-- Who somebody is at an identity provider. The provider's signature says so, not a tenant.
CREATE TABLE IF NOT EXISTS tenantd.identity (
  issuer       VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject      VARCHAR(255) COLLATE utf8mb4_bin NOT NULL COMMENT 'google: sub; microsoft: oid (the issuer holds the tid)',
  user_id      BINARY(16)   NOT NULL,
  email        VARCHAR(320) COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'what the provider said last; never compared',
  created_at   BIGINT       NOT NULL,
  last_used_at BIGINT       NOT NULL,
  PRIMARY KEY (issuer, subject),
  KEY identity_user (user_id),
  CONSTRAINT identity_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- A sign-in on its way to the provider and back. Single-use: used means deleted.
CREATE TABLE IF NOT EXISTS tenantd.oauth_state (
  state        BINARY(32)      NOT NULL PRIMARY KEY COMMENT 'SHA-256',
  org_id       BINARY(16)      NOT NULL,
  provider_id  BINARY(16)      NOT NULL,
  browser      BINARY(32)      NOT NULL COMMENT 'SHA-256 of the cookie',
  user_id      BINARY(16)      NULL COMMENT 'who asked for a link to the own account',
  values_sealed VARBINARY(1024) NOT NULL COMMENT 'nonce, PKCE verifier',
  created_at   BIGINT          NOT NULL,
  expires_at   BIGINT          NOT NULL,
  KEY oauth_state_expiry (expires_at),
  CONSTRAINT oauth_state_provider FOREIGN KEY (org_id, provider_id) REFERENCES tenantd.identity_provider (org_id, id) ON DELETE CASCADE,
  CONSTRAINT oauth_state_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

ALTER TABLE tenantd.account_event
  ADD COLUMN IF NOT EXISTS method VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'of a sign-in: sso; NULL = by password' AFTER agent;

-- A sign-in that the provider has vouched for and that waits for the account's own second factor.
ALTER TABLE tenantd.one_time_token
  ADD COLUMN IF NOT EXISTS bound_org_id BINARY(16) NULL COMMENT 'second_factor: the session is to be bound to it' AFTER email;
ALTER TABLE tenantd.one_time_token DROP FOREIGN KEY IF EXISTS token_bound;
ALTER TABLE tenantd.one_time_token ADD CONSTRAINT token_bound FOREIGN KEY (bound_org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE;

-- --- Mail: how it went out, and who does not want or cannot get any -------------------------------------------------

ALTER TABLE tenantd.outbox
  ADD COLUMN IF NOT EXISTS sender_name VARCHAR(100) NULL COMMENT 'the organization''s; NULL = the service''s' AFTER recipient,
  ADD COLUMN IF NOT EXISTS provider VARCHAR(16) CHARACTER SET ascii NULL COMMENT 'that took it' AFTER sent_at,
  ADD COLUMN IF NOT EXISTS provider_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'its name for the mail' AFTER provider,
  ADD COLUMN IF NOT EXISTS bounced_at BIGINT NULL AFTER provider_id;
ALTER TABLE tenantd.outbox ADD KEY IF NOT EXISTS outbox_provider (provider, provider_id);

-- Addresses that get no mail any more.
CREATE TABLE IF NOT EXISTS tenantd.suppression (
  email      VARCHAR(320) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  id         BINARY(16)   NOT NULL,
  reason     VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'bounce, complaint, manual',
  detail     VARCHAR(500) NOT NULL DEFAULT '',
  source     VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'ses, resend, generic, smtp, operator',
  created_at BIGINT       NOT NULL,
  updated_at BIGINT       NOT NULL,
  KEY suppression_time (created_at, id)
) ENGINE = InnoDB;

-- --- Administration: what the sweeper was asked to do now ------------------------------------------------------------

CREATE TABLE IF NOT EXISTS tenantd.sweep_request (
  id           BIGINT     NOT NULL AUTO_INCREMENT PRIMARY KEY,
  requested_by BINARY(16) NULL,
  requested_at BIGINT     NOT NULL,
  finished_at  BIGINT     NULL,
  KEY sweep_request_open (finished_at, id)
) ENGINE = InnoDB;

-- What super-admins count and look through: by when it was made, by what is wrong with it.
ALTER TABLE tenantd.organization ADD KEY IF NOT EXISTS organization_kind (personal, created_at, status);
ALTER TABLE tenantd.user
  ADD KEY IF NOT EXISTS user_created (created_at, id, status),
  ADD KEY IF NOT EXISTS user_unverified (email_verified_at, created_at),
  ADD KEY IF NOT EXISTS user_locked (locked_until),
  ADD KEY IF NOT EXISTS user_factor (mfa_enabled_at);
ALTER TABLE tenantd.totp ADD KEY IF NOT EXISTS totp_locked (locked_until);
-- All that the search for attacks reads, so that it reads nothing but the index.
ALTER TABLE tenantd.account_event
  ADD KEY IF NOT EXISTS account_event_type (type, created_at, address, user_id, identity);
ALTER TABLE tenantd.outbox
  ADD KEY IF NOT EXISTS outbox_age (status, created_at),
  ADD KEY IF NOT EXISTS outbox_bounced (bounced_at),
  ADD KEY IF NOT EXISTS outbox_recipient (recipient, bounced_at);
