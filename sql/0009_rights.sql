-- Who answers for what grants or sends by itself, and for how long.
--
-- As in 0001: every statement can be run twice.

-- A webhook sends as long as somebody who may make one answers for it: who made it, or saved it last. When that person is
-- removed, deactivated, or has the right no longer for good, it is paused until somebody else who may saves it as active.
ALTER TABLE tenantd.webhook
  ADD COLUMN IF NOT EXISTS kept_by BINARY(16) NULL COMMENT 'who answers for it; paused once that person may not make one' AFTER created_by;
UPDATE tenantd.webhook SET kept_by = created_by WHERE kept_by IS NULL;
UPDATE tenantd.webhook w SET w.status = 1, w.revision = w.revision + 1
WHERE w.status = 0 AND NOT EXISTS (
  SELECT 1 FROM tenantd.member m JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  WHERE m.org_id = w.org_id AND m.user_id = w.kept_by AND m.status = 0 AND m.role_expires_at IS NULL
    AND IF(r.permissions IS NULL, r.name IN ('owner', 'admin'), FIND_IN_SET('webhooks:manage', r.permissions) > 0));

-- An identity provider lets newcomers in as long as somebody answers for it who could let them in. Who made the ones of
-- before is not known: their organization's first owner answers for them.
ALTER TABLE tenantd.identity_provider
  ADD COLUMN IF NOT EXISTS kept_by BINARY(16) NULL COMMENT 'who answers for the newcomers that it lets in' AFTER status;
UPDATE tenantd.identity_provider p SET p.kept_by = (
  SELECT m.user_id FROM tenantd.member m JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  WHERE m.org_id = p.org_id AND m.status = 0 AND m.role_expires_at IS NULL AND r.permissions IS NULL AND r.name = 'owner'
  ORDER BY m.created_at, m.user_id LIMIT 1)
WHERE p.kept_by IS NULL;

-- Whose leave a membership rests on. When the reader of an address comes for an account that somebody else had made with
-- it, those whom that account let in stand on nothing. Before this version it is known of accepted invitations alone.
ALTER TABLE tenantd.member
  ADD COLUMN IF NOT EXISTS granted_by BINARY(16) NULL COMMENT 'who let the member in, gave the role, or activated it last; NULL = nobody inside' AFTER role_expires_at;
ALTER TABLE tenantd.member ADD KEY IF NOT EXISTS member_granted (org_id, granted_by, user_id);
UPDATE tenantd.member m SET m.granted_by = (
  SELECT i.invited_by FROM tenantd.invite i JOIN tenantd.user u ON u.email = i.email
  WHERE i.org_id = m.org_id AND i.status = 1 AND u.id = m.user_id ORDER BY i.updated_at DESC LIMIT 1)
WHERE m.granted_by IS NULL;
