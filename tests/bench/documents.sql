-- What search and statistics of projects are asked about, behind seed.sql: 100 documents in one project of each of the 1,000
-- counted organizations and of the owner's, all of the same 5,000 words, the commonest of them in every document.
--
-- search_text holds what domain/search makes of the text: "o", ten digits of the organization's id, and the word.

USE tenantd;
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci;
SET @now = UNIX_TIMESTAMP();

DROP FUNCTION IF EXISTS bench_words;
CREATE FUNCTION bench_words(n INT) RETURNS TEXT DETERMINISTIC NO SQL
  RETURN CONCAT_WS(' ', 'floor', 'plan', CONCAT('word', n MOD 5000), CONCAT('word', n * 7 MOD 4999), CONCAT('word', n * 11 MOD 997),
    CONCAT('word', n * 13 MOD 499), CONCAT('word', n * 17 MOD 97), CONCAT('word', n * 19 MOD 47), CONCAT('word', n * 23 MOD 11));
DROP FUNCTION IF EXISTS bench_tokens;
CREATE FUNCTION bench_tokens(org BINARY(16), words TEXT) RETURNS TEXT DETERMINISTIC NO SQL
  RETURN REPLACE(CONCAT(' ', words), ' ', CONCAT(' o', LOWER(HEX(SUBSTR(org, 12, 5)))));

START TRANSACTION;
INSERT INTO project (org_id, id, name, status, search_text, created_at, updated_at)
SELECT id, id, 'Floor plan', 1, bench_tokens(id, 'floor plan'), @now, @now FROM organization
WHERE slug LIKE 'counted-%' OR id = (SELECT org_id FROM member m JOIN user u ON u.id = m.user_id WHERE u.email = 'owner@example.com');
INSERT INTO document (org_id, id, project_id, name, description, status, size, search_text, created_at, updated_at)
SELECT p.org_id, RANDOM_BYTES(16), p.id, CONCAT('Plan ', seq), bench_words(CONV(HEX(SUBSTR(p.org_id, 13)), 16, 10) MOD 9973 * 100 + seq), 0, NULL,
       bench_tokens(p.org_id, bench_words(CONV(HEX(SUBSTR(p.org_id, 13)), 16, 10) MOD 9973 * 100 + seq)), @now, @now
FROM project p JOIN (SELECT seq FROM bench_series WHERE seq <= 100) s;
COMMIT;
DROP FUNCTION bench_words;
DROP FUNCTION bench_tokens;
ANALYZE TABLE project, document;
