-- Codes that are mailed, how the person behind a session showed who it is, and what organizations ask of that.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

-- The newest code of each kind, and no other.
CREATE TABLE IF NOT EXISTS tenantd.mailed_code (
  user_id    BINARY(16) NOT NULL,
  purpose    TINYINT    NOT NULL COMMENT '0 = to sign in, 1 = to prove again who one is',
  browser    BINARY(32) NOT NULL COMMENT 'SHA-256 of what the browser that asked holds, or of its session',
  code       BINARY(32) NOT NULL COMMENT 'an HMAC under a key that is not in the database',
  tries      INT        NOT NULL DEFAULT 0,
  created_at BIGINT     NOT NULL,
  expires_at BIGINT     NOT NULL,
  PRIMARY KEY (user_id, purpose),
  UNIQUE KEY mailed_code_browser (browser),
  KEY mailed_code_age (expires_at),
  CONSTRAINT mailed_code_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

ALTER TABLE tenantd.session
  ADD proven_at BIGINT NULL COMMENT 'its person has shown again who it is; NULL = not since the sign-in',
  ADD methods VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'amr, a blank between; NULL = a password, or the provider that it is bound to; then second_factor says the rest';

ALTER TABLE tenantd.one_time_token
  ADD methods VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'second_factor: by which the first step was taken; NULL as in session';

ALTER TABLE tenantd.organization
  ADD require_passkey BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'sessions in which none was shown may do nothing here',
  ADD mail_code BOOLEAN NOT NULL DEFAULT TRUE COMMENT 'sessions that began by a mailed code count here';
