-- Who may do what; run by every `tenantctl migrate`, after the views. {{app}}, {{sweeper}}, {{courier}} and {{reporter}}
-- are the accounts that the settings name. None of them may create, alter or grant anything. What stands here is all
-- that they may: migrate revokes anything else, and doctor names it.

-- The application: views and routines only. No base table at all.
GRANT EXECUTE ON PROCEDURE tenantd_app.enter_scope TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_scope TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.enter_scope_on TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_scope_on TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.authenticate TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.authenticate_key TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.displace_sessions TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.count_attempt TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.confirm_attempt TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.know_network TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.open_session TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.spend_budget TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.renewable_session TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.end_all_sessions TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.find_oauth_client TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.authenticate_client TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.open_client_session TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.end_client_sessions TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.list_oauth_consents TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.claim_oauth_resource TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.find_oauth_resource TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.bind_client_session TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.find_client_resource TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.use_registration_token TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.insert_registered_client TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.end_sessions_at TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.change_email TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.make_first_super TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.is_set_up TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.is_setup_link TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.forget_keys TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.delete_organization TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.find_known_addresses TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.erase_account TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.export_part TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.require_place TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.add_invite TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.add_mailed_invite TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.find_invite_grounds TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.remove_file TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.count_joined TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.lock_changes TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_changes TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.append_change TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.request_sweep TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.replay_mail TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.append_changes TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.forget_identities TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.forget_links TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.leave_organization TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.deactivate_members TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.current_org TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.current_user_id TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.current_super TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.invite_org TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.awaited_file TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.sign_in_org TO {{app}};
GRANT EXECUTE ON FUNCTION tenantd_app.sign_in_home TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.discover_sign_in TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.note_bypass TO {{app}};
-- Not its limits and its status, which are the super-admins' to change (system_tenant).
GRANT SELECT, INSERT, UPDATE (name, slug, require_mfa, settings, mail_sender_name, self_approval, session_idle_seconds,
  session_max_seconds, invite_seconds, login_alert, require_passkey, mail_code, revision, updated_at, sso_enforced) ON
  tenantd_app.organization TO {{app}};
GRANT SELECT, UPDATE (name, slug, status, max_members, max_projects, max_storage_bytes, max_requests, deactivated_at,
  revision, updated_at) ON tenantd_app.system_tenant TO {{app}};
GRANT SELECT ON tenantd_app.system_size TO {{app}};
GRANT SELECT ON tenantd_app.system_role_count TO {{app}};
GRANT SELECT ON tenantd_app.system_usage TO {{app}};
-- To lock it: MySQL wants a right to change for that.
GRANT SELECT, UPDATE (org_id) ON tenantd_app.organization_turn TO {{app}};
GRANT SELECT, INSERT, UPDATE (name, description, permissions, revision, updated_at), DELETE ON tenantd_app.role TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.member TO {{app}};
GRANT SELECT ON tenantd_app.member_detail TO {{app}};
GRANT SELECT ON tenantd_app.member_of_role TO {{app}};
GRANT SELECT ON tenantd_app.member_of_status TO {{app}};
GRANT SELECT ON tenantd_app.member_search TO {{app}};
GRANT SELECT ON tenantd_app.member_words TO {{app}};
GRANT SELECT ON tenantd_app.member_count TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.invite TO {{app}};
GRANT SELECT ON tenantd_app.invite_detail TO {{app}};
GRANT SELECT ON tenantd_app.system_organization TO {{app}};
GRANT SELECT ON tenantd_app.event TO {{app}};
GRANT SELECT ON tenantd_app.audit_log TO {{app}};
GRANT SELECT ON tenantd_app.system_audit_log TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.api_key TO {{app}};
GRANT SELECT, INSERT, UPDATE (expires_at, warned_at), DELETE ON tenantd_app.service_account_key TO {{app}};
GRANT SELECT, INSERT, UPDATE (name, description, role_id, permissions, networks, status, kept_by, revision, updated_at, refused_at),
  DELETE ON tenantd_app.service_account TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.authenticate_key_at TO {{app}};
