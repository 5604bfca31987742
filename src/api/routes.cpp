// The route table. `make lint` holds nginx/lanes.conf against it.
#include <algorithm>
#include <array>
#include <tuple>

#include "tenantd/api/handlers/handlers.hpp"
#include "tenantd/api/route.hpp"

namespace tenantd::api {
namespace {

using enum Method;
using enum Permission;
namespace h = handlers;

constexpr auto none = std::nullopt;

constexpr Reply ok(std::string_view schema, int other = 0) { return {200, schema, other}; }
constexpr Reply made(std::string_view schema) { return {201, schema}; }
constexpr Reply accepted(std::string_view schema, int other = 0) { return {202, schema, other}; }
constexpr Reply lines() { return {200, "", 0, "application/x-ndjson"}; }
constexpr Reply csv() { return {200, "", 0, "text/csv"}; }
constexpr Reply bytes(int other) { return {200, "", other, "application/octet-stream"}; }
constexpr Reply done() { return {204, ""}; }

// The rows under one heading.
template <class... Rows>
constexpr auto section(std::string_view heading, Rows... rows) {
  std::array<Route, sizeof...(Rows)> under{rows...};
  for (auto& row : under) row.section = heading;
  return under;
}

template <std::size_t... N>
constexpr auto join(const std::array<Route, N>&... sections) {
  return std::apply([](auto... rows) { return std::array<Route, sizeof...(rows)>{rows...}; },
                    std::tuple_cat(sections...));
}

// clang-format off
constexpr auto kRoutes = join(
    section("Health and discovery",
    Route{GET, "/health", h::health, none, Rate::none, "", "", ok("status"), "Liveness; touches no database"},
    Route{GET, "/health-check", h::health, none, Rate::none, "", "", ok("status"), "Liveness; touches no database"},
    Route{GET, "/health/ready", h::ready, none, Rate::none, "", "", ok("status"), "Readiness: the database answers and its schema is current"},
    Route{GET, "/ready", h::ready, none, Rate::none, "", "", ok("status"), "Readiness: the database answers and its schema is current"},
    Route{GET, "/health/detailed", h::detailed_health, none, Rate::read, "", "", ok("detailed_health"), "Every part of the service with its state"},
    Route{GET, "/metrics", h::metrics, none, Rate::none, "", "", ok(""), "Prometheus metrics, for local addresses"},
    Route{GET, "/.well-known/jwks.json", h::jwks, none, Rate::read, "", "", ok("jwks"), "Public signing keys (RFC 7517)"},
    Route{GET, "/api/v1/openapi.json", h::openapi, none, Rate::read, "", "", ok("openapi"), "This description of the API (OpenAPI 3.1)"},
    Route{GET, "/auth/verify", h::verify_caller, none, Rate::read, "", "verify_query", done(), "Who calls, for nginx's auth_request in front of other applications"}),

    section("Sign-up, sign-in, tokens",
    Route{POST, "/signup", h::sign_up, none, Rate::password, "signup", "", made("sign_up"), "Create an account and its organization"},
    Route{POST, "/users/register", h::register_user, none, Rate::password, "register", "", made("sign_up"), "Create an account with a personal organization"},
    Route{POST, "/signin", h::sign_in, none, Rate::password, "signin", "", ok("token"), "Sign in"},
    Route{POST, "/login", h::sign_in, none, Rate::password, "signin", "", ok("token"), "Sign in"},
    Route{POST, "/api/v1/auth/login", h::sign_in, none, Rate::password, "signin", "", ok("token"), "Sign in"},
    Route{POST, "/api/v1/auth/token", h::token, none, Rate::password, "token_request", "", ok("token"), "Sign in or refresh, as OAuth 2 clients do", AlsoTakes::form},
    Route{POST, "/refresh_token", h::refresh_token, none, Rate::write, "refresh", "", ok("token"), "Exchange a refresh token"},
    Route{POST, "/api/v1/auth/refresh", h::refresh_token, none, Rate::write, "refresh", "", ok("token"), "Exchange a refresh token"},
    Route{POST, "/logout", h::log_out, none, Rate::write, "", "", done(), "End the session"},
    Route{POST, "/api/v1/auth/logout", h::log_out, none, Rate::write, "", "", done(), "End the session"},
    Route{POST, "/reset_password", h::reset_password, none, Rate::password, "reset_password", "", accepted("notice", 204), "Ask for a reset link, use it, or change one's own password"},
    Route{POST, "/api/v1/auth/password-reset/request", h::request_reset, none, Rate::password, "reset_request", "", accepted("notice"), "Ask for a reset link"},
    Route{POST, "/api/v1/auth/password-reset/confirm", h::confirm_reset, none, Rate::password, "reset_confirm", "", done(), "Choose a new password"},
    Route{POST, "/api/v1/auth/change-password", h::change_password, none, Rate::password, "change_password", "", done(), "Change one's own password"},
    Route{POST, "/api/v1/auth/verify-email", h::verify_email, none, Rate::password, "verify_email", "", done(), "Verify an address, or confirm a new one: by the mailed token, with the account's session or password"},
    Route{POST, "/api/v1/auth/verify-email/resend", h::resend_verification, none, Rate::write, "", "", accepted("notice"), "Mail another verification link"},
    Route{POST, "/api/v1/auth/change-email", h::change_email, none, Rate::password, "change_email", "", accepted("notice"), "Move the account to another address"},
    Route{GET, "/api/v1/auth/status", h::auth_status, none, Rate::read, "", "", ok("auth_status"), "Who am I, with which permissions, until when"},
    Route{GET, "/api/v1/auth/history", h::sign_in_history, none, Rate::read, "", "page_query", ok("account_events"), "My sign-ins, newest first"},
    Route{GET, "/api/v1/auth/identities", h::list_identities, none, Rate::read, "", "", ok("identities"), "Identities of providers that lead to my account"},
    Route{DELETE_, "/api/v1/auth/identities/{identity_id}", h::unlink_identity, none, Rate::write, "", "", done(), "Unlink one of them"},
    Route{GET, "/api/v1/auth/security-events", h::security_events, none, Rate::read, "", "page_query", ok("account_events"), "What happened to my account besides sign-ins, newest first"},
    Route{POST, "/api/v1/auth/mfa/verify", h::verify_second_factor, none, Rate::write, "mfa_verify", "", ok("token"), "Finish a sign-in with a code"},
    Route{POST, "/api/v1/auth/mfa/enroll", h::enroll_second_factor, none, Rate::password, "mfa_enroll", "", ok("mfa_enrollment"), "Get a secret for an authenticator app"},
    Route{POST, "/api/v1/auth/mfa/confirm", h::confirm_second_factor, none, Rate::password, "mfa_code", "", ok("recovery_codes"), "Switch two-factor sign-in on"},
    Route{POST, "/api/v1/auth/mfa/disable", h::disable_second_factor, none, Rate::password, "mfa_code", "", done(), "Switch two-factor sign-in off"},
    Route{POST, "/api/v1/auth/mfa/recovery-codes", h::renew_recovery_codes, none, Rate::password, "mfa_code", "", ok("recovery_codes"), "Replace the recovery codes"}),

    section("Users",
    Route{GET, "/users/me", h::who_am_i, none, Rate::read, "", "", ok("me"), "Who am I"},
    Route{GET, "/api/v1/users/me", h::who_am_i, none, Rate::read, "", "", ok("me"), "Who am I"},
    Route{PUT, "/api/v1/users/me", h::update_me, none, Rate::write, "update_me", "", ok("me"), "Replace one's own profile"},
    Route{GET, "/users/list_orgs", h::list_my_organizations, none, Rate::read, "", "page_query", ok("organizations"), "My organizations"},
    Route{GET, "/api/v1/users", h::list_users, users_read, Rate::read, "", "users_query", ok("member_users"), "Users of the organization"},
    Route{POST, "/api/v1/users", h::create_user, users_create, Rate::write, "create_user", "", made("member_user"), "Create an account in the organization"},
    Route{POST, "/api/v1/auth/create-user", h::create_user, users_create, Rate::write, "create_user", "", made("member_user"), "Create an account in the organization"},
    Route{POST, "/api/v1/users/invite", h::invite, users_invite, Rate::write, "invite", "", made("invite"), "Invite a person"},
    Route{POST, "/api/v1/users/bulk/create", h::create_users, users_create, Rate::write, "create_users", "", ok("created_users"), "Create several accounts"},
    Route{POST, "/api/v1/users/bulk/action", h::act_on_users, users_update, Rate::write, "user_action", "", ok("user_actions"), "Activate, deactivate, or give a role to several users"},
    Route{GET, "/api/v1/users/stats", h::user_stats, stats_read, Rate::read, "", "user_stats_query", ok("user_stats"), "Users by status, role and day of joining"},
    Route{GET, "/api/v1/users/{user_id}", h::get_user, users_read, Rate::read, "", "", ok("member_user"), "One user"},
    Route{PUT, "/api/v1/users/{user_id}", h::update_user, users_update, Rate::write, "update_user", "", ok("member_user"), "Change a user's profile, role or status"},
    Route{DELETE_, "/api/v1/users/{user_id}", h::deactivate_user, users_delete, Rate::write, "", "", done(), "Deactivate a user in the organization"},
    Route{GET, "/api/v1/users/{user_id}/sessions", h::list_sessions, users_update, Rate::read, "", "page_query", ok("sessions"), "Where a user is signed in"},
    Route{DELETE_, "/api/v1/users/{user_id}/sessions", h::end_all_sessions, users_update, Rate::write, "", "", done(), "End every session, the caller's own included"},
    Route{DELETE_, "/api/v1/users/{user_id}/sessions/{session_id}", h::end_session, users_update, Rate::write, "", "", done(), "End a session"},
    Route{GET, "/api/v1/users/{user_id}/security", h::user_security, users_update, Rate::read, "", "", ok("account_security"), "How a user's account is guarded"},
    Route{POST, "/api/v1/users/{user_id}/unlock", h::unlock_user, users_update, Rate::write, "", "", done(), "Let a locked user sign in again"}),

    section("Organizations, members, invites",
    Route{POST, "/organization/register", h::register_organization, none, Rate::write, "organization", "", made("organization_detail"), "Create an organization"},
    Route{POST, "/api/v1/organizations", h::register_organization, none, Rate::write, "organization", "", made("organization_detail"), "Create an organization"},
    Route{GET, "/api/v1/organizations", h::list_organizations, none, Rate::read, "", "page_query", ok("organizations"), "My organizations; for a super-admin all"},
    Route{GET, "/api/v1/organizations/{org_id}", h::show_organization, none, Rate::read, "", "", ok("organization_detail"), "An organization of mine"},
    Route{PUT, "/api/v1/organizations/{org_id}", h::change_organization, tenant_manage, Rate::write, "change_organization", "", ok("organization_detail"), "Change name, slug, settings, and how the organization is run"},
    Route{DELETE_, "/api/v1/organizations/{org_id}", h::delete_organization, tenant_delete, Rate::write, "delete_organization", "", done(), "End an organization with everything in it"},
    Route{POST, "/api/v1/organizations/{org_id}/transfer-ownership", h::transfer_ownership, tenant_transfer, Rate::password, "transfer_ownership", "", ok("organization_detail"), "Make another member the owner"},
    Route{POST, "/organization/select", h::select_organization, none, Rate::write, "select_organization", "", ok("token"), "Make an organization the active one"},
    Route{GET, "/organization/list_users", h::list_members, users_read, Rate::read, "", "members_query", ok("members"), "Members"},
    Route{GET, "/api/v1/members", h::list_members, users_read, Rate::read, "", "members_query", ok("members"), "Members"},
    Route{POST, "/organization/add_users", h::add_users, users_invite, Rate::write, "add_users", "", ok("add_users"), "Invite several people"},
    Route{POST, "/invite_member", h::invite, users_invite, Rate::write, "invite", "", made("invite"), "Invite a person"},
    Route{POST, "/api/v1/invites", h::invite, users_invite, Rate::write, "invite", "", made("invite"), "Invite a person"},
    Route{GET, "/api/v1/invites", h::list_invites, users_invite, Rate::read, "", "invites_query", ok("invites"), "Invitations, with what became of their mails"},
    Route{GET, "/api/v1/invites/{invite_id}", h::show_invite, users_invite, Rate::read, "", "", ok("invite"), "An invitation"},
    Route{POST, "/api/v1/invites/{invite_id}/resend", h::resend_invite, users_invite, Rate::write, "resend_invite", "", ok("invite"), "Mail a new link; the old one dies"},
    Route{DELETE_, "/api/v1/invites/{invite_id}", h::revoke_invite, users_invite, Rate::write, "", "", done(), "Revoke an invitation"},
    Route{POST, "/api/v1/invites/{invite_id}/decline", h::decline_invite, none, Rate::write, "decline_invite", "", done(), "Decline an invitation"},
    Route{GET, "/accept_invite", h::accept_invite_link, none, Rate::password, "", "accept_query", ok("accepted_invite", 303), "Accept an invitation for an existing account, or show the page"},
    Route{POST, "/accept_invite", h::accept_invite, none, Rate::password, "accept_invite", "", ok("accepted_invite"), "Accept an invitation"},
    Route{DELETE_, "/delete", h::delete_member, users_delete, Rate::write, "delete_member", "", done(), "End a membership"},
    Route{POST, "/update_member_role", h::update_member_role, roles_assign, Rate::write, "update_member_role", "", ok("member"), "Give a member another role"},
    Route{PUT, "/api/v1/members/{user_id}/role", h::update_member_role, roles_assign, Rate::write, "member_role", "", ok("member"), "Give a member another role"}),

    section("API keys",
    Route{GET, "/api/v1/api-keys", h::list_api_keys, api_keys_manage, Rate::read, "", "page_query", ok("api_keys"), "API keys"},
    Route{POST, "/api/v1/api-keys", h::make_api_key, api_keys_manage, Rate::write, "api_key", "", made("new_api_key"), "Make an API key"},
    Route{DELETE_, "/api/v1/api-keys/{key_id}", h::delete_api_key, api_keys_manage, Rate::write, "", "", done(), "End an API key"}),

    section("Roles",
    Route{GET, "/api/v1/roles", h::list_roles, roles_read, Rate::read, "", "page_query", ok("roles"), "Roles"},
    Route{POST, "/api/v1/roles", h::make_role, roles_create, Rate::write, "role", "", made("role"), "Make a role"},
    Route{GET, "/api/v1/roles/{role_id}", h::show_role, roles_read, Rate::read, "", "", ok("role"), "A role"},
    Route{PUT, "/api/v1/roles/{role_id}", h::change_role, roles_update, Rate::write, "role", "", ok("role"), "Replace a role; If-Match takes its ETag"},
    Route{DELETE_, "/api/v1/roles/{role_id}", h::delete_role, roles_delete, Rate::write, "", "", done(), "Remove a role that nobody holds"},
    Route{GET, "/api/v1/permissions", h::list_permissions, roles_read, Rate::read, "", "", ok("permissions"), "Permissions, and which of them the caller may grant"}),

    section("Impersonation",
    Route{POST, "/api/v1/auth/impersonate", h::impersonate, none, Rate::write, "impersonate", "", ok("impersonation"), "Act as a member of a tenant, for a short time and for a reason"},
    Route{POST, "/api/v1/auth/end-impersonation", h::end_impersonation, none, Rate::write, "", "", done(), "End the impersonation whose token this is"}),
    section("Single sign-on",
    or_super(Route{POST, "/api/v1/tenants/{org_id}/identity-providers/microsoft", h::make_microsoft_provider, identity_providers_manage, Rate::write, "microsoft_provider", "", made("identity_provider"), "Let Microsoft Entra ID vouch for members"}),
    or_super(Route{POST, "/api/v1/tenants/{org_id}/identity-providers/google", h::make_google_provider, identity_providers_manage, Rate::write, "google_provider", "", made("identity_provider"), "Let Google vouch for members"}),
    or_super(Route{GET, "/api/v1/tenants/{org_id}/identity-providers", h::list_identity_providers, identity_providers_manage, Rate::read, "", "page_query", ok("identity_providers"), "Identity providers of an organization"}),
    or_super(Route{GET, "/api/v1/tenants/{org_id}/identity-providers/{provider_id}", h::show_identity_provider, identity_providers_manage, Rate::read, "", "", ok("identity_provider"), "An identity provider"}),
    or_super(Route{PUT, "/api/v1/tenants/{org_id}/identity-providers/{provider_id}", h::change_identity_provider, identity_providers_manage, Rate::write, "identity_provider", "", ok("identity_provider"), "Change an identity provider's settings, or switch it off; If-Match takes its ETag"}),
    or_super(Route{DELETE_, "/api/v1/tenants/{org_id}/identity-providers/{provider_id}", h::delete_identity_provider, identity_providers_manage, Rate::write, "", "", done(), "End an identity provider"}),
    Route{GET, "/api/v1/auth/oauth/{provider}/login/{tenant}", h::begin_single_sign_on, none, Rate::outbound, "", "", ok("single_sign_on"), "Begin a sign-in by microsoft or google; with one's own token: link that identity"},
    Route{POST, "/api/v1/auth/oauth/{provider}/callback/{tenant}", h::finish_single_sign_on, none, Rate::outbound, "oauth_callback", "", ok("token"), "Finish it with what the provider sent back"}),
    section("Tenants",
    Route{POST, "/api/v1/tenants", h::make_tenant, none, Rate::write, "tenant", "", made("new_tenant"), "Make an organization for somebody, who becomes its owner"},
    Route{GET, "/api/v1/tenants", h::list_tenants, none, Rate::read, "", "tenants_query", ok("tenants"), "Every organization, with its limits"},
    Route{GET, "/api/v1/tenants/stats", h::tenants_stats, none, Rate::read, "", "user_stats_query", ok("tenants_stats"), "All organizations in numbers"},
    Route{GET, "/api/v1/tenants/{tenant_id}", h::show_tenant, none, Rate::read, "", "", ok("tenant"), "An organization, with its limits"},
    Route{PUT, "/api/v1/tenants/{tenant_id}", h::change_tenant, none, Rate::write, "change_tenant", "", ok("tenant"), "Change name, slug or limits; If-Match takes its ETag"},
    Route{GET, "/api/v1/tenants/{tenant_id}/settings", h::show_tenant_settings, none, Rate::read, "", "", ok("tenant_settings"), "What an organization's own people have set; its audit log says that it was read"},
    Route{PUT, "/api/v1/tenants/{tenant_id}/settings", h::change_tenant_settings, none, Rate::write, "tenant_settings", "", ok("tenant_settings"), "Ask its members for a second factor, or no longer"},
    Route{DELETE_, "/api/v1/tenants/{tenant_id}", h::delete_tenant, none, Rate::write, "delete_organization", "", done(), "End an organization with everything in it"},
    Route{POST, "/api/v1/tenants/{tenant_id}/activate", h::activate_tenant, none, Rate::write, "", "", ok("tenant"), "Let an organization's tokens and keys count again"},
    Route{POST, "/api/v1/tenants/{tenant_id}/deactivate", h::deactivate_tenant, none, Rate::write, "deactivate_tenant", "", ok("tenant"), "Refuse every token and key of an organization at once"},
    Route{GET, "/api/v1/tenants/{tenant_id}/stats", h::tenant_stats, none, Rate::read, "", "user_stats_query", ok("tenant_stats"), "An organization in numbers"}),

    section("Events and webhooks",
    Route{GET, "/api/v1/events", h::list_events, events_read, Rate::read, "", "events_query", ok("events"), "What happened in the organization, in the order in which it became true"},
    Route{GET, "/api/v1/events/{event_id}", h::show_event, events_read, Rate::read, "", "", ok("event"), "An event"},
    Route{GET, "/api/v1/webhooks", h::list_webhooks, webhooks_manage, Rate::read, "", "page_query", ok("webhooks"), "Webhooks"},
    Route{POST, "/api/v1/webhooks", h::make_webhook, webhooks_manage, Rate::outbound, "webhook", "", made("new_webhook"), "Have events sent to an URL; the reply alone shows the secret that signs them"},
    Route{GET, "/api/v1/webhooks/{webhook_id}", h::show_webhook, webhooks_manage, Rate::read, "", "", ok("webhook"), "A webhook"},
    Route{PUT, "/api/v1/webhooks/{webhook_id}", h::change_webhook, webhooks_manage, Rate::outbound, "change_webhook", "", ok("webhook"), "Change a webhook's URL, events or description, pause it or let it go on; If-Match takes its ETag"},
    Route{DELETE_, "/api/v1/webhooks/{webhook_id}", h::delete_webhook, webhooks_manage, Rate::write, "", "", done(), "End a webhook, and what waits for it"},
    Route{POST, "/api/v1/webhooks/{webhook_id}/rotate-secret", h::rotate_webhook_secret, webhooks_manage, Rate::write, "", "", ok("new_webhook"), "Make another secret; for a day the one before signs beside it"},
    Route{GET, "/api/v1/webhooks/{webhook_id}/deliveries", h::list_deliveries, webhooks_manage, Rate::read, "", "deliveries_query", ok("webhook_deliveries"), "What became of each event, newest first; kept for 30 days"},
    Route{POST, "/api/v1/webhooks/{webhook_id}/deliveries/{event_id}/replay", h::replay_delivery, webhooks_manage, Rate::write, "", "", accepted("webhook_delivery"), "Send an event once more, also a dead one"}),
    section("Audit",
    Route{GET, "/api/v1/audit-logs", h::list_audit_logs, audit_read, Rate::read, "", "audit_query", ok("audit_logs"), "Who changed what, newest first"},
    Route{GET, "/api/v1/audit-logs/export", h::export_audit_logs, audit_read, Rate::read, "", "audit_export_query", lines(), "The same as JSON Lines, oldest first; that it was asked for is written down too"},
    Route{GET, "/api/v1/audit-logs/{log_id}", h::show_audit_log, audit_read, Rate::read, "", "", ok("audit_log"), "One change"},
    Route{GET, "/api/v1/admin/audit/logs", h::list_every_audit_log, none, Rate::read, "", "audit_admin_query", ok("system_audit_logs"), "Who changed what in every organization and in none, newest first"}),
    section("Inventory",
    Route{GET, "/api/v1/products", h::list_products, products_read, Rate::read, "", "products_query", ok("products"), "Products"},
    Route{POST, "/api/v1/products", h::make_product, products_create, Rate::write, "product", "", made("product"), "Add a product"},
    Route{POST, "/api/v1/products/import", h::import_products, products_create, Rate::write, "product_import", "import_query", ok("import_report"), "Add and change products by a CSV file", AlsoTakes::csv},
    Route{GET, "/api/v1/products/export", h::export_products, products_read, Rate::read, "", "product_export_query", csv(), "Products as CSV, in files that an import takes"},
    Route{GET, "/api/v1/products/{product_id}", h::show_product, products_read, Rate::read, "", "", ok("product"), "A product"},
    Route{PUT, "/api/v1/products/{product_id}", h::change_product, products_update, Rate::write, "product", "", ok("product"), "Replace a product; If-Match takes its ETag"},
    Route{DELETE_, "/api/v1/products/{product_id}", h::delete_product, products_delete, Rate::write, "", "", done(), "Remove a product that nothing names"},
    Route{GET, "/api/v1/suppliers", h::list_suppliers, suppliers_read, Rate::read, "", "catalog_query", ok("suppliers"), "Suppliers"},
    Route{POST, "/api/v1/suppliers", h::make_supplier, suppliers_create, Rate::write, "supplier", "", made("supplier"), "Add a supplier"},
    Route{GET, "/api/v1/suppliers/{supplier_id}", h::show_supplier, suppliers_read, Rate::read, "", "", ok("supplier"), "A supplier"},
    Route{PUT, "/api/v1/suppliers/{supplier_id}", h::change_supplier, suppliers_update, Rate::write, "supplier", "", ok("supplier"), "Replace a supplier; If-Match takes its ETag"},
    Route{DELETE_, "/api/v1/suppliers/{supplier_id}", h::delete_supplier, suppliers_delete, Rate::write, "", "", done(), "Remove a supplier that nothing names"},
    Route{GET, "/api/v1/warehouses", h::list_warehouses, warehouses_read, Rate::read, "", "catalog_query", ok("warehouses"), "Warehouses"},
    Route{POST, "/api/v1/warehouses", h::make_warehouse, warehouses_create, Rate::write, "warehouse", "", made("warehouse"), "Add a warehouse"},
    Route{GET, "/api/v1/warehouses/{warehouse_id}", h::show_warehouse, warehouses_read, Rate::read, "", "", ok("warehouse"), "A warehouse"},
    Route{PUT, "/api/v1/warehouses/{warehouse_id}", h::change_warehouse, warehouses_update, Rate::write, "warehouse", "", ok("warehouse"), "Replace a warehouse; If-Match takes its ETag"},
    Route{DELETE_, "/api/v1/warehouses/{warehouse_id}", h::delete_warehouse, warehouses_delete, Rate::write, "", "", done(), "Remove a warehouse that nothing names"},
    Route{GET, "/api/v1/stock-movements", h::list_movements, stock_read, Rate::read, "", "movements_query", ok("stock_movements"), "Movements, newest first"},
    Route{POST, "/api/v1/stock-movements", h::make_movement, stock_create, Rate::write, "stock_movement", "", made("stock_movement"), "Move stock in, out, to another warehouse, or to what was counted"},
    Route{GET, "/api/v1/stock-movements/low-stock", h::list_low_stock, stock_read, Rate::read, "", "low_stock_query", ok("products"), "Products at or under their reorder level"},
    Route{POST, "/api/v1/stock-movements/import", h::import_movements, stock_create, Rate::write, "movement_import", "import_query", ok("import_report"), "Move stock by a CSV file", AlsoTakes::csv},
    Route{GET, "/api/v1/stock-movements/export", h::export_movements, stock_read, Rate::read, "", "movement_export_query", csv(), "Movements as CSV, oldest first, in files that an import takes"},
    Route{GET, "/api/v1/stock-movements/{movement_id}", h::show_movement, stock_read, Rate::read, "", "", ok("stock_movement"), "A movement"},
    Route{GET, "/api/v1/stock-levels", h::list_stock_levels, stock_read, Rate::read, "", "levels_query", ok("stock_levels"), "How much lies where"}),

    section("Purchasing",
    Route{GET, "/api/v1/purchase-requests", h::list_purchase_requests, purchase_requests_read, Rate::read, "", "purchase_requests_query", ok("purchase_requests"), "Purchase requests, newest first"},
    Route{POST, "/api/v1/purchase-requests", h::make_purchase_request, purchase_requests_create, Rate::write, "purchase_request", "", made("purchase_request"), "Draft a purchase request"},
    Route{GET, "/api/v1/purchase-requests/thresholds", h::list_approval_thresholds, tenant_manage, Rate::read, "", "", ok("approval_thresholds"), "Amounts from which an approval takes a higher role"},
    Route{PUT, "/api/v1/purchase-requests/thresholds", h::change_approval_thresholds, tenant_manage, Rate::write, "approval_thresholds", "", ok("approval_thresholds"), "Replace these amounts"},
    Route{GET, "/api/v1/purchase-requests/{request_id}", h::show_purchase_request, purchase_requests_read, Rate::read, "", "", ok("purchase_request"), "A purchase request, with its lines and who decided what and why"},
    Route{PUT, "/api/v1/purchase-requests/{request_id}", h::change_purchase_request, purchase_requests_update, Rate::write, "purchase_request", "", ok("purchase_request"), "Replace a draft; If-Match takes its ETag"},
    Route{DELETE_, "/api/v1/purchase-requests/{request_id}", h::delete_purchase_request, purchase_requests_create, Rate::write, "", "", done(), "Remove a draft of one's own"},
    Route{POST, "/api/v1/purchase-requests/{request_id}/withdraw", h::withdraw_purchase_request, purchase_requests_submit, Rate::write, "", "", ok("purchase_request"), "Take a submitted request of one's own back: it is a draft again"},
    Route{POST, "/api/v1/purchase-requests/{request_id}/submit", h::submit_purchase_request, purchase_requests_submit, Rate::write, "", "", ok("purchase_request"), "Ask for a decision"},
    Route{POST, "/api/v1/purchase-requests/{request_id}/approve", h::approve_purchase_request, purchase_requests_approve, Rate::write, "purchase_approval", "", ok("purchase_request"), "Approve what was submitted"},
    Route{POST, "/api/v1/purchase-requests/{request_id}/reject", h::reject_purchase_request, purchase_requests_approve, Rate::write, "purchase_rejection", "", ok("purchase_request"), "Reject what was submitted, for a reason"},
    Route{POST, "/api/v1/purchase-requests/{request_id}/receive", h::receive_purchase_request, stock_create, Rate::write, "purchase_receipt", "", ok("purchase_request"), "Put what has arrived into stock: all that is still to come, or the lines that the body names; a movement in for each"}),
    section("Projects and documents",
    Route{POST, "/projects/create_project", h::make_project, projects_create, Rate::write, "project", "", made("project"), "Begin a project"},
    Route{GET, "/api/v1/projects", h::list_projects, projects_read, Rate::read, "", "projects_query", ok("projects"), "Projects"},
    Route{POST, "/api/v1/projects", h::make_project, projects_create, Rate::write, "project", "", made("project"), "Begin a project"},
    Route{GET, "/api/v1/projects/{project_id}", h::show_project, projects_read, Rate::read, "", "", ok("project"), "A project"},
    Route{PUT, "/api/v1/projects/{project_id}", h::change_project, projects_update, Rate::write, "project", "", ok("project"), "Replace a project; If-Match takes its ETag"},
    Route{POST, "/api/v1/projects/{project_id}/documents", h::make_document, documents_create, Rate::write, "document", "", made("document"), "Add a document that is text alone"},
    Route{GET, "/api/v1/projects/documents", h::list_documents, documents_read, Rate::read, "", "documents_query", ok("documents"), "Documents of all projects or of one"},
    Route{GET, "/api/v1/projects/documents/{document_id}", h::show_document, documents_read, Rate::read, "", "", ok("document"), "A document"},
    Route{PUT, "/api/v1/projects/documents/{document_id}", h::change_document, documents_update, Rate::write, "change_document", "", ok("document"), "Replace a document's name, text and tags, or move it; If-Match takes its ETag"},
    Route{DELETE_, "/api/v1/projects/documents/{document_id}", h::delete_document, documents_delete, Rate::write, "", "", done(), "Remove a document with its file"},
    Route{DELETE_, "/api/v1/projects/{project_id}", h::delete_project, projects_delete, Rate::write, "", "delete_project_query", done(), "Remove a project, with its documents only if the query says so"},
    Route{GET, "/api/v1/projects/activity", h::project_activity, projects_read, Rate::read, "", "page_query", ok("activity"), "What happened to projects and documents, newest first"},
    Route{POST, "/api/v1/projects/search", h::search_projects, projects_read, Rate::read, "search_projects", "", ok("search_hits"), "Full-text search over projects and documents, best first"},
    Route{GET, "/api/v1/projects/stats", h::project_stats, projects_read, Rate::read, "", "", ok("project_stats"), "Projects and documents in numbers"}),

    section("Files of documents",
    Route{POST, "/api/v1/projects/documents/upload", h::announce_upload, documents_create, Rate::write, "upload", "", made("upload"), "Announce a file: a document that waits for it, and the address that takes it once"},
    Route{PUT, "/files/{document_id}", h::take_upload, none, Rate::write, "", "upload_query", done(), "Send an announced file to the address that the announcement gave, with Content-Length; good once"},
    Route{POST, "/api/v1/projects/documents/{document_id}/upload-complete", h::complete_upload, documents_create, Rate::outbound, "", "", ok("document"), "Say that the file was sent: its size and SHA-256 are checked"},
    Route{GET, "/api/v1/projects/documents/{document_id}/download", h::download_document, documents_download, Rate::read, "", "", bytes(307), "The file, with ranges; or the way to it"}),

    section("Statistics",
    Route{GET, "/role_wise_users", h::role_wise_users, stats_read, Rate::read, "", "", ok("role_counts"), "Users per role"},
    Route{GET, "/stats/organization-users", h::organization_users, stats_read, Rate::read, "", "stats_query", ok("organization_counts"), "Members per organization"},
    Route{GET, "/stats/organization-role-users", h::organization_role_users, stats_read, Rate::read, "", "stats_query", ok("organization_role_counts"), "Members per organization and role"}),

    section("Mail",
    behind(h::admit_mail_events, Route{POST, "/api/v1/mail/events", h::take_mail_events, none, Rate::write, "mail_events", "", ok("mail_events_taken"), "Report bounces and complaints; signed by X-Signature"}),
    behind(h::admit_ses_events, Route{POST, "/api/v1/mail/events/ses", h::take_ses_events, none, Rate::outbound, "sns_message", "", ok("mail_events_taken"), "Bounces and complaints of Amazon SES, as Amazon SNS sends them", AlsoTakes::text}),
    Route{GET, "/api/v1/admin/mail/suppressions", h::list_suppressions, none, Rate::read, "", "page_query", ok("suppressions"), "Addresses that get no mail, newest first"},
    Route{DELETE_, "/api/v1/admin/mail/suppressions/{email}", h::delete_suppression, none, Rate::write, "", "", done(), "Let an address get mail again"}),

    section("Administration",
    Route{GET, "/api/v1/admin/dashboard", h::dashboard, none, Rate::read, "", "", ok("dashboard"), "The whole system in numbers"},
    Route{GET, "/api/v1/admin/analytics/growth", h::growth, none, Rate::read, "", "growth_query", ok("growth"), "Sign-ups, tenants and active users per day"},
    Route{GET, "/api/v1/admin/security/threats", h::list_threats, none, Rate::read, "", "threats_query", ok("threats"), "What looks like an attack on accounts"},
    Route{GET, "/api/v1/admin/users/problematic", h::list_problem_users, none, Rate::read, "", "problem_users_query", ok("problem_users"), "Accounts that are locked, bounce mail, or were never verified or used"},
    Route{POST, "/api/v1/admin/users/{user_id}/unlock", h::unlock_any_user, none, Rate::write, "", "", done(), "Forget an account's wrong passwords and codes"},
    Route{POST, "/api/v1/admin/maintenance/cleanup", h::request_cleanup, none, Rate::write, "", "", accepted("sweep_request"), "Have the sweeper run its tasks now"},
    Route{GET, "/api/v1/admin/maintenance/status", h::maintenance_status, none, Rate::read, "", "", ok("maintenance"), "The last run of each of the sweeper's tasks, and what it is asked for"},
    Route{GET, "/api/v1/admin/config/limits", h::list_limits, none, Rate::read, "", "", ok("limits_in_force"), "Limits and lifetimes in force"}));
// clang-format on

constexpr bool tenant_rows_name_a_permission() {
  for (const auto& route : kRoutes)
    if (needs_permission(route.handler.access) != route.permission.has_value()) return false;
  return true;
}
static_assert(tenant_rows_name_a_permission(), "a permission goes with a tenant handler, and only with one");

constexpr bool rows_differ() {
  for (std::size_t i = 0; i < kRoutes.size(); ++i)
    for (std::size_t j = i + 1; j < kRoutes.size(); ++j)
      if (kRoutes[i].method == kRoutes[j].method && kRoutes[i].path == kRoutes[j].path) return false;
  return true;
}
static_assert(rows_differ(), "two rows have one method and path");

}  // namespace

namespace {

// A path with parts as a regular expression of nginx.
std::string nginx_pattern(std::string_view path) {
  if (path.find('{') == std::string_view::npos) return std::string{path};
  std::string pattern = "~^";
  bool part = false;
  for (const char c : path) {
    if (c == '{') pattern += "[^/]+";
    part = c == '{' || (part && c != '}' && c != '/');
    if (!part && c != '}') pattern += c;
  }
  return pattern + "/?$";
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

std::string nginx_lanes() {
  std::string out =
      "# Which requests go to workers of their own: those that hash passwords, and those that wait for "
      "others.\n"
      "# Made by `tenantctl routes --nginx`.\n"
      "map $uri $tenantd_lane {\n    default fast;\n";
  std::vector<std::pair<std::string_view, std::string_view>> paths;
  for (const auto& route : kRoutes)
    if (lane_of(route) != "fast") paths.emplace_back(route.path, lane_of(route));
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  // A trailing slash is the same path.
  for (const auto& [path, lane] : paths) {
    const auto pattern = nginx_pattern(path);
    out += "    " + pattern + ' ' + std::string{lane} + ";\n";
    if (pattern == path) out += "    " + pattern + "/ " + std::string{lane} + ";\n";
  }
  return out + "}\n";
}

}  // namespace tenantd::api
