// Every handler, by resource. A handler decodes, acts and encodes; what it may do stands in its parameter
// types.
#pragma once

#include "tenantd/api/request.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::api::handlers {

using db::Txn;

// health.cpp
Response health(const Request&, Txn&);
Response ready(const Request&, Txn&);
Response metrics(const Request&, Txn&);
Response jwks(const Request&, Txn&);

// documents.cpp
Response openapi(const Request&, Txn&);

// accounts.cpp
Response sign_up(const Request&, Txn&);
Response register_user(const Request&, Txn&);
Response sign_in(const Request&, Txn&);
Response refresh_token(const Request&, Txn&);
Response token(const Request&, Txn&);
Response log_out(const Request&, const Session&, Txn&);
Response reset_password(const Request&, Txn&);
Response request_reset(const Request&, Txn&);
Response confirm_reset(const Request&, Txn&);
Response change_password(const Request&, const Session&, Txn&);
Response verify_email(const Request&, Txn&);
Response who_am_i(const Request&, const Session&, Txn&);

// security.cpp
Response verify_second_factor(const Request&, Txn&);
Response enroll_second_factor(const Request&, const Session&, Txn&);
Response confirm_second_factor(const Request&, const Session&, Txn&);
Response disable_second_factor(const Request&, const Session&, Txn&);
Response renew_recovery_codes(const Request&, const Session&, Txn&);
Response change_email(const Request&, const Session&, Txn&);
Response resend_verification(const Request&, const Session&, Txn&);
Response auth_status(const Request&, const Session&, Txn&);
Response sign_in_history(const Request&, const Session&, Txn&);
Response list_identities(const Request&, const Session&, Txn&);
Response unlink_identity(const Request&, const Session&, Txn&);
Response security_events(const Request&, const Session&, Txn&);

// impersonation.cpp
Response impersonate(const Request&, const SuperAdmin&, Txn&);
Response end_impersonation(const Request&, const Session&, Txn&);
// mail.cpp
void admit_mail_events(const http::Request&, const service::Context&);
void admit_ses_events(const http::Request&, const service::Context&);
Response take_mail_events(const Request&, Txn&);
Response take_ses_events(const Request&, Txn&);
Response list_suppressions(const Request&, const SuperAdmin&, Txn&);
Response delete_suppression(const Request&, const SuperAdmin&, Txn&);

// users.cpp
Response update_me(const Request&, const Session&, Txn&);
Response list_users(const Request&, const TenantScope&, Txn&);
Response create_user(const Request&, const TenantScope&, Txn&);
Response get_user(const Request&, const TenantScope&, Txn&);
Response update_user(const Request&, const TenantScope&, Txn&);
Response deactivate_user(const Request&, const TenantScope&, Txn&);
Response user_stats(const Request&, const TenantScope&, Txn&);
Response unlock_user(const Request&, const TenantScope&, Txn&);

// bulk_users.cpp
Response create_users(const Request&, const TenantScope&, Txn&);
Response act_on_users(const Request&, const TenantScope&, Txn&);

// user_sessions.cpp
Response list_sessions(const Request&, const Subject&, Txn&);
Response end_all_sessions(const Request&, const Subject&, Txn&);
Response end_session(const Request&, const Subject&, Txn&);
Response user_security(const Request&, const Subject&, Txn&);

// organizations.cpp
Response list_my_organizations(const Request&, const Session&, Txn&);
Response register_organization(const Request&, const Session&, Txn&);
Response select_organization(const Request&, const Session&, Txn&);
Response list_organizations(const Request&, const Session&, Txn&);
Response show_organization(const Request&, const Session&, Txn&);
Response change_organization(const Request&, const TenantScope&, Txn&);
Response delete_organization(const Request&, const TenantScope&, Txn&);
Response transfer_ownership(const Request&, const Session&, const TenantScope&, Txn&);

// members.cpp
Response list_members(const Request&, const TenantScope&, Txn&);
Response delete_member(const Request&, const TenantScope&, Txn&);
Response update_member_role(const Request&, const TenantScope&, Txn&);

