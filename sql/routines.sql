-- The routines and triggers of the schema `tenantd`: what keeps its numbers and refuses what must never be. Run by every
-- `tenantctl migrate` after the migrations; one whose text has not changed is left alone.

-- Of earlier versions; append_change does it.
DROP PROCEDURE IF EXISTS tenantd.append_event;

DELIMITER //
-- times: as the table says (sql/0015_scale.sql). One that is not found there would make them wrong, so they are given up.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.count_member(
  IN p_org BINARY(16), IN p_joined BIGINT, IN p_status INT, IN p_role BINARY(16))
BEGIN
  DECLARE v_block INT DEFAULT p_joined >> 22;
  DECLARE v_name VARCHAR(64) DEFAULT (SELECT name FROM tenantd.role WHERE org_id = p_org AND id = p_role);
  INSERT INTO tenantd.member_total (org_id, block, status, members)
  VALUES (p_org, -1, p_status, 1), (p_org, v_block, p_status, 1)
  ON DUPLICATE KEY UPDATE members = members + 1;
  INSERT INTO tenantd.member_count (org_id, block, status, role_id, role_name, members, times)
  VALUES (p_org, -1, p_status, p_role, v_name, 1, CONCAT(',', p_joined)), (p_org, v_block, p_status, p_role, v_name, 1, NULL)
  ON DUPLICATE KEY UPDATE times = IF(members < 200, CONCAT(times, ',', p_joined), NULL), members = members + 1;
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.discount_member(
  IN p_org BINARY(16), IN p_joined BIGINT, IN p_status INT, IN p_role BINARY(16))
BEGIN
  -- An INT: an unsigned one beside -1 would be looked for in every row of the organization.
  DECLARE v_block INT DEFAULT p_joined >> 22;
  UPDATE tenantd.member_total SET members = members - 1
  WHERE org_id = p_org AND block IN (-1, v_block) AND status = p_status;
  UPDATE tenantd.member_count
  SET times = IF(block = -1 AND members = 1, '', INSERT(times, NULLIF(LOCATE(CONCAT(',', p_joined, ','), CONCAT(times, ',')), 0),
                                                        CHAR_LENGTH(p_joined) + 1, '')),
      members = members - 1
  WHERE org_id = p_org AND block IN (-1, v_block) AND status = p_status AND role_id = p_role;
