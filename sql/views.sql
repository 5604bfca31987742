-- What the application sees: schema `tenantd_app`. Made anew by every `tenantctl migrate`.
--
-- Views and routines run with the rights of tenantd_owner, an account that nobody can sign in to. A tenant's view shows
-- and takes only rows of current_org(); unset means no rows and no writes. current_org() must be DETERMINISTIC NO SQL:
-- otherwise each query would evaluate it for every row of the table.

CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.current_org() RETURNS BINARY(16)
  DETERMINISTIC NO SQL RETURN @tenantd_org;
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.current_user_id() RETURNS BINARY(16)
  DETERMINISTIC NO SQL RETURN @tenantd_user;
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.current_super() RETURNS BOOLEAN
  DETERMINISTIC NO SQL RETURN COALESCE(@tenantd_super, FALSE);

DELIMITER //
-- Scope, and scope with transaction, in one round trip.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.enter_scope(
  IN p_org BINARY(16), IN p_user BINARY(16), IN p_super BOOLEAN)
BEGIN
  SET @tenantd_org = p_org, @tenantd_user = p_user, @tenantd_super = p_super;
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.begin_scope(
  IN p_org BINARY(16), IN p_user BINARY(16), IN p_super BOOLEAN)
BEGIN
  SET @tenantd_org = p_org, @tenantd_user = p_user, @tenantd_super = p_super;
  START TRANSACTION;
END//
-- The same in the connection p_connection alone. A proxy that gives one client's transactions to several connections would
-- show a tenant another's rows: the variables lie in the connection. (The two above are for the release before.)
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.enter_scope_on(
  IN p_connection BIGINT UNSIGNED, IN p_org BINARY(16), IN p_user BINARY(16), IN p_super BOOLEAN)
BEGIN
  IF p_connection <> CONNECTION_ID() THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'scope: another connection';
  END IF;
  SET @tenantd_org = p_org, @tenantd_user = p_user, @tenantd_super = p_super;
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.begin_scope_on(
  IN p_connection BIGINT UNSIGNED, IN p_org BINARY(16), IN p_user BINARY(16), IN p_super BOOLEAN)
BEGIN
  IF p_connection <> CONNECTION_ID() THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'scope: another connection';
  END IF;
  SET @tenantd_org = p_org, @tenantd_user = p_user, @tenantd_super = p_super;
  START TRANSACTION;
END//

-- All that a session stands for, in one round trip, under the names that the service reads it by: its user and the
-- membership in p_org (or, if that is NULL, in the organization that p_slug names, or none). The caller must know the
-- session's id. Which sessions count, live_session says;
-- one that is shut out finds no membership. p_issued: when the access token was made that is shown. The first use of the
-- newest pair is noted; that the note cannot be taken within a second is no reason to refuse the call, and the next one takes it.
-- p_super_needs_factor: a super-admin's session without a second factor is an ordinary one.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.authenticate(
  IN p_session BINARY(16), IN p_org BINARY(16), IN p_slug VARCHAR(63), IN p_issued BIGINT, IN p_super_needs_factor BOOLEAN)
BEGIN
  DECLARE v_org BINARY(16) DEFAULT p_org;
  DECLARE v_unused INT;
  DECLARE v_tries INT DEFAULT 0;
  IF v_org IS NULL AND p_slug IS NOT NULL THEN
    SELECT id INTO v_org FROM tenantd.organization WHERE slug = p_slug;
  END IF;
  SELECT 1 INTO v_unused FROM tenantd.session
  WHERE id = p_session AND counter > 0 AND NOT pair_used AND rotated_at <= p_issued;
  IF v_unused = 1 THEN
    BEGIN
      DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
      SET v_unused = NULL;
      -- Whoever looks through the sessions holds each for a moment.
      WHILE v_unused IS NULL AND v_tries < 50 DO
        SELECT 1 INTO v_unused FROM tenantd.session WHERE id = p_session FOR UPDATE SKIP LOCKED;
        IF v_unused IS NULL THEN
          SET v_tries = v_tries + 1;
          DO SLEEP(0.02);
        END IF;
      END WHILE;
      IF v_unused = 1 THEN
        UPDATE tenantd.session SET pair_used = TRUE WHERE id = p_session AND rotated_at <= p_issued;
      END IF;
    END;
  END IF;
  SELECT s.user_id, LEAST(s.expires_at, s.ends_at) AS session_ends_at, u.email, u.profile, u.status AS user_status,
         u.is_super AND (NOT p_super_needs_factor OR (s.second_factor AND (u.mfa_enabled_at > 0 OR s.methods LIKE '%pop%'))) AS is_super,
         u.email_verified_at, u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.mfa_enabled_at,
         o.id AS org_id, o.name AS org_name, o.slug AS org_slug, o.status AS org_status, o.personal AS org_personal,
         o.require_mfa AS org_require_mfa, o.created_at AS org_created_at, o.updated_at AS org_updated_at,
         r.id AS role_id, r.name AS role_name, r.permissions AS role_permissions, m.status AS member_status,
         m.created_at AS member_since, m.role_expires_at, NULL AS api_key_id, NULL AS api_key_permissions,
         s.created_at AS session_began_at, s.bound_org_id, s.actor_id, s.actor_email, o.max_requests AS org_max_requests,
         o.session_max_seconds AS org_session_max_seconds, k.client_id, k.scopes AS client_scopes,
         -- The organization does not let the member in by this session.
         IF(o.sso_enforced AND EXISTS (SELECT 1 FROM tenantd_app.sso_member w WHERE w.org_id = o.id AND w.user_id = s.user_id)
              AND NOT EXISTS (SELECT 1 FROM tenantd_app.sso_session x WHERE x.session_id = s.id AND x.org_id = o.id),
            o.slug, NULL) AS sso_required,
         COALESCE(k.signed_in_at, s.proven_at, s.created_at) AS authenticated_at, s.proven_at IS NOT NULL AS proven_since,
         s.methods, s.second_factor, COALESCE(o.require_passkey, FALSE) AS org_require_passkey,
         COALESCE(o.mail_code OR COALESCE(k.vouched, FALSE), TRUE) AS org_mail_code
  FROM tenantd_app.live_session s
  JOIN tenantd.user u ON u.id = s.user_id
  LEFT JOIN tenantd.client_session k ON k.session_id = s.id
  LEFT JOIN tenantd.session_cut c ON c.user_id = s.user_id AND c.org_id = v_org
  LEFT JOIN (tenantd.member m JOIN tenantd.organization o ON o.id = m.org_id AND o.status <> 2)
    ON m.org_id = v_org AND m.user_id = s.user_id AND s.born > COALESCE(c.shut_out, 0)
  LEFT JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  -- What a client holds ends with the client.
  WHERE s.id = p_session AND (k.client_id IS NULL OR EXISTS (
    SELECT 1 FROM tenantd.oauth_client c WHERE c.org_id = k.client_org AND c.id = k.client_id));
END//

-- Ends those sessions of a user that were used longest ago, so that with the next one no more than p_most live. Those that
-- an organization's provider began are not counted and stay: they have their own share. p_ended: how many, or a thousand if
-- more; p_generation: the user's since, NULL if there is no such user. The user's row is locked: of two sign-ins the second
-- counts the first. A few are removed; where there are many, those that stay pass into the next generation, and the sweeper
-- removes the others.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.displace_sessions(
  IN p_user BINARY(16), IN p_most BIGINT, IN p_now BIGINT, OUT p_ended BIGINT, OUT p_generation BIGINT)
BEGIN
  DECLARE v_over BIGINT DEFAULT p_most + 999;
  DECLARE v_kept BIGINT DEFAULT p_most - 1;
  DECLARE v_generation, v_rows BIGINT;
  SELECT generation INTO v_generation FROM tenantd.user WHERE id = p_user FOR UPDATE;
  -- Whoever has fewer rows has fewer sessions that count: asked first, since that takes a tenth of the time.
  SELECT COUNT(*) INTO v_rows FROM (SELECT 1 FROM tenantd.session WHERE user_id = p_user LIMIT p_most) l;
  IF v_rows < p_most THEN
    SET v_over = 0;
  ELSE
    SELECT COUNT(*) - p_most + 1 INTO v_over FROM (
      SELECT id FROM tenantd_app.live_session
      WHERE user_id = p_user AND actor_id IS NULL AND NOT by_provider AND expires_at > p_now AND ends_at > p_now
      LIMIT v_over) l;
  END IF;
  IF v_over >= 1000 THEN
    UPDATE tenantd.session SET generation = v_generation + 1 WHERE id IN (SELECT id FROM (
      SELECT id FROM tenantd_app.live_session
      WHERE user_id = p_user AND actor_id IS NULL AND NOT by_provider AND expires_at > p_now AND ends_at > p_now
      ORDER BY rotated_at DESC, id DESC LIMIT v_kept) l);
    UPDATE tenantd.session SET generation = v_generation + 1 WHERE id IN (SELECT id FROM (
      SELECT id FROM tenantd_app.live_session WHERE user_id = p_user AND actor_id IS NULL AND by_provider) l);
    UPDATE tenantd.user SET generation = v_generation + 1, sessions_ended = v_generation WHERE id = p_user;
    INSERT INTO tenantd.session_cut (user_id, org_id, ended, cut_at)
    SELECT id, REPEAT('\0', 16), v_generation, p_now FROM tenantd.user WHERE id = p_user
    ON DUPLICATE KEY UPDATE ended = VALUES(ended), waiting = TRUE, cut_at = VALUES(cut_at);
  ELSEIF v_over > 0 THEN
    DELETE FROM tenantd.session WHERE id IN (SELECT id FROM (
      SELECT id FROM tenantd_app.live_session
      WHERE user_id = p_user AND actor_id IS NULL AND NOT by_provider AND expires_at > p_now AND ends_at > p_now
      ORDER BY rotated_at, id LIMIT v_over) l);
  END IF;
  SET p_ended = GREATEST(v_over, 0), p_generation = v_generation + (v_over >= 1000);
END//
-- The same of those alone that the organization's provider began.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.displace_bound_sessions(
  IN p_user BINARY(16), IN p_bound BINARY(16), IN p_most BIGINT, IN p_now BIGINT, OUT p_ended BIGINT, OUT p_generation BIGINT)
BEGIN
  DECLARE v_over BIGINT DEFAULT 0;
  SELECT generation INTO p_generation FROM tenantd.user WHERE id = p_user FOR UPDATE;
  SELECT COUNT(*) - p_most + 1 INTO v_over FROM tenantd_app.live_session
  WHERE user_id = p_user AND bound_org_id = p_bound AND by_provider AND expires_at > p_now AND ends_at > p_now;
  IF v_over > 0 THEN
    DELETE FROM tenantd.session WHERE id IN (SELECT id FROM (
      SELECT id FROM tenantd_app.live_session
      WHERE user_id = p_user AND bound_org_id = p_bound AND by_provider AND expires_at > p_now AND ends_at > p_now
      ORDER BY rotated_at, id LIMIT v_over) l);
  END IF;
  SET p_ended = GREATEST(v_over, 0);
END//

-- For the release before.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.displace_sessions(
  IN p_user BINARY(16), IN p_most BIGINT, IN p_now BIGINT)
BEGIN
  DECLARE v_ended, v_generation BIGINT;
  CALL tenantd.displace_sessions(p_user, p_most, p_now, v_ended, v_generation);
  SELECT v_ended;
END//
-- Counts one guess at an account's password before it is evaluated. Answers whether the account, and the network that the
-- guess comes from if the owner is known there, were not locked, and whether this guess locks the account. The guess that
-- reaches p_failures locks until p_locked_until; an expired lock starts from zero.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.count_attempt(
  IN p_user BINARY(16), IN p_network VARBINARY(8), IN p_failures BIGINT, IN p_locked_until BIGINT, IN p_now BIGINT,
  IN p_known_since BIGINT)
BEGIN
  DECLARE v_account, v_network BIGINT;
  -- Assigned from left to right: locked_until sees the new count.
  UPDATE tenantd.user SET failed_signins = IF(locked_until > 0, 1, failed_signins + 1),
    locked_until = IF(failed_signins >= p_failures, p_locked_until, 0)
  WHERE id = p_user AND locked_until <= p_now;
  SET v_account = ROW_COUNT();
  UPDATE tenantd.known_network SET failed_signins = IF(locked_until > 0, 1, failed_signins + 1),
    locked_until = IF(failed_signins >= p_failures, p_locked_until, 0)
  WHERE user_id = p_user AND network = p_network AND locked_until <= p_now AND last_used_at > p_known_since;
  SET v_network = ROW_COUNT();
  SELECT v_account, v_network,
         v_account = 1 AND EXISTS (SELECT 1 FROM tenantd.user WHERE id = p_user AND locked_until = p_locked_until);
END//
-- The guess was right: its failures are forgotten, there and of the account, but a lock that it went past stays. Answers with
-- 1; with 0 if the password is another one by now, or the account is not active.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.confirm_attempt(
  IN p_user BINARY(16), IN p_password VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin, IN p_network VARBINARY(8),
  IN p_past_lock BOOLEAN, IN p_now BIGINT)
BEGIN
  DECLARE v_right INT DEFAULT 0;
  SELECT 1 INTO v_right FROM tenantd.user WHERE id = p_user AND password = p_password AND status = 0 FOR UPDATE;
  IF v_right = 1 THEN
    UPDATE tenantd.user SET failed_signins = IF(p_past_lock AND locked_until > p_now, failed_signins, 0),
      locked_until = IF(p_past_lock, locked_until, 0)
    WHERE id = p_user;
    UPDATE tenantd.known_network SET failed_signins = 0, locked_until = 0
    WHERE user_id = p_user AND network = p_network;
  END IF;
  SELECT v_right;
END//
-- Takes p_step microseconds of a budget of p_most, at once and by itself. Answers by how much it would have been overdrawn, in
-- microseconds; 0 = it was taken.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.spend_budget(
  IN p_id BINARY(16), IN p_step BIGINT, IN p_now BIGINT, IN p_most BIGINT)
BEGIN
  DECLARE v_taken INT DEFAULT 0;
  DECLARE v_over BIGINT DEFAULT 0;
  UPDATE tenantd.budget SET empty_at = GREATEST(empty_at, p_now) + p_step
  WHERE id = p_id AND GREATEST(empty_at, p_now) + p_step <= p_now + p_most;
  SET v_taken = ROW_COUNT();
  IF v_taken = 0 THEN
    INSERT IGNORE INTO tenantd.budget (id, empty_at) VALUES (p_id, p_now + p_step);
    SET v_taken = ROW_COUNT();
  END IF;
  IF v_taken = 0 THEN
    SELECT GREATEST(empty_at + p_step - p_now - p_most, 0) INTO v_over FROM tenantd.budget WHERE id = p_id;
    -- Two who made the row at the same time: there is room for both.
    IF v_over = 0 THEN
      UPDATE tenantd.budget SET empty_at = GREATEST(empty_at, p_now) + p_step WHERE id = p_id;
    END IF;
  END IF;
  SELECT v_over;
END//
-- Somebody signed in to an account from this network; an empty one is never known. Of p_most the newest stay.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.know_network(
  IN p_user BINARY(16), IN p_network VARBINARY(8), IN p_now BIGINT, IN p_most BIGINT)
BEGIN
  DECLARE v_surplus BIGINT;
  IF p_network <> '' THEN
    INSERT INTO tenantd.known_network (user_id, network, last_used_at) VALUES (p_user, p_network, p_now)
    ON DUPLICATE KEY UPDATE last_used_at = VALUES(last_used_at);
    SELECT COUNT(*) - p_most INTO v_surplus FROM tenantd.known_network WHERE user_id = p_user;
    IF v_surplus > 0 THEN
      DELETE FROM tenantd.known_network WHERE user_id = p_user ORDER BY last_used_at, network LIMIT v_surplus;
    END IF;
  END IF;
END//
-- Begins a session, of which an account has p_most at the same time, and notes the network, if it is known, and the device
-- that it is begun from, of each the newest that an account is known by. One that an organization's provider begins (p_bound)
-- has a share of its own of sessions and devices, and makes no network known: the organization chose who vouches. Answers how many sessions had to end for it, whether
-- the device was not known, and, if p_alerts, the most that an organization of the account asks of mails about sign-ins, and
-- what its owner chose; then what the account is now, whose row is held: its status, NULL if it is gone, which has no session,
-- and whether it has a second factor.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.open_session(
  IN p_id BINARY(16), IN p_user BINARY(16), IN p_org BINARY(16), IN p_bound BINARY(16), IN p_now BIGINT,
  IN p_expires_at BIGINT, IN p_ends_at BIGINT, IN p_address VARCHAR(45), IN p_agent VARCHAR(400), IN p_most BIGINT,
  IN p_network VARBINARY(8), IN p_most_networks BIGINT, IN p_device BINARY(16), IN p_most_devices BIGINT,
  IN p_known_since BIGINT, IN p_alerts BOOLEAN)
BEGIN
  DECLARE v_ended, v_generation, v_surplus BIGINT;
  DECLARE v_chosen, v_status, v_factor INT;
  DECLARE v_known, v_alert INT DEFAULT 0;
  IF p_bound IS NULL THEN
    CALL tenantd.displace_sessions(p_user, p_most, p_now, v_ended, v_generation);
  ELSE
    CALL tenantd.displace_bound_sessions(p_user, p_bound, p_most, p_now, v_ended, v_generation);
  END IF;
  SELECT status, mfa_enabled_at IS NOT NULL INTO v_status, v_factor FROM tenantd.user WHERE id = p_user;
  IF v_generation IS NOT NULL THEN
    INSERT INTO tenantd.session (id, user_id, org_id, bound_org_id, counter, rotated_at, created_at, expires_at, ends_at,
      address, agent, generation, born)
    VALUES (p_id, p_user, p_org, p_bound, 0, p_now, p_now, p_expires_at, p_ends_at, p_address, p_agent, v_generation,
      v_generation);
    IF p_bound IS NULL THEN
      CALL tenantd_app.know_network(p_user, p_network, p_now, p_most_networks);
    END IF;
    SELECT 1 INTO v_known FROM tenantd.known_device
    WHERE user_id = p_user AND device = p_device AND bound_org_id <=> p_bound AND last_used_at > p_known_since;
    INSERT INTO tenantd.known_device (user_id, device, last_used_at, bound_org_id)
    VALUES (p_user, p_device, p_now, p_bound)
    ON DUPLICATE KEY UPDATE last_used_at = VALUES(last_used_at);
    IF v_known = 0 THEN
      SELECT COUNT(*) - p_most_devices INTO v_surplus FROM tenantd.known_device
      WHERE user_id = p_user AND bound_org_id <=> p_bound;
      IF v_surplus > 0 THEN
        DELETE FROM tenantd.known_device WHERE user_id = p_user AND bound_org_id <=> p_bound
        ORDER BY last_used_at, device LIMIT v_surplus;
      END IF;
    END IF;
    IF p_alerts THEN
      SELECT COALESCE(MAX(o.login_alert), 0) INTO v_alert
      FROM tenantd.member m JOIN tenantd.organization o ON o.id = m.org_id
      WHERE m.user_id = p_user AND m.status = 0 AND o.status = 0;
      SELECT login_alert INTO v_chosen FROM tenantd.user WHERE id = p_user;
    END IF;
  END IF;
  SELECT v_ended, 1 - v_known, v_alert, v_chosen,
         EXISTS (SELECT 1 FROM tenantd_app.sso_member w WHERE w.user_id = p_user AND w.may_bypass), v_status, v_factor;
