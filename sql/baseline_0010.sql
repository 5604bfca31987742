-- The tables as they are after the migrations up to number 10, for a database that is new: it begins here instead of going
-- through those, and later migrations follow. The suite compares the two ways.
--
-- Both MariaDB and MySQL take this text. It can be run twice: CREATE TABLE commits by itself, so a start that was cut short is
-- made again. Base tables live in the schema `tenantd`; the application never sees them (views.sql, grants.sql). Ids are
-- BINARY(16) (UUIDv7), times BIGINT seconds since 1970, status 0 = active. Every unique key of a tenant's table starts with
-- org_id, and links between tenants' tables carry it, so that no row can name, steal or replace another tenant's.

CREATE TABLE IF NOT EXISTS tenantd.organization (
  id                   BINARY(16) NOT NULL,
  name                 VARCHAR(200) NOT NULL,
  slug                 VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status               INT NOT NULL DEFAULT 0 COMMENT '0 active, 1 inactive, 2 closed: being removed',
  personal             BOOLEAN NOT NULL DEFAULT FALSE,
  require_mfa          BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'members without a second factor may do nothing here',
  settings             LONGTEXT COLLATE utf8mb4_bin NOT NULL DEFAULT ('{}') CHECK (JSON_VALID(settings)),
  max_members          INT NULL COMMENT 'active members',
  max_projects         INT NULL,
  max_storage_bytes    BIGINT NULL,
  max_requests         INT NULL COMMENT 'a minute, of all members and keys together',
  mail_sender_name     VARCHAR(100) NULL COMMENT 'NULL = the service''s',
  self_approval        BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'one''s own purchase request may be approved by oneself',
  session_idle_seconds BIGINT NULL,
  session_max_seconds  BIGINT NULL,
  invite_seconds       BIGINT NULL COMMENT 'how long an invitation is good for',
  deactivated_at       BIGINT NULL,
  closed_at            BIGINT NULL,
  revision             INT NOT NULL DEFAULT 1 COMMENT 'its ETag; counts changes',
  created_at           BIGINT NOT NULL,
  updated_at           BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY slug (slug),
  KEY created (created_at, id),
  KEY organization_status (status, created_at, id),
  KEY organization_kind (personal, created_at, status)
) ENGINE = InnoDB;

-- email is canonical (NFKC, case-folded, A-label domain) before it gets here; compared byte by byte.
CREATE TABLE IF NOT EXISTS tenantd.user (
  id                BINARY(16) NOT NULL,
  email             VARCHAR(320) COLLATE utf8mb4_bin NOT NULL,
  password          VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'PHC string; NULL = none chosen yet',
  profile           LONGTEXT COLLATE utf8mb4_bin NOT NULL DEFAULT ('{}') CHECK (JSON_VALID(profile)),
  status            INT NOT NULL DEFAULT 0,
  settings          LONGTEXT COLLATE utf8mb4_bin NOT NULL DEFAULT ('{}') CHECK (JSON_VALID(settings)),
  is_super          BOOLEAN NOT NULL DEFAULT FALSE,
  email_verified_at BIGINT NULL,
  failed_signins    INT NOT NULL DEFAULT 0,
  locked_until      BIGINT NOT NULL DEFAULT 0,
  mfa_enabled_at    BIGINT NULL COMMENT 'since when sign-in asks for a second factor',
  created_at        BIGINT NOT NULL,
  updated_at        BIGINT NOT NULL,
  generation        BIGINT NOT NULL DEFAULT 1 COMMENT 'of the sessions that begin now',
  sessions_ended    BIGINT NOT NULL DEFAULT 0 COMMENT 'sessions of this generation, and of those before, have ended',
  PRIMARY KEY (id),
  UNIQUE KEY email (email),
  KEY user_created (created_at, id, status),
  KEY user_unverified (email_verified_at, created_at),
  KEY user_locked (locked_until),
  KEY user_factor (mfa_enabled_at)
) ENGINE = InnoDB;

