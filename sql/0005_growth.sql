-- What grows has a bound: deliveries to webhooks, rows of an organization, replies kept, audit rows, events; and organizations
-- that are closed at once and removed behind that.
--
-- As in 0001: every statement can be run twice, every unique key of a tenant's table starts with org_id, and links
-- between tenants' tables carry it.

-- --- Webhooks: each reads the organization's events at its own pace. --------------------------------------------------

-- cursor_seq: the newest event that the courier has looked at for it. Up to there, rows of webhook_delivery say what waits.
ALTER TABLE tenantd.webhook
  ADD COLUMN IF NOT EXISTS cursor_seq BIGINT NULL COMMENT 'events up to this one have been looked at' AFTER status;

-- Organizations that have events which some webhook may not have read: one row, however many events and webhooks.
CREATE TABLE IF NOT EXISTS tenantd.webhook_backlog (
  org_id    BINARY(16) NOT NULL PRIMARY KEY,
  event_seq BIGINT     NOT NULL COMMENT 'the newest event',
  CONSTRAINT webhook_backlog_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

DELIMITER //
-- Tells the courier that an organization has events up to p_last. Runs while the end of the organization's order is held.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.tell_webhooks(
  IN p_org BINARY(16), IN p_first BIGINT, IN p_last BIGINT)
BEGIN
  INSERT INTO tenantd.webhook_backlog (org_id, event_seq) VALUES (p_org, p_last)
  ON DUPLICATE KEY UPDATE event_seq = VALUES(event_seq);
END//
DELIMITER ;

DELIMITER //
-- Deliveries of the events after p_after up to p_to that these types name, at most so many that 100 wait.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.add_deliveries(
  IN p_org BINARY(16), IN p_webhook BINARY(16), IN p_events VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin,
  IN p_after BIGINT, IN p_to BIGINT)
BEGIN
  DECLARE v_room INT;
  SELECT 100 - COUNT(*) INTO v_room FROM tenantd.webhook_delivery
  WHERE status = 0 AND org_id = p_org AND webhook_id = p_webhook;
  IF v_room > 0 THEN
    INSERT IGNORE INTO tenantd.webhook_delivery (org_id, webhook_id, event_id, event_seq, next_attempt_at, pending_since,
      created_at, updated_at)
    SELECT e.org_id, p_webhook, e.id, e.seq, e.created_at, e.created_at, e.created_at, e.created_at FROM tenantd.event e
    WHERE e.org_id = p_org AND e.seq > p_after AND e.seq <= p_to AND (p_events = '*' OR FIND_IN_SET(e.type, p_events) > 0)
    ORDER BY e.seq LIMIT v_room;
  END IF;
END//
-- A webhook is told of what happens from now on.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.webhook_made BEFORE INSERT ON tenantd.webhook
FOR EACH ROW
BEGIN
  DECLARE v_head BIGINT;
  -- A subquery in SET or IF would lock what it reads, as none in SELECT INTO does; who records the change next deadlocks.
  SELECT MAX(event_seq) INTO v_head FROM tenantd.change_head WHERE org_id = NEW.org_id;
  SET NEW.cursor_seq = COALESCE(NEW.cursor_seq, v_head, 0);
END//
-- What happened before a pause is still owed; what happens in the course of it is not.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.webhook_paused BEFORE UPDATE ON tenantd.webhook
FOR EACH ROW
BEGIN
  DECLARE v_head BIGINT;
  IF OLD.status <> NEW.status THEN
    SELECT COALESCE(MAX(event_seq), OLD.cursor_seq) INTO v_head FROM tenantd.change_head WHERE org_id = NEW.org_id;
    IF OLD.status = 0 THEN
      CALL tenantd.add_deliveries(OLD.org_id, OLD.id, OLD.events, OLD.cursor_seq, v_head);
    END IF;
    SET NEW.cursor_seq = v_head;
  END IF;
END//
DELIMITER ;

-- What was told before has its rows already: they are delivered as they stand.
UPDATE tenantd.webhook w LEFT JOIN tenantd.change_head h ON h.org_id = w.org_id SET w.cursor_seq = COALESCE(h.event_seq, 0)
WHERE w.cursor_seq IS NULL;

-- --- Rows of an organization -------------------------------------------------------------------------------------------

-- Kept by the triggers below, so that no way in goes past them. A row is locked by its change until the commit: of those that
-- would come to the limit together, each sees what the ones before have added.
CREATE TABLE IF NOT EXISTS tenantd.organization_count (
  org_id BINARY(16)  NOT NULL,
  kind   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT      NOT NULL,
  PRIMARY KEY (org_id, kind),
  CONSTRAINT organization_count_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

DELIMITER //
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.count_row(
  IN p_org BINARY(16), IN p_kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin, IN p_most BIGINT)
BEGIN
  DECLARE v_message VARCHAR(64) DEFAULT CONCAT('limit: ', p_kind);
  INSERT INTO tenantd.organization_count (org_id, kind, amount) VALUES (p_org, p_kind, 1)
  ON DUPLICATE KEY UPDATE amount = amount + 1;
  IF (SELECT amount FROM tenantd.organization_count WHERE org_id = p_org AND kind = p_kind) > p_most THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = v_message;
  END IF;
END//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.discount_row(
  IN p_org BINARY(16), IN p_kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin)
