-- Mails about sign-ins from a device that is new to the account, and what an organization asks of them.
--
-- As in 0001: every statement can be run twice.

CREATE TABLE IF NOT EXISTS tenantd.known_device (
  user_id      BINARY(16) NOT NULL,
  device       BINARY(16) NOT NULL COMMENT 'of the program and its network, one way',
  last_used_at BIGINT     NOT NULL,
  PRIMARY KEY (user_id, device),
  KEY known_device_age (last_used_at),
  CONSTRAINT known_device_user FOREIGN KEY (user_id) REFERENCES tenantd.user (id) ON DELETE CASCADE
) ENGINE = InnoDB;

ALTER TABLE tenantd.organization
  ADD login_alert TINYINT NULL COMMENT '1 = of a new device, 2 = of every sign-in; NULL = as the service says' AFTER invite_seconds;
