-- Any OpenID Connect provider of an organization beside Google and Entra ID, and sign-ins by the service's own providers.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

-- Several of one kind, each by its slug. Google's and Entra's have none, so that there is one of each. Programs of before
-- see those two kinds alone: the view that they read shows no other.
ALTER TABLE tenantd.identity_provider
  ADD slug VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'oidc: its name in addresses' AFTER kind;
ALTER TABLE tenantd.identity_provider ADD UNIQUE KEY identity_provider_slug (org_id, kind, slug);
ALTER TABLE tenantd.identity_provider DROP KEY identity_provider_kind;
ALTER TABLE tenantd.identity_provider
  ADD name VARCHAR(100) NULL COMMENT 'oidc: as people read it';
ALTER TABLE tenantd.identity_provider
  ADD issuer VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'oidc: what its tokens must say, to the letter';
ALTER TABLE tenantd.identity_provider
  ADD client_auth VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'oidc: client_secret, private_key_jwt; then the secret is a key';
ALTER TABLE tenantd.identity_provider
  ADD client_jwk VARCHAR(400) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'private_key_jwt: the public half';
ALTER TABLE tenantd.identity_provider
  ADD scopes VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'oidc: asked for besides openid, email and profile';
ALTER TABLE tenantd.identity_provider
  ADD email_claim VARCHAR(100) COLLATE utf8mb4_bin NULL COMMENT 'oidc: where a token names the address';
ALTER TABLE tenantd.identity_provider
  ADD name_claim VARCHAR(100) COLLATE utf8mb4_bin NULL COMMENT 'oidc: where it names the person';
ALTER TABLE tenantd.identity_provider
  ADD groups_claim VARCHAR(100) COLLATE utf8mb4_bin NULL COMMENT 'oidc: where it names groups; NULL = none are read';
ALTER TABLE tenantd.identity_provider
  ADD trust_addresses BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'oidc: addresses of the allowed domains count without email_verified';
ALTER TABLE tenantd.identity_provider
  ADD groups_each_time BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'oidc: groups give the role at each sign-in, not at the first alone';

-- Which role the members of a provider's group get; the first that fits counts. Deleting a role that is named is refused.
CREATE TABLE IF NOT EXISTS tenantd.provider_group (
  org_id      BINARY(16)   NOT NULL,
  provider_id BINARY(16)   NOT NULL,
  position    INT          NOT NULL,
  name        VARCHAR(255) COLLATE utf8mb4_bin NOT NULL COMMENT 'as the provider writes it',
  role_id     BINARY(16)   NOT NULL,
  PRIMARY KEY (org_id, provider_id, position),
  KEY provider_group_role (org_id, role_id),
  CONSTRAINT provider_group_provider FOREIGN KEY (org_id, provider_id) REFERENCES tenantd.identity_provider (org_id, id) ON DELETE CASCADE,
  CONSTRAINT provider_group_role FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id)
) ENGINE = InnoDB;

-- A sign-in on its way to one of the service's own providers and back. Single-use: used means deleted.
CREATE TABLE IF NOT EXISTS tenantd.social_state (
  state         BINARY(32)      NOT NULL PRIMARY KEY COMMENT 'SHA-256',
  provider      VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'google, microsoft, github',
  browser       BINARY(32)      NOT NULL COMMENT 'SHA-256 of the cookie',
  user_id       BINARY(16)      NULL COMMENT 'who asked for a link to the own account',
  session_id    BINARY(16)      NULL COMMENT 'in which; the link is over with it',
  values_sealed VARBINARY(1024) NOT NULL COMMENT 'nonce, PKCE verifier',
  created_at    BIGINT          NOT NULL,
  expires_at    BIGINT          NOT NULL,
  KEY social_state_expiry (expires_at),
  KEY social_state_user (user_id),
  KEY social_state_session (session_id),
  CONSTRAINT social_state_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE,
  CONSTRAINT social_state_session FOREIGN KEY (session_id) REFERENCES tenantd.session (id) ON DELETE CASCADE
) ENGINE = InnoDB;