END//
-- A session that counts and is nobody's impersonation, its account, and the membership that its next token names: in the
-- organization that it is good for alone, else in the one that was its active one; none where it is shut out. For a token
-- to be exchanged, in one round trip.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.renewable_session(IN p_id BINARY(16))
BEGIN
  SELECT s.id, s.user_id, s.org_id AS active_org_id, s.bound_org_id, s.counter, s.rotated_at, s.created_at AS session_began_at,
         s.expires_at, s.ends_at, u.email, u.profile, u.status AS user_status, u.is_super, u.email_verified_at,
         u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.mfa_enabled_at,
         o.id AS org_id, o.name AS org_name, o.slug AS org_slug, o.status AS org_status, o.personal AS org_personal,
         o.require_mfa AS org_require_mfa, o.created_at AS org_created_at, o.updated_at AS org_updated_at,
         r.id AS role_id, r.name AS role_name, r.permissions AS role_permissions, m.status AS member_status,
         m.created_at AS member_since, m.role_expires_at, o.session_idle_seconds, o.session_max_seconds, k.client_id,
         o.require_passkey AS org_require_passkey, o.mail_code OR COALESCE(k.vouched, FALSE) AS org_mail_code,
         k.scopes AS client_scopes, k.signed_in_at, k.methods,
         IF(o.sso_enforced AND EXISTS (SELECT 1 FROM tenantd_app.sso_member w WHERE w.org_id = o.id AND w.user_id = s.user_id)
              AND NOT EXISTS (SELECT 1 FROM tenantd_app.sso_session x WHERE x.session_id = s.id AND x.org_id = o.id),
            o.slug, NULL) AS sso_required
  FROM tenantd_app.live_session s
  JOIN tenantd.user u ON u.id = s.user_id
  LEFT JOIN tenantd.client_session k ON k.session_id = s.id
  LEFT JOIN tenantd.session_cut c ON c.user_id = s.user_id AND c.org_id = COALESCE(s.bound_org_id, s.org_id)
  LEFT JOIN (tenantd.member m JOIN tenantd.organization o ON o.id = m.org_id AND o.status <> 2)
    ON m.org_id = COALESCE(s.bound_org_id, s.org_id) AND m.user_id = s.user_id AND s.born > COALESCE(c.shut_out, 0)
  LEFT JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  WHERE s.id = p_id AND s.actor_id IS NULL AND (k.client_id IS NULL OR EXISTS (
    SELECT 1 FROM tenantd.oauth_client c WHERE c.org_id = k.client_org AND c.id = k.client_id));
END//

-- An OAuth client that acts for itself, as authenticate_key answers for an organization's own key. Its role is what it may ask
-- for.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.authenticate_client(IN p_id BINARY(16))
BEGIN
  SELECT COALESCE(k.created_by, k.id) AS user_id, 253402300799 AS session_ends_at,
         COALESCE(u.email, '') AS email, COALESCE(u.profile, '{}') AS profile, 0 AS user_status, FALSE AS is_super,
         u.email_verified_at, COALESCE(u.created_at, 0) AS user_created_at,
         COALESCE(u.updated_at, 0) AS user_updated_at, NULL AS mfa_enabled_at, o.id AS org_id, o.name AS org_name,
         o.slug AS org_slug, o.status AS org_status, o.personal AS org_personal, o.require_mfa AS org_require_mfa,
         o.created_at AS org_created_at, o.updated_at AS org_updated_at, k.id AS role_id, k.name AS role_name,
         k.scopes AS role_permissions, 0 AS member_status, k.created_at AS member_since, NULL AS role_expires_at,
         k.id AS api_key_id, NULL AS api_key_permissions, k.created_at AS session_began_at,
         NULL AS bound_org_id, NULL AS actor_id, NULL AS actor_email, o.max_requests AS org_max_requests,
         NULL AS org_session_max_seconds, k.id AS client_id, REPLACE(k.scopes, ',', ' ') AS client_scopes,
         k.created_at AS authenticated_at, FALSE AS proven_since, NULL AS methods, FALSE AS second_factor,
         FALSE AS org_require_passkey, TRUE AS org_mail_code
  FROM tenantd.oauth_client k
  JOIN tenantd.organization o ON o.id = k.org_id AND o.status <> 2
  LEFT JOIN tenantd.user u ON u.id = k.created_by
  WHERE k.id = p_id AND k.client_credentials = 1;
END//
-- A client, whosever it is, for those who know its id: none of an organization that is not active.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.find_oauth_client(IN p_id BINARY(16))
BEGIN
  SELECT k.org_id, k.id, k.name, k.redirect_uris, k.post_logout_redirect_uris, k.token_endpoint_auth_method, k.id_token_signed_response_alg, k.jwks, k.scopes, k.client_credentials, k.secret,
         k.previous_secret, k.previous_until, k.created_by, k.created_at, o.name AS org_name, k.backchannel_logout_uri,
         k.resource, k.origin
  FROM tenantd.oauth_client k LEFT JOIN tenantd.organization o ON o.id = k.org_id
  WHERE k.id = p_id AND (k.org_id = REPEAT('\0', 16) OR o.status = 0) LIMIT 1;
END//
-- Begins a session that a client holds, of which an account has p_most at the same time with this client: those that began
-- longest ago end for it. p_parent: it ends with that one. NULL: the account is gone, or p_opener does not count any more: what
-- ended that one while the client asked ends this one too, as whatever shuts it out of an organization shuts this one out.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.open_client_session(
  IN p_id BINARY(16), IN p_user BINARY(16), IN p_org BINARY(16), IN p_opener BINARY(16), IN p_parent BINARY(16),
  IN p_client_org BINARY(16), IN p_client BINARY(16), IN p_scopes VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin,
  IN p_signed_in BIGINT, IN p_methods VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin, IN p_now BIGINT,
  IN p_expires_at BIGINT, IN p_ends_at BIGINT, IN p_address VARCHAR(45), IN p_agent VARCHAR(400), IN p_most BIGINT)
BEGIN
  DECLARE v_generation, v_born BIGINT;
  DECLARE v_kept BIGINT DEFAULT p_most - 1;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT generation INTO v_generation FROM tenantd.user WHERE id = p_user FOR UPDATE;
  SELECT born INTO v_born FROM tenantd.session WHERE id = p_opener LOCK IN SHARE MODE;
  IF v_born IS NULL OR NOT EXISTS (SELECT 1 FROM tenantd_app.live_session WHERE id = p_opener) THEN
    SET v_generation = NULL;
  END IF;
  IF v_generation IS NOT NULL THEN
    DELETE FROM tenantd.session WHERE id IN (SELECT session_id FROM (
      SELECT session_id FROM tenantd.client_session WHERE user_id = p_user AND client_id = p_client
      ORDER BY created_at DESC, session_id DESC LIMIT v_kept, 1000) l);
    INSERT INTO tenantd.session (id, user_id, org_id, bound_org_id, parent_id, counter, rotated_at, created_at, expires_at,
      ends_at, address, agent, generation, born, methods)
    VALUES (p_id, p_user, p_org, p_org, p_parent, 0, p_now, p_now, p_expires_at, p_ends_at, p_address, p_agent, v_generation,
      v_born, p_methods);
    INSERT INTO tenantd.client_session (session_id, user_id, opener_id, client_org, client_id, scopes, signed_in_at, methods,
      created_at, vouched)
    VALUES (p_id, p_user, p_opener, p_client_org, p_client, p_scopes, p_signed_in, p_methods, p_now,
      EXISTS (SELECT 1 FROM tenantd.session b
              WHERE b.id = p_opener AND b.bound_org_id = p_org AND b.actor_id IS NULL
                AND NOT EXISTS (SELECT 1 FROM tenantd.client_session c WHERE c.session_id = b.id)));
    INSERT INTO tenantd.sso_bypass (session_id, org_id, begun_at)
    SELECT p_id, b.org_id, p_now FROM tenantd.sso_bypass b WHERE b.session_id = p_opener AND b.org_id = p_org;
  END IF;
  SELECT v_generation;
END//
-- The API at p_resource is the client's from now on, of the scope's organization; NULL: none is. Answers with FALSE if it is
-- another client's.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.claim_oauth_resource(
  IN p_client BINARY(16), IN p_resource VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin)
BEGIN
  DECLARE v_org BINARY(16) DEFAULT tenantd_app.current_org();
  DECLARE v_taken BOOLEAN DEFAULT FALSE;
  DELETE FROM tenantd.oauth_resource WHERE client_org = v_org AND client_id = p_client;
  IF p_resource IS NOT NULL THEN
    INSERT IGNORE INTO tenantd.oauth_resource (resource, client_org, client_id) VALUES (p_resource, v_org, p_client);
    SET v_taken = NOT EXISTS (
      SELECT 1 FROM tenantd.oauth_resource WHERE resource = p_resource AND client_org = v_org AND client_id = p_client);
  END IF;
  SELECT NOT v_taken;
END//
-- Whose API it is.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.find_oauth_resource(
  IN p_resource VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin)
BEGIN
  SELECT client_org, client_id FROM tenantd.oauth_resource WHERE resource = p_resource;
END//
-- Which API a client's session is for.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.bind_client_session(
  IN p_id BINARY(16), IN p_resource VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin)
BEGIN
  UPDATE tenantd.client_session SET resource = p_resource WHERE session_id = p_id;
  SELECT ROW_COUNT();
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.find_client_resource(IN p_id BINARY(16))
BEGIN
  SELECT resource FROM tenantd.client_session WHERE session_id = p_id;
END//
-- A client that registers itself, by nobody and for everybody.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.insert_registered_client(
  IN p_id BINARY(16), IN p_name VARCHAR(100) CHARACTER SET utf8mb4,
  IN p_redirect_uris VARCHAR(6000) CHARACTER SET ascii COLLATE ascii_bin,
  IN p_post_logout_redirect_uris VARCHAR(6000) CHARACTER SET ascii COLLATE ascii_bin, IN p_auth TINYINT, IN p_alg TINYINT,
  IN p_jwks VARCHAR(8000) CHARACTER SET ascii COLLATE ascii_bin, IN p_scopes VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin,
  IN p_backchannel_logout_uri VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin, IN p_secret BINARY(32), IN p_now BIGINT)
BEGIN
  INSERT INTO tenantd.oauth_client (org_id, id, name, redirect_uris, post_logout_redirect_uris, token_endpoint_auth_method,
    id_token_signed_response_alg, jwks, scopes, client_credentials, backchannel_logout_uri, secret, origin, created_at, updated_at)
  VALUES (REPEAT('\0', 16), p_id, p_name, p_redirect_uris, p_post_logout_redirect_uris, p_auth, p_alg, p_jwks, p_scopes, 0,
    p_backchannel_logout_uri, p_secret, 1, p_now, p_now);
  SELECT ROW_COUNT();
END//
-- Uses the token up once. Answers with TRUE if it was good.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.use_registration_token(IN p_token BINARY(32), IN p_now BIGINT)
BEGIN
  UPDATE tenantd.oauth_registration_token SET uses_left = uses_left - 1
  WHERE token = p_token AND expires_at > p_now AND uses_left > 0;
  SELECT ROW_COUNT() = 1;
END//
-- Ends what a client holds of a user. Answers with how many sessions that were.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.end_client_sessions(IN p_user BINARY(16), IN p_client BINARY(16))
BEGIN
  DELETE FROM tenantd.session WHERE id IN (SELECT session_id FROM (
    SELECT session_id FROM tenantd.client_session WHERE user_id = p_user AND client_id = p_client) l);
  SELECT ROW_COUNT();
END//
-- What an account lets clients have, with the clients; p_client NULL: of all.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.list_oauth_consents(IN p_user BINARY(16), IN p_client BINARY(16))
BEGIN
  SELECT c.client_id, k.name, IF(k.org_id = REPEAT('\0', 16), NULL, o.name) AS org_name, c.scopes, c.created_at, c.updated_at,
    NULLIF(c.bound_org_id, REPEAT('\0', 16)) AS bound_org_id
  FROM tenantd.oauth_consent c
  JOIN tenantd.oauth_client k ON k.org_id = c.client_org AND k.id = c.client_id
  LEFT JOIN tenantd.organization o ON o.id = k.org_id
  WHERE c.user_id = p_user AND (p_client IS NULL OR c.client_id = p_client)
  ORDER BY c.created_at DESC, c.client_id LIMIT 200;
END//
-- Of a client that is gone, some of what it had. Answers with how many rows, 0 when there are no more such clients.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.forget_gone_client(IN p_most INT)
BEGIN
  DECLARE v_client BINARY(16);
  DECLARE v_rows INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT client_id INTO v_client FROM tenantd.oauth_client_gone ORDER BY client_id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF v_client IS NOT NULL THEN
    DELETE FROM tenantd.session WHERE id IN (SELECT session_id FROM (
      SELECT session_id FROM tenantd.client_session WHERE client_id = v_client LIMIT p_most) l);
    SET v_rows = ROW_COUNT();
    DELETE FROM tenantd.oauth_consent WHERE client_id = v_client LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    IF v_rows = 0 THEN
      DELETE FROM tenantd.oauth_client_gone WHERE client_id = v_client;
      SET v_rows = 1;
    END IF;
  END IF;
  SELECT v_rows;
END//

-- Ends every session of a user but p_keep (NULL: none is kept), and with them the impersonations that the user began. A
-- session that has ended already is not kept.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.end_all_sessions(
  IN p_user BINARY(16), IN p_keep BINARY(16))
BEGIN
  DECLARE v_generation, v_ended BIGINT;
  SELECT generation, sessions_ended INTO v_generation, v_ended FROM tenantd.user WHERE id = p_user FOR UPDATE;
  UPDATE tenantd.user SET generation = v_generation + 1, sessions_ended = v_generation WHERE id = p_user;
  UPDATE tenantd.session SET generation = v_generation + 1
  WHERE id = p_keep AND user_id = p_user AND generation > v_ended;
  INSERT INTO tenantd.session_cut (user_id, org_id, ended, cut_at)
  SELECT id, REPEAT('\0', 16), v_generation, UNIX_TIMESTAMP() FROM tenantd.user WHERE id = p_user
  ON DUPLICATE KEY UPDATE ended = VALUES(ended), waiting = TRUE, cut_at = VALUES(cut_at);
  -- Nor goes on what waits for a second factor to become one.
  DELETE FROM tenantd.one_time_token WHERE user_id = p_user AND purpose = 3;
END//

-- Ends the sessions of a user that are at home in p_org; p_shut_out: and shuts the others out of it, and of the scope's
-- organization alone.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.end_sessions_at(
  IN p_user BINARY(16), IN p_org BINARY(16), IN p_ended BOOLEAN, IN p_shut_out BOOLEAN)
BEGIN
  DECLARE v_generation BIGINT;
  IF p_shut_out AND NOT (p_org <=> tenantd_app.current_org()) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'nobody is shut out of another organization than the scope''s';
  END IF;
  SELECT generation INTO v_generation FROM tenantd.user WHERE id = p_user FOR UPDATE;
  UPDATE tenantd.user SET generation = v_generation + 1 WHERE id = p_user;
  INSERT INTO tenantd.session_cut (user_id, org_id, ended, shut_out, cut_at)
  SELECT id, p_org, IF(p_ended, v_generation, 0), IF(p_shut_out, v_generation, 0), UNIX_TIMESTAMP() FROM tenantd.user
  WHERE id = p_user
  ON DUPLICATE KEY UPDATE ended = GREATEST(ended, VALUES(ended)), shut_out = GREATEST(shut_out, VALUES(shut_out)), waiting = TRUE,
    cut_at = VALUES(cut_at);
  DELETE FROM tenantd.one_time_token WHERE user_id = p_user AND purpose = 3 AND bound_org_id = p_org;
END//

-- The same for an API key: its maker's membership in the key's organization, no further than its last minute's use is
-- noted. The caller must know the key. That the note cannot be taken (somebody else has the row, the disk is full) is no
-- reason to refuse the call. Of a service account that is bound to networks nothing is noted: notes_use says whether it is
-- still to be, by note_key_use, once the address p_address was judged.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.authenticate_key_at(
  IN p_token BINARY(32), IN p_now BIGINT, IN p_address VARCHAR(45) CHARACTER SET ascii)