END//
-- What of an account a search for members looks through.
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd.searched_words(
  p_email VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, p_profile LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
  RETURNS VARBINARY(12000) DETERMINISTIC NO SQL
BEGIN
  RETURN LEFT(CONCAT_WS(X'00', p_email, LOWER(JSON_VALUE(p_profile, '$.name')),
    LOWER(CONCAT_WS(' ', JSON_VALUE(p_profile, '$.first_name'), JSON_VALUE(p_profile, '$.last_name')))), 12000);
END//
-- For databases that are older than what these routines keep: fills it in, once.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.fill_members()
BEGIN
  DECLARE v_last, v_next BINARY(16) DEFAULT REPEAT('\0', 16);
  DECLARE v_waiting INT;
  SELECT COUNT(*) INTO v_waiting FROM tenantd.unfilled WHERE name = 'fill_members';
  SET SESSION group_concat_max_len = 8192;
  IF v_waiting > 0 THEN
    -- Behind the locks of whoever counts a member at this moment: what is not seen here waits there, and adds itself.
    REPEAT
      SELECT MIN(id) INTO v_next FROM tenantd.organization WHERE id > v_last;
      IF v_next IS NOT NULL THEN
        START TRANSACTION;
        SELECT COUNT(*) INTO v_waiting FROM tenantd.member_count WHERE org_id = v_next AND block = -1 FOR UPDATE;
        UPDATE tenantd.member_count c SET times = (
          SELECT CONCAT(',', GROUP_CONCAT(m.created_at)) FROM tenantd.member m
          WHERE m.org_id = c.org_id AND m.role_id = c.role_id AND m.status = c.status)
        WHERE c.org_id = v_next AND c.block = -1 AND c.members BETWEEN 1 AND 200;
        UPDATE tenantd.member_count SET times = '' WHERE org_id = v_next AND block = -1 AND members = 0;
        COMMIT;
        SET v_last = v_next;
      END IF;
    UNTIL v_next IS NULL END REPEAT;
    -- Whoever changes an account meanwhile is waited for.
    SET v_last = REPEAT('\0', 16);
    REPEAT
      SELECT MAX(id) INTO v_next FROM (SELECT id FROM tenantd.user WHERE id > v_last ORDER BY id LIMIT 1000) n;
      IF v_next IS NOT NULL THEN
        INSERT IGNORE INTO tenantd.member_text (org_id, created_at, user_id, role_id, status, words)
        SELECT m.org_id, m.created_at, m.user_id, m.role_id, m.status, tenantd.searched_words(u.email, u.profile)
        FROM tenantd.user u JOIN tenantd.member m ON m.user_id = u.id
        WHERE u.id > v_last AND u.id <= v_next LOCK IN SHARE MODE;
        SET v_last = v_next;
      END IF;
    UNTIL v_next IS NULL END REPEAT;
    DELETE FROM tenantd.unfilled WHERE name = 'fill_members';
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_deleted AFTER DELETE ON tenantd.member
FOR EACH ROW
BEGIN
  DECLARE v_status INT;
  SELECT status INTO v_status FROM tenantd.organization WHERE id = OLD.org_id;
  -- The numbers of a closed one are gone before its members: remove_closed would wait for each.
  IF v_status <> 2 THEN
    CALL tenantd.discount_member(OLD.org_id, OLD.created_at, OLD.status, OLD.role_id);
    DELETE FROM tenantd.member_text WHERE org_id = OLD.org_id AND created_at = OLD.created_at AND user_id = OLD.user_id;
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.user_renamed AFTER UPDATE ON tenantd.user
FOR EACH ROW
BEGIN
  IF NOT (OLD.email <=> NEW.email AND OLD.profile <=> NEW.profile) THEN
    UPDATE tenantd.member m
    JOIN tenantd.member_text t ON t.org_id = m.org_id AND t.created_at = m.created_at AND t.user_id = m.user_id
    SET t.words = tenantd.searched_words(NEW.email, NEW.profile)
    WHERE m.user_id = NEW.id;
  END IF;
END//
-- A cascade fires no triggers: members go before what they hang on.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.user_deleted BEFORE DELETE ON tenantd.user
FOR EACH ROW DELETE FROM tenantd.member WHERE user_id = OLD.id//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.role_updated AFTER UPDATE ON tenantd.role
FOR EACH ROW
BEGIN
  IF NOT (BINARY OLD.name <=> BINARY NEW.name) THEN
    UPDATE tenantd.member_count SET role_name = NEW.name WHERE org_id = NEW.org_id AND role_id = NEW.id;
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.role_kept BEFORE UPDATE ON tenantd.role
FOR EACH ROW
BEGIN
  IF (OLD.permissions IS NULL OR NEW.permissions IS NULL)
     AND NOT (OLD.permissions <=> NEW.permissions AND BINARY OLD.name <=> BINARY NEW.name) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a system role stays as it is';
  END IF;
END//
-- The end of an organization takes its roles along without this: a cascade fires no triggers.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.role_deleted BEFORE DELETE ON tenantd.role
FOR EACH ROW
BEGIN
  IF OLD.permissions IS NULL OR EXISTS (SELECT 1 FROM tenantd.member WHERE org_id = OLD.org_id AND role_id = OLD.id) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a system role stays, and so does one that members hold';
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.limit_members(IN p_org BINARY(16))
BEGIN
  IF EXISTS (
    SELECT 1 FROM tenantd.organization o JOIN tenantd.member_total t ON t.org_id = o.id AND t.block = -1 AND t.status = 0
    WHERE o.id = p_org AND t.members > o.max_members) THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'limit: members';
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_updated AFTER UPDATE ON tenantd.member
FOR EACH ROW
BEGIN
  -- One of a batch is counted with it.
  IF OLD.batch = NEW.batch
     AND NOT (OLD.role_id <=> NEW.role_id AND OLD.status <=> NEW.status AND OLD.created_at <=> NEW.created_at) THEN
    CALL tenantd.discount_member(OLD.org_id, OLD.created_at, OLD.status, OLD.role_id);
    CALL tenantd.count_member(NEW.org_id, NEW.created_at, NEW.status, NEW.role_id);
    UPDATE tenantd.member_text SET created_at = NEW.created_at, role_id = NEW.role_id, status = NEW.status
    WHERE org_id = OLD.org_id AND created_at = OLD.created_at AND user_id = OLD.user_id;
    IF NEW.status = 0 AND OLD.status <> 0 THEN
      CALL tenantd.limit_members(NEW.org_id);
    END IF;
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.product_made BEFORE INSERT ON tenantd.product
FOR EACH ROW SET NEW.low_untold = NEW.low_since IS NOT NULL//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.product_crossed BEFORE UPDATE ON tenantd.product
FOR EACH ROW
BEGIN
  IF NOT NEW.low_since <=> OLD.low_since THEN
    SET NEW.low_untold = NEW.low_since IS NOT NULL;
  END IF;
END//
-- Tells the courier that an organization has events up to p_last. Runs while the end of the organization's order is held.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.tell_webhooks(
  IN p_org BINARY(16), IN p_first BIGINT, IN p_last BIGINT)