// invites.cpp
Response invite(const Request&, const TenantScope&, Txn&);
Response list_invites(const Request&, const TenantScope&, Txn&);
Response show_invite(const Request&, const TenantScope&, Txn&);
Response resend_invite(const Request&, const TenantScope&, Txn&);
Response revoke_invite(const Request&, const TenantScope&, Txn&);
Response decline_invite(const Request&, Txn&);
Response add_users(const Request&, const TenantScope&, Txn&);
Response accept_invite(const Request&, Txn&);
Response accept_invite_link(const Request&, Txn&);

// api_keys.cpp
Response list_api_keys(const Request&, const Session&, const TenantScope&, Txn&);
Response make_api_key(const Request&, const Session&, const TenantScope&, Txn&);
Response delete_api_key(const Request&, const Session&, const TenantScope&, Txn&);

// tenants.cpp
Response make_tenant(const Request&, const SuperAdmin&, Txn&);
Response list_tenants(const Request&, const SuperAdmin&, Txn&);
Response show_tenant(const Request&, const SuperAdmin&, Txn&);
Response change_tenant(const Request&, const SuperAdmin&, Txn&);
Response show_tenant_settings(const Request&, const SuperAdmin&, Txn&);
Response change_tenant_settings(const Request&, const SuperAdmin&, Txn&);
Response delete_tenant(const Request&, const SuperAdmin&, Txn&);
Response activate_tenant(const Request&, const SuperAdmin&, Txn&);
Response deactivate_tenant(const Request&, const SuperAdmin&, Txn&);

// tenant_stats.cpp
Response tenants_stats(const Request&, const SuperAdmin&, Txn&);
Response tenant_stats(const Request&, const SuperAdmin&, Txn&);
// audit.cpp
Response list_audit_logs(const Request&, const TenantScope&, Txn&);
Response show_audit_log(const Request&, const TenantScope&, Txn&);
Response export_audit_logs(const Request&, const TenantScope&, Txn&);
Response list_every_audit_log(const Request&, const SuperAdmin&, Txn&);

// verify.cpp
Response verify_caller(const Request&, const Caller&, Txn&);

// products.cpp, product_files.cpp, suppliers.cpp, warehouses.cpp, stock.cpp, movement_files.cpp
Response list_products(const Request&, const TenantScope&, Txn&);
Response make_product(const Request&, const TenantScope&, Txn&);
Response show_product(const Request&, const TenantScope&, Txn&);
Response change_product(const Request&, const TenantScope&, Txn&);
Response delete_product(const Request&, const TenantScope&, Txn&);
Response list_low_stock(const Request&, const TenantScope&, Txn&);
Response import_products(const Request&, const TenantScope&, Txn&);
Response export_products(const Request&, const TenantScope&, Txn&);
Response list_suppliers(const Request&, const TenantScope&, Txn&);
Response make_supplier(const Request&, const TenantScope&, Txn&);
Response show_supplier(const Request&, const TenantScope&, Txn&);
Response change_supplier(const Request&, const TenantScope&, Txn&);
Response delete_supplier(const Request&, const TenantScope&, Txn&);
Response list_warehouses(const Request&, const TenantScope&, Txn&);
Response make_warehouse(const Request&, const TenantScope&, Txn&);
Response show_warehouse(const Request&, const TenantScope&, Txn&);
Response change_warehouse(const Request&, const TenantScope&, Txn&);
Response delete_warehouse(const Request&, const TenantScope&, Txn&);
Response list_movements(const Request&, const TenantScope&, Txn&);
Response make_movement(const Request&, const TenantScope&, Txn&);
Response show_movement(const Request&, const TenantScope&, Txn&);
Response list_stock_levels(const Request&, const TenantScope&, Txn&);
Response import_movements(const Request&, const TenantScope&, Txn&);
Response export_movements(const Request&, const TenantScope&, Txn&);

// purchase_requests.cpp
Response list_purchase_requests(const Request&, const TenantScope&, Txn&);
Response make_purchase_request(const Request&, const TenantScope&, Txn&);
Response show_purchase_request(const Request&, const TenantScope&, Txn&);
Response change_purchase_request(const Request&, const TenantScope&, Txn&);
Response submit_purchase_request(const Request&, const TenantScope&, Txn&);
Response approve_purchase_request(const Request&, const TenantScope&, Txn&);
Response reject_purchase_request(const Request&, const TenantScope&, Txn&);
Response withdraw_purchase_request(const Request&, const TenantScope&, Txn&);
Response delete_purchase_request(const Request&, const TenantScope&, Txn&);
Response receive_purchase_request(const Request&, const TenantScope&, Txn&);
Response list_approval_thresholds(const Request&, const TenantScope&, Txn&);
Response change_approval_thresholds(const Request&, const TenantScope&, Txn&);

