-- Through which server of the database each host writes, so that two writers are noticed.
--
-- As in 0001: every statement can be run twice.

ALTER TABLE tenantd.host ADD COLUMN server VARCHAR(255) NOT NULL DEFAULT '' COMMENT 'a node, or a machine, and its port';
