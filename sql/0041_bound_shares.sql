-- What sign-ins by an organization's provider leave in an account counts as the organization's share.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

ALTER TABLE tenantd.known_device
  ADD bound_org_id BINARY(16) NULL COMMENT 'known to sign-ins by this organization''s provider alone; NULL = to the others';
