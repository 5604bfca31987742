-- What operators look through over all organizations, and of which sign-ins an account wants to be told.
--
-- As in 0001: every statement can be run twice.

-- Accounts that are not verified, by the beginning of their address.
ALTER TABLE tenantd.user
  ADD login_alert TINYINT NULL COMMENT 'that its owner chose: 0 = never, 1 = of a new device, 2 = of every sign-in; NULL = as the service says',
  ADD KEY user_unverified_email (email_verified_at, email);

-- Deliveries that were given up, the newest first, of all webhooks.
ALTER TABLE tenantd.webhook_delivery ADD KEY delivery_dead (status, next_attempt_at, event_id);
