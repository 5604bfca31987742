-- Domains that organizations have proven to be theirs, and organizations that let members in by their provider alone.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

-- A claim blocks nobody: of any number of claims one is proven.
CREATE TABLE IF NOT EXISTS tenantd.domain (
  org_id        BINARY(16)   NOT NULL,
  id            BINARY(16)   NOT NULL,
  domain        VARCHAR(253) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'lower case, A-labels',
  record_value  VARCHAR(80)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'of the TXT record that proves it',
  proven_at     BIGINT       NULL,
  checked_at    BIGINT       NULL COMMENT 'when its record was looked up last',
  missed_at     BIGINT       NULL COMMENT 'since when it was not found; NULL = it was',
  next_check_at BIGINT       NULL COMMENT 'of a proven one',
  proven_domain VARCHAR(253) CHARACTER SET ascii COLLATE ascii_bin AS (IF(proven_at IS NULL, NULL, domain)) STORED,
  created_by    BINARY(16)   NULL,
  revision      INT          NOT NULL DEFAULT 1,
  created_at    BIGINT       NOT NULL,
  updated_at    BIGINT       NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY domain_claimed (org_id, domain),
  UNIQUE KEY domain_proven (proven_domain),
  KEY domain_due (next_check_at),
  CONSTRAINT domain_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Whether its provider alone lets members in whose addresses are of a domain that it has proven.
ALTER TABLE tenantd.organization ADD sso_enforced BOOLEAN NOT NULL DEFAULT FALSE;

-- Sessions that an owner has begun without that provider: each was written down and mailed before it counts there.
CREATE TABLE IF NOT EXISTS tenantd.sso_bypass (
  session_id BINARY(16) NOT NULL,
  org_id     BINARY(16) NOT NULL,
  begun_at   BIGINT     NOT NULL,
  PRIMARY KEY (session_id, org_id),
  KEY sso_bypass_organization (org_id),
  CONSTRAINT sso_bypass_session FOREIGN KEY (session_id) REFERENCES tenantd.session (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Of a session that a client holds: the person had signed in by the organization's provider.
ALTER TABLE tenantd.client_session ADD vouched BOOLEAN NOT NULL DEFAULT FALSE;
