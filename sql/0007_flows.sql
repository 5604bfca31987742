-- Receipts in parts, invitations that live as long as their organization wants, keys that belong to an organization.
--
-- As in 0001: every statement can be run twice.

-- --- Purchasing: how much of a line has arrived; 5 = partially received. ------------------------------------------------

ALTER TABLE tenantd.purchase_request_line
  ADD COLUMN IF NOT EXISTS received BIGINT NOT NULL DEFAULT 0 COMMENT 'of its quantity' AFTER unit_price_minor;
UPDATE tenantd.purchase_request_line l
  JOIN tenantd.purchase_request r ON r.org_id = l.org_id AND r.id = l.request_id
  SET l.received = l.quantity WHERE r.status = 4;
ALTER TABLE tenantd.purchase_request_line
  ADD CONSTRAINT IF NOT EXISTS line_received CHECK (received >= 0 AND received <= quantity);
ALTER TABLE tenantd.purchase_request
  MODIFY COLUMN status TINYINT NOT NULL DEFAULT 0
    COMMENT '0 draft, 1 submitted, 2 approved, 3 rejected, 4 received, 5 partially received';

-- --- Invitations: NULL = INVITE_SECONDS. ----------------------------------------------------------------------------------

ALTER TABLE tenantd.organization
  ADD COLUMN IF NOT EXISTS invite_seconds BIGINT NULL COMMENT 'how long an invitation is good for' AFTER session_max_seconds;

-- --- Keys: one that belongs to the organization names no member and stays when its maker goes. ------------------------------

ALTER TABLE tenantd.api_key
  ADD COLUMN IF NOT EXISTS member_id BINARY(16) NULL COMMENT 'whose it is; NULL = the organization''s' AFTER created_by,
  ADD COLUMN IF NOT EXISTS of_organization BOOLEAN NOT NULL DEFAULT FALSE AFTER member_id;
UPDATE tenantd.api_key SET member_id = created_by WHERE NOT of_organization;
ALTER TABLE tenantd.api_key
  ADD KEY IF NOT EXISTS api_key_member (org_id, member_id),
  ADD CONSTRAINT IF NOT EXISTS api_key_whose CHECK (of_organization = (member_id IS NULL));
ALTER TABLE tenantd.api_key
  ADD CONSTRAINT api_key_of FOREIGN KEY IF NOT EXISTS (org_id, member_id)
    REFERENCES tenantd.member (org_id, user_id) ON DELETE CASCADE;
ALTER TABLE tenantd.api_key
  DROP FOREIGN KEY IF EXISTS api_key_of_member;
