-- Service accounts: what acts for an organization without being a person, with keys of its own.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

-- A role or permissions, never both.
CREATE TABLE IF NOT EXISTS tenantd.service_account (
  org_id      BINARY(16)    NOT NULL,
  id          BINARY(16)    NOT NULL,
  name        VARCHAR(100)  NOT NULL,
  description VARCHAR(500)  NOT NULL DEFAULT '',
  role_id     BINARY(16)    NULL COMMENT 'what it can do is what the role holds at the moment',
  permissions VARCHAR(2000) CHARACTER SET ascii NOT NULL DEFAULT '' COMMENT 'of one without a role',
  networks    VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'commas between; empty = from everywhere',
  status      TINYINT       NOT NULL DEFAULT 0 COMMENT '0 active, 1 disabled',
  created_by  BINARY(16)    NULL,
  kept_by     BINARY(16)    NULL COMMENT 'who made it or saved it last: hears of keys that end',
  revision    INT           NOT NULL DEFAULT 1,
  created_at  BIGINT        NOT NULL,
  updated_at  BIGINT        NOT NULL,
  refused_at  BIGINT        NULL COMMENT 'when a call from outside its networks was told of last',
  PRIMARY KEY (org_id, id),
  UNIQUE KEY service_account_name (org_id, name),
  KEY service_account_made (org_id, created_at, id),
  KEY service_account_role (org_id, role_id),
  CONSTRAINT service_account_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT service_account_role FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id)
) ENGINE = InnoDB;
INSERT IGNORE INTO tenantd.organization_count (org_id, kind, amount)
  SELECT id, 'service_accounts', 0 FROM tenantd.organization;

-- A key of an organization that was made before stays a key without an account.
ALTER TABLE tenantd.api_key
  ADD account_id BINARY(16) NULL COMMENT 'the service account whose key it is' AFTER of_organization,
  ADD last_used_address VARCHAR(45) CHARACTER SET ascii NULL COMMENT 'from where, at last_used_at' AFTER last_used_at,
  ADD warned_at BIGINT NULL COMMENT 'when it was told that the key ends soon' AFTER last_used_address,
  ADD KEY api_key_account (org_id, account_id),
  ADD KEY api_key_end (of_organization, expires_at),
  ADD CONSTRAINT api_key_of_account FOREIGN KEY (org_id, account_id)
    REFERENCES tenantd.service_account (org_id, id) ON DELETE CASCADE;
