-- The order in which mails go out, and the networks from which an account's owner has signed in.

-- A mail's rank comes from its template; among mails of one rank the courier serves the organizations in turn.
ALTER TABLE tenantd.outbox
  ADD COLUMN IF NOT EXISTS priority TINYINT NOT NULL DEFAULT 3 COMMENT '0 = first' AFTER status,
  ADD COLUMN IF NOT EXISTS lane BINARY(16) AS (COALESCE(org_id, X'00000000000000000000000000000000')) STORED
    COMMENT 'the organization; zeros = none' AFTER priority;
ALTER TABLE tenantd.outbox
  ADD KEY IF NOT EXISTS outbox_turn (status, priority, lane, next_attempt_at),
  ADD KEY IF NOT EXISTS outbox_urgent (status, priority, next_attempt_at);

-- Guesses from a network that the owner has signed in from are counted by themselves: who locks the account from
-- elsewhere does not lock its owner out.
CREATE TABLE IF NOT EXISTS tenantd.known_network (
  user_id        BINARY(16)   NOT NULL,
  network        VARBINARY(8) NOT NULL COMMENT 'an IPv4 address, or the /64 of an IPv6 address',
  failed_signins INT          NOT NULL DEFAULT 0,
  locked_until   BIGINT       NOT NULL DEFAULT 0,
  last_used_at   BIGINT       NOT NULL,
  PRIMARY KEY (user_id, network),
  KEY known_network_age (last_used_at),
  CONSTRAINT known_network_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;
-- Whoever is signed in now is known where that happened.
INSERT IGNORE INTO tenantd.known_network (user_id, network, last_used_at)
  SELECT user_id, network, MAX(created_at) FROM (
    SELECT user_id, created_at,
           IF(IS_IPV4_MAPPED(INET6_ATON(address)), RIGHT(INET6_ATON(address), 4), LEFT(INET6_ATON(address), 8)) AS network
    FROM tenantd.session WHERE actor_id IS NULL) seen
  WHERE network IS NOT NULL GROUP BY user_id, network;