-- permissions: comma-separated names; NULL = a system role, whose permissions the program knows.
CREATE TABLE IF NOT EXISTS tenantd.role (
  org_id      BINARY(16) NOT NULL,
  id          BINARY(16) NOT NULL,
  name        VARCHAR(64) NOT NULL,
  description VARCHAR(500) NOT NULL DEFAULT '',
  permissions VARCHAR(2000) CHARACTER SET ascii NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  revision    INT NOT NULL DEFAULT 1 COMMENT 'its ETag; counts changes',
  PRIMARY KEY (org_id, id),
  UNIQUE KEY role_name (org_id, name),
  CONSTRAINT role_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT role_kind CHECK ((permissions IS NULL) = (BINARY name IN ('owner', 'admin', 'manager', 'member', 'viewer')))
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.member (
  org_id            BINARY(16) NOT NULL,
  user_id           BINARY(16) NOT NULL,
  role_id           BINARY(16) NOT NULL,
  role_expires_at   BIGINT NULL COMMENT 'from then on the role grants nothing; NULL = never',
  granted_by        BINARY(16) NULL COMMENT 'who let the member in, gave the role, or activated it last; NULL = nobody inside',
  status            INT NOT NULL DEFAULT 0,
  sessions_ended_at BIGINT NULL COMMENT 'sessions that began before are shut out, wherever they are at home',
  settings          LONGTEXT COLLATE utf8mb4_bin NOT NULL DEFAULT ('{}') CHECK (JSON_VALID(settings)),
  created_at        BIGINT NOT NULL,
  updated_at        BIGINT NOT NULL,
  block             INT AS (created_at >> 22) STORED COMMENT 'spans of 2^22 seconds, 48 days',
  PRIMARY KEY (org_id, user_id),
  KEY member_user (user_id, status, role_id),
  KEY member_role (org_id, role_id),
  KEY member_time (org_id, created_at, user_id),
  KEY member_block (org_id, block, created_at, status, role_id),
  KEY member_granted (org_id, granted_by, user_id),
  CONSTRAINT member_has_role FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id) ON DELETE CASCADE,
  CONSTRAINT member_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT member_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- How many members an organization has, kept by triggers (routines.sql) as members change, so that statistics do not scan
-- members: per block of joining (-1 = all blocks), in all and by role. role_name is a copy, for reading without a look
-- at 5,000 roles.
CREATE TABLE IF NOT EXISTS tenantd.member_total (
  org_id  BINARY(16) NOT NULL,
  block   INT NOT NULL,
  status  INT NOT NULL,
  members INT NOT NULL,
  PRIMARY KEY (org_id, block, status),
  CONSTRAINT member_total_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.member_count (
  org_id    BINARY(16) NOT NULL,
  block     INT NOT NULL,
  status    INT NOT NULL,
  role_id   BINARY(16) NOT NULL,
  role_name VARCHAR(64) NOT NULL,
  members   INT NOT NULL,
  PRIMARY KEY (org_id, block, status, role_id),
  CONSTRAINT member_count_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- token: SHA-256 of the token in the mail. One pending invite per organization and address: NULLs do not collide.
CREATE TABLE IF NOT EXISTS tenantd.invite (
  org_id        BINARY(16) NOT NULL,
  id            BINARY(16) NOT NULL,
  token         BINARY(32) NOT NULL,
  email         VARCHAR(320) COLLATE utf8mb4_bin NOT NULL,
  user_id       BINARY(16) NULL COMMENT 'the account invited, when there was one',
  role_id       BINARY(16) NOT NULL,
  invited_by    BINARY(16) NOT NULL,
  status        INT NOT NULL DEFAULT 0 COMMENT '0 pending, 1 accepted, 2 revoked, 3 declined, 4 expired',
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  pending_email VARCHAR(320) COLLATE utf8mb4_bin AS (IF(status = 0, email, NULL)) STORED,
  mail_id       BINARY(16) NULL COMMENT 'its newest mail in the outbox',
  by_user       BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'the account was named: its address is not shown',
  PRIMARY KEY (org_id, id),
  UNIQUE KEY invite_pending (org_id, pending_email),
  KEY invite_token (token),
  KEY invite_expiry (status, expires_at),
  KEY invite_user (org_id, user_id),
  CONSTRAINT invite_by_user FOREIGN KEY (invited_by) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT invite_has_role FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id) ON DELETE CASCADE,
  CONSTRAINT invite_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT invite_to_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- One row per sign-in. Refresh tokens are derived from (id, counter) under a key outside the database.
CREATE TABLE IF NOT EXISTS tenantd.session (
  id            BINARY(16) NOT NULL,
  user_id       BINARY(16) NOT NULL,
  org_id        BINARY(16) NULL COMMENT 'the organization of the next access token',
  bound_org_id  BINARY(16) NULL COMMENT 'signed in by this organization''s identity provider: good for it alone',
  actor_id      BINARY(16) NULL COMMENT 'the super-admin who impersonates user_id',
  reason        VARCHAR(500) NULL COMMENT 'of an impersonation',
  parent_id     BINARY(16) NULL COMMENT 'the session that began an impersonation',
  counter       BIGINT NOT NULL DEFAULT 0,
  rotated_at    BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL COMMENT 'slides with each refresh',
  ends_at       BIGINT NOT NULL COMMENT 'never moves',
  address       VARCHAR(45) CHARACTER SET ascii NOT NULL DEFAULT '',
  agent         VARCHAR(400) NOT NULL DEFAULT '',
  generation    BIGINT NOT NULL DEFAULT 1 COMMENT 'its user''s when it began, or when it outlived all others',
  born          BIGINT NOT NULL DEFAULT 1 COMMENT 'its user''s generation when it began',
  actor_ended   BIGINT NULL COMMENT 'sessions_ended of actor_id when an impersonation began',
  second_factor BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'was shown, at the sign-in or since',
  pair_used     BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'an access token of the newest pair was shown',
  PRIMARY KEY (id),
  KEY session_expiry (expires_at),
  KEY session_organization (org_id),
  KEY session_place (user_id, generation),
  KEY session_used (user_id, rotated_at),
  CONSTRAINT session_actor FOREIGN KEY (actor_id) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT session_bound FOREIGN KEY (bound_org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT session_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT session_parent FOREIGN KEY (parent_id) REFERENCES tenantd.session (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Links in mails: address verification, password reset. Single-use: used means deleted.
CREATE TABLE IF NOT EXISTS tenantd.one_time_token (
  token        BINARY(32) NOT NULL COMMENT 'SHA-256',
  user_id      BINARY(16) NOT NULL,
  purpose      INT NOT NULL COMMENT '0 verify_email, 1 reset_password, 2 change_email, 3 second_factor',
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  email        VARCHAR(320) COLLATE utf8mb4_bin NULL COMMENT 'change_email: the new address',
  bound_org_id BINARY(16) NULL COMMENT 'second_factor: the session is to be bound to it',
  PRIMARY KEY (token),
  KEY token_user (user_id, purpose),
  KEY token_expiry (expires_at),
  CONSTRAINT token_bound FOREIGN KEY (bound_org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT token_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- The reply to a request that carried an Idempotency-Key; sealed, since it may hold tokens.
CREATE TABLE IF NOT EXISTS tenantd.idempotency (
  id         BINARY(32) NOT NULL COMMENT 'SHA-256 of caller, route and key',
  caller     BINARY(32) NULL COMMENT 'SHA-256 of who asked; NULL = asked before this was kept',
  request    BINARY(32) NOT NULL COMMENT 'HMAC-SHA-256 of the body',
  status     INT NOT NULL DEFAULT 0 COMMENT 'HTTP status; 0 = not answered yet',
  reply      MEDIUMBLOB NULL,
  bytes      INT NOT NULL DEFAULT 0 COMMENT 'that the row takes; 0 = not answered yet',
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY idempotency_expiry (expires_at),
  KEY idempotency_caller (caller, expires_at, bytes)
) ENGINE = InnoDB;

-- Mail on its way. values_sealed is erased once the mail is sent: it holds the link.
CREATE TABLE IF NOT EXISTS tenantd.outbox (
  id                BINARY(16) NOT NULL,
  org_id            BINARY(16) NULL,
  user_id           BINARY(16) NULL,
  template          VARCHAR(32) CHARACTER SET ascii NOT NULL,
  recipient         VARCHAR(320) COLLATE utf8mb4_bin NOT NULL,
  sender_name       VARCHAR(100) NULL COMMENT 'the organization''s; NULL = the service''s',
  values_sealed     MEDIUMBLOB NULL,
  status            TINYINT NOT NULL DEFAULT 0 COMMENT '0 pending, 1 sent, 2 dead',
  priority          TINYINT NOT NULL DEFAULT 3 COMMENT '0 = first',
  lane              BINARY(16) AS (COALESCE(org_id, X'00000000000000000000000000000000')) STORED COMMENT 'the organization; zeros = none',
  attempts          INT NOT NULL DEFAULT 0,
  next_attempt_at   BIGINT NOT NULL,
  lease_until       BIGINT NOT NULL DEFAULT 0,
  last_error        VARCHAR(500) NULL,
  connection_failed BOOLEAN NOT NULL DEFAULT FALSE,
  created_at        BIGINT NOT NULL,
  updated_at        BIGINT NOT NULL,
  sent_at           BIGINT NULL,
  provider          VARCHAR(16) CHARACTER SET ascii NULL COMMENT 'that took it',
  provider_id       VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'its name for the mail',
  bounced_at        BIGINT NULL,
  PRIMARY KEY (id),
  KEY due (status, next_attempt_at),
  KEY outbox_provider (provider, provider_id),
  KEY outbox_age (status, created_at),
  KEY outbox_bounced (bounced_at),
  KEY outbox_recipient (recipient, bounced_at),
  KEY outbox_turn (status, priority, lane, next_attempt_at),
  KEY outbox_urgent (status, priority, next_attempt_at)
) ENGINE = InnoDB;

-- What happened in an organization, in the order of the ids.
CREATE TABLE IF NOT EXISTS tenantd.event (
  org_id     BINARY(16) NOT NULL,
  id         BINARY(16) NOT NULL,
  seq        BIGINT NULL COMMENT 'its place in the order of commits',
  type       VARCHAR(64) CHARACTER SET ascii NOT NULL,
  actor_id   BINARY(16) NULL COMMENT 'NULL = the system',
  subject_id BINARY(16) NULL,
  data       LONGTEXT COLLATE utf8mb4_bin NOT NULL DEFAULT ('{}') CHECK (JSON_VALID(data)),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY event_seq (org_id, seq),
  KEY event_type (org_id, type, seq),
  KEY event_time (created_at),
  CONSTRAINT event_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.sweep_run (
  id           BIGINT NOT NULL AUTO_INCREMENT,
  task         VARCHAR(64) CHARACTER SET ascii NOT NULL,
  started_at   BIGINT NOT NULL,
  duration_us  BIGINT NOT NULL,
  rows_deleted BIGINT NOT NULL,
  error        VARCHAR(500) NULL,
  PRIMARY KEY (id),
  KEY sweep_task (task, id)
) ENGINE = InnoDB;

-- The time-based one-time password of an account (RFC 6238). A secret counts once it was confirmed by a code; until then
-- the one before it stays in force. last_step: no code of this or an earlier step is taken again.
CREATE TABLE IF NOT EXISTS tenantd.totp (
  user_id        BINARY(16) NOT NULL,
  secret_sealed  VARBINARY(255) NULL COMMENT 'NULL = none confirmed yet',
  pending_sealed VARBINARY(255) NULL COMMENT 'waits for its first code',
  last_step      BIGINT NOT NULL DEFAULT 0,
  failures       INT NOT NULL DEFAULT 0,
  locked_until   BIGINT NOT NULL DEFAULT 0,
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  PRIMARY KEY (user_id),
  KEY totp_locked (locked_until),
  CONSTRAINT totp_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Single-use: used means deleted.
CREATE TABLE IF NOT EXISTS tenantd.recovery_code (
  user_id    BINARY(16) NOT NULL,
  code       BINARY(32) NOT NULL COMMENT 'HMAC-SHA-256 under a key outside the database',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, code),
  CONSTRAINT recovery_code_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- A key acts for its maker: it holds no more than the maker holds at the moment, and dies with that membership.
CREATE TABLE IF NOT EXISTS tenantd.api_key (
  org_id          BINARY(16) NOT NULL,
  id              BINARY(16) NOT NULL,
  token           BINARY(32) NOT NULL COMMENT 'SHA-256',
  prefix          VARCHAR(16) CHARACTER SET ascii NOT NULL COMMENT 'its first characters, to tell keys apart',
  name            VARCHAR(100) NOT NULL,
  permissions     VARCHAR(2000) CHARACTER SET ascii NOT NULL,
  created_by      BINARY(16) NOT NULL,
  member_id       BINARY(16) NULL COMMENT 'whose it is; NULL = the organization''s',
  of_organization BOOLEAN NOT NULL DEFAULT FALSE,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NULL,
  last_used_at    BIGINT NULL,
  PRIMARY KEY (org_id, id),
  KEY api_key_token (token),
  KEY api_key_maker (org_id, created_by),
  KEY api_key_member (org_id, member_id),
  CONSTRAINT api_key_of FOREIGN KEY (org_id, member_id) REFERENCES tenantd.member (org_id, user_id) ON DELETE CASCADE,
  CONSTRAINT api_key_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT api_key_whose CHECK (of_organization = (member_id IS NULL))
) ENGINE = InnoDB;

-- What happened to an account, in the order of the ids: sign-ins, passwords, factors, addresses, sessions.
-- An attempt on an address that has no account is kept without one: identity is an HMAC of what was typed.
CREATE TABLE IF NOT EXISTS tenantd.account_event (
  id         BINARY(16) NOT NULL,
  user_id    BINARY(16) NULL,
  identity   BINARY(32) NULL,
  type       VARCHAR(40) CHARACTER SET ascii NOT NULL,
  session_id BINARY(16) NULL,
  actor_id   BINARY(16) NULL COMMENT 'who did it, if not the account itself',
  api_key_id BINARY(16) NULL COMMENT 'with which actor_id did it',
  address    VARCHAR(45) CHARACTER SET ascii NOT NULL DEFAULT '',
  agent      VARCHAR(400) NOT NULL DEFAULT '',
  method     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'of a sign-in: sso; NULL = by password',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY account_event_user (user_id, id),
  KEY account_event_age (created_at),
  KEY account_event_type (type, created_at, address, user_id, identity),
  CONSTRAINT account_event_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- How far `tenantctl import` came with a file, so that a run that was cut short goes on where it stopped.
CREATE TABLE IF NOT EXISTS tenantd.import_run (
  id           BINARY(32) NOT NULL COMMENT 'SHA-256 of the file and of what it is imported into',
  rows_done    BIGINT NOT NULL,
  rows_refused BIGINT NOT NULL DEFAULT 0 COMMENT 'of those',
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.change_head (
  org_id     BINARY(16) NOT NULL COMMENT 'all zero = what belongs to no organization',
  event_seq  BIGINT NOT NULL DEFAULT 0,
  audit_seq  BIGINT NOT NULL DEFAULT 0,
  audit_hash BINARY(32) NOT NULL COMMENT 'of the newest row; zeros before the first',
  PRIMARY KEY (org_id)
) ENGINE = InnoDB;

-- Who changed what, append-only. hash: HMAC-SHA-256 over the hash before and the row, under a key outside the database,
-- so that neither a changed nor a missing row goes unseen. No foreign keys: what is told outlives what it tells of.
CREATE TABLE IF NOT EXISTS tenantd.audit_log (
  org_id          BINARY(16) NOT NULL COMMENT 'all zero = what belongs to no organization',
  seq             BIGINT NOT NULL,
  id              BINARY(16) NOT NULL,
  actor_id        BINARY(16) NULL COMMENT 'who did it; NULL = the system, or nobody signed in',
  actor_email     VARCHAR(320) COLLATE utf8mb4_bin NULL COMMENT 'as it was then',
  effective_id    BINARY(16) NULL COMMENT 'as whom: another than the actor when impersonating',
  effective_email VARCHAR(320) COLLATE utf8mb4_bin NULL,
  api_key_id      BINARY(16) NULL,
  action          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resource        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resource_id     BINARY(16) NULL,
  old_values      MEDIUMTEXT COLLATE utf8mb4_bin NULL COMMENT 'JSON object; secrets masked',
  new_values      MEDIUMTEXT COLLATE utf8mb4_bin NULL COMMENT 'JSON object; secrets masked',
  address         VARCHAR(45) CHARACTER SET ascii NOT NULL DEFAULT '',
  agent           VARCHAR(400) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  request_id      VARCHAR(128) CHARACTER SET ascii NOT NULL DEFAULT '',
  created_at      BIGINT NOT NULL,
  hash            BINARY(32) NOT NULL,
  PRIMARY KEY (org_id, seq),
  UNIQUE KEY audit_id (org_id, id),
  KEY audit_time (created_at, id),
  KEY audit_org_time (org_id, created_at, id),
  KEY audit_actor (actor_id, org_id, seq),
  KEY audit_resource (resource_id, org_id, seq),
  KEY audit_action (action, org_id, seq),
  KEY audit_request (request_id, org_id, seq)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.webhook (
  org_id                 BINARY(16) NOT NULL,
  id                     BINARY(16) NOT NULL,
  url                    VARCHAR(2000) COLLATE utf8mb4_bin NOT NULL,
  description            VARCHAR(200) NOT NULL DEFAULT '',
  secret_sealed          VARBINARY(512) NOT NULL,
  previous_secret_sealed VARBINARY(512) NULL COMMENT 'signs beside secret_sealed until previous_until',
  previous_until         BIGINT NULL,
  events                 VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'comma-separated types; * = all',
  status                 INT NOT NULL DEFAULT 0 COMMENT '0 active, 1 paused',
  cursor_seq             BIGINT NULL COMMENT 'events up to this one have been looked at',
  revision               INT NOT NULL DEFAULT 1,
  created_by             BINARY(16) NULL,
  kept_by                BINARY(16) NULL COMMENT 'who answers for it; paused once that person may not make one',
  created_at             BIGINT NOT NULL,
  updated_at             BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT webhook_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.webhook_delivery (
  org_id          BINARY(16) NOT NULL,
  webhook_id      BINARY(16) NOT NULL,
  event_id        BINARY(16) NOT NULL,
  event_seq       BIGINT NOT NULL,
  status          TINYINT NOT NULL DEFAULT 0 COMMENT '0 pending, 1 delivered, 2 dead',
  attempts        INT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT NOT NULL COMMENT 'of one that is under way: when its lease ends',
  lease_until     BIGINT NOT NULL DEFAULT 0,
  pending_since   BIGINT NOT NULL COMMENT 'given up so long after this; a replay begins anew',
  response_status INT NULL,
  duration_ms     INT NULL,
  last_error      VARCHAR(500) NULL,
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL,
  delivered_at    BIGINT NULL,
  PRIMARY KEY (org_id, webhook_id, event_id),
  KEY delivery_due (status, next_attempt_at),
  KEY delivery_turn (status, org_id, webhook_id, next_attempt_at, event_seq),
  KEY delivery_order (org_id, webhook_id, event_seq),
  CONSTRAINT delivery_of_event FOREIGN KEY (org_id, event_id) REFERENCES tenantd.event (org_id, id) ON DELETE CASCADE,
  CONSTRAINT delivery_of_webhook FOREIGN KEY (org_id, webhook_id) REFERENCES tenantd.webhook (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Deleting a role that newcomers would get is refused.
CREATE TABLE IF NOT EXISTS tenantd.identity_provider (
  org_id               BINARY(16) NOT NULL,
  id                   BINARY(16) NOT NULL,
  kind                 VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'microsoft, google',
  client_id            VARCHAR(255) COLLATE utf8mb4_bin NOT NULL,
  client_secret_sealed VARBINARY(1024) NOT NULL,
  azure_tenant_id      VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'microsoft: the tid that its tokens must carry',
  auto_provision       BOOLEAN NOT NULL DEFAULT FALSE,
  allowed_domains      VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'comma-separated, lower-case A-labels',
  default_role_id      BINARY(16) NOT NULL,
  status               INT NOT NULL DEFAULT 0,
  kept_by              BINARY(16) NULL COMMENT 'who answers for the newcomers that it lets in',
  revision             INT NOT NULL DEFAULT 1,
  created_at           BIGINT NOT NULL,
  updated_at           BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY identity_provider_kind (org_id, kind),
  CONSTRAINT identity_provider_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT identity_provider_role FOREIGN KEY (org_id, default_role_id) REFERENCES tenantd.role (org_id, id)
) ENGINE = InnoDB;

-- Who somebody is at an identity provider. The provider's signature says so, not a tenant.
CREATE TABLE IF NOT EXISTS tenantd.identity (
  issuer       VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject      VARCHAR(255) COLLATE utf8mb4_bin NOT NULL COMMENT 'google: sub; microsoft: oid (the issuer holds the tid)',
  user_id      BINARY(16) NOT NULL,
  email        VARCHAR(320) COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'what the provider said last; never compared',
  created_at   BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject),
  KEY identity_user (user_id),
  CONSTRAINT identity_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- A sign-in on its way to the provider and back. Single-use: used means deleted.
CREATE TABLE IF NOT EXISTS tenantd.oauth_state (
  state         BINARY(32) NOT NULL COMMENT 'SHA-256',
  org_id        BINARY(16) NOT NULL,
  provider_id   BINARY(16) NOT NULL,
  browser       BINARY(32) NOT NULL COMMENT 'SHA-256 of the cookie',
  user_id       BINARY(16) NULL COMMENT 'who asked for a link to the own account',
  session_id    BINARY(16) NULL COMMENT 'in which user_id asked for a link',
  values_sealed VARBINARY(1024) NOT NULL COMMENT 'nonce, PKCE verifier',
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  PRIMARY KEY (state),
  KEY oauth_state_expiry (expires_at),
  CONSTRAINT oauth_state_provider FOREIGN KEY (org_id, provider_id) REFERENCES tenantd.identity_provider (org_id, id) ON DELETE CASCADE,
  CONSTRAINT oauth_state_session FOREIGN KEY (session_id) REFERENCES tenantd.session (id) ON DELETE CASCADE,
  CONSTRAINT oauth_state_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Addresses that get no mail any more.
CREATE TABLE IF NOT EXISTS tenantd.suppression (
  email      VARCHAR(320) COLLATE utf8mb4_bin NOT NULL,
  id         BINARY(16) NOT NULL,
  reason     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'bounce, complaint, manual',
  detail     VARCHAR(500) NOT NULL DEFAULT '',
  source     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'ses, resend, generic, smtp, operator',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (email),
  KEY suppression_time (created_at, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.sweep_request (
  id           BIGINT NOT NULL AUTO_INCREMENT,
  requested_by BINARY(16) NULL,
  requested_at BIGINT NOT NULL,
  finished_at  BIGINT NULL,
  PRIMARY KEY (id),
  KEY sweep_request_open (finished_at, id)
) ENGINE = InnoDB;

-- Who was a member: whoever comes back finds the sessions from before shut out.
CREATE TABLE IF NOT EXISTS tenantd.former_member (
  org_id     BINARY(16) NOT NULL,
  user_id    BINARY(16) NOT NULL,
  removed_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, user_id),
  KEY former_member_user (user_id),
  KEY former_member_age (removed_at),
  CONSTRAINT former_member_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT former_member_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.supplier (
  org_id     BINARY(16) NOT NULL,
  id         BINARY(16) NOT NULL,
  name       VARCHAR(200) NOT NULL,
  email      VARCHAR(320) COLLATE utf8mb4_bin NULL,
  phone      VARCHAR(50) NULL,
  address    VARCHAR(500) NULL,
  revision   INT NOT NULL DEFAULT 1 COMMENT 'its ETag; counts changes',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY supplier_time (org_id, created_at, id),
  KEY supplier_name (org_id, name),
  CONSTRAINT supplier_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.warehouse (
  org_id     BINARY(16) NOT NULL,
  id         BINARY(16) NOT NULL,
  name       VARCHAR(200) NOT NULL,
  address    VARCHAR(500) NULL,
  revision   INT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY warehouse_time (org_id, created_at, id),
  KEY warehouse_name (org_id, name),
  CONSTRAINT warehouse_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- quantity: over all warehouses, kept with each movement; its row serializes the movements of one product, so that of
-- two that make it low together exactly one sees the crossing. low_untold: it became low and the reporter has not told of it;
-- kept by triggers (routines.sql), so that whoever changes low_since need not think of it.
CREATE TABLE IF NOT EXISTS tenantd.product (
  org_id        BINARY(16) NOT NULL,
  id            BINARY(16) NOT NULL,
  sku           VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  name          VARCHAR(200) NOT NULL,
  unit          VARCHAR(20) NOT NULL DEFAULT 'piece',
  reorder_level BIGINT NULL COMMENT 'low at or under it; NULL = never low',
  supplier_id   BINARY(16) NULL,
  price_minor   BIGINT NULL COMMENT 'in the smallest unit of the currency',
  currency      CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'ISO 4217',
  quantity      BIGINT NOT NULL DEFAULT 0,
  low_since     BIGINT NULL COMMENT 'NULL = not low',
  low_untold    BOOLEAN NOT NULL DEFAULT FALSE,
  revision      INT NOT NULL DEFAULT 1,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY product_sku (org_id, sku),
  KEY product_time (org_id, created_at, id),
  KEY product_low (org_id, low_since, id),
  KEY product_supplier (org_id, supplier_id, created_at, id),
  KEY product_untold (low_untold, org_id, id),
  CONSTRAINT product_has_supplier FOREIGN KEY (org_id, supplier_id) REFERENCES tenantd.supplier (org_id, id),
  CONSTRAINT product_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT product_quantity CHECK (quantity >= 0)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.stock_level (
  org_id       BINARY(16) NOT NULL,
  product_id   BINARY(16) NOT NULL,
  warehouse_id BINARY(16) NOT NULL,
  quantity     BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (org_id, product_id, warehouse_id),
  KEY stock_warehouse (org_id, warehouse_id),
  CONSTRAINT stock_level_in_warehouse FOREIGN KEY (org_id, warehouse_id) REFERENCES tenantd.warehouse (org_id, id),
  CONSTRAINT stock_level_of_product FOREIGN KEY (org_id, product_id) REFERENCES tenantd.product (org_id, id),
  CONSTRAINT stock_level_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT stock_level_quantity CHECK (quantity >= 0)
) ENGINE = InnoDB;

-- The ledger, append-only. change_by: what the movement adds to the level at warehouse_id; a transfer takes as much there
-- as it adds at to_warehouse_id. The levels are the sums of these.
CREATE TABLE IF NOT EXISTS tenantd.stock_movement (
  org_id          BINARY(16) NOT NULL,
  id              BINARY(16) NOT NULL,
  product_id      BINARY(16) NOT NULL,
  warehouse_id    BINARY(16) NOT NULL,
  to_warehouse_id BINARY(16) NULL,
  type            TINYINT NOT NULL COMMENT '0 in, 1 out, 2 adjust, 3 transfer',
  quantity        BIGINT NOT NULL COMMENT 'as asked for; of an adjustment: what was counted',
  change_by       BIGINT NOT NULL,
  level_after     BIGINT NOT NULL COMMENT 'at warehouse_id',
  reason          VARCHAR(500) NOT NULL DEFAULT '',
  created_by      BINARY(16) NULL,
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY movement_time (org_id, created_at, id),
  KEY movement_product (org_id, product_id, created_at, id),
  KEY movement_warehouse (org_id, warehouse_id, created_at, id),
  KEY movement_target (org_id, to_warehouse_id, created_at, id),
  CONSTRAINT movement_in_warehouse FOREIGN KEY (org_id, warehouse_id) REFERENCES tenantd.warehouse (org_id, id),
  CONSTRAINT movement_of_product FOREIGN KEY (org_id, product_id) REFERENCES tenantd.product (org_id, id),
  CONSTRAINT movement_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT movement_to_warehouse FOREIGN KEY (org_id, to_warehouse_id) REFERENCES tenantd.warehouse (org_id, id),
  CONSTRAINT movement_sense CHECK ((type = 3) = (to_warehouse_id IS NOT NULL) AND quantity >= 0)
) ENGINE = InnoDB;

-- number: counts the requests of an organization, for people. total_minor: of the lines that have a price, kept with them.
CREATE TABLE IF NOT EXISTS tenantd.purchase_request (
  org_id       BINARY(16) NOT NULL,
  id           BINARY(16) NOT NULL,
  number       BIGINT NOT NULL,
  title        VARCHAR(200) NOT NULL,
  warehouse_id BINARY(16) NULL COMMENT 'where it will be received',
  note         VARCHAR(2000) NOT NULL DEFAULT '',
  currency     CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'ISO 4217, of all lines',
  total_minor  BIGINT NOT NULL DEFAULT 0,
  status       TINYINT NOT NULL DEFAULT 0 COMMENT '0 draft, 1 submitted, 2 approved, 3 rejected, 4 received, 5 partially received',
  revision     INT NOT NULL DEFAULT 1,
  requested_by BINARY(16) NULL,
  submitted_at BIGINT NULL,
  decided_at   BIGINT NULL,
  received_at  BIGINT NULL,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY purchase_request_number (org_id, number),
  KEY purchase_request_time (org_id, created_at, id),
  KEY purchase_request_status (org_id, status, created_at, id),
  KEY purchase_request_draft (status, updated_at),
  KEY purchase_request_warehouse (org_id, warehouse_id),
  CONSTRAINT purchase_request_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT purchase_request_to FOREIGN KEY (org_id, warehouse_id) REFERENCES tenantd.warehouse (org_id, id),
  CONSTRAINT purchase_request_total CHECK (total_minor >= 0)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.purchase_request_line (
  org_id           BINARY(16) NOT NULL,
  request_id       BINARY(16) NOT NULL,
  position         INT NOT NULL,
  product_id       BINARY(16) NOT NULL,
  quantity         BIGINT NOT NULL,
  unit_price_minor BIGINT NULL,
  received         BIGINT NOT NULL DEFAULT 0 COMMENT 'of its quantity',
  PRIMARY KEY (org_id, request_id, position),
  KEY purchase_request_product (org_id, product_id),
  CONSTRAINT line_of_product FOREIGN KEY (org_id, product_id) REFERENCES tenantd.product (org_id, id),
  CONSTRAINT line_of_request FOREIGN KEY (org_id, request_id) REFERENCES tenantd.purchase_request (org_id, id) ON DELETE CASCADE,
  CONSTRAINT line_quantity CHECK (quantity > 0),
  CONSTRAINT line_received CHECK (received >= 0 AND received <= quantity)
) ENGINE = InnoDB;

-- The last number given: its row is locked until the commit, and no number comes twice, whatever is deleted.
CREATE TABLE IF NOT EXISTS tenantd.purchase_request_counter (
  org_id      BINARY(16) NOT NULL,
  last_number BIGINT NOT NULL,
  PRIMARY KEY (org_id),
  CONSTRAINT purchase_request_counter_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Its history, append-only: who took it to which status, and why. position: 0 draft, 1 submitted, 2 decided, 3 received, so that
-- no request is decided or received twice.
CREATE TABLE IF NOT EXISTS tenantd.purchase_request_step (
  org_id     BINARY(16) NOT NULL,
  request_id BINARY(16) NOT NULL,
  position   INT NOT NULL,
  status     TINYINT NOT NULL COMMENT 'that it has since',
  user_id    BINARY(16) NULL,
  acted_by   BINARY(16) NULL COMMENT 'the super-admin who acted in that name',
  reason     VARCHAR(2000) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, request_id, position),
  CONSTRAINT step_of_request FOREIGN KEY (org_id, request_id) REFERENCES tenantd.purchase_request (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- A request of this amount or more, in this currency, wants an approver who holds the role or one that covers it.
CREATE TABLE IF NOT EXISTS tenantd.approval_threshold (
  org_id      BINARY(16) NOT NULL,
  currency    CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  above_minor BIGINT NOT NULL,
  role_id     BINARY(16) NOT NULL,
  PRIMARY KEY (org_id, currency, above_minor),
  KEY approval_threshold_role (org_id, role_id),
  CONSTRAINT approval_threshold_of_role FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id),
  CONSTRAINT approval_threshold_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- What is counted against an organization's limits; its row serializes what adds to them.
CREATE TABLE IF NOT EXISTS tenantd.organization_usage (
  org_id        BINARY(16) NOT NULL,
  projects      BIGINT NOT NULL DEFAULT 0,
  storage_bytes BIGINT NOT NULL DEFAULT 0 COMMENT 'of files, announced ones too',
  PRIMARY KEY (org_id),
  CONSTRAINT organization_usage_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT organization_usage_counts CHECK (projects >= 0 AND storage_bytes >= 0)
) ENGINE = InnoDB;

-- search_text: the words of the row as tokens of its organization (domain/search), which the full-text index holds instead
-- of the text, so that a search reads its own rows and not those of every tenant that uses the same words.
CREATE TABLE IF NOT EXISTS tenantd.project (
  org_id      BINARY(16) NOT NULL,
  id          BINARY(16) NOT NULL,
  name        VARCHAR(200) NOT NULL,
  description TEXT NOT NULL DEFAULT (''),
  status      TINYINT NOT NULL DEFAULT 0 COMMENT '0 planned, 1 active, 2 on_hold, 3 completed, 4 archived',
  owner_id    BINARY(16) NULL COMMENT 'a member, or somebody who was one',
  starts_at   BIGINT NULL,
  ends_at     BIGINT NULL,
  tags        VARCHAR(1000) NOT NULL DEFAULT '' COMMENT 'comma-separated, in their order',
  search_text MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  revision    INT NOT NULL DEFAULT 1,
  created_by  BINARY(16) NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY project_time (org_id, created_at, id),
  KEY project_status (org_id, status, created_at, id),
  FULLTEXT KEY project_text (search_text),
  CONSTRAINT project_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT project_dates CHECK (ends_at >= starts_at)
) ENGINE = InnoDB;

-- A document may be text alone, or have a file: announced (status 1: waiting for it), then there (2).
CREATE TABLE IF NOT EXISTS tenantd.document (
  org_id            BINARY(16) NOT NULL,
  id                BINARY(16) NOT NULL,
  project_id        BINARY(16) NOT NULL,
  name              VARCHAR(300) NOT NULL,
  description       TEXT NOT NULL DEFAULT (''),
  tags              VARCHAR(1000) NOT NULL DEFAULT '',
  search_text       MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status            TINYINT NOT NULL DEFAULT 0 COMMENT '0 no file, 1 announced, 2 stored',
  content_type      VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
  size              BIGINT NULL,
  sha256            BINARY(32) NULL,
  storage_key       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'made here; says nothing of the name',
  upload_expires_at BIGINT NULL,
  uploaded_at       BIGINT NULL,
  revision          INT NOT NULL DEFAULT 1,
  created_by        BINARY(16) NULL,
  created_at        BIGINT NOT NULL,
  updated_at        BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY document_file (org_id, storage_key),
  KEY document_time (org_id, created_at, id),
  KEY document_project (org_id, project_id, created_at, id),
  KEY document_upload (status, upload_expires_at),
  KEY document_state (org_id, status, size),
  KEY document_key (storage_key),
  FULLTEXT KEY document_text (search_text),
  CONSTRAINT document_of_project FOREIGN KEY (org_id, project_id) REFERENCES tenantd.project (org_id, id),
  CONSTRAINT document_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT document_size CHECK (size >= 0)
) ENGINE = InnoDB;

-- Files that nobody names any more, for the sweeper to remove from the store.
CREATE TABLE IF NOT EXISTS tenantd.file_removal (
  storage_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  asked_at    BIGINT NOT NULL,
  PRIMARY KEY (storage_key)
) ENGINE = InnoDB;

-- What a job has done for whom: written in the transaction that does it, so that it is done once.
CREATE TABLE IF NOT EXISTS tenantd.job_run (
  job     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  org_id  BINARY(16) NOT NULL COMMENT 'zeros: of all organizations',
  due_at  BIGINT NOT NULL COMMENT 'the time that it was to run at',
  done_at BIGINT NOT NULL,
  PRIMARY KEY (job, org_id, due_at),
  KEY job_run_due (job, due_at)
) ENGINE = InnoDB;

-- Organizations that have events which some webhook may not have read: one row, however many events and webhooks.
CREATE TABLE IF NOT EXISTS tenantd.webhook_backlog (
  org_id    BINARY(16) NOT NULL,
  event_seq BIGINT NOT NULL COMMENT 'the newest event',
  PRIMARY KEY (org_id),
  CONSTRAINT webhook_backlog_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Kept by triggers (routines.sql), so that no way in goes past them. A row is locked by its change until the commit: of those that
-- would come to the limit together, each sees what the ones before have added.
CREATE TABLE IF NOT EXISTS tenantd.organization_count (
  org_id BINARY(16) NOT NULL,
  kind   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (org_id, kind),
  CONSTRAINT organization_count_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Where a chain of audit rows begins whose oldest rows were removed: hash is that of the newest removed one. Signed under the
-- key of the chain, so that nobody who writes the database alone can shorten a chain from its beginning.
CREATE TABLE IF NOT EXISTS tenantd.audit_start (
  org_id    BINARY(16) NOT NULL COMMENT 'all zero = what belongs to no organization',
  seq       BIGINT NOT NULL COMMENT 'of the newest row that was removed',
  hash      BINARY(32) NOT NULL,
  signature BINARY(32) NOT NULL COMMENT 'HMAC-SHA-256 of the three',
  cut_at    BIGINT NOT NULL,
  PRIMARY KEY (org_id)
) ENGINE = InnoDB;

-- Guesses from a network that the owner has signed in from are counted by themselves: who locks the account from
-- elsewhere does not lock its owner out.
CREATE TABLE IF NOT EXISTS tenantd.known_network (
  user_id        BINARY(16) NOT NULL,
  network        VARBINARY(8) NOT NULL COMMENT 'an IPv4 address, or the /64 of an IPv6 address',
  failed_signins INT NOT NULL DEFAULT 0,
  locked_until   BIGINT NOT NULL DEFAULT 0,
  last_used_at   BIGINT NOT NULL,
  PRIMARY KEY (user_id, network),
  KEY known_network_age (last_used_at),
  CONSTRAINT known_network_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- What holds an organization's rows, and for whom.
--
-- Who changes members, roles or owners does so one after the other: under the lock of this row. It is no row of
-- `organization`, since every insert below an organization holds that one by its foreign key: an invitation that is
-- accepted, or a document that is announced, would wait for the longest list of members that somebody works through.
CREATE TABLE IF NOT EXISTS tenantd.organization_turn (
  org_id BINARY(16) NOT NULL,
  PRIMARY KEY (org_id),
  CONSTRAINT organization_turn_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- What was ended and may still have rows: the sweeper removes those. No foreign key to the organization:
-- all zero is none, and delete_organization removes what is of one, sessions first.
CREATE TABLE IF NOT EXISTS tenantd.session_cut (
  user_id  BINARY(16) NOT NULL,
  org_id   BINARY(16) NOT NULL COMMENT 'all zero = wherever they are at home',
  ended    BIGINT NOT NULL DEFAULT 0 COMMENT 'sessions at home there, born until this generation, have ended',
  shut_out BIGINT NOT NULL DEFAULT 0 COMMENT 'sessions born until this generation do not count there',
  waiting  BOOLEAN NOT NULL DEFAULT TRUE COMMENT 'for the sweeper',
  cut_at   BIGINT NOT NULL,
  PRIMARY KEY (user_id, org_id),
  KEY session_cut_waiting (waiting, cut_at),
  KEY session_cut_organization (org_id),
  CONSTRAINT session_cut_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- The chain of changes that belong to no organization.
INSERT IGNORE INTO tenantd.change_head (org_id, event_seq, audit_seq, audit_hash) VALUES (REPEAT('\0', 16), 0, 0, REPEAT('\0', 32));
