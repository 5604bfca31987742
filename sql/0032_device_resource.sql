-- For which API a device asks (RFC 8707).
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

ALTER TABLE tenantd.oauth_device
  ADD resource VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'as of oauth_code';
