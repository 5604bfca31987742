-- The OAuth 2.1 and OpenID Connect provider: clients, what accounts let them have, codes, and sessions that clients hold.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

-- No foreign key to the organization: all zero is none. remove_closed removes what is of one.
CREATE TABLE IF NOT EXISTS tenantd.oauth_client (
  org_id                       BINARY(16) NOT NULL COMMENT 'all zero = the service''s own',
  id                           BINARY(16) NOT NULL,
  name                         VARCHAR(100) NOT NULL,
  redirect_uris                VARCHAR(6000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'a comma between',
  post_logout_redirect_uris    VARCHAR(6000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_endpoint_auth_method   TINYINT NOT NULL COMMENT '0 = none, 1 = client_secret_basic, 2 = client_secret_post, 3 = private_key_jwt',
  id_token_signed_response_alg TINYINT NOT NULL COMMENT '0 = RS256, 1 = EdDSA',
  jwks                         VARCHAR(8000) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'of private_key_jwt',
  scopes                       VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'that it may ask for, a comma between',
  client_credentials           TINYINT NOT NULL COMMENT '1 = it may act for itself',
  secret                       BINARY(32) NULL COMMENT 'SHA-256',
  previous_secret              BINARY(32) NULL,
  previous_until               BIGINT NULL,
  created_by                   BINARY(16) NULL,
  revision                     INT NOT NULL DEFAULT 1,
  created_at                   BIGINT NOT NULL,
  updated_at                   BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY oauth_client_id (id),
  KEY oauth_client_made (org_id, created_at, id)
) ENGINE = InnoDB;
INSERT IGNORE INTO tenantd.organization_count (org_id, kind, amount) SELECT id, 'oauth_clients', 0 FROM tenantd.organization;

-- Clients that were ended, for the sweeper: their sessions and consents count no more, and go bit by bit.
CREATE TABLE IF NOT EXISTS tenantd.oauth_client_gone (
  client_id BINARY(16) NOT NULL,
  gone_at   BIGINT NOT NULL,
  PRIMARY KEY (client_id)
) ENGINE = InnoDB;

-- What an account has let a client have, so that it is not asked again.
CREATE TABLE IF NOT EXISTS tenantd.oauth_consent (
  user_id    BINARY(16) NOT NULL,
  client_id  BINARY(16) NOT NULL,
  client_org BINARY(16) NOT NULL,
  scopes     VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'a blank between',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, client_id),
  KEY oauth_consent_client (client_id),
  CONSTRAINT oauth_consent_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Authorization codes. One that was used stays for a while: who shows it again ends what it gave.
CREATE TABLE IF NOT EXISTS tenantd.oauth_code (
  code         BINARY(32) NOT NULL COMMENT 'SHA-256',
  client_org   BINARY(16) NOT NULL,
  client_id    BINARY(16) NOT NULL,
  user_id      BINARY(16) NOT NULL,
  session_id   BINARY(16) NOT NULL COMMENT 'of the browser',
  org_id       BINARY(16) NULL COMMENT 'the organization that its tokens are good for',
  redirect_uri VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  scopes       VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  nonce        VARCHAR(512) NULL,
  challenge    CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'of PKCE, S256',
  signed_in_at BIGINT NOT NULL,
  methods      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'amr, a blank between',
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  gave         BINARY(16) NULL COMMENT 'the session that it was exchanged for',
  PRIMARY KEY (code),
  KEY oauth_code_of (user_id, created_at),
  KEY oauth_code_age (expires_at),
  CONSTRAINT oauth_code_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Sessions that clients hold: besides what every session is.
CREATE TABLE IF NOT EXISTS tenantd.client_session (
  session_id   BINARY(16) NOT NULL,
  user_id      BINARY(16) NOT NULL,
  opener_id    BINARY(16) NOT NULL COMMENT 'the browser''s session that let the client in',
  client_org   BINARY(16) NOT NULL,
  client_id    BINARY(16) NOT NULL,
  scopes       VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  signed_in_at BIGINT NOT NULL,
  methods      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at   BIGINT NOT NULL,
  PRIMARY KEY (session_id),
  KEY client_session_of (user_id, client_id, created_at),
  KEY client_session_client (client_id),
  KEY client_session_opener (opener_id),
  CONSTRAINT client_session_is FOREIGN KEY (session_id) REFERENCES tenantd.session (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Names of assertions by which clients have authenticated: each is good once.
CREATE TABLE IF NOT EXISTS tenantd.oauth_assertion (
  id         BINARY(32) NOT NULL COMMENT 'SHA-256 of the client and its jti',
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY oauth_assertion_age (expires_at)
) ENGINE = InnoDB;
