-- What the owner's organization keeps, the first hundred of it, in those of tenant1 ... tenant40 as well, under the same ids.

USE tenantd;
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci;
SET @now = UNIX_TIMESTAMP();
SELECT m.org_id INTO @home FROM member m JOIN user u ON u.id = m.user_id WHERE u.email = 'owner@example.com';

START TRANSACTION;
INSERT INTO warehouse (org_id, id, name, created_at, updated_at)
SELECT t.org_id, w.id, w.name, @now, @now FROM member t JOIN user u ON u.id = t.user_id JOIN warehouse w ON w.org_id = @home
WHERE u.email LIKE 'tenant%@example.com';
INSERT INTO product (org_id, id, sku, name, quantity, created_at, updated_at)
SELECT t.org_id, p.id, p.sku, p.name, p.quantity, p.created_at, @now
FROM member t JOIN user u ON u.id = t.user_id JOIN product p ON p.org_id = @home
WHERE u.email LIKE 'tenant%@example.com' AND CAST(SUBSTRING(p.sku, 6) AS UNSIGNED) <= 100;
INSERT INTO stock_level (org_id, product_id, warehouse_id, quantity, updated_at)
SELECT t.org_id, s.product_id, s.warehouse_id, s.quantity, @now
FROM product t JOIN stock_level s ON s.org_id = @home AND s.product_id = t.id WHERE t.org_id <> @home;
COMMIT;
ANALYZE TABLE warehouse, product, stock_level;