BEGIN
  UPDATE tenantd.organization_count SET amount = amount - 1 WHERE org_id = p_org AND kind = p_kind;
END//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.warehouse_counted AFTER INSERT ON tenantd.warehouse
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'warehouses', 10000)//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.warehouse_discounted AFTER DELETE ON tenantd.warehouse
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'warehouses')//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.supplier_counted AFTER INSERT ON tenantd.supplier
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'suppliers', 100000)//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.supplier_discounted AFTER DELETE ON tenantd.supplier
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'suppliers')//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.product_counted AFTER INSERT ON tenantd.product
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'products', 1000000)//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.product_discounted AFTER DELETE ON tenantd.product
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'products')//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.project_counted AFTER INSERT ON tenantd.project
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'projects', 100000)//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.project_discounted AFTER DELETE ON tenantd.project
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'projects')//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.document_counted AFTER INSERT ON tenantd.document
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'documents', 1000000)//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.document_discounted AFTER DELETE ON tenantd.document
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'documents')//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.purchase_request_counted AFTER INSERT ON tenantd.purchase_request
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'purchase_requests', 1000000)//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.purchase_request_discounted AFTER DELETE ON tenantd.purchase_request
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'purchase_requests')//
-- As before, and of one account: so many memberships, so many identities at providers.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_inserted AFTER INSERT ON tenantd.member
FOR EACH ROW
BEGIN
  DECLARE v_amount BIGINT;
  CALL tenantd.count_member(NEW.org_id, NEW.created_at >> 22, NEW.status, NEW.role_id);
  IF NEW.status = 0 THEN
    CALL tenantd.limit_members(NEW.org_id);
  END IF;
  SELECT COUNT(*) INTO v_amount FROM tenantd.member WHERE user_id = NEW.user_id;
  IF v_amount > 1000 THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'limit: memberships';
  END IF;
END//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.identity_counted AFTER INSERT ON tenantd.identity
FOR EACH ROW
BEGIN
  DECLARE v_amount BIGINT;
  SELECT COUNT(*) INTO v_amount FROM tenantd.identity WHERE user_id = NEW.user_id;
  IF v_amount > 20 THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'limit: identities';
  END IF;
END//
DELIMITER ;

INSERT INTO tenantd.organization_count (org_id, kind, amount)
SELECT org_id, kind, amount FROM (
  SELECT org_id, 'warehouses' AS kind, COUNT(*) AS amount FROM tenantd.warehouse GROUP BY org_id
  UNION ALL SELECT org_id, 'suppliers', COUNT(*) FROM tenantd.supplier GROUP BY org_id
  UNION ALL SELECT org_id, 'products', COUNT(*) FROM tenantd.product GROUP BY org_id
  UNION ALL SELECT org_id, 'projects', COUNT(*) FROM tenantd.project GROUP BY org_id
  UNION ALL SELECT org_id, 'documents', COUNT(*) FROM tenantd.document GROUP BY org_id
  UNION ALL SELECT org_id, 'purchase_requests', COUNT(*) FROM tenantd.purchase_request GROUP BY org_id) c
ON DUPLICATE KEY UPDATE amount = VALUES(amount);

-- --- Replies kept for Idempotency-Keys ---------------------------------------------------------------------------------

ALTER TABLE tenantd.idempotency
  ADD COLUMN IF NOT EXISTS caller BINARY(32) NULL COMMENT 'SHA-256 of who asked; NULL = asked before this was kept' AFTER id,
  ADD COLUMN IF NOT EXISTS bytes INT NOT NULL DEFAULT 0 COMMENT 'that the row takes; 0 = not answered yet' AFTER reply;
ALTER TABLE tenantd.idempotency ADD KEY IF NOT EXISTS idempotency_caller (caller, expires_at, bytes);

-- --- Retention ---------------------------------------------------------------------------------------------------------

ALTER TABLE tenantd.event ADD KEY IF NOT EXISTS event_time (created_at);
ALTER TABLE tenantd.former_member ADD KEY IF NOT EXISTS former_member_age (removed_at);

-- Where a chain of audit rows begins whose oldest rows were removed: hash is that of the newest removed one. Signed under the
-- key of the chain, so that nobody who writes the database alone can shorten a chain from its beginning.
CREATE TABLE IF NOT EXISTS tenantd.audit_start (
  org_id    BINARY(16) NOT NULL PRIMARY KEY COMMENT 'all zero = what belongs to no organization',
  seq       BIGINT     NOT NULL COMMENT 'of the newest row that was removed',
  hash      BINARY(32) NOT NULL,
  signature BINARY(32) NOT NULL COMMENT 'HMAC-SHA-256 of the three',
  cut_at    BIGINT     NOT NULL
) ENGINE = InnoDB;

-- --- Organizations that are closed -------------------------------------------------------------------------------------

-- status 2: closed. Nobody sees it any more (views.sql); the sweeper removes its rows.
ALTER TABLE tenantd.organization
  MODIFY COLUMN status INT NOT NULL DEFAULT 0 COMMENT '0 active, 1 inactive, 2 closed: being removed',
  ADD COLUMN IF NOT EXISTS closed_at BIGINT NULL AFTER deactivated_at;
