-- What holds an organization's rows, and for whom.
--
-- Who changes members, roles or owners does so one after the other: under the lock of this row. It is no row of
-- `organization`, since every insert below an organization holds that one by its foreign key: an invitation that is
-- accepted, or a document that is announced, would wait for the longest list of members that somebody works through.
CREATE TABLE IF NOT EXISTS tenantd.organization_turn (
  org_id BINARY(16) NOT NULL PRIMARY KEY,
  CONSTRAINT organization_turn_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

DROP TRIGGER IF EXISTS tenantd.organization_inserted;
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.organization_inserted AFTER INSERT ON tenantd.organization
FOR EACH ROW INSERT INTO tenantd.organization_turn (org_id) VALUES (NEW.id);

INSERT IGNORE INTO tenantd.organization_turn (org_id) SELECT id FROM tenantd.organization;

-- The rows under whose lock places are counted are there from the beginning: those who would make one at once deadlock.
DROP TRIGGER IF EXISTS tenantd.organization_counted;
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.organization_counted AFTER INSERT ON tenantd.organization
FOR EACH ROW INSERT INTO tenantd.organization_count (org_id, kind, amount)
  VALUES (NEW.id, 'api_keys', 0), (NEW.id, 'roles', 0), (NEW.id, 'webhooks', 0), (NEW.id, 'invites', 0);
INSERT IGNORE INTO tenantd.organization_count (org_id, kind, amount)
  SELECT o.id, k.kind, 0 FROM tenantd.organization o
  JOIN (SELECT 'api_keys' AS kind UNION SELECT 'roles' UNION SELECT 'webhooks' UNION SELECT 'invites') k;

-- Sign-in notes which organization is the active one, and waits for no organization's row. A session whose organization
-- has gone means what one means whose membership has: its next token names another.
ALTER TABLE tenantd.session DROP FOREIGN KEY IF EXISTS session_organization;
