-- What the benchmark asks about, beside the account owner@example.com and its organization, which are signed up first.
--
--   reader1 ... reader199   members of the owner's organization, which then has 200; they sign in
--   person1 ... person2000  members of the 1,000 counted organizations, 100 in each with their owner
--   counter@example.com     owns all of those
-- They joined in the course of two years. The owner's organization keeps 10,000 products in one warehouse. All have the owner's password.

USE tenantd;
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci;
SET @now = UNIX_TIMESTAMP(), @two_years = 2 * 365 * 86400;
SELECT id, password INTO @owner, @password FROM user WHERE email = 'owner@example.com';
SELECT org_id INTO @home FROM member WHERE user_id = @owner;
SELECT id INTO @home_role FROM role WHERE org_id = @home AND name = 'member';

-- An id of one kind and number, in the order of the numbers.
DROP FUNCTION IF EXISTS bench_id;
CREATE FUNCTION bench_id(kind INT, n INT) RETURNS BINARY(16) DETERMINISTIC NO SQL
  RETURN UNHEX(CONCAT('0191d6a87c1e7a52', LPAD(HEX(0x8000 + kind), 4, '0'), LPAD(HEX(n), 12, '0')));

-- 1 to 10,000, as both servers know it; documents.sql and others count by it too.
CREATE TABLE IF NOT EXISTS bench_series (seq INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
INSERT IGNORE INTO bench_series
WITH digits AS (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL
  SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)
SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d FROM digits a JOIN digits b JOIN digits c JOIN digits e;

START TRANSACTION;
INSERT INTO user (id, email, password, email_verified_at, created_at, updated_at)
SELECT bench_id(1, seq), CONCAT('reader', seq, '@example.com'), @password, @now, @now, @now FROM (SELECT seq FROM bench_series WHERE seq <= 199) s
UNION ALL
SELECT bench_id(2, seq), CONCAT('person', seq, '@example.com'), @password, @now, @now, @now FROM (SELECT seq FROM bench_series WHERE seq <= 2000) s
UNION ALL
SELECT bench_id(3, 1), 'counter@example.com', @password, @now, @now, @now;
INSERT INTO member (org_id, user_id, role_id, created_at, updated_at)
SELECT @home, bench_id(1, seq), @home_role, @now - seq * 3600, @now FROM (SELECT seq FROM bench_series WHERE seq <= 199) s;

INSERT INTO organization (id, name, slug, created_at, updated_at)
SELECT bench_id(4, seq), CONCAT('Counted ', seq), CONCAT('counted-', seq), @now - @two_years, @now FROM (SELECT seq FROM bench_series WHERE seq <= 1000) s;
INSERT INTO role (org_id, id, name, created_at, updated_at)
SELECT bench_id(4, o.seq), bench_id(5, o.seq * 8 + r.seq), ELT(r.seq, 'owner', 'admin', 'manager', 'member', 'viewer'),
       @now - @two_years, @now
FROM (SELECT seq FROM bench_series WHERE seq <= 1000) o JOIN (SELECT seq FROM bench_series WHERE seq <= 5) r;
INSERT INTO member (org_id, user_id, role_id, created_at, updated_at)
SELECT bench_id(4, seq), bench_id(3, 1), bench_id(5, seq * 8 + 1), @now - @two_years, @now FROM (SELECT seq FROM bench_series WHERE seq <= 1000) s;
-- Of 99: 4 admins, 10 managers, 60 members, 25 viewers; 1,009 is prime, so that the times spread evenly.
INSERT INTO member (org_id, user_id, role_id, created_at, updated_at)
SELECT bench_id(4, o.seq), bench_id(2, 1 + (o.seq * 37 + m.seq) MOD 2000),
       bench_id(5, o.seq * 8 + CASE WHEN m.seq <= 4 THEN 2 WHEN m.seq <= 14 THEN 3 WHEN m.seq <= 74 THEN 4 ELSE 5 END),
       @now - @two_years * ((o.seq * 631 + m.seq * 97) MOD 1009) DIV 1009 - (o.seq * 7919 + m.seq) MOD 60000, @now
FROM (SELECT seq FROM bench_series WHERE seq <= 1000) o JOIN (SELECT seq FROM bench_series WHERE seq <= 99) m;

INSERT INTO warehouse (org_id, id, name, created_at, updated_at) SELECT @home, bench_id(6, 1), 'North', @now, @now;
INSERT INTO product (org_id, id, sku, name, quantity, created_at, updated_at)
SELECT @home, bench_id(7, seq), CONCAT('part-', seq), CONCAT('Part ', seq), 100, @now - seq * 3600, @now FROM (SELECT seq FROM bench_series WHERE seq <= 10000) s;
INSERT INTO stock_level (org_id, product_id, warehouse_id, quantity, updated_at)
SELECT @home, bench_id(7, seq), bench_id(6, 1), 100, @now FROM (SELECT seq FROM bench_series WHERE seq <= 10000) s;
COMMIT;
DROP FUNCTION bench_id;
ANALYZE TABLE organization, user, role, member, member_count, warehouse, product, stock_level;
