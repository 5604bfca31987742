-- Limits that all hosts count together: the budgets of mails and invitations, and what a host has taken lately.
-- include/tenantd/effects/budgets.hpp and include/tenantd/hosts/limit_exchange.hpp describe them.
--
-- As in 0001: every statement can be run twice.

CREATE TABLE IF NOT EXISTS tenantd.budget (
  id       BINARY(16) NOT NULL COMMENT 'whose, one way',
  empty_at BIGINT     NOT NULL COMMENT 'when all that was spent has come back, microseconds since 1970',
  PRIMARY KEY (id),
  KEY budget_age (empty_at)
) ENGINE = InnoDB;

ALTER TABLE tenantd.host ADD spent VARBINARY(16000) NOT NULL DEFAULT '' COMMENT 'requests that it took of the limits, by round';