BEGIN
  INSERT INTO tenantd.webhook_backlog (org_id, event_seq) VALUES (p_org, p_last)
  ON DUPLICATE KEY UPDATE event_seq = VALUES(event_seq);
END//
-- Deliveries of the events after p_after up to p_to that these types name, at most so many that 100 wait. A test is for the
-- webhook that it is about alone.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.add_deliveries(
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
    WHERE e.org_id = p_org AND e.seq > p_after AND e.seq <= p_to
      AND IF(e.type = 'webhook.test', e.subject_id = p_webhook, p_events = '*' OR FIND_IN_SET(e.type, p_events) > 0)
    ORDER BY e.seq LIMIT v_room;
  END IF;
END//
-- A webhook is told of what happens from now on.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.webhook_made BEFORE INSERT ON tenantd.webhook
FOR EACH ROW
BEGIN
  DECLARE v_head BIGINT;
  -- A subquery in SET or IF would lock what it reads, as none in SELECT INTO does; who records the change next deadlocks.
  SELECT MAX(event_seq) INTO v_head FROM tenantd.change_head WHERE org_id = NEW.org_id;
  SET NEW.cursor_seq = COALESCE(NEW.cursor_seq, v_head, 0);
END//
-- What happened before a pause is still owed; what happens in the course of it is not.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.webhook_paused BEFORE UPDATE ON tenantd.webhook
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
-- A stream begins at the end of its organization's chain, and one of the whole system at the end of every chain, unless it asks
-- for the oldest rows.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.stream_made AFTER INSERT ON tenantd.stream
FOR EACH ROW
BEGIN
  DECLARE v_head BIGINT;
  IF NEW.start = 0 AND NEW.org_id = REPEAT('\0', 16) THEN
    INSERT INTO tenantd.stream_position (stream_org, stream_id, org_id, seq)
    SELECT NEW.org_id, NEW.id, h.org_id, h.audit_seq FROM tenantd.change_head h;
  ELSEIF NEW.org_id <> REPEAT('\0', 16) THEN
    -- By SELECT INTO, as in webhook_made.
    SELECT MAX(audit_seq) INTO v_head FROM tenantd.change_head WHERE org_id = NEW.org_id;
    INSERT INTO tenantd.stream_position (stream_org, stream_id, org_id, seq)
    VALUES (NEW.org_id, NEW.id, NEW.org_id, IF(NEW.start = 0, COALESCE(v_head, 0), 0));
  END IF;
END//
-- The last mail to somebody who is erased: once nobody tries to send it any more, nothing is left of its address. Here, and
-- not in the courier's statement: its account may give no mail another recipient.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.outbox_forgotten BEFORE UPDATE ON tenantd.outbox
FOR EACH ROW
BEGIN
  IF NEW.template = 'account_erased' AND NEW.status <> 0 THEN
    SET NEW.recipient = '', NEW.values_sealed = NULL;
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.count_row(
  IN p_org BINARY(16), IN p_kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin, IN p_most BIGINT)
BEGIN
  DECLARE v_message VARCHAR(64) DEFAULT CONCAT('limit: ', p_kind);
  -- Not by ON DUPLICATE KEY alone: in a trigger a duplicate makes MySQL 9.7 forget to put the row into its full-text index.
  UPDATE tenantd.organization_count SET amount = amount + 1 WHERE org_id = p_org AND kind = p_kind;
  IF ROW_COUNT() = 0 THEN
    INSERT INTO tenantd.organization_count (org_id, kind, amount) VALUES (p_org, p_kind, 1)
    ON DUPLICATE KEY UPDATE amount = amount + 1;
  END IF;
  IF (SELECT amount FROM tenantd.organization_count WHERE org_id = p_org AND kind = p_kind) > p_most THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = v_message;
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.discount_row(
  IN p_org BINARY(16), IN p_kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin)
BEGIN
  UPDATE tenantd.organization_count SET amount = amount - 1 WHERE org_id = p_org AND kind = p_kind;
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.warehouse_counted AFTER INSERT ON tenantd.warehouse
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'warehouses', 10000)//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.warehouse_discounted AFTER DELETE ON tenantd.warehouse
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'warehouses')//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.supplier_counted AFTER INSERT ON tenantd.supplier
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'suppliers', 100000)//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.supplier_discounted AFTER DELETE ON tenantd.supplier
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'suppliers')//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.product_counted AFTER INSERT ON tenantd.product
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'products', 1000000)//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.product_discounted AFTER DELETE ON tenantd.product
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'products')//
-- Places of products: each in each warehouse would be ten thousand millions. They stay as long as the organization.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.stock_level_counted AFTER INSERT ON tenantd.stock_level
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'stock_levels', 1000000)//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.project_counted AFTER INSERT ON tenantd.project
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'projects', 100000)//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.project_discounted AFTER DELETE ON tenantd.project
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'projects')//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.document_counted AFTER INSERT ON tenantd.document
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'documents', 1000000)//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.document_discounted AFTER DELETE ON tenantd.document
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'documents')//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.purchase_request_counted AFTER INSERT ON tenantd.purchase_request
FOR EACH ROW CALL tenantd.count_row(NEW.org_id, 'purchase_requests', 1000000)//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.purchase_request_discounted AFTER DELETE ON tenantd.purchase_request
FOR EACH ROW CALL tenantd.discount_row(OLD.org_id, 'purchase_requests')//
-- As before, and of one account: so many memberships, so many identities at providers.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.member_inserted AFTER INSERT ON tenantd.member
FOR EACH ROW
BEGIN
  DECLARE v_amount BIGINT;
  CALL tenantd.count_member(NEW.org_id, NEW.created_at, NEW.status, NEW.role_id);
  INSERT INTO tenantd.member_text (org_id, created_at, user_id, role_id, status, words)
  SELECT NEW.org_id, NEW.created_at, NEW.user_id, NEW.role_id, NEW.status, tenantd.searched_words(u.email, u.profile)
  FROM tenantd.user u WHERE u.id = NEW.user_id;
  IF NEW.status = 0 THEN
    CALL tenantd.limit_members(NEW.org_id);
  END IF;
  SELECT COUNT(*) INTO v_amount FROM tenantd.member WHERE user_id = NEW.user_id;
  IF v_amount > 1000 THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'limit: memberships';
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.identity_counted AFTER INSERT ON tenantd.identity
FOR EACH ROW
BEGIN
  DECLARE v_amount BIGINT;
  SELECT COUNT(*) INTO v_amount FROM tenantd.identity WHERE user_id = NEW.user_id;
  IF v_amount > 20 THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'limit: identities';
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.organization_inserted AFTER INSERT ON tenantd.organization
FOR EACH ROW
BEGIN
  INSERT INTO tenantd.organization_turn (org_id) VALUES (NEW.id);
  -- Where its changes end; one that was removed may have left its own.
  INSERT IGNORE INTO tenantd.change_head (org_id, event_seq, audit_seq, audit_hash) VALUES (NEW.id, 0, 0, REPEAT('\0', 32));