BEGIN
  DECLARE v_org, v_id, v_account BINARY(16);
  DECLARE v_used BIGINT;
  DECLARE v_own BOOLEAN DEFAULT FALSE;
  DECLARE v_free INT;
  DECLARE v_due, v_bound BOOLEAN DEFAULT FALSE;
  SELECT k.org_id, k.id, COALESCE(k.last_used_at, -60), k.of_organization, k.account_id,
         COALESCE(a.networks, '') <> '' OR COALESCE(a.status, 0) <> 0
    INTO v_org, v_id, v_used, v_own, v_account, v_bound
  FROM tenantd.api_key k LEFT JOIN tenantd.service_account a ON a.org_id = k.org_id AND a.id = k.account_id
  WHERE k.token = p_token AND COALESCE(k.expires_at, p_now + 1) > p_now LIMIT 1;
  SET v_due = v_used <= p_now - 60 OR v_used > p_now;
  IF v_due AND NOT v_bound THEN
    BEGIN
      DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
      SELECT 1 INTO v_free FROM tenantd.api_key WHERE org_id = v_org AND id = v_id FOR UPDATE SKIP LOCKED;
      IF v_free = 1 THEN
        UPDATE tenantd.api_key SET last_used_at = p_now, last_used_address = p_address WHERE org_id = v_org AND id = v_id;
      END IF;
    END;
  END IF;
  IF v_account IS NOT NULL THEN
    -- A service account's: what the account holds at this moment, as its role says or by itself.
    SELECT k.created_by AS user_id, COALESCE(k.expires_at, 253402300799) AS session_ends_at,
           COALESCE(u.email, '') AS email, COALESCE(u.profile, '{}') AS profile, 0 AS user_status, FALSE AS is_super,
           u.email_verified_at, COALESCE(u.created_at, 0) AS user_created_at,
           COALESCE(u.updated_at, 0) AS user_updated_at, NULL AS mfa_enabled_at, o.id AS org_id, o.name AS org_name,
           o.slug AS org_slug, o.status AS org_status, o.personal AS org_personal, o.require_mfa AS org_require_mfa,
           o.created_at AS org_created_at, o.updated_at AS org_updated_at, COALESCE(r.id, k.id) AS role_id,
           COALESCE(r.name, a.name) AS role_name, IF(r.id IS NULL, a.permissions, r.permissions) AS role_permissions,
           0 AS member_status, k.created_at AS member_since, NULL AS role_expires_at,
           k.id AS api_key_id, NULL AS api_key_permissions, k.created_at AS session_began_at,
           NULL AS bound_org_id, NULL AS actor_id, NULL AS actor_email, o.max_requests AS org_max_requests,
           NULL AS org_session_max_seconds, NULL AS client_id, NULL AS client_scopes,
           k.created_at AS authenticated_at, FALSE AS proven_since, NULL AS methods, FALSE AS second_factor,
           FALSE AS org_require_passkey, TRUE AS org_mail_code, a.id AS account_id, a.name AS account_name,
           a.networks AS account_networks, a.refused_at AS account_refused_at, v_due AND v_bound AS notes_use
    FROM tenantd.api_key k
    JOIN tenantd.service_account a ON a.org_id = k.org_id AND a.id = k.account_id AND a.status = 0
    JOIN tenantd.organization o ON o.id = k.org_id AND o.status <> 2
    LEFT JOIN tenantd.role r ON r.org_id = a.org_id AND r.id = a.role_id
    LEFT JOIN tenantd.user u ON u.id = k.created_by
    WHERE k.token = p_token;
  ELSEIF v_own THEN
    -- The organization's own: whoever made it, and whatever has become of that person. Its role is what it holds.
    SELECT k.created_by AS user_id, COALESCE(k.expires_at, 253402300799) AS session_ends_at,
           COALESCE(u.email, '') AS email, COALESCE(u.profile, '{}') AS profile, 0 AS user_status, FALSE AS is_super,
           u.email_verified_at, COALESCE(u.created_at, 0) AS user_created_at,
           COALESCE(u.updated_at, 0) AS user_updated_at, NULL AS mfa_enabled_at, o.id AS org_id, o.name AS org_name,
           o.slug AS org_slug, o.status AS org_status, o.personal AS org_personal, o.require_mfa AS org_require_mfa,
           o.created_at AS org_created_at, o.updated_at AS org_updated_at, k.id AS role_id, k.name AS role_name,
           k.permissions AS role_permissions, 0 AS member_status, k.created_at AS member_since, NULL AS role_expires_at,
           k.id AS api_key_id, k.permissions AS api_key_permissions, k.created_at AS session_began_at,
           NULL AS bound_org_id, NULL AS actor_id, NULL AS actor_email, o.max_requests AS org_max_requests,
           NULL AS org_session_max_seconds, NULL AS client_id, NULL AS client_scopes,
           k.created_at AS authenticated_at, FALSE AS proven_since, NULL AS methods, FALSE AS second_factor,
           FALSE AS org_require_passkey, TRUE AS org_mail_code, NULL AS account_id, NULL AS account_name,
           NULL AS account_networks, NULL AS account_refused_at, FALSE AS notes_use
    FROM tenantd.api_key k
    JOIN tenantd.organization o ON o.id = k.org_id AND o.status <> 2
    LEFT JOIN tenantd.user u ON u.id = k.created_by
    WHERE k.token = p_token;
  ELSE
    SELECT k.created_by AS user_id, COALESCE(k.expires_at, 253402300799) AS session_ends_at, u.email, u.profile,
           u.status AS user_status, u.is_super, u.email_verified_at, u.created_at AS user_created_at,
           u.updated_at AS user_updated_at, u.mfa_enabled_at, o.id AS org_id, o.name AS org_name, o.slug AS org_slug,
           o.status AS org_status, o.personal AS org_personal, o.require_mfa AS org_require_mfa,
           o.created_at AS org_created_at, o.updated_at AS org_updated_at, r.id AS role_id, r.name AS role_name,
           r.permissions AS role_permissions, m.status AS member_status, m.created_at AS member_since, m.role_expires_at,
           k.id AS api_key_id, k.permissions AS api_key_permissions, k.created_at AS session_began_at,
           NULL AS bound_org_id, NULL AS actor_id, NULL AS actor_email, o.max_requests AS org_max_requests,
           NULL AS org_session_max_seconds, NULL AS client_id, NULL AS client_scopes,
           k.created_at AS authenticated_at, FALSE AS proven_since, NULL AS methods, FALSE AS second_factor,
           FALSE AS org_require_passkey, TRUE AS org_mail_code, NULL AS account_id, NULL AS account_name,
           NULL AS account_networks, NULL AS account_refused_at, FALSE AS notes_use
    FROM tenantd.api_key k
    JOIN tenantd.user u ON u.id = k.created_by
    JOIN tenantd.member m ON m.org_id = k.org_id AND m.user_id = k.member_id
    JOIN tenantd.organization o ON o.id = m.org_id AND o.status <> 2
    JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
    WHERE k.token = p_token;
  END IF;
END//

-- As programs of before 0030 ask, which know nothing of networks: they take no key of a service account.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.authenticate_key(
  IN p_token BINARY(32), IN p_now BIGINT)
BEGIN
  DECLARE v_account BINARY(16);
  SELECT account_id INTO v_account FROM tenantd.api_key WHERE token = p_token LIMIT 1;
  CALL tenantd_app.authenticate_key_at(IF(v_account IS NULL, p_token, REPEAT('\0', 32)), p_now, NULL);
END//
-- Notes that a key of the scope's organization was used; nothing if somebody else notes something of it.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.note_key_use(
  IN p_key BINARY(16), IN p_now BIGINT, IN p_address VARCHAR(45) CHARACTER SET ascii)
BEGIN
  DECLARE v_free INT;
  SELECT 1 INTO v_free FROM tenantd.api_key
  WHERE org_id = tenantd_app.current_org() AND id = p_key
    AND (COALESCE(last_used_at, -60) <= p_now - 60 OR last_used_at > p_now) FOR UPDATE SKIP LOCKED;
  IF v_free = 1 THEN
    UPDATE tenantd.api_key SET last_used_at = p_now, last_used_address = p_address
    WHERE org_id = tenantd_app.current_org() AND id = p_key;
  END IF;
END//

-- What the courier found of a proven domain of the scope's organization: its record, or since when that is missing, or for so
-- long that it is proven no more. It proves none, and brings none back.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.note_domain_check(
  IN p_id BINARY(16), IN p_proven INT, IN p_missed_at BIGINT, IN p_next_check_at BIGINT, IN p_now BIGINT)
BEGIN
  UPDATE tenantd.domain SET proven_at = IF(p_proven = 1, proven_at, NULL), checked_at = p_now, missed_at = p_missed_at,
    next_check_at = p_next_check_at, revision = revision + 1, updated_at = p_now
  WHERE org_id = tenantd_app.current_org() AND id = p_id AND proven_at IS NOT NULL;
END//

-- Removes a purchase request of the scope's organization that is a draft, with its lines and its history.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.delete_draft(IN p_id BINARY(16))
BEGIN
  DELETE FROM tenantd.purchase_request WHERE org_id = tenantd_app.current_org() AND id = p_id AND status = 0;
END//

-- Where the changes of the scope's organization end, or those of none without a scope; held until the commit: the numbers
-- of the newest audit row and event, whether there are webhooks, the newest row's hash, and the address of p_user, whose
-- name is written down as it is now. NULL if there is no end yet: begin_changes makes it. A function that answers with an
-- object, since a procedure that answers with rows wakes its client twice.
-- The organization's row first: the event will point to it, and nobody waits for that row while holding the end, on which
-- those wait who have the row.
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.lock_changes(p_user BINARY(16))
  RETURNS VARCHAR(3000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA
BEGIN
  DECLARE v_org BINARY(16) DEFAULT COALESCE(@tenantd_org, REPEAT('\0', 16));
  DECLARE v_found INT;
  IF @tenantd_org IS NOT NULL THEN
    SELECT 1 INTO v_found FROM tenantd.organization WHERE id = v_org LOCK IN SHARE MODE;
  END IF;
  RETURN (SELECT JSON_OBJECT('seq', audit_seq, 'event_seq', event_seq, 'hash', HEX(audit_hash),
                             'webhooks', IF(EXISTS (SELECT 1 FROM tenantd.webhook w WHERE w.org_id = h.org_id), 1, 0),
                             'email', (SELECT email FROM tenantd.user WHERE id = p_user))
          FROM tenantd.change_head h WHERE h.org_id = v_org FOR UPDATE);
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.begin_changes()
BEGIN
  INSERT IGNORE INTO tenantd.change_head (org_id, event_seq, audit_seq, audit_hash)
  VALUES (COALESCE(@tenantd_org, REPEAT('\0', 16)), 0, 0, REPEAT('\0', 32));
END//

-- An audit row behind the newest one, and, if p_event_seq is no NULL, the event behind the newest that tells the same. The
-- one way to write either: nobody changes or removes a row.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.append_change(
  IN p_seq BIGINT, IN p_id BINARY(16), IN p_actor BINARY(16), IN p_actor_email VARCHAR(320), IN p_effective BINARY(16),
  IN p_effective_email VARCHAR(320), IN p_key BINARY(16), IN p_action VARCHAR(64), IN p_resource VARCHAR(32),
  IN p_resource_id BINARY(16), IN p_old MEDIUMTEXT, IN p_new MEDIUMTEXT, IN p_address VARCHAR(45), IN p_agent VARCHAR(400),
  IN p_request VARCHAR(128), IN p_now BIGINT, IN p_hash BINARY(32), IN p_event_seq BIGINT, IN p_data LONGTEXT,
  IN p_webhooks BOOLEAN)
BEGIN
  DECLARE v_org BINARY(16) DEFAULT COALESCE(@tenantd_org, REPEAT('\0', 16));
  UPDATE tenantd.change_head SET audit_seq = p_seq, audit_hash = p_hash, event_seq = COALESCE(p_event_seq, event_seq)
  WHERE org_id = v_org AND audit_seq = p_seq - 1 AND event_seq = COALESCE(p_event_seq - 1, event_seq);
  IF ROW_COUNT() <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a change goes behind the newest one';
  END IF;
  INSERT INTO tenantd.audit_log (org_id, seq, id, actor_id, actor_email, effective_id, effective_email, api_key_id, action,
    resource, resource_id, old_values, new_values, address, agent, request_id, created_at, hash)
  VALUES (v_org, p_seq, p_id, p_actor, p_actor_email, p_effective, p_effective_email, p_key, p_action, p_resource,
    p_resource_id, p_old, p_new, p_address, p_agent, p_request, p_now, p_hash);
  IF p_event_seq IS NOT NULL THEN
    INSERT INTO tenantd.event (org_id, id, seq, type, actor_id, subject_id, data, created_at, traceparent)
    VALUES (v_org, p_id, p_event_seq, p_action, p_effective, p_resource_id,
      IF(p_data LIKE '00-%', SUBSTRING(p_data, 56), p_data), p_now, IF(p_data LIKE '00-%', LEFT(p_data, 55), NULL));
    IF p_webhooks THEN
      CALL tenantd.tell_webhooks(v_org, p_event_seq, p_event_seq);
    END IF;
  END IF;
END//
-- The same of several, p_first to p_last, with the events behind p_event_before up to p_last_event. p_rows: a JSON array; every text and id in it is in hexadecimal digits, so that what is stored is byte for byte what was hashed.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.append_changes(
  IN p_first BIGINT, IN p_last BIGINT, IN p_hash BINARY(32), IN p_event_before BIGINT, IN p_last_event BIGINT,
  IN p_rows LONGTEXT, IN p_webhooks BOOLEAN)
BEGIN
  DECLARE v_org BINARY(16) DEFAULT COALESCE(@tenantd_org, REPEAT('\0', 16));
  UPDATE tenantd.change_head SET audit_seq = p_last, audit_hash = p_hash, event_seq = p_last_event
  WHERE org_id = v_org AND audit_seq = p_first - 1 AND event_seq = p_event_before;
  IF ROW_COUNT() <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a change goes behind the newest one';
  END IF;
  INSERT INTO tenantd.audit_log (org_id, seq, id, actor_id, actor_email, effective_id, effective_email, api_key_id, action,
    resource, resource_id, old_values, new_values, address, agent, request_id, created_at, hash)
  SELECT v_org, seq, UNHEX(id), UNHEX(actor), UNHEX(actor_email), UNHEX(effective), UNHEX(effective_email), UNHEX(api_key),
    UNHEX(action), UNHEX(resource), UNHEX(resource_id), UNHEX(old_values), UNHEX(new_values), UNHEX(address), UNHEX(agent),
    UNHEX(request_id), created_at, UNHEX(hash)
  FROM JSON_TABLE(p_rows, '$[*]' COLUMNS (
    seq BIGINT PATH '$.seq', id VARCHAR(32) PATH '$.id', actor VARCHAR(32) PATH '$.actor',
    actor_email VARCHAR(2560) PATH '$.actor_email', effective VARCHAR(32) PATH '$.effective',
    effective_email VARCHAR(2560) PATH '$.effective_email', api_key VARCHAR(32) PATH '$.api_key',
    action VARCHAR(128) PATH '$.action', resource VARCHAR(64) PATH '$.resource', resource_id VARCHAR(32) PATH '$.resource_id',
    old_values LONGTEXT PATH '$.old_values', new_values LONGTEXT PATH '$.new_values', address VARCHAR(90) PATH '$.address',
    agent VARCHAR(3200) PATH '$.agent', request_id VARCHAR(256) PATH '$.request_id', created_at BIGINT PATH '$.created_at',
    hash VARCHAR(64) PATH '$.hash')) r;
  IF p_last_event > p_event_before THEN
    INSERT INTO tenantd.event (org_id, id, seq, type, actor_id, subject_id, data, created_at, traceparent)
    SELECT v_org, UNHEX(id), event_seq, UNHEX(action), UNHEX(effective), UNHEX(resource_id),
      UNHEX(IF(data LIKE '3030%', SUBSTRING(data, 111), data)), created_at,
      IF(data LIKE '3030%', UNHEX(LEFT(data, 110)), NULL)
    FROM JSON_TABLE(p_rows, '$[*]' COLUMNS (
      id VARCHAR(32) PATH '$.id', event_seq BIGINT PATH '$.event_seq', action VARCHAR(128) PATH '$.action',
      effective VARCHAR(32) PATH '$.effective', resource_id VARCHAR(32) PATH '$.resource_id', data LONGTEXT PATH '$.data',
      created_at BIGINT PATH '$.created_at')) r
    WHERE event_seq IS NOT NULL;
    IF p_webhooks THEN
      CALL tenantd.tell_webhooks(v_org, p_event_before + 1, p_last_event);
    END IF;
  END IF;
END//

-- Looks for the next p_most events that a webhook wants and makes deliveries of them, unless 100 wait for it already; goes
-- through 500 events at most. Of couriers that come together one does it. Of what was delivered, and of what was given up, the
-- newest 100 stay.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.take_events(
  IN p_org BINARY(16), IN p_webhook BINARY(16), IN p_most INT)
BEGIN
  DECLARE v_after, v_told, v_to, v_last, v_old BIGINT;
  DECLARE v_found, v_room INT DEFAULT 0;
  DECLARE v_events VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT cursor_seq, events INTO v_after, v_events FROM tenantd.webhook
  WHERE org_id = p_org AND id = p_webhook AND status = 0 FOR UPDATE SKIP LOCKED;
  SELECT LEAST(p_most, 100 - COUNT(*)) INTO v_room FROM tenantd.webhook_delivery
  WHERE status = 0 AND org_id = p_org AND webhook_id = p_webhook;
  IF v_after IS NOT NULL AND v_room > 0 THEN
    -- Before the events: all up to there can be seen now, but not what is told while they are looked through.
    SELECT MAX(event_seq) INTO v_told FROM tenantd.webhook_backlog WHERE org_id = p_org;
    SELECT MAX(seq) INTO v_to FROM (
      SELECT seq FROM tenantd.event WHERE org_id = p_org AND seq > v_after ORDER BY seq LIMIT 500) n;
    SELECT COUNT(*), MAX(seq) INTO v_found, v_last FROM (
      SELECT seq FROM tenantd.event WHERE org_id = p_org AND seq > v_after AND seq <= v_to
        AND IF(type = 'webhook.test', subject_id = p_webhook, v_events = '*' OR FIND_IN_SET(type, v_events) > 0)
      ORDER BY seq LIMIT v_room) m;
    IF v_found = v_room THEN
      SET v_to = v_last;
    END IF;
    -- Retention may have removed all that was left.
    IF v_to IS NULL THEN
      SET v_to = GREATEST(v_after, COALESCE(v_told, v_after));
    END IF;
    IF v_found > 0 THEN
      CALL tenantd.add_deliveries(p_org, p_webhook, v_events, v_after, v_to);
    END IF;
    UPDATE tenantd.webhook SET cursor_seq = v_to WHERE org_id = p_org AND id = p_webhook;
    IF v_after DIV 32 <> v_to DIV 32 THEN
      SELECT event_seq INTO v_old FROM tenantd.webhook_delivery
      WHERE org_id = p_org AND webhook_id = p_webhook AND status = 1 ORDER BY event_seq DESC LIMIT 1 OFFSET 100;
      DELETE FROM tenantd.webhook_delivery
      WHERE org_id = p_org AND webhook_id = p_webhook AND status = 1 AND event_seq <= v_old LIMIT 1000;
      SET v_old = NULL;
      SELECT event_seq INTO v_old FROM tenantd.webhook_delivery
      WHERE org_id = p_org AND webhook_id = p_webhook AND status = 2 ORDER BY event_seq DESC LIMIT 1 OFFSET 100;
      DELETE FROM tenantd.webhook_delivery
      WHERE org_id = p_org AND webhook_id = p_webhook AND status = 2 AND event_seq <= v_old LIMIT 1000;
    END IF;
  END IF;
END//
-- Organizations of which every active webhook has read all.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.forget_read()
BEGIN
  DELETE FROM tenantd.webhook_backlog WHERE NOT EXISTS (
    SELECT 1 FROM tenantd.webhook w
    WHERE w.org_id = webhook_backlog.org_id AND w.status = 0 AND w.cursor_seq < webhook_backlog.event_seq);
END//

-- Gives an account the address that its live token of this purpose names. The one way to change an address.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.change_email(
  IN p_user BINARY(16), IN p_token BINARY(32), IN p_now BIGINT)
BEGIN
  UPDATE tenantd.user u JOIN tenantd.one_time_token t
    ON t.token = p_token AND t.user_id = u.id AND t.purpose = 2 AND t.expires_at > p_now
  SET u.email = t.email, u.email_verified_at = p_now, u.updated_at = p_now
  WHERE u.id = p_user;
END//

-- True once any account is super-admin.
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.is_set_up() RETURNS BOOLEAN READS SQL DATA
BEGIN
  RETURN EXISTS (SELECT 1 FROM tenantd.user WHERE is_super = TRUE);
END//
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.is_setup_link(p_token BINARY(32), p_now BIGINT)
  RETURNS BOOLEAN READS SQL DATA
BEGIN
  RETURN EXISTS (SELECT 1 FROM tenantd.setup_link WHERE token = p_token AND expires_at > p_now);
END//
-- Makes an account the first super-admin, for the live link of this hash, which is used up. The one way to that rank without
-- the administrator's account. Of two at once the second waits for the row of the link, and finds none.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.make_first_super(
  IN p_user BINARY(16), IN p_token BINARY(32), IN p_now BIGINT)