GRANT EXECUTE ON PROCEDURE tenantd_app.note_key_use TO {{app}};
GRANT SELECT, INSERT, UPDATE (client_id, client_secret_sealed, azure_tenant_id, auto_provision, allowed_domains, default_role_id,
  status, kept_by, revision, updated_at), DELETE ON tenantd_app.identity_provider TO {{app}};
-- Neither its kind nor its slug and issuer change: whom it knows is known by the issuer.
GRANT SELECT, INSERT, UPDATE (name, client_id, client_auth, client_jwk, client_secret_sealed, auto_provision, allowed_domains,
  default_role_id, scopes, email_claim, name_claim, groups_claim, trust_addresses, groups_each_time, status, kept_by, revision,
  updated_at), DELETE ON tenantd_app.oidc_provider TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.provider_group TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.oauth_state TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.social_state TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.oauth_client TO {{app}};
-- Which domain, and by which record it is proven, is written once.
GRANT SELECT, INSERT, UPDATE (proven_at, checked_at, missed_at, next_check_at, revision, updated_at), DELETE ON tenantd_app.domain TO {{app}};
GRANT SELECT, INSERT, UPDATE (user_id, user_name, name_key, external_id, email, active, attributes, updated_at), DELETE
  ON tenantd_app.scim_user TO {{app}};
GRANT SELECT, INSERT, UPDATE (name, name_key, external_id, revision, updated_at), DELETE ON tenantd_app.scim_group TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.scim_group_member TO {{app}};
GRANT SELECT, INSERT, UPDATE (default_role_id, kept_by, updated_at) ON tenantd_app.scim_setup TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.scim_group_role TO {{app}};
GRANT SELECT ON tenantd_app.owner_reader TO {{app}};
-- Which sessions an organization lets in that wants its provider's word.
GRANT SELECT ON tenantd_app.sso_session TO {{app}};
GRANT SELECT, INSERT, UPDATE (scopes, updated_at), DELETE ON tenantd_app.oauth_consent TO {{app}};
-- What a code stands for never changes; that it was used is written once.
GRANT SELECT, INSERT, UPDATE (gave) ON tenantd_app.oauth_code TO {{app}};
GRANT SELECT (id), INSERT ON tenantd_app.oauth_assertion TO {{app}};
-- Its uses are counted by use_registration_token alone.
GRANT SELECT, INSERT, DELETE ON tenantd_app.oauth_registration_token TO {{app}};
GRANT SELECT, INSERT, UPDATE (scopes, status, wait_seconds, polled_at, user_id, session_id, org_id, signed_in_at, methods, gave)
  ON tenantd_app.oauth_device TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.webhook TO {{app}};
-- How far a stream is, and what became of the last attempt, the courier alone writes; a change makes it due at once.
GRANT SELECT, INSERT, UPDATE (name, carries, format, url, region, access_key_id, audience, secret_sealed, previous_secret_sealed, previous_until, status,
  kept_by, revision, updated_at, next_attempt_at), DELETE ON tenantd_app.stream TO {{app}};
GRANT SELECT ON tenantd_app.stream_lag TO {{app}};
GRANT SELECT ON tenantd_app.admin_stream TO {{app}};
-- Deliveries are made by the events; a replay sets one back to its beginning.
GRANT SELECT, UPDATE (status, attempts, next_attempt_at, lease_until, pending_since, response_status, duration_ms, last_error,
  delivered_at, updated_at) ON tenantd_app.webhook_delivery TO {{app}};
-- Each described list (include/tenantd/domain/resources.hpp).
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.{{resource}} TO {{app}};
GRANT SELECT, INSERT, UPDATE ON tenantd_app.stock_level TO {{app}};
-- A ledger: what was written stays.
GRANT SELECT, INSERT ON tenantd_app.stock_movement TO {{app}};
-- Neither its number nor whose it is changes.
GRANT SELECT, INSERT, UPDATE (title, warehouse_id, note, currency, total_minor, status, revision, submitted_at, decided_at,
  received_at, updated_at) ON tenantd_app.purchase_request TO {{app}};
