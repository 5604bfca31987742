-- What the service holds once it has grown, beside what seed.sql puts in. @scale is set before: 1 stands for
--
--   1,000,000 accounts    soul1 ...; they joined and signed in for the last time in the course of two years, a few never did
--   20,000 organizations  Grown 1 ..., of about ten members; the first ten have 10,000 each, whatever the scale, and are owned by
--                         ten@example.com; "Large" has 100,000 and is owned by large@example.com
--   10,000,000 audit rows a tenth of them of Large, the others of Grown 1 ...
--
-- and a smaller @scale for that part of it, of the organizations and accounts no less than the named ones need. The
-- counters are made at the end, at once: the trigger that keeps them would take longer than all the rest. `tenantctl migrate`,
-- to be run behind this, makes the trigger anew and fills in what else it keeps. The passwords are the owner's.

USE tenantd;
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci;
SET @now = UNIX_TIMESTAMP(), @two_years = 2 * 365 * 86400;
SET @souls = GREATEST(100000, CAST(1000000 * @scale AS SIGNED)), @organizations = GREATEST(100, CAST(20000 * @scale AS SIGNED)),
    @audit = CAST(10000000 * @scale AS SIGNED);
SELECT password INTO @password FROM user WHERE email = 'owner@example.com';

DROP FUNCTION IF EXISTS bench_id;
CREATE FUNCTION bench_id(kind INT, n INT) RETURNS BINARY(16) DETERMINISTIC NO SQL
  RETURN UNHEX(CONCAT('0191d6a87c1e7a52', LPAD(HEX(0x8000 + kind), 4, '0'), LPAD(HEX(n), 12, '0')));
DROP TRIGGER IF EXISTS member_inserted;
DELETE FROM member_text;
SET foreign_key_checks = 0, unique_checks = 0;

INSERT INTO user (id, email, password, profile, email_verified_at, created_at, updated_at)
SELECT bench_id(10, n), CONCAT('soul', n, '@example.com'), @password,
       CONCAT('{"first_name": "', ELT(1 + n MOD 7, 'Ada', 'Bert', 'Cleo', 'Dora', 'Emil', 'Fritz', 'Gesa'), '", "last_name": "Soul ', n, '"}'),
       IF(n MOD 1000 = 7, NULL, @now - @two_years + n * @two_years DIV @souls), @now - @two_years + n * @two_years DIV @souls, @now
FROM (SELECT a.seq + 10000 * (b.seq - 1) AS n FROM bench_series b JOIN bench_series a WHERE b.seq <= CEIL(@souls / 10000)) s
WHERE n <= @souls;
INSERT INTO user (id, email, password, email_verified_at, created_at, updated_at)
VALUES (bench_id(11, 1), 'large@example.com', @password, @now, @now, @now),
       (bench_id(11, 2), 'ten@example.com', @password, @now, @now, @now);

INSERT INTO organization (id, name, slug, created_at, updated_at)
SELECT bench_id(12, n), IF(n = 0, 'Large', CONCAT('Grown ', n)), IF(n = 0, 'large', CONCAT('grown-', n)),
       @now - @two_years + n * @two_years DIV @organizations, @now
FROM (SELECT a.seq - 1 + 10000 * (b.seq - 1) AS n FROM bench_series b JOIN bench_series a WHERE b.seq <= CEIL(@organizations / 10000)) s
WHERE n < @organizations;
INSERT INTO role (org_id, id, name, created_at, updated_at)
SELECT o.id, bench_id(13, o.n * 8 + r.seq), ELT(r.seq, 'owner', 'admin', 'manager', 'member', 'viewer'), @now - @two_years, @now
FROM (SELECT id, CONV(RIGHT(HEX(id), 12), 16, 10) AS n FROM organization WHERE id BETWEEN bench_id(12, 0) AND bench_id(12, @organizations)) o
JOIN (SELECT seq FROM bench_series WHERE seq <= 5) r;

INSERT INTO member (org_id, user_id, role_id, created_at, updated_at)
VALUES (bench_id(12, 0), bench_id(11, 1), bench_id(13, 1), @now - @two_years, @now);
INSERT INTO member (org_id, user_id, role_id, created_at, updated_at)
SELECT bench_id(12, seq), bench_id(11, 2), bench_id(13, seq * 8 + 1), @now - @two_years, @now FROM bench_series WHERE seq <= 10;
-- Few viewers and few who are inactive, among the last who joined: the worst for a list that looks for them.
INSERT INTO member (org_id, user_id, role_id, status, created_at, updated_at)
SELECT bench_id(12, 0), bench_id(10, n), bench_id(13, CASE WHEN n <= 100 THEN 2 WHEN n <= 1100 THEN 3 WHEN n > 99990 THEN 5 ELSE 4 END),
       n BETWEEN 99900 AND 99930, @now - @two_years + n * @two_years DIV 100000, @now
