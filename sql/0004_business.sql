-- What several changes of one transaction are told by, then the business modules: inventory, purchasing, projects and
-- documents, and what the reporter has done.
--
-- As in 0001: every statement can be run twice, every unique key of a tenant's table starts with org_id, and links
-- between tenants' tables carry it. Rows of one tenant that others stand on are removed in delete_organization (views.sql).

-- --- Changes -----------------------------------------------------------------------------------------------------------

DELIMITER //
-- Deliveries of these events, by their numbers, for every webhook that wants them.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.tell_webhooks(
  IN p_org BINARY(16), IN p_first BIGINT, IN p_last BIGINT)
BEGIN
  INSERT INTO tenantd.webhook_delivery (org_id, webhook_id, event_id, event_seq, next_attempt_at, pending_since, created_at,
    updated_at)
  SELECT w.org_id, w.id, e.id, e.seq, e.created_at, e.created_at, e.created_at, e.created_at
  FROM tenantd.webhook w STRAIGHT_JOIN tenantd.event e ON e.org_id = w.org_id AND e.seq BETWEEN p_first AND p_last
  WHERE w.org_id = p_org AND w.status = 0 AND (w.events = '*' OR FIND_IN_SET(e.type, w.events) > 0);
END//
-- An event, at the end of its organization's order. The organization's row is locked before that end is: see lock_changes.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.append_event(
  IN p_org BINARY(16), IN p_id BINARY(16), IN p_type VARCHAR(64), IN p_actor BINARY(16), IN p_subject BINARY(16),
  IN p_data LONGTEXT, IN p_now BIGINT)
BEGIN
  DECLARE v_seq BIGINT;
  SELECT 1 INTO v_seq FROM tenantd.organization WHERE id = p_org LOCK IN SHARE MODE;
  INSERT INTO tenantd.change_head (org_id, event_seq, audit_seq, audit_hash) VALUES (p_org, 1, 0, REPEAT('\0', 32))
  ON DUPLICATE KEY UPDATE event_seq = event_seq + 1;
  SELECT event_seq INTO v_seq FROM tenantd.change_head WHERE org_id = p_org;
  INSERT INTO tenantd.event (org_id, id, seq, type, actor_id, subject_id, data, created_at)
  VALUES (p_org, p_id, v_seq, p_type, p_actor, p_subject, p_data, p_now);
  CALL tenantd.tell_webhooks(p_org, v_seq, v_seq);
END//
DELIMITER ;

-- --- Sessions and single sign-on ---------------------------------------------------------------------------------------

-- Whoever asks for a link to the own account asks in a session: what was asked for ends with it.
ALTER TABLE tenantd.oauth_state
  ADD COLUMN IF NOT EXISTS session_id BINARY(16) NULL COMMENT 'in which user_id asked for a link' AFTER user_id;
ALTER TABLE tenantd.oauth_state DROP CONSTRAINT IF EXISTS oauth_state_session;
ALTER TABLE tenantd.oauth_state ADD CONSTRAINT oauth_state_session FOREIGN KEY (session_id) REFERENCES tenantd.session (id) ON DELETE CASCADE;

