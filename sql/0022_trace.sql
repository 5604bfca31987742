-- Which trace an event belongs to, so that whoever receives it by a webhook can go on with it.
--
-- Serves programs from 19.
--
-- As in 0001: every statement can be run twice.

ALTER TABLE tenantd.event
  ADD traceparent CHAR(55) CHARACTER SET ascii NULL COMMENT 'W3C Trace Context, of the request that caused it';
