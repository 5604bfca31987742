-- SCIM 2.0: what an organization's directory says of its people and groups, and which roles the groups give.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

-- A member without a row was never spoken of by SCIM. A row without an account is of somebody who was invited, because the
-- address has an account that is not the organization's to let in.
CREATE TABLE IF NOT EXISTS tenantd.scim_user (
  org_id      BINARY(16)   NOT NULL,
  id          BINARY(16)   NOT NULL,
  user_id     BINARY(16)   NULL,
  user_name   VARCHAR(320) COLLATE utf8mb4_bin NOT NULL COMMENT 'as it was sent',
  name_key    VARCHAR(320) COLLATE utf8mb4_bin NOT NULL COMMENT 'the same without case',
  external_id VARCHAR(255) COLLATE utf8mb4_bin NULL,
  email       VARCHAR(320) COLLATE utf8mb4_bin NOT NULL COMMENT 'the invited address, or the one that the account had',
  active      BOOLEAN      NOT NULL DEFAULT TRUE COMMENT 'of one without an account; of others the membership says it',
  attributes  MEDIUMTEXT   COLLATE utf8mb4_bin NOT NULL COMMENT 'JSON: all else that was sent',
  created_at  BIGINT       NOT NULL,
  updated_at  BIGINT       NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY scim_user_name (org_id, name_key),
  UNIQUE KEY scim_user_account (org_id, user_id),
  KEY scim_user_external (org_id, external_id),
  KEY scim_user_email (org_id, email),
  CONSTRAINT scim_user_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT scim_user_member FOREIGN KEY (org_id, user_id) REFERENCES tenantd.member (org_id, user_id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.scim_group (
  org_id      BINARY(16)   NOT NULL,
  id          BINARY(16)   NOT NULL,
  name        VARCHAR(255) COLLATE utf8mb4_bin NOT NULL COMMENT 'as it was sent',
  name_key    VARCHAR(255) COLLATE utf8mb4_bin NOT NULL COMMENT 'the same without case',
  external_id VARCHAR(255) COLLATE utf8mb4_bin NULL,
  revision    INT          NOT NULL DEFAULT 1,
  created_at  BIGINT       NOT NULL,
  updated_at  BIGINT       NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY scim_group_name (org_id, name_key),
  KEY scim_group_external (org_id, external_id),
  CONSTRAINT scim_group_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.scim_group_member (
  org_id   BINARY(16) NOT NULL,
  group_id BINARY(16) NOT NULL,
  user     BINARY(16) NOT NULL COMMENT 'of scim_user',
  PRIMARY KEY (org_id, group_id, user),
  KEY scim_group_of (org_id, user),
  CONSTRAINT scim_group_member_group FOREIGN KEY (org_id, group_id) REFERENCES tenantd.scim_group (org_id, id) ON DELETE CASCADE,
  CONSTRAINT scim_group_member_user FOREIGN KEY (org_id, user) REFERENCES tenantd.scim_user (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Which role newcomers and the members of groups get, and who answers for it. Deleting a role that is named is refused.
CREATE TABLE IF NOT EXISTS tenantd.scim_setup (
  org_id          BINARY(16) NOT NULL,
  default_role_id BINARY(16) NOT NULL,
  kept_by         BINARY(16) NULL,
  updated_at      BIGINT     NOT NULL,
  PRIMARY KEY (org_id),
  KEY scim_setup_role (org_id, default_role_id),
  CONSTRAINT scim_setup_role FOREIGN KEY (org_id, default_role_id) REFERENCES tenantd.role (org_id, id)
) ENGINE = InnoDB;

-- The first that fits counts.
CREATE TABLE IF NOT EXISTS tenantd.scim_group_role (
  org_id   BINARY(16)   NOT NULL,
  position INT          NOT NULL,
  name     VARCHAR(255) COLLATE utf8mb4_bin NOT NULL COMMENT 'of the group, as somebody wrote it',
  name_key VARCHAR(255) COLLATE utf8mb4_bin NOT NULL COMMENT 'the same without case',
  role_id  BINARY(16)   NOT NULL,
  PRIMARY KEY (org_id, position),
  UNIQUE KEY scim_group_role_name (org_id, name_key),
  KEY scim_group_role_of (org_id, role_id),
  CONSTRAINT scim_group_role_of FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id)
) ENGINE = InnoDB;