END//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.organization_counted AFTER INSERT ON tenantd.organization
FOR EACH ROW INSERT INTO tenantd.organization_count (org_id, kind, amount)
  VALUES (NEW.id, 'api_keys', 0), (NEW.id, 'roles', 0), (NEW.id, 'webhooks', 0), (NEW.id, 'invites', 0),
         (NEW.id, 'projects', 0), (NEW.id, 'documents', 0), (NEW.id, 'oauth_clients', 0), (NEW.id, 'streams', 0),
         (NEW.id, 'service_accounts', 0)//
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.oauth_client_deleted AFTER DELETE ON tenantd.oauth_client
FOR EACH ROW INSERT IGNORE INTO tenantd.oauth_client_gone (client_id, gone_at) VALUES (OLD.id, UNIX_TIMESTAMP())//
-- The one place where every session ends, in whatever way: clients that hold it, or that it let in, are to be told (OpenID
-- Connect Back-Channel Logout). A session whose end is written elsewhere counts no more from then on, and ends here when the
-- sweeper comes to it. Asked twice, since one question with OR would read the whole table.
CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.session_deleted BEFORE DELETE ON tenantd.session
FOR EACH ROW
BEGIN
  INSERT IGNORE INTO tenantd.oauth_logout (session_id, client_org, client_id, user_id)
  SELECT k.session_id, k.client_org, k.client_id, k.user_id FROM tenantd.client_session k
  JOIN tenantd.oauth_client c ON c.org_id = k.client_org AND c.id = k.client_id
  WHERE k.session_id = OLD.id AND c.backchannel_logout_uri IS NOT NULL;
  INSERT IGNORE INTO tenantd.oauth_logout (session_id, client_org, client_id, user_id)
  SELECT k.session_id, k.client_org, k.client_id, k.user_id FROM tenantd.client_session k
  JOIN tenantd.oauth_client c ON c.org_id = k.client_org AND c.id = k.client_id
  WHERE k.opener_id = OLD.id AND c.backchannel_logout_uri IS NOT NULL;
END//
DELIMITER ;

CALL tenantd.fill_members();