BEGIN
  DECLARE v_supers INT DEFAULT 0;
  DELETE FROM tenantd.setup_link WHERE token = p_token AND expires_at > p_now;
  IF ROW_COUNT() = 1 THEN
    SELECT COUNT(*) INTO v_supers FROM tenantd.user WHERE is_super = TRUE FOR UPDATE;
    IF v_supers = 0 THEN
      UPDATE tenantd.user SET is_super = TRUE, updated_at = p_now WHERE id = p_user;
    END IF;
  END IF;
END//

-- Ends every API key that an account made, wherever, and every sign-in by a provider that leads to it: its owner turned
-- out to be somebody else.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.forget_keys(IN p_user BINARY(16))
BEGIN
  DELETE FROM tenantd.api_key WHERE created_by = p_user;
  DELETE FROM tenantd.identity WHERE user_id = p_user;
  DELETE FROM tenantd.oauth_state WHERE user_id = p_user;
  DELETE FROM tenantd.social_state WHERE user_id = p_user;
END//

-- Ends every sign-in by a provider that leads to an account, and what is on its way to be one.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.forget_identities(IN p_user BINARY(16))
BEGIN
  DELETE FROM tenantd.identity WHERE user_id = p_user;
  DELETE FROM tenantd.oauth_state WHERE user_id = p_user;
  DELETE FROM tenantd.social_state WHERE user_id = p_user;
END//

-- What was asked for in sessions that an organization has shut out: links to accounts, on their way.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.forget_links(IN p_user BINARY(16))
BEGIN
  DELETE FROM tenantd.oauth_state WHERE org_id = tenantd_app.current_org() AND user_id = p_user;
END//

-- What a member leaves behind: sessions that were good for this organization alone end, links on their way go, and those
-- that are left do not count here, should the person come back.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.leave_organization(IN p_user BINARY(16), IN p_now BIGINT)
BEGIN
  CALL tenantd_app.end_sessions_at(p_user, tenantd_app.current_org(), FALSE, TRUE);
  DELETE FROM tenantd.oauth_state WHERE org_id = tenantd_app.current_org() AND user_id = p_user;
END//

-- Deactivates those of these members of the scope's organization that are active: a JSON list of ids in hexadecimal. Their
-- numbers move once for all of them: the trigger would write the same rows of member_count for each, and every version of
-- such a row makes the next one dearer. The locks come in the trigger's order: members, totals, counts, words.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.deactivate_members(
  IN p_ids LONGTEXT CHARACTER SET ascii, IN p_now BIGINT)
BEGIN
  DECLARE v_org BINARY(16) DEFAULT tenantd_app.current_org();
  DECLARE v_rows INT;
  CREATE TEMPORARY TABLE IF NOT EXISTS tenantd_app.leaving (
    user_id BINARY(16) NOT NULL PRIMARY KEY, role_id BINARY(16) NOT NULL, created_at BIGINT NOT NULL, block INT NOT NULL)
    ENGINE = MEMORY;
  DELETE FROM tenantd_app.leaving;
  INSERT INTO tenantd_app.leaving (user_id, role_id, created_at, block)
  SELECT m.user_id, m.role_id, m.created_at, m.created_at >> 22
  FROM (SELECT DISTINCT UNHEX(ids.id) AS id FROM JSON_TABLE(p_ids, '$[*]' COLUMNS (id CHAR(32) PATH '$')) ids) l
  STRAIGHT_JOIN tenantd.member m ON m.org_id = v_org AND m.user_id = l.id
  WHERE m.status = 0 FOR UPDATE;
  UPDATE tenantd_app.leaving l STRAIGHT_JOIN tenantd.member m ON m.org_id = v_org AND m.user_id = l.user_id
  SET m.status = 1, m.updated_at = p_now, m.batch = m.batch + 1;
  -- In the order of their keys. From here on nobody else counts a member of the organization.
  SELECT COUNT(*) INTO v_rows FROM tenantd.member_total WHERE org_id = v_org FOR UPDATE;
  SELECT COUNT(*) INTO v_rows FROM tenantd.member_count WHERE org_id = v_org FOR UPDATE;
  -- What ROLLUP adds up is block -1.
  UPDATE (SELECT block, COUNT(*) AS leavers FROM tenantd_app.leaving GROUP BY block WITH ROLLUP) l
  STRAIGHT_JOIN tenantd.member_total t ON t.org_id = v_org AND t.block = COALESCE(l.block, -1) AND t.status = 0
  SET t.members = t.members - l.leavers;
  INSERT INTO tenantd.member_total (org_id, block, status, members)
  SELECT v_org, COALESCE(l.block, -1), 1, l.leavers
  FROM (SELECT block, COUNT(*) AS leavers FROM tenantd_app.leaving GROUP BY block WITH ROLLUP) l WHERE l.leavers > 0
  ON DUPLICATE KEY UPDATE members = members + VALUES(members);
  UPDATE (SELECT role_id, block, COUNT(*) AS leavers FROM tenantd_app.leaving GROUP BY role_id, block WITH ROLLUP) l
  STRAIGHT_JOIN tenantd.member_count c
  ON c.org_id = v_org AND c.block = COALESCE(l.block, -1) AND c.status = 0 AND c.role_id = l.role_id
  SET c.members = c.members - l.leavers;
  INSERT INTO tenantd.member_count (org_id, block, status, role_id, role_name, members)
  SELECT v_org, COALESCE(l.block, -1), 1, l.role_id, r.name, l.leavers
  FROM (SELECT role_id, block, COUNT(*) AS leavers FROM tenantd_app.leaving GROUP BY role_id, block WITH ROLLUP) l
  STRAIGHT_JOIN tenantd.role r ON r.org_id = v_org AND r.id = l.role_id
  ON DUPLICATE KEY UPDATE members = members + VALUES(members);
  SET SESSION group_concat_max_len = 8192;
  UPDATE (SELECT DISTINCT role_id FROM tenantd_app.leaving) l
  STRAIGHT_JOIN tenantd.member_count c ON c.org_id = v_org AND c.block = -1 AND c.status IN (0, 1) AND c.role_id = l.role_id
  SET c.times = CASE WHEN c.members = 0 THEN '' WHEN c.members <= 200 THEN (
    SELECT CONCAT(',', GROUP_CONCAT(m.created_at)) FROM tenantd.member m
    WHERE m.org_id = v_org AND m.role_id = c.role_id AND m.status = c.status) END;
  UPDATE tenantd_app.leaving l
  STRAIGHT_JOIN tenantd.member_text t ON t.org_id = v_org AND t.created_at = l.created_at AND t.user_id = l.user_id
  SET t.status = 1;
END//

-- The active organization of this id or slug, if it has an identity provider of this kind; NULL if there is none.
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.sign_in_org(
  p_id BINARY(16), p_slug VARCHAR(63), p_kind VARCHAR(16)) RETURNS BINARY(16) READS SQL DATA
BEGIN
  RETURN (SELECT o.id FROM tenantd.organization o
          JOIN tenantd.identity_provider p ON p.org_id = o.id AND p.kind = p_kind AND p.status = 0
          WHERE (o.id = p_id OR o.slug = p_slug) AND o.status = 0 LIMIT 1);
END//

-- The active organization of this id or slug; NULL if there is none. For those who are nobody there yet.
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.sign_in_home(
  p_id BINARY(16), p_slug VARCHAR(63)) RETURNS BINARY(16) READS SQL DATA
BEGIN
  RETURN (SELECT o.id FROM tenantd.organization o
          WHERE (o.id = p_id OR o.slug = p_slug) AND o.status = 0
            AND EXISTS (SELECT 1 FROM tenantd.identity_provider p WHERE p.org_id = o.id AND p.status = 0) LIMIT 1);
END//

-- Ways to sign in for addresses of a domain, for those who are nobody there yet: the organization that has proven it, and its
-- active providers, one a row; a row without a provider if there is none. It looks at no account.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.discover_sign_in(
  IN p_domain VARCHAR(253) CHARACTER SET ascii COLLATE ascii_bin)
BEGIN
  SELECT o.id AS org_id, o.slug, o.name, o.sso_enforced, p.id AS provider_id, p.kind, p.slug AS way, p.name AS provider_name
  FROM tenantd.domain d
  JOIN tenantd.organization o ON o.id = d.org_id AND o.status = 0
  LEFT JOIN tenantd.identity_provider p ON p.org_id = o.id AND p.status = 0
  WHERE d.proven_domain = p_domain ORDER BY p.created_at, p.id LIMIT 20;
END//

-- Notes that a session counts in an organization that lets members in by its provider alone: its owner's, which was told.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.note_bypass(
  IN p_session BINARY(16), IN p_now BIGINT)
BEGIN
  INSERT IGNORE INTO tenantd.sso_bypass (session_id, org_id, begun_at)
  SELECT s.id, w.org_id, p_now FROM tenantd.session s
  JOIN tenantd_app.sso_member w ON w.user_id = s.user_id AND w.may_bypass
  WHERE s.id = p_session AND w.org_id = tenantd_app.current_org() AND s.user_id = tenantd_app.current_user_id();
END//

-- Ends the organization of the scope, however large it is: from the commit on nobody sees it, and its slug is free. What it had
-- is removed behind that (remove_closed). Whoever does it knows its name.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.delete_organization(IN p_name VARCHAR(200))
BEGIN
  UPDATE tenantd.organization SET status = 2, closed_at = UNIX_TIMESTAMP(), slug = CONCAT('~', LOWER(HEX(id)))
  WHERE id = tenantd_app.current_org() AND status <> 2 AND BINARY name = BINARY p_name;
  -- Whoever waits for its turn finds that there is none any more.
  IF ROW_COUNT() > 0 THEN
    DELETE FROM tenantd.organization_turn WHERE org_id = tenantd_app.current_org();
    -- What it has proven others can prove at once.
    DELETE FROM tenantd.domain WHERE org_id = tenantd_app.current_org();
  END IF;
END//

-- Removes about a thousand rows of a closed organization, at last the organization itself; answers with how many, and of which:
-- NULL if none is closed, or others are at it. What other rows stand on goes after them: a cascade knows no such order, and
-- MySQL leaves orphans where cascades meet. The system's roles go with the organization's row; nothing hangs on them by then.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.remove_closed()
BEGIN
  DECLARE v_org BINARY(16);
  DECLARE v_rows INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT id INTO v_org FROM tenantd.organization WHERE status = 2 ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF v_org IS NOT NULL THEN
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.approval_threshold WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.purchase_request_line WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.purchase_request_step WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.purchase_request WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.purchase_request_counter WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.stock_movement WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.stock_level WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.product WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.supplier WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.warehouse WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      -- What their files were stays to be removed from the store.
      INSERT IGNORE INTO tenantd.file_removal (storage_key, asked_at)
      SELECT storage_key, UNIX_TIMESTAMP() FROM tenantd.document
      WHERE org_id = v_org AND storage_key IS NOT NULL ORDER BY id LIMIT 1000;
      DELETE FROM tenantd.document WHERE org_id = v_org ORDER BY id LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.project WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.scim_group_member WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.scim_group WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.scim_user WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.scim_group_role WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.scim_setup WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.oauth_state WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.provider_group WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.identity_provider WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.domain WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.sso_bypass WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.stream WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.webhook_delivery WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.webhook WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.webhook_backlog WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.event WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.invite WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.api_key WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.service_account WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.oauth_client WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.one_time_token WHERE bound_org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.session WHERE bound_org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      -- Sessions that were at home there live on without it, and those that had ended must not: before what tells of that.
      DELETE FROM tenantd.session
      WHERE org_id = v_org AND born <= (
        SELECT c.ended FROM tenantd.session_cut c WHERE c.user_id = session.user_id AND c.org_id = v_org)
      LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      UPDATE tenantd.session SET org_id = NULL WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.session_cut WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.member_count WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.member_total WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.member_text WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.member WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.organization_usage WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.organization_count WHERE org_id = v_org LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.role WHERE org_id = v_org AND permissions IS NOT NULL LIMIT 1000;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
    IF v_rows < 1000 THEN
      DELETE FROM tenantd.organization WHERE id = v_org;
      SET v_rows = v_rows + ROW_COUNT();
    END IF;
  END IF;
  SELECT v_rows, v_org;
END//

-- Removes up to p_most events from before p_before; answers with how many. Those stay that a webhook of an active organization
-- has not had yet.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.forget_events(IN p_before BIGINT, IN p_most INT)
BEGIN
  DELETE FROM tenantd.event
  WHERE created_at <= p_before
    AND NOT EXISTS (SELECT 1 FROM tenantd.webhook_delivery d JOIN tenantd.organization o ON o.id = d.org_id AND o.status = 0
                    WHERE d.org_id = event.org_id AND d.event_id = event.id AND d.status = 0)
    AND NOT EXISTS (SELECT 1 FROM tenantd.webhook w JOIN tenantd.organization o ON o.id = w.org_id AND o.status = 0
                    WHERE w.org_id = event.org_id AND w.status = 0 AND w.cursor_seq < event.seq)
  ORDER BY created_at LIMIT p_most;
  SELECT ROW_COUNT();
END//

-- Of one chain whose oldest audit rows are from before p_before: the organization, and number and hash of the last of at most
-- p_most of them that stand together. No row if there is none such.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.find_expired_audit(IN p_before BIGINT, IN p_most INT)
BEGIN
  DECLARE v_org BINARY(16);
  DECLARE v_start, v_young BIGINT;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT h.org_id, COALESCE(s.seq, 0) INTO v_org, v_start
  FROM tenantd.change_head h LEFT JOIN tenantd.audit_start s ON s.org_id = h.org_id
  STRAIGHT_JOIN tenantd.audit_log a ON a.org_id = h.org_id AND a.seq = COALESCE(s.seq, 0) + 1
  WHERE a.created_at <= p_before LIMIT 1;
  SELECT MIN(seq) INTO v_young FROM tenantd.audit_log
  WHERE org_id = v_org AND seq > v_start AND seq <= v_start + p_most AND created_at > p_before;
  SELECT org_id, seq, hash FROM tenantd.audit_log
  WHERE org_id = v_org AND seq > v_start AND seq < COALESCE(v_young, v_start + p_most + 1) ORDER BY seq DESC LIMIT 1;
END//
-- Removes the rows of a chain up to p_seq, whose hash is p_hash, and writes down where the chain begins since. Answers with how
-- many; none if another sweeper was faster. Nothing younger than p_before goes.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.cut_audit(
  IN p_org BINARY(16), IN p_seq BIGINT, IN p_hash BINARY(32), IN p_signature BINARY(32), IN p_before BIGINT, IN p_now BIGINT)
BEGIN
  DECLARE v_found INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT 1 INTO v_found FROM tenantd.audit_log
  WHERE org_id = p_org AND seq = p_seq AND hash = p_hash AND created_at <= p_before FOR UPDATE SKIP LOCKED;
  SELECT 0 INTO v_found FROM tenantd.audit_log WHERE org_id = p_org AND seq < p_seq AND created_at > p_before LIMIT 1;
  IF v_found = 1 THEN
    INSERT INTO tenantd.audit_start (org_id, seq, hash, signature, cut_at) VALUES (p_org, p_seq, p_hash, p_signature, p_now)
    ON DUPLICATE KEY UPDATE seq = VALUES(seq), hash = VALUES(hash), signature = VALUES(signature), cut_at = VALUES(cut_at);
    DELETE FROM tenantd.audit_redaction WHERE org_id = p_org AND seq <= p_seq;
    DELETE FROM tenantd.audit_log WHERE org_id = p_org AND seq <= p_seq;
    SELECT ROW_COUNT();
  ELSE
    SELECT 0;
  END IF;
END//