-- Drafts alone are removed.
GRANT EXECUTE ON PROCEDURE tenantd_app.delete_draft TO {{app}};
GRANT SELECT, INSERT, UPDATE ON tenantd_app.purchase_request_counter TO {{app}};
GRANT SELECT, INSERT, UPDATE (received), DELETE ON tenantd_app.purchase_request_line TO {{app}};
-- Who decided what: what was written stays.
GRANT SELECT, INSERT ON tenantd_app.purchase_request_step TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.approval_threshold TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.project TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.document TO {{app}};
GRANT SELECT ON tenantd_app.project_search TO {{app}};
GRANT SELECT ON tenantd_app.document_search TO {{app}};
GRANT SELECT, INSERT, UPDATE ON tenantd_app.organization_usage TO {{app}};
GRANT SELECT ON tenantd_app.my_membership TO {{app}};
GRANT SELECT ON tenantd_app.countable_total TO {{app}};
GRANT SELECT ON tenantd_app.countable_count TO {{app}};
GRANT SELECT ON tenantd_app.countable_member TO {{app}};
GRANT SELECT ON tenantd_app.countable_join TO {{app}};
GRANT SELECT ON tenantd_app.system_total TO {{app}};
GRANT SELECT ON tenantd_app.system_count TO {{app}};
GRANT SELECT ON tenantd_app.system_member TO {{app}};
GRANT SELECT ON tenantd_app.system_join TO {{app}};
GRANT SELECT ON tenantd_app.admin_organization TO {{app}};
GRANT SELECT ON tenantd_app.admin_user TO {{app}};
GRANT SELECT ON tenantd_app.admin_factor TO {{app}};
GRANT SELECT ON tenantd_app.admin_session TO {{app}};
GRANT SELECT ON tenantd_app.admin_invite TO {{app}};
GRANT SELECT ON tenantd_app.admin_mail TO {{app}};
GRANT SELECT ON tenantd_app.admin_suppression TO {{app}};
GRANT SELECT ON tenantd_app.admin_delivery TO {{app}};
GRANT SELECT ON tenantd_app.admin_dead_delivery TO {{app}};
GRANT SELECT ON tenantd_app.admin_unread TO {{app}};
GRANT SELECT ON tenantd_app.admin_event TO {{app}};
GRANT SELECT ON tenantd_app.admin_sweep_run TO {{app}};
GRANT SELECT ON tenantd_app.admin_sweep_request TO {{app}};
GRANT SELECT ON tenantd_app.admin_kept TO {{app}};
-- Not is_super, which make_first_super alone gives, for the link of tenantctl and while nobody has it; not email, which change_email alone changes, with a token that was mailed there.
GRANT SELECT, INSERT (id, email, password, profile, email_verified_at, created_at, updated_at),
  UPDATE (password, profile, status, settings, email_verified_at, failed_signins, locked_until, mfa_enabled_at, login_alert,
    updated_at)
  ON tenantd_app.user TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.session TO {{app}};
