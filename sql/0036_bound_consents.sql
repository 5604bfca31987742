-- What a session of one organization's provider lets a client have counts in that organization alone.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

ALTER TABLE tenantd.oauth_consent
  ADD bound_org_id BINARY(16) NOT NULL DEFAULT '' COMMENT 'where alone it counts; zeros: everywhere',
  DROP PRIMARY KEY,
  ADD PRIMARY KEY (user_id, client_id, bound_org_id);