-- Who was a member: whoever comes back finds the sessions from before shut out.
CREATE TABLE IF NOT EXISTS tenantd.former_member (
  org_id     BINARY(16) NOT NULL,
  user_id    BINARY(16) NOT NULL,
  removed_at BIGINT     NOT NULL,
  PRIMARY KEY (org_id, user_id),
  KEY former_member_user (user_id),
  CONSTRAINT former_member_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT former_member_of_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- --- Inventory ---------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS tenantd.supplier (
  org_id     BINARY(16)   NOT NULL,
  id         BINARY(16)   NOT NULL,
  name       VARCHAR(200) NOT NULL,
  email      VARCHAR(320) COLLATE utf8mb4_bin NULL,
  phone      VARCHAR(50)  NULL,
  address    VARCHAR(500) NULL,
  revision   INT          NOT NULL DEFAULT 1 COMMENT 'its ETag; counts changes',
  created_at BIGINT       NOT NULL,
  updated_at BIGINT       NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY supplier_time (org_id, created_at, id),
  KEY supplier_name (org_id, name),
  CONSTRAINT supplier_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.warehouse (
  org_id     BINARY(16)   NOT NULL,
  id         BINARY(16)   NOT NULL,
  name       VARCHAR(200) NOT NULL,
  address    VARCHAR(500) NULL,
  revision   INT          NOT NULL DEFAULT 1,
  created_at BIGINT       NOT NULL,
  updated_at BIGINT       NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY warehouse_time (org_id, created_at, id),
  KEY warehouse_name (org_id, name),
  CONSTRAINT warehouse_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- quantity: over all warehouses, kept with each movement; its row serializes the movements of one product, so that of
-- two that make it low together exactly one sees the crossing. low_untold: it became low and the reporter has not told of it;
-- kept by the triggers below, so that whoever changes low_since need not think of it.
CREATE TABLE IF NOT EXISTS tenantd.product (
  org_id        BINARY(16)   NOT NULL,
  id            BINARY(16)   NOT NULL,
  sku           VARCHAR(64)  COLLATE utf8mb4_bin NOT NULL,
  name          VARCHAR(200) NOT NULL,
  unit          VARCHAR(20)  NOT NULL DEFAULT 'piece',
  reorder_level BIGINT       NULL COMMENT 'low at or under it; NULL = never low',
  supplier_id   BINARY(16)   NULL,
  price_minor   BIGINT       NULL COMMENT 'in the smallest unit of the currency',
  currency      CHAR(3)      CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'ISO 4217',
  quantity      BIGINT       NOT NULL DEFAULT 0,
  low_since     BIGINT       NULL COMMENT 'NULL = not low',
  low_untold    BOOLEAN      NOT NULL DEFAULT FALSE,
  revision      INT          NOT NULL DEFAULT 1,
  created_at    BIGINT       NOT NULL,
  updated_at    BIGINT       NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY product_sku (org_id, sku),
  KEY product_time (org_id, created_at, id),
  KEY product_low (org_id, low_since, id),
  KEY product_supplier (org_id, supplier_id, created_at, id),
  KEY product_untold (low_untold, org_id, id),
  CONSTRAINT product_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT product_has_supplier FOREIGN KEY (org_id, supplier_id) REFERENCES tenantd.supplier (org_id, id),
  CONSTRAINT product_quantity CHECK (quantity >= 0)
) ENGINE = InnoDB;

DELIMITER //
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.product_made BEFORE INSERT ON tenantd.product
FOR EACH ROW SET NEW.low_untold = NEW.low_since IS NOT NULL//
CREATE OR REPLACE DEFINER = tenantd_owner@localhost TRIGGER tenantd.product_crossed BEFORE UPDATE ON tenantd.product
FOR EACH ROW
BEGIN
  IF NOT NEW.low_since <=> OLD.low_since THEN
    SET NEW.low_untold = NEW.low_since IS NOT NULL;
  END IF;
END//
DELIMITER ;

CREATE TABLE IF NOT EXISTS tenantd.stock_level (
  org_id       BINARY(16) NOT NULL,
  product_id   BINARY(16) NOT NULL,
  warehouse_id BINARY(16) NOT NULL,
  quantity     BIGINT     NOT NULL,
  updated_at   BIGINT     NOT NULL,
  PRIMARY KEY (org_id, product_id, warehouse_id),
  KEY stock_warehouse (org_id, warehouse_id),
  CONSTRAINT stock_level_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT stock_level_of_product FOREIGN KEY (org_id, product_id) REFERENCES tenantd.product (org_id, id),
  CONSTRAINT stock_level_in_warehouse FOREIGN KEY (org_id, warehouse_id) REFERENCES tenantd.warehouse (org_id, id),
  CONSTRAINT stock_level_quantity CHECK (quantity >= 0)
) ENGINE = InnoDB;

-- The ledger, append-only. change_by: what the movement adds to the level at warehouse_id; a transfer takes as much there
-- as it adds at to_warehouse_id. The levels are the sums of these.
CREATE TABLE IF NOT EXISTS tenantd.stock_movement (
  org_id          BINARY(16)   NOT NULL,
  id              BINARY(16)   NOT NULL,
  product_id      BINARY(16)   NOT NULL,
  warehouse_id    BINARY(16)   NOT NULL,
  to_warehouse_id BINARY(16)   NULL,
  type            TINYINT      NOT NULL COMMENT '0 in, 1 out, 2 adjust, 3 transfer',
  quantity        BIGINT       NOT NULL COMMENT 'as asked for; of an adjustment: what was counted',
  change_by       BIGINT       NOT NULL,
  level_after     BIGINT       NOT NULL COMMENT 'at warehouse_id',
  reason          VARCHAR(500) NOT NULL DEFAULT '',
  created_by      BINARY(16)   NULL,
  created_at      BIGINT       NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY movement_time (org_id, created_at, id),
  KEY movement_product (org_id, product_id, created_at, id),
  KEY movement_warehouse (org_id, warehouse_id, created_at, id),
  KEY movement_target (org_id, to_warehouse_id, created_at, id),
  CONSTRAINT movement_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT movement_of_product FOREIGN KEY (org_id, product_id) REFERENCES tenantd.product (org_id, id),
  CONSTRAINT movement_in_warehouse FOREIGN KEY (org_id, warehouse_id) REFERENCES tenantd.warehouse (org_id, id),
  CONSTRAINT movement_to_warehouse FOREIGN KEY (org_id, to_warehouse_id) REFERENCES tenantd.warehouse (org_id, id),
  CONSTRAINT movement_sense CHECK ((type = 3) = (to_warehouse_id IS NOT NULL) AND quantity >= 0)
) ENGINE = InnoDB;

-- --- Purchasing --------------------------------------------------------------------------------------------------------

-- number: counts the requests of an organization, for people. total_minor: of the lines that have a price, kept with them.
CREATE TABLE IF NOT EXISTS tenantd.purchase_request (
  org_id       BINARY(16)   NOT NULL,
  id           BINARY(16)   NOT NULL,
  number       BIGINT       NOT NULL,
  title        VARCHAR(200) NOT NULL,
  warehouse_id BINARY(16)   NULL COMMENT 'where it will be received',
  note         VARCHAR(2000) NOT NULL DEFAULT '',
  currency     CHAR(3)      CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'ISO 4217, of all lines',
  total_minor  BIGINT       NOT NULL DEFAULT 0,
  status       TINYINT      NOT NULL DEFAULT 0 COMMENT '0 draft, 1 submitted, 2 approved, 3 rejected, 4 received',
  revision     INT          NOT NULL DEFAULT 1,
  requested_by BINARY(16)   NULL,
  submitted_at BIGINT       NULL,
  decided_at   BIGINT       NULL,
  received_at  BIGINT       NULL,
  created_at   BIGINT       NOT NULL,
  updated_at   BIGINT       NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY purchase_request_number (org_id, number),
  KEY purchase_request_time (org_id, created_at, id),
  KEY purchase_request_status (org_id, status, created_at, id),
  KEY purchase_request_draft (status, updated_at),
  KEY purchase_request_warehouse (org_id, warehouse_id),
  CONSTRAINT purchase_request_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT purchase_request_to FOREIGN KEY (org_id, warehouse_id) REFERENCES tenantd.warehouse (org_id, id),
  CONSTRAINT purchase_request_total CHECK (total_minor >= 0)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS tenantd.purchase_request_line (
  org_id           BINARY(16) NOT NULL,
  request_id       BINARY(16) NOT NULL,
  position         INT        NOT NULL,
  product_id       BINARY(16) NOT NULL,
  quantity         BIGINT     NOT NULL,
  unit_price_minor BIGINT     NULL,
  PRIMARY KEY (org_id, request_id, position),
  KEY purchase_request_product (org_id, product_id),
  CONSTRAINT line_of_request FOREIGN KEY (org_id, request_id) REFERENCES tenantd.purchase_request (org_id, id) ON DELETE CASCADE,
  CONSTRAINT line_of_product FOREIGN KEY (org_id, product_id) REFERENCES tenantd.product (org_id, id),
  CONSTRAINT line_quantity CHECK (quantity > 0)
) ENGINE = InnoDB;

-- The last number given: its row is locked until the commit, and no number comes twice, whatever is deleted.
CREATE TABLE IF NOT EXISTS tenantd.purchase_request_counter (
  org_id      BINARY(16) NOT NULL PRIMARY KEY,
  last_number BIGINT     NOT NULL,
  CONSTRAINT purchase_request_counter_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- Its history, append-only: who took it to which status, and why. position: 0 draft, 1 submitted, 2 decided, 3 received, so that
-- no request is decided or received twice.
CREATE TABLE IF NOT EXISTS tenantd.purchase_request_step (
  org_id     BINARY(16)    NOT NULL,
  request_id BINARY(16)    NOT NULL,
  position   INT           NOT NULL,
  status     TINYINT       NOT NULL COMMENT 'that it has since',
  user_id    BINARY(16)    NULL,
  acted_by   BINARY(16)    NULL COMMENT 'the super-admin who acted in that name',
  reason     VARCHAR(2000) NOT NULL DEFAULT '',
  created_at BIGINT        NOT NULL,
  PRIMARY KEY (org_id, request_id, position),
  CONSTRAINT step_of_request FOREIGN KEY (org_id, request_id) REFERENCES tenantd.purchase_request (org_id, id) ON DELETE CASCADE
) ENGINE = InnoDB;

-- A request of this amount or more, in this currency, wants an approver who holds the role or one that covers it.
CREATE TABLE IF NOT EXISTS tenantd.approval_threshold (
  org_id      BINARY(16) NOT NULL,
  currency    CHAR(3)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  above_minor BIGINT     NOT NULL,
  role_id     BINARY(16) NOT NULL,
  PRIMARY KEY (org_id, currency, above_minor),
  KEY approval_threshold_role (org_id, role_id),
  CONSTRAINT approval_threshold_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT approval_threshold_of_role FOREIGN KEY (org_id, role_id) REFERENCES tenantd.role (org_id, id)
) ENGINE = InnoDB;

-- --- Projects and documents --------------------------------------------------------------------------------------------

-- What is counted against an organization's limits; its row serializes what adds to them.
CREATE TABLE IF NOT EXISTS tenantd.organization_usage (
  org_id        BINARY(16) NOT NULL PRIMARY KEY,
  projects      BIGINT     NOT NULL DEFAULT 0,
  storage_bytes BIGINT     NOT NULL DEFAULT 0 COMMENT 'of files, announced ones too',
  CONSTRAINT organization_usage_of FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT organization_usage_counts CHECK (projects >= 0 AND storage_bytes >= 0)
) ENGINE = InnoDB;

-- search_text: the words of the row as tokens of its organization (domain/search), which the full-text index holds instead
-- of the text, so that a search reads its own rows and not those of every tenant that uses the same words.
CREATE TABLE IF NOT EXISTS tenantd.project (
  org_id       BINARY(16)    NOT NULL,
  id           BINARY(16)    NOT NULL,
  name         VARCHAR(200)  NOT NULL,
  description  TEXT          NOT NULL DEFAULT '',
  status       TINYINT       NOT NULL DEFAULT 0 COMMENT '0 planned, 1 active, 2 on_hold, 3 completed, 4 archived',
  owner_id     BINARY(16)    NULL COMMENT 'a member, or somebody who was one',
  starts_at    BIGINT        NULL,
  ends_at      BIGINT        NULL,
  tags         VARCHAR(1000) NOT NULL DEFAULT '' COMMENT 'comma-separated, in their order',
  search_text  MEDIUMTEXT    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  revision     INT           NOT NULL DEFAULT 1,
  created_by   BINARY(16)    NULL,
  created_at   BIGINT        NOT NULL,
  updated_at   BIGINT        NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY project_time (org_id, created_at, id),
  KEY project_status (org_id, status, created_at, id),
  FULLTEXT KEY project_text (search_text),
  CONSTRAINT project_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT project_dates CHECK (ends_at >= starts_at)
) ENGINE = InnoDB;

-- A document may be text alone, or have a file: announced (status 1: waiting for it), then there (2).
CREATE TABLE IF NOT EXISTS tenantd.document (
  org_id            BINARY(16)     NOT NULL,
  id                BINARY(16)     NOT NULL,
  project_id        BINARY(16)     NOT NULL,
  name              VARCHAR(300)   NOT NULL,
  description       TEXT           NOT NULL DEFAULT '',
  tags              VARCHAR(1000)  NOT NULL DEFAULT '',
  search_text       MEDIUMTEXT     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status            TINYINT        NOT NULL DEFAULT 0 COMMENT '0 no file, 1 announced, 2 stored',
  content_type      VARCHAR(255)   CHARACTER SET ascii COLLATE ascii_bin NULL,
  size              BIGINT         NULL,
  sha256            BINARY(32)     NULL,
  storage_key       VARCHAR(64)    CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'made here; says nothing of the name',
  upload_expires_at BIGINT         NULL,
  uploaded_at       BIGINT         NULL,
  revision          INT            NOT NULL DEFAULT 1,
  created_by        BINARY(16)     NULL,
  created_at        BIGINT         NOT NULL,
  updated_at        BIGINT         NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY document_file (org_id, storage_key),
  KEY document_time (org_id, created_at, id),
  KEY document_project (org_id, project_id, created_at, id),
  KEY document_upload (status, upload_expires_at),
  KEY document_state (org_id, status, size),
  KEY document_key (storage_key),
  FULLTEXT KEY document_text (search_text),
  CONSTRAINT document_organization FOREIGN KEY (org_id) REFERENCES tenantd.organization (id) ON DELETE CASCADE,
  CONSTRAINT document_of_project FOREIGN KEY (org_id, project_id) REFERENCES tenantd.project (org_id, id),
  CONSTRAINT document_size CHECK (size >= 0)
) ENGINE = InnoDB;

-- Files that nobody names any more, for the sweeper to remove from the store.
CREATE TABLE IF NOT EXISTS tenantd.file_removal (
  storage_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  asked_at    BIGINT      NOT NULL
) ENGINE = InnoDB;

-- --- Reports -----------------------------------------------------------------------------------------------------------

-- What a job has done for whom: written in the transaction that does it, so that it is done once.
CREATE TABLE IF NOT EXISTS tenantd.job_run (
  job     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  org_id  BINARY(16)  NOT NULL COMMENT 'zeros: of all organizations',
  due_at  BIGINT      NOT NULL COMMENT 'the time that it was to run at',
  done_at BIGINT      NOT NULL,
  PRIMARY KEY (job, org_id, due_at),
  KEY job_run_due (job, due_at)
) ENGINE = InnoDB;

-- A report says more than a link does.
ALTER TABLE tenantd.outbox MODIFY values_sealed MEDIUMBLOB NULL;
