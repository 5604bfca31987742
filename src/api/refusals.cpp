#include "tenantd/api/refusals.hpp"

#include <algorithm>

#include "tenantd/api/handlers/handlers.hpp"
#include "tenantd/api/impersonation.hpp"
#include "tenantd/api/lasting.hpp"
#include "tenantd/api/openapi.hpp"

namespace tenantd::api {
namespace {

using enum ErrorCode;
namespace h = handlers;

// What handlers refuse with besides what their row implies. A handler that stands here has said all: the
// suite fails when it meets another code. One that does not is documented with "4XX".
struct Own {
  Handler handler;
  std::vector<ErrorCode> codes;
};

const std::vector<Own>& own_refusals() {
  static const std::vector<Own> kOwn = {
      {h::health, {}},
      {h::ready, {}},
      {h::metrics, {forbidden}},
      {h::jwks, {}},
      {h::openapi, {}},
      {h::verify_caller, {forbidden}},
      {h::sign_up, {email_taken, password_refused}},
      {h::register_user, {email_taken, password_refused}},
      {h::sign_in, {invalid_credentials, mfa_required}},
      {h::token, {invalid_credentials, mfa_required, invalid_token, refresh_reused}},
      {h::refresh_token, {invalid_token, refresh_reused}},
      {h::log_out, {}},
      {h::reset_password, {token_invalid, reauthentication_required, password_refused, session_bound}},
      {h::request_reset, {}},
      {h::confirm_reset, {token_invalid, password_refused}},
      {h::change_password, {reauthentication_required, password_refused, session_bound}},
      {h::verify_email,
       {token_invalid, email_taken, reauthentication_required, password_refused, wrong_account}},
      {h::resend_verification, {}},
      {h::change_email, {reauthentication_required, session_bound}},
      {h::auth_status, {}},
      {h::sign_in_history, {session_bound}},
      {h::list_identities, {session_bound}},
      {h::unlink_identity, {not_found, session_bound}},
      {h::security_events, {session_bound}},
      {h::verify_second_factor, {mfa_invalid}},
      {h::enroll_second_factor, {reauthentication_required, email_unverified, mfa_enabled, session_bound}},
      {h::confirm_second_factor, {reauthentication_required, mfa_invalid, mfa_enabled, session_bound}},
      {h::disable_second_factor, {reauthentication_required, mfa_not_enabled, session_bound}},
      {h::renew_recovery_codes, {reauthentication_required, mfa_not_enabled, session_bound}},
      {h::list_products, {}},
      {h::make_product, {sku_taken, limit_reached}},
      {h::show_product, {not_found}},
      {h::change_product, {not_found, sku_taken}},
      {h::import_products, {limit_reached}},
      {h::export_products, {}},
      {h::delete_product, {not_found, resource_in_use}},
      {h::list_suppliers, {}},
      {h::make_supplier, {limit_reached}},
      {h::show_supplier, {not_found}},
      {h::change_supplier, {not_found}},
      {h::delete_supplier, {not_found, resource_in_use}},
      {h::list_warehouses, {}},
      {h::make_warehouse, {limit_reached}},
      {h::show_warehouse, {not_found}},
      {h::change_warehouse, {not_found}},
      {h::delete_warehouse, {not_found, resource_in_use}},
      {h::list_movements, {}},
      {h::make_movement, {insufficient_stock}},
      {h::show_movement, {not_found}},
      {h::list_low_stock, {}},
      {h::import_movements, {}},
      {h::export_movements, {}},
      {h::list_stock_levels, {}},
      {h::list_purchase_requests, {}},
      {h::make_purchase_request, {limit_reached}},
      {h::show_purchase_request, {not_found}},
      {h::change_purchase_request, {not_found, invalid_transition}},
      {h::submit_purchase_request, {not_found, invalid_transition}},
      {h::withdraw_purchase_request, {not_found, invalid_transition}},
      {h::delete_purchase_request, {not_found, invalid_transition}},
      {h::approve_purchase_request, {not_found, invalid_transition, own_request, approval_limit}},
      {h::reject_purchase_request, {not_found, invalid_transition, own_request}},
      {h::receive_purchase_request, {not_found, invalid_transition}},
      {h::list_approval_thresholds, {}},
      {h::change_approval_thresholds, {}},
      {h::who_am_i, {}},
      {h::update_me, {session_bound}},
      {h::list_users, {}},
      {h::create_user, {role_outranks, not_found, email_taken, limit_reached}},
      {h::get_user, {not_found}},
      {h::update_user,
       {account_shared, role_outranks, not_found, last_owner, limit_reached, account_unverified,
        temporary_right}},
      {h::deactivate_user, {role_outranks, not_found, last_owner}},
      {h::user_stats, {}},
      {h::unlock_user, {account_shared, role_outranks, not_found}},
      {h::create_users, {}},
      {h::act_on_users, {not_found}},
      {h::list_sessions, {role_outranks, not_found}},
      {h::end_all_sessions, {role_outranks, not_found}},
      {h::end_session, {role_outranks, not_found}},
      {h::user_security, {role_outranks, not_found}},
      {h::impersonate, {not_found, impersonation_refused, mfa_enrollment_required}},
      {h::end_impersonation, {conflict}},
      {h::list_my_organizations, {}},
      {h::register_organization, {session_bound, limit_reached, email_unverified}},
      {h::select_organization, {not_found, session_bound}},
      {h::change_organization, {mfa_not_enabled}},
      {h::delete_organization, {confirmation_mismatch}},
      {h::make_tenant, {}},
      {h::list_tenants, {}},
      {h::show_tenant, {}},
      {h::change_tenant, {}},
      {h::show_tenant_settings, {}},
      {h::change_tenant_settings, {}},
      {h::delete_tenant, {confirmation_mismatch}},
      {h::activate_tenant, {}},
      {h::deactivate_tenant, {}},
      {h::tenants_stats, {}},
      {h::tenant_stats, {}},
      {h::list_members, {}},
      {h::add_users, {}},
      {h::invite, {role_outranks, not_found, already_member, invite_pending, limit_reached}},
      {h::accept_invite_link,
       {wrong_account, already_member, invite_gone, password_required, limit_reached, session_bound}},
      {h::accept_invite,
       {wrong_account, already_member, invite_gone, password_required, password_refused, limit_reached,
        session_bound}},
      {h::delete_member, {role_outranks, not_found, last_owner}},
      {h::update_member_role, {role_outranks, not_found, last_owner, account_unverified}},
      {h::make_microsoft_provider, {role_outranks, not_found}},
      {h::make_google_provider, {role_outranks, not_found}},
      {h::list_identity_providers, {not_found}},
      {h::show_identity_provider, {not_found}},
      {h::change_identity_provider, {role_outranks, not_found}},
      {h::delete_identity_provider, {not_found}},
      {h::begin_single_sign_on,
       {not_found, session_bound, impersonating, email_unverified, reauthentication_required, not_provisioned,
        url_refused, provider_unavailable}},
      {h::finish_single_sign_on,
       {oauth_state_invalid, oauth_token_refused, mfa_required, domain_not_allowed, not_provisioned,
        not_found, email_taken, identity_taken, limit_reached, url_refused, provider_unavailable}},
      {h::list_projects, {}},
      {h::make_project, {limit_reached}},
      {h::show_project, {not_found}},
      {h::change_project, {not_found}},
      {h::delete_project, {not_found, resource_in_use}},
      {h::make_document, {not_found, limit_reached}},
      {h::project_activity, {}},
      {h::search_projects, {}},
      {h::project_stats, {}},
      {h::list_documents, {}},
      {h::show_document, {not_found}},
      {h::change_document, {not_found}},
      {h::delete_document, {not_found}},
      {h::announce_upload, {limit_reached, body_too_large}},
      {h::take_upload, {upload_refused, upload_incomplete, length_required, body_too_large}},
      {h::complete_upload,
       {not_found, upload_incomplete, upload_mismatch, body_too_large, storage_unavailable}},
      {h::download_document, {not_found, upload_incomplete}},
      {h::list_events, {}},
      {h::show_event, {not_found}},
      {h::list_webhooks, {}},
      {h::make_webhook, {url_refused, limit_reached}},
      {h::show_webhook, {not_found}},
      {h::change_webhook, {not_found, url_refused}},
      {h::delete_webhook, {not_found}},
      {h::rotate_webhook_secret, {not_found}},
      {h::list_deliveries, {not_found}},
      {h::replay_delivery, {not_found, conflict}},
      {h::list_audit_logs, {}},
      {h::show_audit_log, {not_found}},
      {h::export_audit_logs, {}},
      {h::list_every_audit_log, {}},
      {h::role_wise_users, {}},
      {h::organization_users, {}},
      {h::organization_role_users, {}},
      {h::take_mail_events, {signature_invalid, not_found}},
      {h::take_ses_events, {signature_invalid, not_found}},
      {h::list_suppressions, {}},
      {h::delete_suppression, {not_found}},
      {h::detailed_health, {}},
      {h::dashboard, {}},
      {h::growth, {}},
      {h::list_threats, {}},
      {h::list_problem_users, {}},
      {h::unlock_any_user, {forbidden, not_found}},
      {h::request_cleanup, {}},
      {h::maintenance_status, {}},
      {h::list_limits, {}},
  };
  return kOwn;
}

bool same(const Handler& a, const Handler& b) {
  return a.public_ == b.public_ && a.user_ == b.user_ && a.caller_ == b.caller_ && a.tenant_ == b.tenant_ &&
         a.tenant_with_session_ == b.tenant_with_session_ && a.subject_ == b.subject_ && a.super_ == b.super_;
}

// What dispatch and the authorizer refuse with on their own.
std::vector<ErrorCode> implied(const Route& route) {
  std::vector<ErrorCode> codes{bad_request,         malformed_query,   duplicate_parameter,
                               too_many_parameters, validation_failed, unavailable};
  const auto add = [&](std::initializer_list<ErrorCode> more) { codes.insert(codes.end(), more); };
  const Access access = route.handler.access;
  if (route.rate != Rate::none || access != Access::anyone) add({rate_limited});
  if (access != Access::anyone)
    add({unauthenticated, invalid_token, tenant_ambiguous, session_bound, not_found, busy});
  if (access == Access::caller || needs_permission(access)) add({mfa_enrollment_required});
  if (needs_permission(access)) add({forbidden});
  if (takes_lasting_right(route)) add({temporary_right});
  if (access == Access::super) add({forbidden});
  if (access == Access::super || route.super_too) add({mfa_enrollment_required, mfa_session_required});
  if (!open_to_impersonation(route)) add({impersonating});
  if (access == Access::user || access == Access::super || route.handler.tenant_with_session_ != nullptr)
    add({session_required});
  if (route.path.find('{') != std::string_view::npos) add({not_found});
  if (!route.body.empty() || route.method != Method::GET)
    add({malformed_json, body_too_large, unsupported_media_type});
  if (route.also == AlsoTakes::form) add({malformed_form});
  if (route.rate == Rate::outbound) add({busy});
  if (route.method != Method::GET) add({conflict, contended});
  if (takes_if_match(route)) add({precondition_failed});
  if (route.method == Method::POST) add({idempotency_in_progress, idempotency_mismatch});
  return codes;
}

}  // namespace

bool same_handler(const Route& a, const Route& b) { return same(a.handler, b.handler); }

bool may_always_occur(ErrorCode code) {
  return code == internal || code == unavailable || code == rate_limited || code == busy ||
         code == contended || code >= bad_content_length;
}

Refusals refusals_of(const Route& route) {
  Refusals refusals{implied(route), false};
  auto& codes = refusals.codes;
  for (const auto& own : own_refusals()) {
    if (!same(own.handler, route.handler)) continue;
    codes.insert(codes.end(), own.codes.begin(), own.codes.end());
    refusals.complete = true;
  }
  std::sort(codes.begin(), codes.end(), [](ErrorCode a, ErrorCode b) {
    return std::pair{http_status(a), a} < std::pair{http_status(b), b};
  });
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return refusals;
}

}  // namespace tenantd::api
