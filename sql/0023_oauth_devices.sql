-- OAuth: devices that ask to be let in, clients that are told when what they hold has ended, clients that are APIs of their own,
-- and clients that register themselves.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

ALTER TABLE tenantd.oauth_client
  ADD backchannel_logout_uri VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'where it is told of sessions that end',
  ADD resource VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'the API that it is, for which others may ask for tokens',
  ADD origin TINYINT NOT NULL DEFAULT 0 COMMENT '0 = a person registered it, 1 = it registered itself';

-- Whose API an address is. One address has one owner over all organizations: nobody gets tokens for somebody else's API. No
-- view shows it; routines ask.
CREATE TABLE IF NOT EXISTS tenantd.oauth_resource (
  resource   VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  client_org BINARY(16) NOT NULL,
  client_id  BINARY(16) NOT NULL,
  PRIMARY KEY (resource),
  KEY oauth_resource_of (client_org, client_id),
  CONSTRAINT oauth_resource_client FOREIGN KEY (client_org, client_id) REFERENCES tenantd.oauth_client (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;

ALTER TABLE tenantd.oauth_code
  ADD resource VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'the API that its tokens are for; NULL = this service''s';
ALTER TABLE tenantd.client_session
  ADD resource VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'as of oauth_code';

-- With such a token a program registers itself as a client (RFC 7591).
CREATE TABLE IF NOT EXISTS tenantd.oauth_registration_token (
  id         BINARY(16) NOT NULL,
  token      BINARY(32) NOT NULL COMMENT 'SHA-256',
  name       VARCHAR(100) NOT NULL,
  uses_left  INT NOT NULL,
  created_by BINARY(16) NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY oauth_registration_token_hash (token),
  KEY oauth_registration_token_age (expires_at)
) ENGINE = InnoDB;

-- Devices without a browser (RFC 8628). A row is written before anybody has signed in, and lives ten minutes.
CREATE TABLE IF NOT EXISTS tenantd.oauth_device (
  device_code  BINARY(32) NOT NULL COMMENT 'SHA-256',
  user_code    BINARY(32) NOT NULL COMMENT 'HMAC-SHA-256: it is short, and nobody finds it by trying what a dump holds',
  client_org   BINARY(16) NOT NULL,
  client_id    BINARY(16) NOT NULL,
  scopes       VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  address      VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'of the device, for who is asked',
  status       TINYINT NOT NULL DEFAULT 0 COMMENT '0 = waits, 1 = let in, 2 = not let in',
  wait_seconds INT NOT NULL COMMENT 'between two questions',
  polled_at    BIGINT NULL,
  user_id      BINARY(16) NULL,
  session_id   BINARY(16) NULL COMMENT 'of the browser that let it in',
  org_id       BINARY(16) NULL COMMENT 'the organization that its tokens are good for',
  signed_in_at BIGINT NULL,
  methods      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'amr, a blank between',
  gave         BINARY(16) NULL COMMENT 'the session that the code was exchanged for',
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  PRIMARY KEY (device_code),
  UNIQUE KEY oauth_device_user_code (user_code),
  KEY oauth_device_of (user_id),
  KEY oauth_device_age (expires_at),
  CONSTRAINT oauth_device_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Ends of sessions that clients are still to be told of. A trigger on the sessions writes them.
CREATE TABLE IF NOT EXISTS tenantd.oauth_logout (
  session_id      BINARY(16) NOT NULL COMMENT 'that the client holds, or held',
  client_org      BINARY(16) NOT NULL,
  client_id       BINARY(16) NOT NULL,
  user_id         BINARY(16) NOT NULL,
  attempts        INT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT NOT NULL DEFAULT 0,
  lease_until     BIGINT NOT NULL DEFAULT 0,
  pending_since   BIGINT NULL COMMENT 'since the first try',
  PRIMARY KEY (session_id),
  KEY oauth_logout_turn (client_org, client_id, next_attempt_at)
) ENGINE = InnoDB;