-- How many rows each table has about, as the database estimates it, and the oldest time that each task of the sweeper goes by:
-- each the first entry of an index. Not if that was looked at less than p_least seconds ago.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.look_at_kept(IN p_now BIGINT, IN p_least BIGINT)
BEGIN
  DECLARE v_looked BIGINT DEFAULT NULL;
  SELECT MAX(looked_at) INTO v_looked FROM tenantd.kept WHERE name = 'audit';
  IF v_looked IS NULL OR v_looked > p_now OR v_looked <= p_now - p_least THEN
    INSERT INTO tenantd.kept (name, rows_estimated, looked_at)
    SELECT t.table_name, t.table_rows, p_now FROM information_schema.tables t
    WHERE t.table_schema = 'tenantd' AND t.table_type = 'BASE TABLE'
    ON DUPLICATE KEY UPDATE rows_estimated = VALUES(rows_estimated), looked_at = VALUES(looked_at);
    INSERT INTO tenantd.kept (name, oldest_at, looked_at)
    SELECT k.name, k.oldest, p_now FROM (
      SELECT 'invites' AS name, (SELECT MIN(expires_at) FROM tenantd.invite WHERE status = 4) AS oldest
      UNION ALL SELECT 'tokens', (SELECT MIN(expires_at) FROM tenantd.one_time_token)
      UNION ALL SELECT 'oauth_states', (SELECT MIN(expires_at) FROM tenantd.oauth_state)
      UNION ALL SELECT 'social_states', (SELECT MIN(expires_at) FROM tenantd.social_state)
      UNION ALL SELECT 'passkey_challenges', (SELECT MIN(expires_at) FROM tenantd.passkey_challenge)
      UNION ALL SELECT 'mailed_codes', (SELECT MIN(expires_at) FROM tenantd.mailed_code)
      UNION ALL SELECT 'sessions', (SELECT MIN(expires_at) FROM tenantd.session)
      UNION ALL SELECT 'session_cuts', (SELECT MIN(cut_at) FROM tenantd.session_cut WHERE waiting = FALSE)
      UNION ALL SELECT 'idempotency', (SELECT MIN(expires_at) FROM tenantd.idempotency)
      UNION ALL SELECT 'outbox', (SELECT MIN(next_attempt_at) FROM tenantd.outbox WHERE status = 1)
      UNION ALL SELECT 'dead_mails', (SELECT MIN(next_attempt_at) FROM tenantd.outbox WHERE status = 2)
      UNION ALL SELECT 'deliveries', (SELECT MIN(next_attempt_at) FROM tenantd.webhook_delivery WHERE status = 1)
      UNION ALL SELECT 'dead_deliveries', (SELECT MIN(next_attempt_at) FROM tenantd.webhook_delivery WHERE status = 2)
      UNION ALL SELECT 'account_events', (SELECT MIN(created_at) FROM tenantd.account_event)
      UNION ALL SELECT 'known_networks', (SELECT MIN(last_used_at) FROM tenantd.known_network)
      UNION ALL SELECT 'known_devices', (SELECT MIN(last_used_at) FROM tenantd.known_device)
      UNION ALL SELECT 'budgets', (SELECT MIN(empty_at) DIV 1000000 FROM tenantd.budget)
      UNION ALL SELECT 'oauth_codes', (SELECT MIN(expires_at) FROM tenantd.oauth_code)
      UNION ALL SELECT 'oauth_assertions', (SELECT MIN(expires_at) FROM tenantd.oauth_assertion)
      UNION ALL SELECT 'oauth_devices', (SELECT MIN(expires_at) FROM tenantd.oauth_device)
      UNION ALL SELECT 'events', (SELECT MIN(created_at) FROM tenantd.event)
      UNION ALL SELECT 'audit', (SELECT MIN(created_at) FROM tenantd.audit_log)
      UNION ALL SELECT 'import_runs', (SELECT MIN(updated_at) FROM tenantd.import_run)
      UNION ALL SELECT 'runs', (SELECT MIN(started_at) FROM tenantd.sweep_run)
      UNION ALL SELECT 'requests', (SELECT MIN(finished_at) FROM tenantd.sweep_request WHERE finished_at > 0)
      UNION ALL SELECT 'uploads', (SELECT MIN(upload_expires_at) FROM tenantd.document WHERE status = 1)) k
    WHERE k.name <> ''
    ON DUPLICATE KEY UPDATE oldest_at = VALUES(oldest_at), looked_at = VALUES(looked_at);
  END IF;
  SELECT 0;
END//

-- Addresses that an account is known by besides its own: those that it had, and what providers and invitations call it. Not
-- one that is another account's by now.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.find_known_addresses(IN p_user BINARY(16))
BEGIN
  SELECT k.address FROM (
    SELECT CAST(JSON_VALUE(old_values, '$.email') AS BINARY) AS address FROM tenantd.audit_log
    WHERE resource_id = p_user AND action = 'email.changed'
    UNION SELECT CAST(email AS BINARY) FROM tenantd.identity WHERE user_id = p_user
    UNION SELECT CAST(email AS BINARY) FROM tenantd.invite WHERE user_id = p_user) k
  WHERE k.address <> '' AND NOT EXISTS (
    SELECT 1 FROM tenantd.user u WHERE u.email = CONVERT(k.address USING utf8mb4) AND u.id <> p_user)
  LIMIT 100;
END//

-- What is kept of one person, a part at a time: the newest p_most rows, each a JSON object. No secret is in any, and nothing of an
-- organization that the person has left but what the person did there.
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd.uuid_of(p_id BINARY(16))
  RETURNS CHAR(36) CHARACTER SET ascii DETERMINISTIC NO SQL
  -- CONCAT of a NULL is NULL.
  RETURN LOWER(CONCAT(LEFT(HEX(p_id), 8), '-', SUBSTRING(HEX(p_id), 9, 4), '-', SUBSTRING(HEX(p_id), 13, 4), '-',
    SUBSTRING(HEX(p_id), 17, 4), '-', RIGHT(HEX(p_id), 12)))//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.export_part(
  IN p_user BINARY(16), IN p_part VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin, IN p_most INT)
BEGIN
  CASE p_part
    WHEN 'account' THEN
      SELECT CAST(JSON_OBJECT('id', tenantd.uuid_of(u.id), 'email', u.email, 'email_verified_at', u.email_verified_at,
        'profile', JSON_EXTRACT(u.profile, '$'), 'preferences', JSON_EXTRACT(u.settings, '$'), 'has_password',
        u.password IS NOT NULL, 'second_factor_since', u.mfa_enabled_at, 'created_at', u.created_at, 'updated_at', u.updated_at)
        AS CHAR) FROM tenantd.user u WHERE u.id = p_user;
    WHEN 'memberships' THEN
      SELECT CAST(JSON_OBJECT('org_id', tenantd.uuid_of(m.org_id), 'name', o.name, 'slug', o.slug, 'role', r.name,
        'role_expires_at', m.role_expires_at, 'active', m.status = 0, 'created_at', m.created_at) AS CHAR)
      FROM tenantd.member m JOIN tenantd.organization o ON o.id = m.org_id AND o.status <> 2
      JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
      WHERE m.user_id = p_user ORDER BY m.created_at DESC LIMIT p_most;
    WHEN 'sessions' THEN
      SELECT CAST(JSON_OBJECT('id', tenantd.uuid_of(s.id), 'created_at', s.created_at, 'used_at', s.rotated_at, 'expires_at',
        LEAST(s.expires_at, s.ends_at), 'address', s.address, 'agent', s.agent) AS CHAR)
      FROM tenantd_app.live_session s WHERE s.user_id = p_user AND s.actor_id IS NULL ORDER BY s.rotated_at DESC LIMIT p_most;
    WHEN 'second_factors' THEN
      SELECT CAST(JSON_OBJECT('kind', 'totp', 'created_at', t.created_at, 'recovery_codes_left',
        (SELECT COUNT(*) FROM tenantd.recovery_code c WHERE c.user_id = p_user)) AS CHAR)
      FROM tenantd.totp t WHERE t.user_id = p_user AND t.secret_sealed IS NOT NULL LIMIT p_most;
    WHEN 'passkeys' THEN
      SELECT CAST(JSON_OBJECT('id', tenantd.uuid_of(p.id), 'name', p.name, 'created_at', p.created_at, 'last_used_at',
        p.last_used_at) AS CHAR) FROM tenantd.passkey p WHERE p.user_id = p_user ORDER BY p.created_at DESC LIMIT p_most;
    WHEN 'identities' THEN
      SELECT CAST(JSON_OBJECT('issuer', i.issuer, 'subject', i.subject, 'email', i.email, 'created_at', i.created_at,
        'last_used_at', i.last_used_at) AS CHAR)
      FROM tenantd.identity i WHERE i.user_id = p_user ORDER BY i.created_at DESC LIMIT p_most;
    WHEN 'consents' THEN
      SELECT CAST(JSON_OBJECT('client_id', tenantd.uuid_of(c.client_id), 'client', k.name, 'scopes', c.scopes, 'org_id',
        tenantd.uuid_of(NULLIF(c.bound_org_id, REPEAT('\0', 16))), 'created_at', c.created_at, 'updated_at', c.updated_at) AS CHAR)
      FROM tenantd.oauth_consent c LEFT JOIN tenantd.oauth_client k ON k.org_id = c.client_org AND k.id = c.client_id
      WHERE c.user_id = p_user ORDER BY c.updated_at DESC LIMIT p_most;
    WHEN 'api_keys' THEN
      SELECT CAST(JSON_OBJECT('org_id', tenantd.uuid_of(k.org_id), 'id', tenantd.uuid_of(k.id), 'name', k.name, 'permissions',
        k.permissions, 'created_at', k.created_at, 'expires_at', k.expires_at, 'last_used_at', k.last_used_at,
        'last_used_address', k.last_used_address) AS CHAR)
      FROM tenantd.member m JOIN tenantd.api_key k ON k.org_id = m.org_id AND k.member_id = m.user_id
      WHERE m.user_id = p_user ORDER BY k.created_at DESC LIMIT p_most;
    WHEN 'invitations' THEN
      SELECT CAST(JSON_OBJECT('org_id', tenantd.uuid_of(i.org_id), 'organization', o.name, 'status', i.status, 'created_at',
        i.created_at, 'expires_at', i.expires_at, 'sent_by_me', i.invited_by = p_user) AS CHAR)
      FROM tenantd.invite i JOIN tenantd.organization o ON o.id = i.org_id AND o.status <> 2
      WHERE i.id IN (SELECT id FROM (
        SELECT id FROM tenantd.invite WHERE user_id = p_user
        UNION SELECT n.id FROM tenantd.invite n JOIN tenantd.user u ON u.id = p_user AND u.email_verified_at > 0 AND n.email = u.email
        UNION SELECT id FROM tenantd.invite WHERE invited_by = p_user) n)
      ORDER BY i.created_at DESC LIMIT p_most;
    WHEN 'directory_entries' THEN
      SELECT CAST(JSON_OBJECT('org_id', tenantd.uuid_of(s.org_id), 'user_name', s.user_name, 'external_id', s.external_id,
        'attributes', JSON_EXTRACT(s.attributes, '$'), 'created_at', s.created_at, 'updated_at', s.updated_at) AS CHAR)
      FROM tenantd.member m JOIN tenantd.scim_user s ON s.org_id = m.org_id AND s.user_id = m.user_id
      WHERE m.user_id = p_user ORDER BY s.created_at DESC LIMIT p_most;
    WHEN 'account_events' THEN
      SELECT CAST(JSON_OBJECT('type', e.type, 'method', e.method, 'address', e.address, 'agent', e.agent, 'created_at',
        e.created_at) AS CHAR)
      FROM tenantd.account_event e WHERE e.user_id = p_user ORDER BY e.id DESC LIMIT p_most;
    WHEN 'audit_rows' THEN
      SELECT CAST(JSON_OBJECT('org_id', IF(a.org_id = REPEAT('\0', 16), NULL, tenantd.uuid_of(a.org_id)), 'action', a.action,
        'resource', a.resource, 'resource_id', tenantd.uuid_of(a.resource_id), 'address', a.address, 'agent', a.agent,
        'created_at', a.created_at) AS CHAR)
      FROM tenantd.audit_log a WHERE a.actor_id = p_user ORDER BY a.org_id DESC, a.seq DESC LIMIT p_most;
    WHEN 'documents' THEN
      SELECT CAST(JSON_OBJECT('org_id', tenantd.uuid_of(d.org_id), 'project_id', tenantd.uuid_of(d.project_id), 'id',
        tenantd.uuid_of(d.id), 'name', d.name, 'description', d.description, 'content_type', d.content_type, 'size', d.size,
        'sha256', LOWER(HEX(d.sha256)), 'created_at', d.created_at, 'file',
        IF(d.status = 2, CONCAT('/api/v1/projects/documents/', tenantd.uuid_of(d.id), '/download'), NULL)) AS CHAR)
      FROM tenantd.member m JOIN tenantd.organization o ON o.id = m.org_id AND o.status = 0
      JOIN tenantd.document d ON d.created_by = m.user_id AND d.org_id = m.org_id
      WHERE m.user_id = p_user AND m.status = 0 ORDER BY d.created_at DESC LIMIT p_most;
    WHEN 'mails' THEN
      SELECT CAST(JSON_OBJECT('kind', b.template, 'recipient', b.recipient, 'created_at', b.created_at, 'sent_at', b.sent_at)
        AS CHAR)
      FROM tenantd.user u JOIN tenantd.outbox b ON b.recipient = u.email
      WHERE u.id = p_user AND u.email_verified_at > 0 ORDER BY b.created_at DESC LIMIT p_most;
  END CASE;
END//

-- The files of those documents that export_part tells of, for the database's administrator, who may have them.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.list_personal_files(IN p_user BINARY(16))
BEGIN
  SELECT d.id, d.name, d.storage_key, d.size
  FROM tenantd.member m JOIN tenantd.organization o ON o.id = m.org_id AND o.status = 0
  JOIN tenantd.document d ON d.created_by = m.user_id AND d.org_id = m.org_id
  WHERE m.user_id = p_user AND m.status = 0 AND d.status = 2 ORDER BY d.created_at DESC;
END//

-- Takes out of an account all that tells whose it was, for good, and has its traces looked for. Its row stays, since others'
-- rows name it. Answers 0; 1 if there is no such account or it is erased already; 2 if it is a super-admin's; 3 if it is still
-- a member somewhere. The account's row is locked: nobody signs in to it, or joins with it, between this and the commit.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.erase_account(
  IN p_id BINARY(16), IN p_user BINARY(16), IN p_by BINARY(16), IN p_sealed MEDIUMBLOB, IN p_now BIGINT)
BEGIN
  DECLARE v_super, v_count INT;
  DECLARE v_answer INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
  SELECT is_super INTO v_super FROM tenantd.user WHERE id = p_user FOR UPDATE;
  SELECT COUNT(*) INTO v_count FROM tenantd.erasure WHERE user_id = p_user;
  IF v_super IS NULL OR v_count > 0 THEN
    SET v_answer = 1;
  ELSEIF v_super THEN
    SET v_answer = 2;
  ELSE
    SELECT COUNT(*) INTO v_count FROM tenantd.member m JOIN tenantd.organization o ON o.id = m.org_id AND o.status <> 2
    WHERE m.user_id = p_user;
    IF v_count > 0 THEN
      SET v_answer = 3;
    END IF;
  END IF;
  IF v_answer = 0 THEN
    UPDATE tenantd.user SET email = CONCAT('erased-', LOWER(HEX(p_user)), '@erased.invalid'), email_verified_at = NULL,
      password = NULL, profile = '{"name":"Erased user"}', settings = '{}', status = 1, failed_signins = 0, locked_until = 0,
      mfa_enabled_at = NULL, login_alert = NULL, updated_at = p_now
    WHERE id = p_user;
    -- A personal one is called by the address.
    UPDATE tenantd.organization o JOIN tenantd.member m ON m.org_id = o.id AND m.user_id = p_user
    SET o.name = 'Erased' WHERE o.personal AND o.status = 2;
    DELETE FROM tenantd.totp WHERE user_id = p_user;
    DELETE FROM tenantd.recovery_code WHERE user_id = p_user;
    DELETE FROM tenantd.passkey WHERE user_id = p_user;
    DELETE FROM tenantd.one_time_token WHERE user_id = p_user;
    DELETE FROM tenantd.mailed_code WHERE user_id = p_user;
    CALL tenantd_app.forget_identities(p_user);
    DELETE FROM tenantd.oauth_consent WHERE user_id = p_user;
    DELETE FROM tenantd.oauth_code WHERE user_id = p_user;
    DELETE FROM tenantd.oauth_device WHERE user_id = p_user;
    DELETE FROM tenantd.known_network WHERE user_id = p_user;
    DELETE FROM tenantd.known_device WHERE user_id = p_user;
    DELETE FROM tenantd.former_member WHERE user_id = p_user;
    -- Those of organizations go on; from where its maker used one is told no more.
    UPDATE tenantd.api_key SET last_used_address = NULL WHERE created_by = p_user;
    INSERT INTO tenantd.erasure (id, user_id, asked_by, traces_sealed, asked_at) VALUES (p_id, p_user, p_by, p_sealed, p_now);
  END IF;
  SELECT v_answer;
END//

-- The oldest erasure with traces left, held until the commit; none if others are at it.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.next_erasure()
BEGIN
  SELECT id, user_id, traces_sealed, chain_of, audit_seq, event_seq, asked_at FROM tenantd.erasure
  WHERE finished_at IS NULL ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED;
END//
-- Removes up to p_most rows of each kind that are about an erased account, or went to one of its addresses; answers with how
-- many. Nothing that is younger than the erasure goes by the address alone: that may be somebody else's by then.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.forget_erased(
  IN p_user BINARY(16), IN p_address VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_caller BINARY(32),
  IN p_asked_at BIGINT, IN p_most INT)
BEGIN
  DECLARE v_rows INT DEFAULT 0;
  IF EXISTS (SELECT 1 FROM tenantd.erasure WHERE user_id = p_user) THEN
    DELETE FROM tenantd.account_event WHERE user_id = p_user LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    UPDATE tenantd.account_event SET address = '', agent = ''
    WHERE actor_id = p_user AND (address <> '' OR agent <> '') LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    DELETE FROM tenantd.session WHERE user_id = p_user LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    DELETE FROM tenantd.session WHERE actor_id = p_user LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    DELETE FROM tenantd.idempotency WHERE caller = p_caller LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    DELETE FROM tenantd.outbox WHERE user_id = p_user LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    -- The mail that tells of the erasure goes without its address when it is sent or given up.
    DELETE FROM tenantd.outbox
    WHERE recipient = p_address AND created_at <= p_asked_at AND NOT (template = 'account_erased' AND status = 0) LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    DELETE FROM tenantd.invite WHERE user_id = p_user LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    DELETE FROM tenantd.invite WHERE email = p_address AND created_at <= p_asked_at LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
    DELETE FROM tenantd.suppression WHERE email = p_address AND created_at <= p_asked_at;
    SET v_rows = v_rows + ROW_COUNT();
    -- Those of members went with the memberships.
    DELETE FROM tenantd.scim_user WHERE email = p_address AND user_id IS NULL AND created_at <= p_asked_at LIMIT p_most;
    SET v_rows = v_rows + ROW_COUNT();
  END IF;
  SELECT v_rows;
END//
-- The chain behind p_org (NULL: the first one), and where it ends.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.next_chain(IN p_org BINARY(16), IN p_or_itself BOOLEAN)
BEGIN
  SELECT org_id, audit_seq, event_seq FROM tenantd.change_head
  WHERE org_id > COALESCE(p_org, '') OR (p_or_itself AND org_id = p_org) ORDER BY org_id LIMIT 1;
