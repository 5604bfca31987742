-- Passkeys: public keys by which accounts sign in without a password, or show their second factor (Web Authentication).
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

CREATE TABLE IF NOT EXISTS tenantd.passkey (
  id              BINARY(16)      NOT NULL PRIMARY KEY,
  user_id         BINARY(16)      NOT NULL,
  credential      VARBINARY(1023) NOT NULL COMMENT 'its id, as the authenticator made it',
  algorithm       INT             NOT NULL COMMENT 'of COSE: -7 ES256, -8 EdDSA, -257 RS256',
  public_key      VARBINARY(600)  NOT NULL,
  aaguid          BINARY(16)      NOT NULL COMMENT 'the kind of authenticator; zeros = it does not say',
  name            VARCHAR(100)    NOT NULL,
  sign_count      BIGINT          NOT NULL COMMENT 'of its last use; one that goes back tells of a clone',
  backup_eligible BOOLEAN         NOT NULL,
  backed_up       BOOLEAN         NOT NULL,
  created_at      BIGINT          NOT NULL,
  last_used_at    BIGINT          NULL,
  UNIQUE KEY passkey_credential (credential),
  KEY passkey_of_user (user_id, created_at, id),
  CONSTRAINT passkey_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- A challenge is signed and stands nowhere until a proof has used it up: this keeps it from being used again.
CREATE TABLE IF NOT EXISTS tenantd.passkey_challenge (
  challenge  BINARY(32) NOT NULL PRIMARY KEY COMMENT 'SHA-256',
  expires_at BIGINT     NOT NULL,
  KEY passkey_challenge_expires (expires_at)
) ENGINE = InnoDB;
