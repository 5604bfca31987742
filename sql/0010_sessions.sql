-- Sessions that end by the thousand: by a generation, not row by row. A second factor of a session. Pairs that were used.
--
-- As in 0001: every statement can be run twice.

-- generation counts the endings. A session keeps the one in which it began; whatever ends sessions notes the generation
-- that is over and begins the next, so that it takes one row, and one of the same second falls on the right side.
ALTER TABLE tenantd.user
  ADD COLUMN IF NOT EXISTS generation BIGINT NOT NULL DEFAULT 1 COMMENT 'of the sessions that begin now',
  ADD COLUMN IF NOT EXISTS sessions_ended BIGINT NOT NULL DEFAULT 0 COMMENT 'sessions of this generation, and of those before, have ended';

ALTER TABLE tenantd.session
  ADD COLUMN IF NOT EXISTS generation BIGINT NOT NULL DEFAULT 1 COMMENT 'its user''s when it began, or when it outlived all others',
  ADD COLUMN IF NOT EXISTS born BIGINT NOT NULL DEFAULT 1 COMMENT 'its user''s generation when it began',
  ADD COLUMN IF NOT EXISTS actor_ended BIGINT NULL COMMENT 'sessions_ended of actor_id when an impersonation began',
  ADD COLUMN IF NOT EXISTS second_factor BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'was shown, at the sign-in or since',
  ADD COLUMN IF NOT EXISTS pair_used BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'an access token of the newest pair was shown';
ALTER TABLE tenantd.session ADD KEY IF NOT EXISTS session_place (user_id, generation);
ALTER TABLE tenantd.session ADD KEY IF NOT EXISTS session_used (user_id, rotated_at);
ALTER TABLE tenantd.session DROP KEY IF EXISTS session_user;

-- What was ended and may still have rows: the sweeper removes those. No foreign key to the organization:
-- all zero is none, and delete_organization removes what is of one, sessions first.
CREATE TABLE IF NOT EXISTS tenantd.session_cut (
  user_id  BINARY(16) NOT NULL,
  org_id   BINARY(16) NOT NULL COMMENT 'all zero = wherever they are at home',
  ended    BIGINT     NOT NULL DEFAULT 0 COMMENT 'sessions at home there, born until this generation, have ended',
  shut_out BIGINT     NOT NULL DEFAULT 0 COMMENT 'sessions born until this generation do not count there',
  waiting  BOOLEAN    NOT NULL DEFAULT TRUE COMMENT 'for the sweeper',
  cut_at   BIGINT     NOT NULL,
  PRIMARY KEY (user_id, org_id),
  KEY session_cut_waiting (waiting, cut_at),
  KEY session_cut_organization (org_id),
  CONSTRAINT session_cut_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

DROP VIEW IF EXISTS tenantd_app.former_member;

-- What was shut out until now, by time: each session gets a generation of its own, in the order of their beginnings.
UPDATE tenantd.session s
JOIN (SELECT id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at, id) AS place FROM tenantd.session) o ON o.id = s.id
SET s.born = o.place, s.generation = o.place;
UPDATE tenantd.user u JOIN (SELECT user_id, MAX(born) AS born FROM tenantd.session GROUP BY user_id) s ON s.user_id = u.id
SET u.generation = s.born + 1;
INSERT IGNORE INTO tenantd.session_cut (user_id, org_id, shut_out, waiting, cut_at)
SELECT x.user_id, x.org_id,
       (SELECT COALESCE(MAX(s.born), 0) FROM tenantd.session s WHERE s.user_id = x.user_id AND s.created_at < x.at_time), FALSE,
       x.at_time
FROM (SELECT user_id, org_id, sessions_ended_at AS at_time FROM tenantd.member WHERE sessions_ended_at IS NOT NULL
      UNION
      SELECT user_id, org_id, removed_at FROM tenantd.former_member) x
ORDER BY x.at_time DESC;
-- What it told stands in session_cut now. The table stays, empty: a second run reads it.
DELETE FROM tenantd.former_member;