END//
-- Audit rows of a chain, behind p_after up to p_to, that are about an account, by it, or name an address of it; with their
-- hashes, the hash before each, and what it was redacted as. Of nobody but who is being erased.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.find_audit_traces(
  IN p_org BINARY(16), IN p_after BIGINT, IN p_to BIGINT, IN p_user BINARY(16),
  IN p_address VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_asked_at BIGINT)
BEGIN
  SELECT a.org_id, a.seq, a.id, a.actor_id, a.actor_email, a.effective_id, a.effective_email, a.api_key_id, a.action, a.resource,
         a.resource_id, a.old_values, a.new_values, a.address, a.agent, a.request_id, a.created_at, a.hash,
         COALESCE(b.hash, s.hash, IF(a.seq = 1, REPEAT('\0', 32), NULL)) AS hash_before, r.erasure_id, r.signature
  FROM tenantd.audit_log a
  LEFT JOIN tenantd.audit_log b ON b.org_id = a.org_id AND b.seq = a.seq - 1
  LEFT JOIN tenantd.audit_start s ON s.org_id = a.org_id AND s.seq = a.seq - 1
  LEFT JOIN tenantd.audit_redaction r ON r.org_id = a.org_id AND r.seq = a.seq
  WHERE a.org_id = p_org AND a.seq > p_after AND a.seq <= p_to AND LOCATE('@', p_address) > 1
    AND EXISTS (SELECT 1 FROM tenantd.erasure x WHERE x.user_id = p_user AND x.finished_at IS NULL)
    AND (a.actor_id = p_user OR a.effective_id = p_user OR a.resource_id = p_user
         OR (a.created_at <= p_asked_at AND (
           a.actor_email = p_address OR a.effective_email = p_address OR LOCATE(p_address, a.old_values) > 0
           OR LOCATE(p_address, a.new_values) > 0 OR LOCATE(p_address, a.agent) > 0)))
  ORDER BY a.seq;
END//
-- Events likewise.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.find_event_traces(
  IN p_org BINARY(16), IN p_after BIGINT, IN p_to BIGINT, IN p_user BINARY(16),
  IN p_address VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_asked_at BIGINT)
BEGIN
  SELECT e.seq, e.subject_id, e.data FROM tenantd.event e
  WHERE e.org_id = p_org AND e.seq > p_after AND e.seq <= p_to AND LOCATE('@', p_address) > 1
    AND EXISTS (SELECT 1 FROM tenantd.erasure x WHERE x.user_id = p_user AND x.finished_at IS NULL)
    AND (e.subject_id = p_user OR e.actor_id = p_user OR (e.created_at <= p_asked_at AND LOCATE(p_address, e.data) > 0))
  ORDER BY e.seq;
END//
-- An audit row says less from now on: of a person who is erased, and nothing but what a row tells of people and where they
-- were. p_signature: NULL if the row was not whole before, and is not to look so.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.redact_audit(
  IN p_erasure BINARY(16), IN p_org BINARY(16), IN p_seq BIGINT, IN p_actor_email VARCHAR(320), IN p_effective_email VARCHAR(320),
  IN p_old MEDIUMTEXT, IN p_new MEDIUMTEXT, IN p_address VARCHAR(45), IN p_agent VARCHAR(400), IN p_signature BINARY(32),
  IN p_now BIGINT)
BEGIN
  IF NOT EXISTS (SELECT 1 FROM tenantd.erasure WHERE id = p_erasure AND finished_at IS NULL) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no such erasure is under way';
  END IF;
  UPDATE tenantd.audit_log SET actor_email = p_actor_email, effective_email = p_effective_email, old_values = p_old,
    new_values = p_new, address = p_address, agent = p_agent
  WHERE org_id = p_org AND seq = p_seq;
  IF p_signature IS NOT NULL THEN
    INSERT INTO tenantd.audit_redaction (org_id, seq, erasure_id, signature, redacted_at)
    VALUES (p_org, p_seq, p_erasure, p_signature, p_now)
    ON DUPLICATE KEY UPDATE erasure_id = VALUES(erasure_id), signature = VALUES(signature), redacted_at = VALUES(redacted_at);
  END IF;
END//
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.redact_event(
  IN p_erasure BINARY(16), IN p_org BINARY(16), IN p_seq BIGINT, IN p_data LONGTEXT)
BEGIN
  IF NOT EXISTS (SELECT 1 FROM tenantd.erasure WHERE id = p_erasure AND finished_at IS NULL) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no such erasure is under way';
  END IF;
  UPDATE tenantd.event SET data = p_data WHERE org_id = p_org AND seq = p_seq;
END//
-- How far the traces have been looked through.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.move_erasure(
  IN p_id BINARY(16), IN p_org BINARY(16), IN p_audit_seq BIGINT, IN p_event_seq BIGINT)
BEGIN
  UPDATE tenantd.erasure SET chain_of = p_org, audit_seq = p_audit_seq, event_seq = p_event_seq
  WHERE id = p_id AND finished_at IS NULL;
END//
-- Nothing is left of it but that it was done.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.finish_erasure(IN p_id BINARY(16), IN p_now BIGINT)
BEGIN
  UPDATE tenantd.erasure SET finished_at = p_now, traces_sealed = NULL WHERE id = p_id AND finished_at IS NULL;
END//

-- Throws "limit: KIND" if the scope's organization has more than p_most of a kind: asked once a row was added. Until the commit
-- others who add one wait, so that each sees what the ones before have added.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.require_place(
  IN p_kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin, IN p_most BIGINT)
BEGIN
  DECLARE v_org BINARY(16) DEFAULT tenantd_app.current_org();
  DECLARE v_message VARCHAR(64) DEFAULT CONCAT('limit: ', p_kind);
  DECLARE v_amount BIGINT;
  SELECT amount INTO v_amount FROM tenantd.organization_count WHERE org_id = v_org AND kind = p_kind FOR UPDATE;
  -- Each by SELECT INTO: a subquery in IF or SET would wait for the rows that the others are about to count.
  CASE p_kind
    WHEN 'api_keys' THEN SELECT COUNT(*) INTO v_amount FROM tenantd.api_key WHERE org_id = v_org;
    WHEN 'service_accounts' THEN SELECT COUNT(*) INTO v_amount FROM tenantd.service_account WHERE org_id = v_org;
    WHEN 'roles' THEN SELECT COUNT(*) INTO v_amount FROM tenantd.role WHERE org_id = v_org;
    WHEN 'oauth_clients' THEN SELECT COUNT(*) INTO v_amount FROM tenantd.oauth_client WHERE org_id = v_org;
    WHEN 'webhooks' THEN SELECT COUNT(*) INTO v_amount FROM tenantd.webhook WHERE org_id = v_org;
    WHEN 'streams' THEN SELECT COUNT(*) INTO v_amount FROM tenantd.stream WHERE org_id = v_org;
    WHEN 'invites' THEN
      SELECT COUNT(*) INTO v_amount FROM tenantd.invite WHERE org_id = v_org AND pending_email IS NOT NULL;
  END CASE;
  IF v_amount > p_most THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = v_message;
  END IF;
END//

-- A pending invitation of the scope's organization, of which it has p_most (0: any number).
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.add_invite(
  IN p_id BINARY(16), IN p_token BINARY(32), IN p_email VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_user BINARY(16), IN p_role BINARY(16), IN p_invited_by BINARY(16), IN p_now BIGINT, IN p_expires_at BIGINT,
  IN p_by_user BOOLEAN, IN p_mail BINARY(16), IN p_most BIGINT)
BEGIN
  INSERT INTO tenantd.invite (org_id, id, token, email, user_id, role_id, invited_by, status, created_at, updated_at, expires_at,
    by_user, mail_id)
  VALUES (tenantd_app.current_org(), p_id, p_token, p_email, p_user, p_role, p_invited_by, 0, p_now, p_now, p_expires_at,
    p_by_user, p_mail);
  IF p_most > 0 THEN
    CALL tenantd_app.require_place('invites', p_most);
  END IF;
END//

-- The same with the mail that tells of it, which is p_mail, in one round trip.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.add_mailed_invite(
  IN p_id BINARY(16), IN p_token BINARY(32), IN p_email VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_user BINARY(16), IN p_role BINARY(16), IN p_invited_by BINARY(16), IN p_now BIGINT, IN p_expires_at BIGINT,
  IN p_by_user BOOLEAN, IN p_mail BINARY(16), IN p_most BIGINT, IN p_template VARCHAR(32) CHARACTER SET ascii,
  IN p_sealed MEDIUMBLOB, IN p_priority INT)
BEGIN
  DECLARE v_org BINARY(16) DEFAULT tenantd_app.current_org();
  DECLARE v_sender VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
  CALL tenantd_app.add_invite(p_id, p_token, p_email, p_user, p_role, p_invited_by, p_now, p_expires_at, p_by_user, p_mail,
    p_most);
  SELECT mail_sender_name INTO v_sender FROM tenantd.organization WHERE id = v_org;
  INSERT INTO tenantd.outbox (id, org_id, user_id, template, recipient, sender_name, values_sealed, status, priority,
    next_attempt_at, created_at, updated_at)
  VALUES (p_mail, v_org, p_user, p_template, p_email, v_sender, p_sealed, 0, p_priority, p_now, p_now, p_now);
END//
-- What is known when somebody is to be invited, by p_email or else as the account p_user; no row if the scope's organization
-- is gone. The index is named: left to itself the optimizer looks into five for the one row.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.find_invite_grounds(
  IN p_inviter BINARY(16), IN p_role VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
  IN p_email VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, IN p_user BINARY(16), IN p_now BIGINT)
BEGIN
  DECLARE v_org BINARY(16) DEFAULT tenantd_app.current_org();
  IF p_email IS NULL THEN
    SELECT email INTO p_email FROM tenantd.user WHERE id = p_user;
  END IF;
  SELECT o.name, f.email, o.invite_seconds, r.id, r.name, r.permissions, u.id, u.email, u.status, m.user_id, i.id, i.status
  FROM tenantd.organization o
  JOIN tenantd.user f ON f.id = p_inviter
  LEFT JOIN tenantd.role r ON r.org_id = v_org AND r.name = p_role
  LEFT JOIN tenantd.user u ON u.email = p_email
  LEFT JOIN tenantd.member m ON m.org_id = v_org AND m.user_id = u.id
  LEFT JOIN tenantd.invite i FORCE INDEX (invite_email) ON i.org_id = v_org AND i.email = p_email
    AND i.status IN (0, 4) AND i.expires_at <= p_now
  WHERE o.id = v_org AND o.status <> 2;
END//

-- Hands the file of a document of the scope's organization to the sweeper, with the change that lets it go.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.remove_file(
  IN p_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin)
BEGIN
  INSERT IGNORE INTO tenantd.file_removal (storage_key, asked_at)
  SELECT storage_key, UNIX_TIMESTAMP() FROM tenantd.document
  WHERE org_id = tenantd_app.current_org() AND storage_key = p_key;
END//

-- What the sweeper shall do at once; answers with the request's number.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.request_sweep(IN p_now BIGINT)
BEGIN
  IF NOT tenantd_app.current_super() THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'only a super-admin asks for a sweep';
  END IF;
  INSERT INTO tenantd.sweep_request (requested_by, requested_at) VALUES (tenantd_app.current_user_id(), p_now);
  SELECT LAST_INSERT_ID();
END//

-- Has a mail that was given up tried anew. Answers with 0 if it is not dead, was never to be sent (next_attempt_at of 0), or if
-- nothing is left of it.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.replay_mail(IN p_id BINARY(16), IN p_now BIGINT)
BEGIN
  IF NOT tenantd_app.current_super() THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'only a super-admin replays a mail';
  END IF;
  UPDATE tenantd.outbox SET status = 0, attempts = 0, next_attempt_at = p_now, lease_until = 0, last_error = NULL,
    connection_failed = FALSE, bounced_at = NULL, updated_at = p_now
  WHERE id = p_id AND status = 2 AND next_attempt_at > 0 AND values_sealed IS NOT NULL;
  SELECT ROW_COUNT();
END//

-- The members of organizations (p_orgs: a JSON array of their ids in hexadecimal digits) that joined from p_from to p_to: of
-- those where the session p_session of the scope's user counts, or of all if the scope is a super-admin's. By role and status, in
-- several rows to be added up. Whole blocks come from the counters; of the block at either end the smaller part is counted, and
-- added or taken away.
CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd_app.count_joined(
  IN p_session BINARY(16), IN p_orgs LONGTEXT, IN p_status INT, IN p_from BIGINT, IN p_to BIGINT, IN p_now BIGINT)
BEGIN
  DECLARE v_org BINARY(16);
  DECLARE v_block BIGINT DEFAULT 1 << 22;
  DECLARE v_first, v_last, v_head, v_head_end, v_head_sign, v_tail, v_tail_end, v_tail_sign BIGINT;
  DECLARE v_done BOOLEAN DEFAULT FALSE;
  DECLARE c_orgs CURSOR FOR
    SELECT g.org_id FROM JSON_TABLE(p_orgs, '$[*]' COLUMNS (id CHAR(32) PATH '$')) ids
    STRAIGHT_JOIN tenantd_app.counting_session g ON g.org_id = UNHEX(ids.id)
    WHERE NOT tenantd_app.current_super() AND g.session_id = p_session AND g.user_id = tenantd_app.current_user_id()
      AND g.granted_until > p_now
    UNION ALL
    SELECT UNHEX(ids.id) FROM JSON_TABLE(p_orgs, '$[*]' COLUMNS (id CHAR(32) PATH '$')) ids WHERE tenantd_app.current_super();
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_done = TRUE;
  SET v_first = p_from DIV v_block, v_last = p_to DIV v_block;
  IF p_from MOD v_block < v_block DIV 2 THEN
    SET v_head_sign = -1, v_head = v_first * v_block, v_head_end = p_from - 1;
  ELSE
    SET v_head_sign = 1, v_first = v_first + 1, v_head = p_from, v_head_end = v_first * v_block - 1;
  END IF;
  IF p_to MOD v_block < v_block DIV 2 THEN
    SET v_tail_sign = 1, v_tail = v_last * v_block, v_tail_end = p_to, v_last = v_last - 1;
  ELSE
    SET v_tail_sign = -1, v_tail = p_to + 1, v_tail_end = (v_last + 1) * v_block - 1;
  END IF;
  CREATE TEMPORARY TABLE IF NOT EXISTS tenantd_app.joined (
    place INT NOT NULL AUTO_INCREMENT PRIMARY KEY, org_id BINARY(16) NOT NULL, role_id BINARY(16) NOT NULL, status INT NOT NULL,
    members BIGINT NOT NULL) ENGINE = MEMORY;
  DELETE FROM tenantd_app.joined;
  OPEN c_orgs;
  FETCH c_orgs INTO v_org;
  WHILE NOT v_done DO
    INSERT INTO tenantd_app.joined (org_id, role_id, status, members)
    SELECT org_id, role_id, status, SUM(members) FROM tenantd.member_count
    WHERE org_id = v_org AND block BETWEEN v_first AND v_last AND status = COALESCE(p_status, status) GROUP BY role_id, status
    UNION ALL
    SELECT org_id, role_id, status, v_head_sign * COUNT(*) FROM tenantd.member FORCE INDEX (member_standing)
    WHERE org_id = v_org AND status IN (COALESCE(p_status, 0), COALESCE(p_status, 1)) AND created_at BETWEEN v_head AND v_head_end
    GROUP BY role_id, status
    UNION ALL
    SELECT org_id, role_id, status, v_tail_sign * COUNT(*) FROM tenantd.member FORCE INDEX (member_standing)
    WHERE org_id = v_org AND status IN (COALESCE(p_status, 0), COALESCE(p_status, 1)) AND created_at BETWEEN v_tail AND v_tail_end
    GROUP BY role_id, status;
    FETCH c_orgs INTO v_org;
  END WHILE;
  CLOSE c_orgs;
  SELECT org_id, role_id, status, members FROM tenantd_app.joined;
END//
-- The organization of an invitation, for one who holds its token; NULL if there is none.
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.invite_org(p_token BINARY(32))
  RETURNS BINARY(16) READS SQL DATA
BEGIN
  RETURN (SELECT i.org_id FROM tenantd.invite i JOIN tenantd.organization o ON o.id = i.org_id AND o.status <> 2
          WHERE i.token = p_token LIMIT 1);
END//

-- The storage key under which a document of an active organization waits for its file, for one who holds the signed
-- address of its upload; NULL if it does not, or no more.
CREATE DEFINER = tenantd_owner@localhost FUNCTION tenantd_app.awaited_file(
  p_org BINARY(16), p_document BINARY(16), p_now BIGINT)
  RETURNS VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin READS SQL DATA
BEGIN
  RETURN (SELECT d.storage_key FROM tenantd.document d JOIN tenantd.organization o ON o.id = d.org_id AND o.status = 0
          WHERE d.org_id = p_org AND d.id = p_document AND d.status = 1 AND d.upload_expires_at > p_now);
END//
DELIMITER ;

-- Webhooks with events that they have not read, for the courier: not those for which as much waits as may.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd.unread_webhook AS
  SELECT w.org_id, w.id
  FROM tenantd.webhook_backlog b
  STRAIGHT_JOIN tenantd.organization o ON o.id = b.org_id
  STRAIGHT_JOIN tenantd.webhook w ON w.org_id = b.org_id
  WHERE o.status = 0 AND w.status = 0 AND w.cursor_seq < b.event_seq
    AND (SELECT COUNT(*) FROM tenantd.webhook_delivery d WHERE d.status = 0 AND d.org_id = w.org_id AND d.webhook_id = w.id) < 100;

-- Which sessions count, whatever the time: those that nothing has ended. Here alone it is written down; whatever lists,
-- counts, renews or authenticates sessions reads this. Until when, expires_at and ends_at say.
-- One that is good for an organization alone is over where it is shut out, and with the
-- organization. An impersonation is over with the
-- super-admin's own session, and when its actor is no active super-admin any more, or its user is one. by_provider: an
-- organization's provider began it, or a client for one that was.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.live_session AS
  SELECT s.id, s.user_id, s.org_id, s.bound_org_id, s.actor_id, a.email AS actor_email, s.counter, s.pair_used, s.second_factor,
         s.proven_at, s.methods, s.born, s.rotated_at, s.created_at, s.expires_at, s.ends_at, s.address, s.agent,
         u.status AS user_status,
         s.bound_org_id IS NOT NULL AND s.actor_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM tenantd.client_session k WHERE k.session_id = s.id AND NOT k.vouched) AS by_provider
  FROM tenantd.session s
  JOIN tenantd.user u ON u.id = s.user_id AND s.generation > u.sessions_ended
  LEFT JOIN tenantd.session_cut c ON c.user_id = s.user_id AND c.org_id = s.org_id
  LEFT JOIN tenantd.user a ON a.id = s.actor_id
  LEFT JOIN tenantd.session p ON p.id = s.parent_id
  LEFT JOIN tenantd.session_cut pc ON pc.user_id = p.user_id AND pc.org_id = p.org_id
  WHERE s.born > COALESCE(IF(s.bound_org_id IS NULL, c.ended, GREATEST(c.ended, c.shut_out)), 0)
    AND (s.bound_org_id IS NULL
         OR EXISTS (SELECT 1 FROM tenantd.organization b WHERE b.id = s.bound_org_id AND b.status <> 2))
    AND (s.actor_id IS NULL
         OR (a.status = 0 AND a.is_super AND NOT u.is_super AND COALESCE(s.actor_ended, 0) = a.sessions_ended
             AND (p.id IS NULL OR (p.generation > a.sessions_ended AND p.born > COALESCE(pc.ended, 0)))));
