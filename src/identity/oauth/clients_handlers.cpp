// OAuth clients of an organization and of the service.
#include "identity/oauth/clients.hpp"

#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kClientsPath = "/api/v1/oauth/clients";
constexpr std::string_view kOwnClientsPath = "/api/v1/admin/oauth/clients";

void put_client(JsonOut& json, const store::OauthClient& client) {
  store::oauth_client_table.put(json, client);
}

ClientId client_of(const Request& request) { return path_id<ClientId>(request, "client_id"); }

// The service's own stand under the organization of zeros, which a super-admin alone enters.
TenantScope enter_own(const SuperAdmin& admin, Txn& txn) {
  const auto scope = admin.in(store::kServiceClients);
  txn.enter({scope.org(), scope.user(), false});
  return scope;
}

Response made_client_reply(const service::MadeClient& made, std::string_view path, int status = 200) {
  // A public client has no secret: the member is empty.
  const auto put = [&](JsonOut& json, const store::OauthClient& client) {
    store::oauth_client_table.put(json, client, made.secret.value_or(Secret{}));
  };
  return row_reply(made.client, path, put, status);
}

Response list_of(const Request& request, const TenantScope& scope, Txn& txn) {
  return record::list_rows(store::oauth_client_list, request, scope, txn);
}

Response make_in(const Request& request, const TenantScope& scope, Txn& txn, std::string_view path) {
  store::OauthClient client;
  store::oauth_client_table.fill(client, request.body);
  return made_client_reply(service::make_client({txn, request.context, scope}, std::move(client)), path, 201);
}

Response change_in(const Request& request, const TenantScope& scope, Txn& txn, std::string_view path) {
  const auto edit = [&](store::OauthClient& client) { store::oauth_client_table.fill(client, request.body); };
  return row_reply(service::change_client({txn, request.context, scope}, client_of(request), edit), path,
                   put_client);
}

Response make_oauth_client(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return make_in(request, scope, txn, kClientsPath);
}

Response change_oauth_client(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return change_in(request, scope, txn, kClientsPath);
}

Response delete_oauth_client(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::remove_client({txn, request.context, scope}, client_of(request));
  return no_content();
}

Response rotate_oauth_client(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return made_client_reply(service::rotate_client_secret({txn, request.context, scope}, client_of(request)),
                           kClientsPath);
}

Response list_own_clients(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return list_of(request, enter_own(admin, txn), txn);
}

Response make_own_client(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return make_in(request, enter_own(admin, txn), txn, kOwnClientsPath);
}

Response show_own_client(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return record::show_row(store::oauth_client_list, request, enter_own(admin, txn), txn);
}

Response change_own_client(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return change_in(request, enter_own(admin, txn), txn, kOwnClientsPath);
}

Response delete_own_client(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto scope = enter_own(admin, txn);
  service::remove_client({txn, request.context, scope}, client_of(request));
  return no_content();
}

Response rotate_own_client(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto scope = enter_own(admin, txn);
  return made_client_reply(service::rotate_client_secret({txn, request.context, scope}, client_of(request)),
                           kOwnClientsPath);
}

constexpr auto kOauthClientsRows = section(
    "OAuth clients",
    {
        {.method = GET,
         .path = "/api/v1/oauth/clients",
         .handler = record::handle<store::oauth_client_list, record::list_rows>,
         .permission = oauth_clients_manage,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("oauth_clients"),
         .refuses = nothing,
         .summary = "The organization's OAuth clients"},
        {.method = POST,
         .path = "/api/v1/oauth/clients",
         .handler = make_oauth_client,
         .permission = oauth_clients_manage,
         .rate = Rate::write,
         .body = "oauth_client",
         .reply = made("new_oauth_client"),
         .refuses = {limit_reached, role_outranks, url_refused},
         .summary = "Register an OAuth client of the organization; the reply alone shows its secret"},
        {.method = GET,
         .path = "/api/v1/oauth/clients/{client_id}",
         .handler = record::handle<store::oauth_client_list, record::show_row>,
         .permission = oauth_clients_manage,
         .rate = Rate::read,
         .reply = ok("oauth_client"),
         .refuses = {not_found},
         .summary = "An OAuth client"},
        {.method = PUT,
         .path = "/api/v1/oauth/clients/{client_id}",
         .handler = change_oauth_client,
         .permission = oauth_clients_manage,
         .rate = Rate::write,
         .body = "oauth_client",
         .reply = ok("oauth_client"),
         .refuses = {not_found, role_outranks, url_refused},
         .summary = "Change an OAuth client; how it authenticates stays"},
        {.method = DELETE_,
         .path = "/api/v1/oauth/clients/{client_id}",
         .handler = delete_oauth_client,
         .permission = oauth_clients_manage,
         .if_match = true,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found, role_outranks},
         .summary = "End an OAuth client, and all that it holds"},
        {.method = POST,
         .path = "/api/v1/oauth/clients/{client_id}/rotate-secret",
         .handler = rotate_oauth_client,
         .permission = oauth_clients_manage,
         .rate = Rate::write,
         .reply = ok("new_oauth_client"),
         .refuses = {not_found, role_outranks},
         .summary = "Another secret for an OAuth client; the one of before is good for another day"},
        {.method = GET,
         .path = "/api/v1/admin/oauth/clients",
         .handler = list_own_clients,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("oauth_clients"),
         .refuses = nothing,
         .summary = "The service's own OAuth clients"},
        {.method = POST,
         .path = "/api/v1/admin/oauth/clients",
         .handler = make_own_client,
         .step_up = true,
         .rate = Rate::write,
         .body = "oauth_client",
         .reply = made("new_oauth_client"),
         .refuses = {url_refused},
         .summary =
             "Register an OAuth client of the service's own: people are not asked whether to let it in"},
        {.method = GET,
         .path = "/api/v1/admin/oauth/clients/{client_id}",
         .handler = show_own_client,
         .rate = Rate::read,
         .reply = ok("oauth_client"),
         .refuses = {not_found},
         .summary = "An OAuth client of the service's own"},
        {.method = PUT,
         .path = "/api/v1/admin/oauth/clients/{client_id}",
         .handler = change_own_client,
         .step_up = true,
         .rate = Rate::write,
         .body = "oauth_client",
         .reply = ok("oauth_client"),
         .refuses = {not_found, url_refused},
         .summary = "Change an OAuth client of the service's own"},
        {.method = DELETE_,
         .path = "/api/v1/admin/oauth/clients/{client_id}",
         .handler = delete_own_client,
         .if_match = true,
         .step_up = true,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found},
         .summary = "End an OAuth client of the service's own"},
        {.method = POST,
         .path = "/api/v1/admin/oauth/clients/{client_id}/rotate-secret",
         .handler = rotate_own_client,
         .step_up = true,
         .rate = Rate::write,
         .reply = ok("new_oauth_client"),
         .refuses = {not_found},
         .summary = "Another secret for an OAuth client of the service's own"},
    });

}  // namespace

std::span<const Route> oauth_clients_rows() { return kOauthClientsRows; }

}  // namespace tenantd::api::handlers