GRANT SELECT ON tenantd_app.live_session TO {{app}};
GRANT SELECT ON tenantd_app.home_session TO {{app}};
-- Whose identity it is never changes: another account's is another row.
GRANT SELECT, INSERT, UPDATE (email, last_used_at), DELETE ON tenantd_app.identity TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.one_time_token TO {{app}};
GRANT SELECT, INSERT, UPDATE (tries), DELETE ON tenantd_app.mailed_code TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.totp TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.recovery_code TO {{app}};
-- Whose a passkey is, and its key, are written once.
GRANT SELECT, INSERT, UPDATE (name, sign_count, backed_up, last_used_at), DELETE ON tenantd_app.passkey TO {{app}};
GRANT SELECT, INSERT ON tenantd_app.passkey_challenge TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.known_network TO {{app}};
GRANT SELECT, DELETE ON tenantd_app.known_device TO {{app}};
-- An attempt is written as failed before it is evaluated; nothing else of it changes.
GRANT SELECT, INSERT, UPDATE (type, session_id) ON tenantd_app.account_event TO {{app}};
GRANT SELECT, INSERT, UPDATE ON tenantd_app.import_run TO {{app}};
GRANT SELECT, INSERT, UPDATE, DELETE ON tenantd_app.idempotency TO {{app}};
GRANT INSERT ON tenantd_app.outbox TO {{app}};
GRANT SELECT, INSERT, UPDATE ON tenantd_app.budget TO {{app}};
GRANT SELECT (id, org_id, provider, provider_id, bounced_at, forgotten), UPDATE (bounced_at, last_error, updated_at) ON tenantd_app.sent_mail TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.suppression TO {{app}};
-- Whether a program and the schema fit, which each asks first.
GRANT SELECT ON tenantd_app.version TO {{app}};
GRANT SELECT ON tenantd_app.version TO {{sweeper}};
GRANT SELECT ON tenantd_app.version TO {{courier}};
GRANT SELECT ON tenantd_app.version TO {{reporter}};
-- What hosts tell one another. An entry of the log never changes.
GRANT SELECT, INSERT, UPDATE (beat, seen_at, server, kids, lag_us, overdue, spent), DELETE ON tenantd_app.host TO {{app}};
GRANT SELECT, INSERT, DELETE ON tenantd_app.invalidation TO {{app}};
GRANT SELECT, INSERT ON tenantd_app.invalidation_ack TO {{app}};
-- What they have in common: written once; of a signing key the time of its last token.
GRANT SELECT, INSERT, UPDATE (until_at) ON tenantd_app.deployment TO {{app}};
GRANT SELECT ON tenantd_app.deployment TO {{sweeper}};
GRANT SELECT ON tenantd_app.deployment TO {{courier}};
GRANT SELECT ON tenantd_app.deployment TO {{reporter}};

-- The sweeper: deletes what has expired, and says so. Of what lets people in it sees no token and changes no address.
GRANT SELECT (org_id, id, email, user_id, role_id, invited_by, status, created_at, expires_at, by_user), UPDATE (status, updated_at),
  DELETE ON tenantd.invite TO {{sweeper}};
GRANT SELECT (user_id, org_id, bound_org_id, generation, born, expires_at), DELETE ON tenantd.session TO {{sweeper}};
GRANT SELECT, UPDATE (waiting), DELETE ON tenantd.session_cut TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.one_time_token TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.oauth_state TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.passkey_challenge TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.social_state TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.mailed_code TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.oauth_code TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.oauth_assertion TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.oauth_device TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.forget_gone_client TO {{sweeper}};
GRANT SELECT (expires_at), DELETE ON tenantd.idempotency TO {{sweeper}};
GRANT SELECT (user_id, type, address, created_at), DELETE ON tenantd.account_event TO {{sweeper}};
GRANT SELECT (id, status, next_attempt_at), DELETE ON tenantd.outbox TO {{sweeper}};
GRANT SELECT (status, next_attempt_at), DELETE ON tenantd.webhook_delivery TO {{sweeper}};
GRANT SELECT (last_used_at), DELETE ON tenantd.known_network TO {{sweeper}};
GRANT SELECT (last_used_at), DELETE ON tenantd.known_device TO {{sweeper}};
GRANT SELECT (empty_at), DELETE ON tenantd.budget TO {{sweeper}};
-- Events and audit rows past their time, the latter with a signed beginning for what stays; and what closed organizations had.
GRANT EXECUTE ON PROCEDURE tenantd.forget_events TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.find_expired_audit TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.cut_audit TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.remove_closed TO {{sweeper}};
-- What is left of people whose accounts were erased; which each of these asks.
GRANT EXECUTE ON PROCEDURE tenantd.next_erasure TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.forget_erased TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.next_chain TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.find_audit_traces TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.find_event_traces TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.redact_audit TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.redact_event TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.move_erasure TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.finish_erasure TO {{sweeper}};
-- Documents whose upload was never completed, and files that no document has.
GRANT SELECT (org_id, id, status, size, storage_key, upload_expires_at), DELETE ON tenantd.document TO {{sweeper}};
GRANT SELECT (org_id, storage_bytes), UPDATE (storage_bytes) ON tenantd.organization_usage TO {{sweeper}};
GRANT SELECT, INSERT, DELETE ON tenantd.file_removal TO {{sweeper}};
-- What it removed it tells of, with an event and an audit row.
GRANT EXECUTE ON PROCEDURE tenantd_app.enter_scope TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_scope TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd_app.enter_scope_on TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_scope_on TO {{sweeper}};
GRANT EXECUTE ON FUNCTION tenantd_app.lock_changes TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_changes TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd_app.append_change TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd_app.append_changes TO {{sweeper}};
GRANT SELECT, INSERT, DELETE ON tenantd.sweep_run TO {{sweeper}};
GRANT SELECT, UPDATE (finished_at), DELETE ON tenantd.sweep_request TO {{sweeper}};
GRANT SELECT (updated_at), DELETE ON tenantd.import_run TO {{sweeper}};
-- How much there is of what, and what it removed last.
GRANT SELECT, INSERT, UPDATE ON tenantd.kept TO {{sweeper}};
GRANT EXECUTE ON PROCEDURE tenantd.look_at_kept TO {{sweeper}};