-- Members whom their organization lets in by its provider alone: it says so, and has proven the domain of their addresses, as
-- they stand and not those above or below them. Owners for good can do without (may_bypass), and it is told each time.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.sso_member AS
  SELECT m.org_id, m.user_id, r.name = 'owner' AND r.permissions IS NULL AND m.role_expires_at IS NULL AS may_bypass
  FROM tenantd.organization o
  JOIN tenantd.member m ON m.org_id = o.id
  JOIN tenantd.user u ON u.id = m.user_id
  JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  JOIN tenantd.domain d ON d.org_id = o.id AND d.proven_domain = CONVERT(SUBSTRING_INDEX(u.email, '@', -1) USING ascii)
  WHERE o.sso_enforced;
-- The sessions that such an organization lets such members in by: begun by its provider, by a client for one that was, by
-- support, or by one who is an owner still, where that was told.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.sso_session AS
  SELECT s.id AS session_id, m.org_id
  FROM tenantd.session s
  JOIN tenantd.member m ON m.user_id = s.user_id
  JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  LEFT JOIN tenantd.client_session k ON k.session_id = s.id
  LEFT JOIN tenantd.sso_bypass b ON b.session_id = s.id AND b.org_id = m.org_id
  WHERE s.actor_id IS NOT NULL
     OR (s.bound_org_id = m.org_id AND (k.session_id IS NULL OR k.vouched))
     OR (b.session_id IS NOT NULL AND r.name = 'owner' AND r.permissions IS NULL AND m.role_expires_at IS NULL);
-- Where sessions count, and until when: in each organization that lets them in. Not shut out there, not older than it lets
-- sessions become, not good for another alone, of an active member with the second factor that it may ask for. What looks
-- at several organizations at once goes by this, as the authorizer does by its own means for one.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.session_here AS
  SELECT s.id AS session_id, s.user_id, m.org_id, o.name, s.org_id AS home_org_id, s.actor_id, s.address, s.agent,
         s.created_at, s.rotated_at, m.role_id, m.role_expires_at,
         LEAST(s.expires_at, s.ends_at, s.created_at + COALESCE(o.session_max_seconds, 1 << 40)) AS counts_until
  FROM tenantd_app.live_session s
  JOIN tenantd.user u ON u.id = s.user_id AND u.status = 0
  JOIN tenantd.member m ON m.user_id = s.user_id AND m.status = 0
  JOIN tenantd.organization o ON o.id = m.org_id AND o.status = 0
  LEFT JOIN tenantd.session_cut c ON c.user_id = m.user_id AND c.org_id = m.org_id
  WHERE s.born > COALESCE(c.shut_out, 0) AND (s.bound_org_id IS NULL OR s.bound_org_id = m.org_id)
    AND (NOT o.require_mfa OR u.mfa_enabled_at > 0 OR s.methods LIKE '%pop%')
    AND (NOT o.require_passkey OR s.methods LIKE '%pop%')
    AND (o.mail_code OR s.bound_org_id IS NOT NULL OR COALESCE(s.methods, '') NOT LIKE '%mail%'
         OR s.methods LIKE '%pwd%' OR s.methods LIKE '%pop%')
    AND NOT (o.sso_enforced AND EXISTS (SELECT 1 FROM tenantd_app.sso_member w WHERE w.org_id = m.org_id AND w.user_id = m.user_id)
             AND NOT EXISTS (SELECT 1 FROM tenantd_app.sso_session x WHERE x.session_id = s.id AND x.org_id = m.org_id));
-- The sessions that are at home in the scope's organization and count there.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.home_session AS
  SELECT org_id, session_id AS id, user_id, actor_id, address, agent, created_at, rotated_at, counts_until
  FROM tenantd_app.session_here
  WHERE org_id = tenantd_app.current_org() AND home_org_id = org_id;

-- Tenants' views.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.organization AS
  SELECT id, name, slug, status, personal, require_mfa, settings, max_members, max_projects, max_storage_bytes, max_requests,
         mail_sender_name, self_approval, session_idle_seconds, session_max_seconds, invite_seconds, login_alert, deactivated_at,
         require_passkey, mail_code, revision,
         created_at, updated_at, sso_enforced
  FROM tenantd.organization
  WHERE id = tenantd_app.current_org() AND status <> 2 WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.organization_turn AS
  SELECT org_id FROM tenantd.organization_turn WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.role AS
  SELECT org_id, id, name, description, permissions, created_at, updated_at, revision FROM tenantd.role
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.member AS
  SELECT org_id, user_id, role_id, role_expires_at, granted_by, status, settings, created_at, updated_at
  FROM tenantd.member
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
-- Members with who they are, for lists: in the order of their index, read from it first. Left to itself the optimizer
-- spends twice the time of the query on finding that plan.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.member_detail AS
  SELECT m.org_id, m.user_id, u.email, u.profile, m.role_id, r.name AS role_name, r.permissions, m.status, m.created_at,
         m.updated_at, m.role_expires_at, u.email_verified_at, u.mfa_enabled_at, u.created_at AS user_created_at,
         u.updated_at AS user_updated_at
  FROM tenantd.member m FORCE INDEX (member_time)
  STRAIGHT_JOIN tenantd.user u ON u.id = m.user_id
  STRAIGHT_JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  WHERE m.org_id = tenantd_app.current_org();
-- The same of one role, and of one status: each in the same order from an index of its own.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.member_of_role AS
  SELECT m.org_id, m.user_id, u.email, u.profile, m.role_id, r.name AS role_name, r.permissions, m.status, m.created_at,
         m.updated_at, m.role_expires_at, u.email_verified_at, u.mfa_enabled_at, u.created_at AS user_created_at,
         u.updated_at AS user_updated_at
  FROM tenantd.role r
  STRAIGHT_JOIN tenantd.member m FORCE INDEX (member_of_role) ON m.org_id = r.org_id AND m.role_id = r.id
  STRAIGHT_JOIN tenantd.user u ON u.id = m.user_id
  WHERE r.org_id = tenantd_app.current_org();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.member_of_status AS
  SELECT m.org_id, m.user_id, u.email, u.profile, m.role_id, r.name AS role_name, r.permissions, m.status, m.created_at,
         m.updated_at, m.role_expires_at, u.email_verified_at, u.mfa_enabled_at, u.created_at AS user_created_at,
         u.updated_at AS user_updated_at
  FROM tenantd.member m FORCE INDEX (member_standing)
  STRAIGHT_JOIN tenantd.user u ON u.id = m.user_id
  STRAIGHT_JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  WHERE m.org_id = tenantd_app.current_org();
-- And those whose words are looked through, read from the words first; and these alone, to be counted.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.member_search AS
  SELECT t.org_id, t.user_id, t.words, u.email, u.profile, t.role_id, r.name AS role_name, r.permissions, t.status, t.created_at,
         m.updated_at, m.role_expires_at, u.email_verified_at, u.mfa_enabled_at, u.created_at AS user_created_at,
         u.updated_at AS user_updated_at
  FROM tenantd.member_text t
  STRAIGHT_JOIN tenantd.member m ON m.org_id = t.org_id AND m.user_id = t.user_id
  STRAIGHT_JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  STRAIGHT_JOIN tenantd.user u ON u.id = m.user_id
  WHERE t.org_id = tenantd_app.current_org();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.member_words AS
  SELECT org_id, role_id, status, words FROM tenantd.member_text
  WHERE org_id = tenantd_app.current_org();
-- Who gets the reports: whoever may read the statistics (as in countable_*), at a verified address. By role, since an
-- organization may have many members and few who may.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.report_reader AS
  SELECT m.org_id, m.user_id, u.email, r.name AS role_name, r.permissions, m.role_expires_at, m.created_at
  FROM tenantd.role r
  STRAIGHT_JOIN tenantd.member m ON m.org_id = r.org_id AND m.role_id = r.id
  STRAIGHT_JOIN tenantd.organization o ON o.id = m.org_id
  STRAIGHT_JOIN tenantd.user u ON u.id = m.user_id
  WHERE r.org_id = tenantd_app.current_org() AND m.status = 0 AND o.status = 0 AND u.status = 0
    AND IF(r.permissions IS NULL, r.name IN ({{roles with stats:read}}), FIND_IN_SET('stats:read', r.permissions) > 0)
    AND (NOT o.require_mfa OR u.mfa_enabled_at > 0 OR EXISTS (SELECT 1 FROM tenantd.passkey p WHERE p.user_id = u.id))
    AND u.email_verified_at IS NOT NULL;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.member_count AS
  SELECT org_id, block, status, role_id, role_name, members FROM tenantd.member_count
  WHERE org_id = tenantd_app.current_org();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.invite AS
  SELECT org_id, id, token, email, user_id, role_id, invited_by, status, created_at, updated_at, expires_at, mail_id, by_user,
         pending_email, asked_at
  FROM tenantd.invite WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
-- Invitations with what became of their mails: nothing else of the outbox is seen.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.invite_detail AS
  SELECT i.org_id, i.id, i.email, i.user_id, i.role_id, r.name AS role_name, i.invited_by, i.status, i.created_at,
         i.expires_at, i.by_user, b.status AS mail_status, b.attempts AS mail_attempts, b.sent_at AS mail_sent_at,
         b.bounced_at AS mail_bounced_at, b.last_error LIKE 'suppressed:%' AS mail_suppressed
  FROM tenantd.invite i
  JOIN tenantd.role r ON r.org_id = i.org_id AND r.id = i.role_id
  LEFT JOIN tenantd.outbox b ON b.id = i.mail_id AND b.org_id = i.org_id
  WHERE i.org_id = tenantd_app.current_org();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.event AS
  SELECT org_id, id, seq, type, actor_id, subject_id, data, created_at FROM tenantd.event
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.audit_log AS
  SELECT org_id, seq, id, actor_id, actor_email, effective_id, effective_email, api_key_id, action, resource, resource_id,
         old_values, new_values, address, agent, request_id, created_at FROM tenantd.audit_log
  WHERE org_id = tenantd_app.current_org();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.api_key AS
  SELECT org_id, id, token, prefix, name, permissions, created_by, member_id, of_organization, created_at, expires_at, last_used_at
  FROM tenantd.api_key
  WHERE org_id = tenantd_app.current_org() AND account_id IS NULL WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.service_account_key AS
  SELECT org_id, id, account_id, token, prefix, name, permissions, created_by, of_organization, created_at, expires_at,
         last_used_at, last_used_address, warned_at
  FROM tenantd.api_key
  WHERE org_id = tenantd_app.current_org() AND account_id IS NOT NULL WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.service_account AS
  SELECT org_id, id, name, description, role_id, permissions, networks, status, created_by, kept_by, revision, created_at,
         updated_at, refused_at
  FROM tenantd.service_account
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
-- Keys of the organization and of its service accounts that end, and who answers for each.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.key_ending AS
  SELECT k.org_id, k.id, k.name, k.prefix, a.id AS account_id, a.name AS account_name,
         COALESCE(a.kept_by, k.created_by) AS kept_by, k.created_at, k.expires_at
  FROM tenantd.api_key k LEFT JOIN tenantd.service_account a ON a.org_id = k.org_id AND a.id = k.account_id
  WHERE k.org_id = tenantd_app.current_org() AND k.of_organization = 1 AND k.warned_at IS NULL AND k.expires_at IS NOT NULL;
-- Who may make such keys, at a verified address.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.key_reader AS
  SELECT m.org_id, m.user_id, u.email, r.name AS role_name, m.role_expires_at, m.created_at
  FROM tenantd.role r
  STRAIGHT_JOIN tenantd.member m ON m.org_id = r.org_id AND m.role_id = r.id
  STRAIGHT_JOIN tenantd.organization o ON o.id = m.org_id
  STRAIGHT_JOIN tenantd.user u ON u.id = m.user_id
  WHERE r.org_id = tenantd_app.current_org() AND m.status = 0 AND o.status = 0 AND u.status = 0
    AND IF(r.permissions IS NULL, r.name IN ({{roles with api_keys:manage}}), FIND_IN_SET('api_keys:manage', r.permissions) > 0)
    AND u.email_verified_at IS NOT NULL;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.webhook AS
  SELECT org_id, id, url, description, secret_sealed, previous_secret_sealed, previous_until, events, status, revision,
         created_by, kept_by, created_at, updated_at FROM tenantd.webhook
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.webhook_delivery AS
  SELECT org_id, webhook_id, event_id, event_seq, status, attempts, next_attempt_at, lease_until, pending_since,
         response_status, duration_ms, last_error, created_at, updated_at, delivered_at FROM tenantd.webhook_delivery
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;

CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.identity_provider AS
  SELECT org_id, id, kind, client_id, client_secret_sealed, azure_tenant_id, auto_provision, allowed_domains, default_role_id,
         status, kept_by, revision, created_at, updated_at FROM tenantd.identity_provider
  WHERE org_id = tenantd_app.current_org() AND kind IN ('microsoft', 'google') WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.oidc_provider AS
  SELECT org_id, id, kind, slug, name, issuer, client_id, client_auth, client_jwk, client_secret_sealed, auto_provision,
         allowed_domains, default_role_id, scopes, email_claim, name_claim, groups_claim, trust_addresses, groups_each_time,
         status, kept_by, revision, created_at, updated_at FROM tenantd.identity_provider
  WHERE org_id = tenantd_app.current_org() AND kind = 'oidc' WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.provider_group AS
  SELECT org_id, provider_id, position, name, role_id FROM tenantd.provider_group
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.oauth_state AS
  SELECT state, org_id, provider_id, browser, user_id, session_id, values_sealed, created_at, expires_at
  FROM tenantd.oauth_state
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.oauth_client AS
  SELECT org_id, id, name, redirect_uris, post_logout_redirect_uris, token_endpoint_auth_method,
         id_token_signed_response_alg, jwks, scopes, client_credentials, secret, previous_secret, previous_until, created_by,
         revision, created_at, updated_at, backchannel_logout_uri, resource, origin FROM tenantd.oauth_client
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;

CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.stream AS
  SELECT org_id, id, name, kind, carries, format, url, region, access_key_id, audience, start, secret_sealed, previous_secret_sealed,
         previous_until, status, created_by, kept_by, revision, created_at, updated_at, next_attempt_at, lease_until, failures,
         last_error, delivered_at
  FROM tenantd.stream
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
-- What the receivers of the scope's streams lack: how many rows, and since when. Of a stream of one chain also how far it is.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.stream_lag AS
  SELECT p.stream_org AS org_id, p.stream_id, p.seq AS position, GREATEST(h.audit_seq - p.seq, 0) AS behind,
         (SELECT a.created_at FROM tenantd.audit_log a WHERE a.org_id = p.org_id AND a.seq > p.seq ORDER BY a.seq LIMIT 1) AS since
  FROM tenantd.stream_position p JOIN tenantd.change_head h ON h.org_id = p.org_id
  WHERE p.stream_org = tenantd_app.current_org() AND p.org_id = p.stream_org AND p.stream_org <> REPEAT('\0', 16)
  UNION ALL
  SELECT s.org_id, s.id, NULL, SUM(GREATEST(h.audit_seq - COALESCE(p.seq, 0), 0)),
         MIN(CASE WHEN h.audit_seq > COALESCE(p.seq, 0) THEN
           (SELECT a.created_at FROM tenantd.audit_log a WHERE a.org_id = h.org_id AND a.seq > COALESCE(p.seq, 0)
            ORDER BY a.seq LIMIT 1) END)
  FROM tenantd.stream s JOIN tenantd.change_head h
  LEFT JOIN tenantd.stream_position p ON p.stream_org = s.org_id AND p.stream_id = s.id AND p.org_id = h.org_id
  WHERE s.org_id = tenantd_app.current_org() AND s.org_id = REPEAT('\0', 16)
  GROUP BY s.org_id, s.id;

CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.domain AS
  SELECT org_id, id, domain, record_value, proven_at, checked_at, missed_at, next_check_at, created_by, revision, created_at,
         updated_at FROM tenantd.domain
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
-- What the organization's directory says (SCIM).
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.scim_user AS
  SELECT org_id, id, user_id, user_name, name_key, external_id, email, active, attributes, created_at, updated_at
  FROM tenantd.scim_user
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.scim_group AS
  SELECT org_id, id, name, name_key, external_id, revision, created_at, updated_at
  FROM tenantd.scim_group
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.scim_group_member AS
  SELECT org_id, group_id, user
  FROM tenantd.scim_group_member
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.scim_setup AS
  SELECT org_id, default_role_id, kept_by, updated_at
  FROM tenantd.scim_setup
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.scim_group_role AS
  SELECT org_id, position, name, name_key, role_id
  FROM tenantd.scim_group_role
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
-- Owners who are told of what concerns how people sign in.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.owner_reader AS
  SELECT m.org_id, m.user_id, u.email, u.email_verified_at
  FROM tenantd.role r
  STRAIGHT_JOIN tenantd.member m ON m.org_id = r.org_id AND m.role_id = r.id
  STRAIGHT_JOIN tenantd.user u ON u.id = m.user_id
  WHERE r.org_id = tenantd_app.current_org() AND r.name = 'owner' AND r.permissions IS NULL AND m.status = 0 AND u.status = 0;

-- Inventory.
-- One for each described list (include/tenantd/domain/resources.hpp): all of its table's columns.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.{{resource}} AS
  SELECT * FROM tenantd.{{resource}}
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.stock_level AS
  SELECT org_id, product_id, warehouse_id, quantity, updated_at FROM tenantd.stock_level
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.stock_movement AS
  SELECT org_id, id, product_id, warehouse_id, to_warehouse_id, type, quantity, change_by, level_after, reason, created_by,
         created_at FROM tenantd.stock_movement
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;

CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.purchase_request AS
  SELECT org_id, id, number, title, warehouse_id, note, currency, total_minor, status, revision, requested_by, submitted_at,
         decided_at, received_at, created_at, updated_at FROM tenantd.purchase_request
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.purchase_request_line AS
  SELECT org_id, request_id, position, product_id, quantity, unit_price_minor, received FROM tenantd.purchase_request_line
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.purchase_request_step AS
  SELECT org_id, request_id, position, status, user_id, acted_by, reason, created_at FROM tenantd.purchase_request_step
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.purchase_request_counter AS
  SELECT org_id, last_number FROM tenantd.purchase_request_counter
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.approval_threshold AS
  SELECT org_id, above_minor, currency, role_id FROM tenantd.approval_threshold
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;

-- Projects and documents.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.project AS
  SELECT org_id, id, name, description, status, owner_id, starts_at, ends_at, tags, search_text, revision, created_by, created_at,
         updated_at FROM tenantd.project
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.document AS
  SELECT org_id, id, project_id, name, description, tags, search_text, status, content_type, size, sha256, storage_key,
         upload_expires_at, uploaded_at, revision, created_by, created_at, updated_at FROM tenantd.document
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
-- For search alone: by the words, even where the organization's few rows look cheaper to read.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.project_search AS
  SELECT org_id, id, name, description, status, owner_id, starts_at, ends_at, tags, search_text, revision, created_by, created_at,
         updated_at FROM tenantd.project FORCE INDEX (project_text)
  WHERE org_id = tenantd_app.current_org();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.document_search AS
  SELECT org_id, id, project_id, name, description, tags, search_text, status, content_type, size, sha256, storage_key,
         upload_expires_at, uploaded_at, revision, created_by, created_at, updated_at
  FROM tenantd.document FORCE INDEX (document_text)
  WHERE org_id = tenantd_app.current_org();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.organization_usage AS
  SELECT org_id, projects, storage_bytes FROM tenantd.organization_usage
  WHERE org_id = tenantd_app.current_org() WITH CASCADED CHECK OPTION;
-- A person's view over the organizations that person belongs to; read-only. Whoever does not ask how many members
-- or files there are does not pay for it: an outer join of one row at most that nothing is read of is left out.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.my_membership AS
  SELECT m.org_id, m.user_id, m.status, m.created_at AS member_since, o.name, o.slug, o.status AS org_status, o.personal,
         o.require_mfa, o.created_at, o.updated_at, r.id AS role_id, r.name AS role_name, r.permissions, m.role_expires_at,
         o.settings, o.max_members, o.max_projects, o.max_storage_bytes, o.max_requests, o.mail_sender_name, o.self_approval,
         o.session_idle_seconds, o.session_max_seconds, o.invite_seconds, o.login_alert, o.require_passkey,
         o.mail_code, o.revision,
         t.members AS active_members, g.projects, g.storage_bytes,
         COALESCE(c.shut_out, 0) AS shut_out,
         -- 1: by its provider alone; 2: the same, of an owner.
         IF(o.sso_enforced,
            COALESCE((SELECT MAX(1 + w.may_bypass) FROM tenantd_app.sso_member w WHERE w.org_id = m.org_id AND w.user_id = m.user_id), 0),
            0) AS sso
  FROM tenantd.member m
  JOIN tenantd.organization o ON o.id = m.org_id
  JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  LEFT JOIN tenantd.member_total t ON t.org_id = m.org_id AND t.block = -1 AND t.status = 0
  LEFT JOIN tenantd.organization_usage g ON g.org_id = m.org_id
  LEFT JOIN tenantd.session_cut c ON c.user_id = m.user_id AND c.org_id = m.org_id
  WHERE m.user_id = tenantd_app.current_user_id() AND o.status <> 2;

-- Members and their numbers over every organization that the caller may count: those where the caller's session counts and
-- the caller's role holds stats:read, until the time granted_until (countable_*, for each session of the caller), or all of
-- them for a super-admin (system_*, empty unless current_super()). Read-only.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.counting_session AS
  SELECT h.session_id, h.user_id, h.org_id, h.name, LEAST(h.counts_until, COALESCE(h.role_expires_at, h.counts_until)) AS granted_until
  FROM tenantd_app.session_here h
  JOIN tenantd.role mine ON mine.org_id = h.org_id AND mine.id = h.role_id
  WHERE IF(mine.permissions IS NULL, mine.name IN ({{roles with stats:read}}), FIND_IN_SET('stats:read', mine.permissions) > 0);
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.countable_total AS
  SELECT g.session_id, g.user_id, g.org_id, g.granted_until, g.name, t.block, t.status, t.members
  FROM tenantd_app.counting_session g
  JOIN tenantd.member_total t ON t.org_id = g.org_id
  WHERE g.user_id = tenantd_app.current_user_id();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.countable_count AS
  SELECT g.session_id, g.user_id, g.org_id, g.granted_until, g.name, c.block, c.status, c.role_name, c.members, c.role_id, c.times
  FROM tenantd_app.counting_session g
  JOIN tenantd.member_count c ON c.org_id = g.org_id
  WHERE g.user_id = tenantd_app.current_user_id();
-- (countable_member, countable_join, system_member and system_join are for the release before.)
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.countable_member AS
  SELECT g.session_id, g.user_id, g.org_id, g.granted_until, g.name, m.block, m.created_at, m.status, r.name AS role_name
  FROM tenantd_app.counting_session g
  JOIN tenantd.member m ON m.org_id = g.org_id
  JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  WHERE g.user_id = tenantd_app.current_user_id();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.countable_join AS
  SELECT g.session_id, g.user_id, g.org_id, g.granted_until, g.name, m.block, m.created_at, m.status
  FROM tenantd_app.counting_session g
  JOIN tenantd.member m ON m.org_id = g.org_id
  WHERE g.user_id = tenantd_app.current_user_id();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_total AS
  SELECT o.id AS org_id, NULL AS granted_until, o.name, t.block, t.status, t.members
  FROM tenantd.organization o
  JOIN tenantd.member_total t ON t.org_id = o.id
  WHERE tenantd_app.current_super() AND o.status <> 2;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_count AS
  SELECT o.id AS org_id, NULL AS granted_until, o.name, c.block, c.status, c.role_name, c.members, c.role_id, c.times
  FROM tenantd.organization o
  JOIN tenantd.member_count c ON c.org_id = o.id
  WHERE tenantd_app.current_super() AND o.status <> 2;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_member AS
  SELECT o.id AS org_id, NULL AS granted_until, o.name, m.block, m.created_at, m.status, r.name AS role_name
  FROM tenantd.organization o
  JOIN tenantd.member m ON m.org_id = o.id
  JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  WHERE tenantd_app.current_super() AND o.status <> 2;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_join AS
  SELECT o.id AS org_id, NULL AS granted_until, o.name, m.block, m.created_at, m.status
  FROM tenantd.organization o
  JOIN tenantd.member m ON m.org_id = o.id
  WHERE tenantd_app.current_super() AND o.status <> 2;

-- Every organization's audit rows, and those that belong to none, for a super-admin. Read-only.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_audit_log AS
  SELECT org_id, seq, id, actor_id, actor_email, effective_id, effective_email, api_key_id, action, resource, resource_id,
         old_values, new_values, address, agent, request_id, created_at FROM tenantd.audit_log
  WHERE tenantd_app.current_super();

-- Every organization, with the role that a super-admin has there, if any. Read-only.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_organization AS
  SELECT o.id, o.name, o.slug, o.status, o.personal, o.require_mfa, o.created_at, o.updated_at, r.id AS role_id,
         r.name AS role_name, r.permissions, m.role_expires_at
  FROM tenantd.organization o
  LEFT JOIN tenantd.member m ON m.org_id = o.id AND m.user_id = tenantd_app.current_user_id()
  LEFT JOIN tenantd.role r ON r.org_id = m.org_id AND r.id = m.role_id
  WHERE tenantd_app.current_super() AND o.status <> 2;

-- What administration looks at, over all tenants; empty unless current_super(). Read-only.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_organization AS
  SELECT personal, status, created_at
  FROM tenantd.organization WHERE tenantd_app.current_super() AND status <> 2;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_user AS
  SELECT id, email, profile, status, is_super, email_verified_at, mfa_enabled_at, failed_signins, locked_until, created_at
  FROM tenantd.user WHERE tenantd_app.current_super();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_factor AS
  SELECT user_id, failures, locked_until
  FROM tenantd.totp WHERE tenantd_app.current_super();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_session AS
  SELECT s.user_id, s.expires_at,
         LEAST(s.expires_at, s.ends_at, s.created_at + COALESCE(o.session_max_seconds, 1 << 40)) AS counts_until
  FROM tenantd_app.live_session s
  LEFT JOIN tenantd.organization o ON o.id = s.org_id
  WHERE tenantd_app.current_super() AND s.user_status = 0;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_invite AS
  SELECT status, expires_at
  FROM tenantd.invite WHERE tenantd_app.current_super();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_mail AS
  SELECT id, org_id, status, template, recipient, attempts, next_attempt_at, last_error, created_at, updated_at, sent_at,
         provider, bounced_at, values_sealed IS NOT NULL AS has_values, priority
  FROM tenantd.outbox WHERE tenantd_app.current_super();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_suppression AS
  SELECT id, email, reason, created_at
  FROM tenantd.suppression WHERE tenantd_app.current_super();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_delivery AS
  SELECT status, next_attempt_at
  FROM tenantd.webhook_delivery WHERE tenantd_app.current_super();
-- Deliveries that were given up, with what they are of. next_attempt_at: since when.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_dead_delivery AS
  SELECT d.org_id, o.name AS org_name, d.webhook_id, w.url, w.status AS webhook_status, d.event_id, e.type, d.attempts,
         d.next_attempt_at AS dead_at, d.response_status, d.last_error, d.created_at
  FROM tenantd.webhook_delivery d FORCE INDEX (delivery_dead)
  STRAIGHT_JOIN tenantd.organization o ON o.id = d.org_id AND o.status <> 2
  STRAIGHT_JOIN tenantd.webhook w ON w.org_id = d.org_id AND w.id = d.webhook_id
  STRAIGHT_JOIN tenantd.event e ON e.org_id = d.org_id AND e.id = d.event_id
  WHERE d.status = 2 AND tenantd_app.current_super();
-- Webhooks with events of which the courier has made no deliveries yet, and that wait for nothing else: how many events at
-- most, and since when.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_unread AS
  SELECT b.event_seq - w.cursor_seq AS events,
         (SELECT e.created_at FROM tenantd.event e WHERE e.org_id = w.org_id AND e.seq > w.cursor_seq ORDER BY e.seq LIMIT 1) AS since
  FROM tenantd.webhook_backlog b
  JOIN tenantd.organization o ON o.id = b.org_id AND o.status = 0
  JOIN tenantd.webhook w ON w.org_id = b.org_id AND w.status = 0 AND w.cursor_seq < b.event_seq
  WHERE tenantd_app.current_super() AND NOT EXISTS (
    SELECT 1 FROM tenantd.webhook_delivery d WHERE d.status = 0 AND d.org_id = w.org_id AND d.webhook_id = w.id);
-- Every stream, for the service's own figures: whether it is of the whole system, how it goes, and since when rows wait.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_stream AS
  SELECT s.org_id = REPEAT('\0', 16) AS of_system, s.status, s.failures > 0 AS failing,
         SUM(GREATEST(h.audit_seq - COALESCE(p.seq, 0), 0)) AS behind,
         MIN(CASE WHEN h.audit_seq > COALESCE(p.seq, 0) THEN
           (SELECT a.created_at FROM tenantd.audit_log a WHERE a.org_id = h.org_id AND a.seq > COALESCE(p.seq, 0)
            ORDER BY a.seq LIMIT 1) END) AS since
  FROM tenantd.stream s
  JOIN tenantd.change_head h ON s.org_id = REPEAT('\0', 16) OR h.org_id = s.org_id
  LEFT JOIN tenantd.stream_position p ON p.stream_org = s.org_id AND p.stream_id = s.id AND p.org_id = h.org_id
  WHERE tenantd_app.current_super()
  GROUP BY s.org_id, s.id;
-- network: an IPv4 address, also in IPv6 form, or the /64 of an IPv6 address; NULL if the address is not known.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_event AS
  SELECT id, user_id, identity, type, address, created_at,
         IF(IS_IPV4_MAPPED(INET6_ATON(address)), RIGHT(INET6_ATON(address), 4), LEFT(INET6_ATON(address), 8)) AS network
  FROM tenantd.account_event WHERE tenantd_app.current_super();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_sweep_run AS
  SELECT id, task, started_at, duration_us, rows_deleted, error
  FROM tenantd.sweep_run WHERE tenantd_app.current_super();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_sweep_request AS
  SELECT id, requested_by, requested_at, finished_at
  FROM tenantd.sweep_request WHERE tenantd_app.current_super();
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.admin_kept AS
  SELECT name, rows_estimated, oldest_at, looked_at, removed_at, removed_rows
  FROM tenantd.kept WHERE tenantd_app.current_super();
-- Every organization as a tenant of the service, for super-admins. The one way to write its status and its limits.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_tenant AS
  SELECT id, name, slug, status, personal, require_mfa, max_members, max_projects, max_storage_bytes, max_requests,
         deactivated_at, revision, created_at, updated_at
  FROM tenantd.organization WHERE tenantd_app.current_super() AND status <> 2 WITH CASCADED CHECK OPTION;
-- How many members each has, for super-admins: without a look at the organizations.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_size AS
  SELECT org_id, status, members FROM tenantd.member_total
  WHERE block = -1 AND tenantd_app.current_super()
    AND org_id NOT IN (SELECT id FROM tenantd.organization WHERE status = 2);
-- How many members hold each role, for super-admins, likewise.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_role_count AS
  SELECT role_name, members FROM tenantd.member_count
  WHERE block = -1 AND tenantd_app.current_super()
    AND org_id NOT IN (SELECT id FROM tenantd.organization WHERE status = 2);
-- What else of each is limited, for super-admins.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.system_usage AS
  SELECT org_id, projects, storage_bytes FROM tenantd.organization_usage WHERE tenantd_app.current_super();

-- What belongs to no tenant.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.user AS
  SELECT id, email, password, profile, status, settings, is_super, email_verified_at, failed_signins, locked_until,
         mfa_enabled_at, login_alert, generation, sessions_ended, created_at, updated_at FROM tenantd.user;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.session AS
  SELECT id, user_id, org_id, bound_org_id, actor_id, reason, parent_id, counter, pair_used, second_factor, proven_at, methods,
         generation, born, actor_ended, rotated_at, created_at, expires_at, ends_at, address, agent FROM tenantd.session
  WHERE bound_org_id IS NULL OR EXISTS (SELECT 1 FROM tenantd.organization o WHERE o.id = bound_org_id AND o.status <> 2);
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.identity AS
  SELECT issuer, subject, user_id, email, created_at, last_used_at FROM tenantd.identity;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.oauth_consent AS
  SELECT user_id, client_id, client_org, scopes, created_at, updated_at, bound_org_id FROM tenantd.oauth_consent;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.oauth_code AS
  SELECT code, client_org, client_id, user_id, session_id, org_id, redirect_uri, scopes, nonce, challenge, signed_in_at, methods,
         created_at, expires_at, gave, resource FROM tenantd.oauth_code;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.oauth_registration_token AS
  SELECT id, token, name, uses_left, created_by, created_at, expires_at FROM tenantd.oauth_registration_token;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.oauth_device AS
  SELECT device_code, user_code, client_org, client_id, scopes, address, status, wait_seconds, polled_at, user_id, session_id,
         org_id, signed_in_at, methods, gave, created_at, expires_at, resource FROM tenantd.oauth_device;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.oauth_assertion AS
  SELECT id, expires_at FROM tenantd.oauth_assertion;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.one_time_token AS
  SELECT token, user_id, purpose, email, bound_org_id, methods, created_at, expires_at FROM tenantd.one_time_token;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.mailed_code AS
  SELECT user_id, purpose, browser, code, tries, created_at, expires_at FROM tenantd.mailed_code;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.idempotency AS
  SELECT id, caller, request, status, reply, bytes, expires_at FROM tenantd.idempotency;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.outbox AS
  SELECT id, org_id, user_id, template, recipient, sender_name, values_sealed, status, priority, next_attempt_at, created_at,
         updated_at
  FROM tenantd.outbox;
-- What mail systems report on: to whom a mail went is not seen. forgotten: its reader was erased.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.sent_mail AS
  SELECT id, org_id, provider, provider_id, bounced_at, last_error, updated_at, recipient = '' AS forgotten FROM tenantd.outbox
  WHERE provider_id IS NOT NULL;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.suppression AS
  SELECT email, id, reason, detail, source, created_at, updated_at FROM tenantd.suppression;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.version AS
  SELECT version, description, created_at, serves_from FROM tenantd.version;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.totp AS
  SELECT user_id, secret_sealed, pending_sealed, last_step, failures, locked_until, created_at, updated_at FROM tenantd.totp;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.recovery_code AS
  SELECT user_id, code, created_at FROM tenantd.recovery_code;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.passkey AS
  SELECT id, user_id, credential, algorithm, public_key, aaguid, name, sign_count, backup_eligible, backed_up, created_at,
         last_used_at FROM tenantd.passkey;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.social_state AS
  SELECT state, provider, browser, user_id, session_id, values_sealed, created_at, expires_at FROM tenantd.social_state;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.passkey_challenge AS
  SELECT challenge, expires_at FROM tenantd.passkey_challenge;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.account_event AS
  SELECT id, user_id, identity, type, session_id, actor_id, api_key_id, address, agent, method, created_at
  FROM tenantd.account_event;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.known_network AS
  SELECT user_id, network, failed_signins, locked_until, last_used_at FROM tenantd.known_network;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.known_device AS
  SELECT user_id FROM tenantd.known_device;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.import_run AS
  SELECT id, rows_done, rows_refused, created_at, updated_at FROM tenantd.import_run;
-- What the hosts of this database tell one another.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.host AS
  SELECT id, registration, beat, name, version, started_at, seen_at, address, server, kids, files, lag_us, overdue,
    spent
  FROM tenantd.host;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.deployment AS
  SELECT name, value, until_at FROM tenantd.deployment;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.invalidation AS
  SELECT seq, host_id, at_once, ids FROM tenantd.invalidation;
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.invalidation_ack AS
  SELECT seq, host_id FROM tenantd.invalidation_ack;
-- Budgets of mails and invitations, which all hosts count together.
CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.budget AS
  SELECT id, empty_at FROM tenantd.budget;