// projects.cpp
Response list_projects(const Request&, const TenantScope&, Txn&);
Response make_project(const Request&, const TenantScope&, Txn&);
Response show_project(const Request&, const TenantScope&, Txn&);
Response change_project(const Request&, const TenantScope&, Txn&);
Response delete_project(const Request&, const TenantScope&, Txn&);

// project_views.cpp
Response project_activity(const Request&, const TenantScope&, Txn&);
Response search_projects(const Request&, const TenantScope&, Txn&);
Response project_stats(const Request&, const TenantScope&, Txn&);

// project_documents.cpp
Response make_document(const Request&, const TenantScope&, Txn&);
Response list_documents(const Request&, const TenantScope&, Txn&);
Response show_document(const Request&, const TenantScope&, Txn&);
Response change_document(const Request&, const TenantScope&, Txn&);
Response delete_document(const Request&, const TenantScope&, Txn&);
// files.cpp
Response announce_upload(const Request&, const TenantScope&, Txn&);
Response take_upload(const Request&, Txn&);
Response complete_upload(const Request&, const TenantScope&, Txn&);
Response download_document(const Request&, const TenantScope&, Txn&);

// roles.cpp
Response list_roles(const Request&, const TenantScope&, Txn&);
Response make_role(const Request&, const TenantScope&, Txn&);
Response show_role(const Request&, const TenantScope&, Txn&);
Response change_role(const Request&, const TenantScope&, Txn&);
Response delete_role(const Request&, const TenantScope&, Txn&);
Response list_permissions(const Request&, const TenantScope&, Txn&);

// identity_providers.cpp
Response make_microsoft_provider(const Request&, const Session&, const TenantScope&, Txn&);
Response make_google_provider(const Request&, const Session&, const TenantScope&, Txn&);
Response list_identity_providers(const Request&, const Session&, const TenantScope&, Txn&);
Response show_identity_provider(const Request&, const Session&, const TenantScope&, Txn&);
Response change_identity_provider(const Request&, const Session&, const TenantScope&, Txn&);
Response delete_identity_provider(const Request&, const Session&, const TenantScope&, Txn&);

// single_sign_on.cpp
Response begin_single_sign_on(const Request&, Txn&);
Response finish_single_sign_on(const Request&, Txn&);
// events.cpp
Response list_events(const Request&, const TenantScope&, Txn&);
Response show_event(const Request&, const TenantScope&, Txn&);

// webhooks.cpp
Response list_webhooks(const Request&, const TenantScope&, Txn&);
Response make_webhook(const Request&, const TenantScope&, Txn&);
Response show_webhook(const Request&, const TenantScope&, Txn&);
Response change_webhook(const Request&, const TenantScope&, Txn&);
Response delete_webhook(const Request&, const TenantScope&, Txn&);
Response rotate_webhook_secret(const Request&, const TenantScope&, Txn&);
Response list_deliveries(const Request&, const TenantScope&, Txn&);
Response replay_delivery(const Request&, const TenantScope&, Txn&);

// statistics.cpp
Response organization_users(const Request&, const Session&, const TenantScope&, Txn&);
Response organization_role_users(const Request&, const Session&, const TenantScope&, Txn&);
Response role_wise_users(const Request&, const Session&, const TenantScope&, Txn&);

// administration.cpp
Response dashboard(const Request&, const SuperAdmin&, Txn&);
Response growth(const Request&, const SuperAdmin&, Txn&);
Response list_limits(const Request&, const SuperAdmin&, Txn&);
Response request_cleanup(const Request&, const SuperAdmin&, Txn&);
Response maintenance_status(const Request&, const SuperAdmin&, Txn&);

// problem_users.cpp
Response list_threats(const Request&, const SuperAdmin&, Txn&);
Response list_problem_users(const Request&, const SuperAdmin&, Txn&);
Response unlock_any_user(const Request&, const SuperAdmin&, Txn&);

// detailed_health.cpp
Response detailed_health(const Request&, const SuperAdmin&, Txn&);

}  // namespace tenantd::api::handlers
