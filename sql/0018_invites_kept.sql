-- Invitations that have expired stay listed for a while: found by their address, since a new one takes their place, and by their
-- age, since so many are kept.
--
-- As in 0001: every statement can be run twice.

ALTER TABLE tenantd.invite
  ADD asked_at BIGINT NULL COMMENT 'when the person last asked for a new one in place of this expired one',
  ADD KEY invite_email (org_id, email),
  ADD KEY invite_of_status (org_id, status, expires_at);
