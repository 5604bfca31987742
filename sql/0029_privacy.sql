-- Accounts that were erased: how far what others wrote down of them has been looked through, and which audit rows say less
-- since.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

-- What was in the account goes in the transaction that makes the row. Its traces in organizations' histories go behind that,
-- step by step: traces_sealed holds what is looked for, and is gone with the last of them.
CREATE TABLE IF NOT EXISTS tenantd.erasure (
  id            BINARY(16) NOT NULL,
  user_id       BINARY(16) NOT NULL,
  asked_by      BINARY(16) NULL COMMENT 'the person, or a super-admin; NULL = tenantctl',
  traces_sealed MEDIUMBLOB NULL COMMENT 'addresses and names; NULL = nothing is left to look for',
  chain_of      BINARY(16) NULL COMMENT 'the organization whose chain is looked through; NULL = none is yet',
  audit_seq     BIGINT NOT NULL DEFAULT 0 COMMENT 'looked through there',
  event_seq     BIGINT NOT NULL DEFAULT 0,
  asked_at      BIGINT NOT NULL,
  finished_at   BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY erasure_user (user_id),
  KEY erasure_open (finished_at, asked_at)
) ENGINE = InnoDB;

-- Audit rows from which a person was erased. A row's hash stays that of what it said, so that the chain goes on through it; the
-- signature, under the chain's key, covers what it says now. A later row of the same chain names it.
CREATE TABLE IF NOT EXISTS tenantd.audit_redaction (
  org_id      BINARY(16) NOT NULL,
  seq         BIGINT NOT NULL,
  erasure_id  BINARY(16) NOT NULL,
  signature   BINARY(32) NOT NULL COMMENT 'HMAC-SHA-256 of the erasure, the hash and the row as it is',
  redacted_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, seq)
) ENGINE = InnoDB;

ALTER TABLE tenantd.invite ADD KEY invite_address (email);
ALTER TABLE tenantd.account_event ADD KEY account_event_actor (actor_id);
ALTER TABLE tenantd.outbox ADD KEY outbox_user (user_id);
ALTER TABLE tenantd.document ADD KEY document_creator (created_by, org_id);
ALTER TABLE tenantd.scim_user ADD KEY scim_user_address (email);