FROM (SELECT a.seq + 10000 * (b.seq - 1) AS n FROM bench_series b JOIN bench_series a WHERE b.seq <= 10) s;
INSERT INTO member (org_id, user_id, role_id, created_at, updated_at)
SELECT bench_id(12, o.seq), bench_id(10, o.seq * 10000 - 10000 + m.seq),
       bench_id(13, o.seq * 8 + CASE WHEN m.seq <= 40 THEN 2 WHEN m.seq <= 500 THEN 3 WHEN m.seq <= 7000 THEN 4 ELSE 5 END),
       @now - @two_years * ((o.seq * 631 + m.seq * 97) MOD 10007) DIV 10007, @now
FROM (SELECT seq FROM bench_series WHERE seq <= 10) o JOIN bench_series m WHERE m.seq <= 9999;
INSERT INTO member (org_id, user_id, role_id, created_at, updated_at)
SELECT bench_id(12, o.n), bench_id(10, 1 + (o.n * 37 + m.seq * 101) MOD @souls), bench_id(13, o.n * 8 + LEAST(m.seq, 5)),
       @now - @two_years + (@two_years DIV @organizations) * o.n + m.seq, @now
FROM (SELECT CONV(RIGHT(HEX(id), 12), 16, 10) AS n FROM organization WHERE id BETWEEN bench_id(12, 11) AND bench_id(12, @organizations)) o
JOIN (SELECT seq FROM bench_series WHERE seq <= 10) m;

DELETE FROM member_total;
DELETE FROM member_count;
INSERT INTO member_count (org_id, block, status, role_id, role_name, members)
SELECT m.org_id, m.block, m.status, m.role_id, MAX(r.name), COUNT(*) FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id
GROUP BY m.org_id, m.block, m.status, m.role_id;
INSERT INTO member_count (org_id, block, status, role_id, role_name, members)
SELECT org_id, -1, status, role_id, MAX(role_name), SUM(members) FROM member_count GROUP BY org_id, status, role_id;
REPLACE INTO unfilled (name) VALUES ('fill_members');
INSERT INTO member_total (org_id, block, status, members)
SELECT org_id, block, status, SUM(members) FROM member_count GROUP BY org_id, block, status;

-- The last sign-in of four accounts in five, and a session of one in ten.
INSERT INTO account_event (id, user_id, type, address, created_at)
SELECT bench_id(14, n), bench_id(10, n), 'signin.succeeded', CONCAT('10.', n MOD 200, '.', n DIV 200 MOD 250, '.7'),
       LEAST(@now, @now - @two_years + n * @two_years DIV @souls + n * 7919 MOD 2600000)
FROM (SELECT a.seq + 10000 * (b.seq - 1) AS n FROM bench_series b JOIN bench_series a WHERE b.seq <= CEIL(@souls / 10000)) s
WHERE n <= @souls AND n MOD 5 > 0;
INSERT INTO session (id, user_id, org_id, rotated_at, created_at, expires_at, ends_at, address, agent)
SELECT bench_id(15, n), bench_id(10, n), NULL, @now, @now, @now + 604800, @now + 2592000, '10.0.0.7', ''
FROM (SELECT 10 * (a.seq + 10000 * (b.seq - 1)) AS n FROM bench_series b JOIN bench_series a WHERE b.seq <= CEIL(@souls / 100000)) s
WHERE n <= @souls;

INSERT INTO audit_log (org_id, seq, id, actor_id, actor_email, action, resource, resource_id, new_values, address, created_at, hash)
SELECT bench_id(12, IF(n MOD 10 = 0, 0, n MOD @organizations)), IF(n MOD 10 = 0, n DIV 10, 1 + n DIV @organizations), bench_id(16, n), bench_id(10, 1 + n MOD 5000),
       CONCAT('soul', 1 + n MOD 5000, '@example.com'), ELT(1 + n MOD 4, 'product.updated', 'product.created', 'member.role_changed', 'invite.created'),
       ELT(1 + n MOD 4, 'product', 'product', 'member', 'invite'), bench_id(17, n), '{"name": "a value"}', '10.0.0.7',
       @now - @two_years + n * @two_years DIV @audit, REPEAT('\0', 32)
FROM (SELECT a.seq + 10000 * (b.seq - 1) AS n FROM bench_series b JOIN bench_series a WHERE b.seq <= CEIL(@audit / 10000)) s
WHERE n <= @audit;
INSERT INTO change_head (org_id, event_seq, audit_seq, audit_hash)
SELECT org_id, 0, MAX(seq), REPEAT('\0', 32) FROM audit_log GROUP BY org_id
ON DUPLICATE KEY UPDATE audit_seq = GREATEST(audit_seq, VALUES(audit_seq));
SET foreign_key_checks = 1, unique_checks = 1;
DROP FUNCTION bench_id;
ANALYZE TABLE organization, user, role, member, member_count, member_total, account_event, session, audit_log, change_head;