-- The courier: the outbox, which addresses are out of it, of webhooks what became of each delivery, and which objects of
-- an S3-compatible store nobody names any more.
GRANT SELECT, UPDATE (status, attempts, next_attempt_at, lease_until, last_error, connection_failed, sent_at, provider, provider_id,
  bounced_at, values_sealed, updated_at) ON tenantd.outbox TO {{courier}};
GRANT SELECT, INSERT ON tenantd.suppression TO {{courier}};
-- An address that it suppresses it tells of, with an audit row in the same transaction.
GRANT SELECT, INSERT ON tenantd_app.suppression TO {{courier}};
GRANT SELECT (id) ON tenantd_app.organization TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd_app.enter_scope TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_scope TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd_app.enter_scope_on TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_scope_on TO {{courier}};
GRANT EXECUTE ON FUNCTION tenantd_app.lock_changes TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_changes TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd_app.append_change TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd_app.append_changes TO {{courier}};
GRANT EXECUTE ON FUNCTION tenantd_app.current_org TO {{courier}};
GRANT SELECT, UPDATE (status, attempts, next_attempt_at, lease_until, response_status, duration_ms, last_error, delivered_at,
  updated_at) ON tenantd.webhook_delivery TO {{courier}};
GRANT SELECT (org_id, id, url, secret_sealed, previous_secret_sealed, previous_until, status) ON tenantd.webhook TO {{courier}};
GRANT SELECT ON tenantd.unread_webhook TO {{courier}};
GRANT SELECT (org_id) ON tenantd.webhook_backlog TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd.take_events TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd.forget_read TO {{courier}};
GRANT SELECT ON tenantd.event TO {{courier}};
-- Streams: what is sent where, how far, and what became of it. Of the chains all but the hashes.
GRANT SELECT (org_id, id, kind, carries, format, url, region, access_key_id, audience, secret_sealed, previous_secret_sealed, previous_until, status,
  failures, next_attempt_at, lease_until), UPDATE (next_attempt_at, lease_until, failures, last_error, delivered_at) ON tenantd.stream
  TO {{courier}};
GRANT SELECT, INSERT, UPDATE (seq) ON tenantd.stream_position TO {{courier}};
GRANT SELECT (org_id, audit_seq) ON tenantd.change_head TO {{courier}};
GRANT SELECT (org_id, seq, id, actor_id, actor_email, effective_id, effective_email, api_key_id, action, resource, resource_id,
  old_values, new_values, address, agent, request_id, created_at) ON tenantd.audit_log TO {{courier}};
-- Which clients are to be told of sessions that ended, and where.
GRANT SELECT, UPDATE (attempts, next_attempt_at, lease_until, pending_since), DELETE ON tenantd.oauth_logout TO {{courier}};
GRANT SELECT (org_id, id, backchannel_logout_uri, id_token_signed_response_alg) ON tenantd.oauth_client TO {{courier}};
GRANT SELECT, DELETE ON tenantd.file_removal TO {{courier}};
GRANT SELECT (id, status) ON tenantd.organization TO {{courier}};
-- Which domains are to be proven again, and, in the scope of one's organization, what came of it, with mails to its owners. It
-- proves none. (MySQL lets lock a row only whoever may write in it.)
GRANT SELECT (org_id, id, domain, record_value, next_check_at), UPDATE (next_check_at) ON tenantd.domain TO {{courier}};
GRANT SELECT, UPDATE (next_check_at) ON tenantd_app.domain TO {{courier}};
GRANT EXECUTE ON PROCEDURE tenantd_app.note_domain_check TO {{courier}};
GRANT SELECT ON tenantd_app.owner_reader TO {{courier}};
GRANT SELECT (name, status, mail_sender_name) ON tenantd_app.organization TO {{courier}};
GRANT INSERT ON tenantd_app.outbox TO {{courier}};

-- The reporter: over all organizations it sees which there are, what was done for them, which products became low and which
-- drafts are old. What is inside one it reads as the application does, through the views of a scope; of people only who gets
-- a report. It writes mails, removes drafts, and tells of that.
GRANT EXECUTE ON PROCEDURE tenantd_app.enter_scope TO {{reporter}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_scope TO {{reporter}};
GRANT EXECUTE ON PROCEDURE tenantd_app.enter_scope_on TO {{reporter}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_scope_on TO {{reporter}};
GRANT EXECUTE ON FUNCTION tenantd_app.lock_changes TO {{reporter}};
GRANT EXECUTE ON PROCEDURE tenantd_app.begin_changes TO {{reporter}};
GRANT EXECUTE ON PROCEDURE tenantd_app.append_change TO {{reporter}};
GRANT EXECUTE ON PROCEDURE tenantd_app.append_changes TO {{reporter}};
GRANT EXECUTE ON FUNCTION tenantd_app.current_org TO {{reporter}};
GRANT SELECT, INSERT, DELETE ON tenantd.job_run TO {{reporter}};
GRANT SELECT (id, status, created_at) ON tenantd.organization TO {{reporter}};
GRANT SELECT (org_id, id, sku, name, unit, quantity, reorder_level, low_since, low_untold), UPDATE (low_untold)
  ON tenantd.product TO {{reporter}};
GRANT SELECT (org_id, id, status, updated_at) ON tenantd.purchase_request TO {{reporter}};
GRANT SELECT (id, name, status, mail_sender_name) ON tenantd_app.organization TO {{reporter}};
GRANT SELECT ON tenantd_app.report_reader TO {{reporter}};
GRANT SELECT (org_id, role_name, status, created_at) ON tenantd_app.member_detail TO {{reporter}};
GRANT SELECT (org_id, product_id, type, change_by, created_at) ON tenantd_app.stock_movement TO {{reporter}};
GRANT SELECT (org_id, id, sku, name, unit, quantity, reorder_level, low_since) ON tenantd_app.product TO {{reporter}};
GRANT SELECT (org_id, id, number, title, status, requested_by, submitted_at, decided_at, received_at, created_at, updated_at),
  DELETE ON tenantd_app.purchase_request TO {{reporter}};
GRANT EXECUTE ON PROCEDURE tenantd_app.delete_draft TO {{reporter}};
-- (DELETE is for the release before: delete_draft removes nothing but drafts. UPDATE (updated_at) takes its place, since MySQL
-- lets lock a row only whoever may write in it.)
GRANT INSERT ON tenantd_app.outbox TO {{reporter}};
GRANT SELECT (org_id, id, of_organization, created_at, expires_at, warned_at), UPDATE (warned_at) ON tenantd.api_key TO {{reporter}};
GRANT SELECT ON tenantd_app.key_ending TO {{reporter}};
GRANT SELECT ON tenantd_app.key_reader TO {{reporter}};
