// Service accounts. As those of API keys, the handlers take the caller's session, which a key has none of.
#include "identity/keys/service_accounts.hpp"

#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kAccountsPath = "/api/v1/service-accounts";

void put_account(JsonOut& json, const store::ServiceAccount& account) {
  store::service_account_table.put(json, account);
}

ServiceAccountId account_in_path(const Request& request) {
  return path_id<ServiceAccountId>(request, "service_account_id");
}

Response list_service_accounts(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  return page_reply(page,
                    store::list_service_accounts(txn, scope, page.from, page.limit + 1, request.context.now),
                    put_account, kKeysetInTime, [&] { return store::count_service_accounts(txn, scope); });
}

Response make_service_account(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  store::ServiceAccount form;
  store::service_account_table.fill(form, request.body);
  return row_reply(service::make_service_account({txn, request.context, scope}, std::move(form)),
                   kAccountsPath, put_account, 201);
}

Response show_service_account(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const auto account = store::find_service_account(txn, scope, account_in_path(request), request.context.now);
  if (!account) throw ApiError(ErrorCode::not_found);
  return row_reply(*account, kAccountsPath, put_account);
}

Response change_service_account(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const auto edit = [&](store::ServiceAccount& account) {
    store::service_account_table.fill_given(account, request.body);
  };
  // What is wrong with the body is said first.
  store::ServiceAccount alone;
  edit(alone);
  return row_reply(service::change_service_account({txn, request.context, scope}, account_in_path(request),
                                                   {edit, member(request.body, "role") != nullptr,
                                                    member(request.body, "permissions") != nullptr}),
                   kAccountsPath, put_account);
}

Response delete_service_account(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::remove_service_account({txn, request.context, scope}, account_in_path(request));
  return no_content();
}

Response made_key_reply(const Request& request, const service::MadeAccountKey& made) {
  JsonOut json;
  store::account_key_table.put(json, made.record, made.key);
  return created(json, std::string{kAccountsPath} + '/' + account_in_path(request).str() + "/keys/" +
                           made.record.id.str());
}

Response list_account_keys(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const auto account = account_in_path(request);
  if (!store::service_account_table.find(txn, scope, account.bytes())) throw ApiError(ErrorCode::not_found);
  const Page page = page_of(request.query);
  const ApiKeyId after = page.from ? ApiKeyId{page.from->id} : ApiKeyId{};
  return page_reply(
      page, store::list_account_keys(txn, scope, account, after, page.limit + 1),
      [](JsonOut& json, const auto& row) { store::account_key_table.put(json, row); }, kKeysetInTime,
      [&] { return store::count_account_keys(txn, scope, account); });
}

Response make_account_key(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  store::AccountKey form;
  store::account_key_table.fill(form, request.body);
  return made_key_reply(request, service::make_account_key({txn, request.context, scope},
                                                           account_in_path(request), std::move(form)));
}

Response rotate_account_key(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  store::AccountKey form;
  form.name = maybe_text(request.body, "name").value_or("");
  if (const auto end = maybe_number(request.body, "expires_at")) form.expires_at = from_unix(*end);
  const auto old_end = maybe_number(request.body, "old_keys_end_at");
  return made_key_reply(request,
                        service::rotate_account_key(
                            {txn, request.context, scope}, account_in_path(request), std::move(form),
                            old_end ? from_unix(*old_end) : request.context.now + service::kUsualOverlap));
}

Response delete_account_key(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::remove_account_key({txn, request.context, scope}, account_in_path(request),
                              path_id<ApiKeyId>(request, "account_key_id"));
  return no_content();
}

constexpr auto kServiceAccountsRows = section(
    "Service accounts",
    {
        {.method = GET,
         .path = "/api/v1/service-accounts",
         .handler = list_service_accounts,
         .permission = api_keys_manage,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("service_accounts"),
         .refuses = nothing,
         .summary = "Service accounts of the organization"},
        {.method = POST,
         .path = "/api/v1/service-accounts",
         .handler = make_service_account,
         .permission = api_keys_manage,
         .rate = Rate::write,
         .body = "service_account",
         .reply = made("service_account"),
         .refuses = {role_outranks, temporary_right, conflict, limit_reached},
         .summary = "Make a service account with a role or with permissions"},
        {.method = GET,
         .path = "/api/v1/service-accounts/{service_account_id}",
         .handler = show_service_account,
         .permission = api_keys_manage,
         .rate = Rate::read,
         .reply = ok("service_account"),
         .refuses = {not_found},
         .summary = "A service account"},
        {.method = PUT,
         .path = "/api/v1/service-accounts/{service_account_id}",
         .handler = change_service_account,
         .permission = api_keys_manage,
         .rate = Rate::write,
         .body = "change_service_account",
         .reply = ok("service_account"),
         .refuses = {not_found, role_outranks, temporary_right, conflict},
         .summary = "Change what a service account may do, its networks or its status; the next request of "
                    "its keys goes by it"},
        {.method = DELETE_,
         .path = "/api/v1/service-accounts/{service_account_id}",
         .handler = delete_service_account,
         .permission = api_keys_manage,
         .if_match = true,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found, role_outranks},
         .summary = "End a service account with its keys"},
        {.method = POST,
         .path = "/api/v1/service-accounts/{service_account_id}/keys",
         .handler = make_account_key,
         .permission = api_keys_manage,
         .rate = Rate::write,
         .body = "service_account_key",
         .reply = made("new_service_account_key"),
         .refuses = {not_found, role_outranks, temporary_right, limit_reached},
         .summary = "Make a key of a service account, which has five that work at most"},
        {.method = POST,
         .path = "/api/v1/service-accounts/{service_account_id}/rotate-key",
         .handler = rotate_account_key,
         .permission = api_keys_manage,
         .rate = Rate::write,
         .body = "key_rotation",
         .reply = made("new_service_account_key"),
         .refuses = {not_found, role_outranks, temporary_right, limit_reached},
         .name = "rotateServiceAccountKey",
         .summary = "Make another key of a service account and let those of before end at a given time"},
        {.method = GET,
         .path = "/api/v1/service-accounts/{service_account_id}/keys",
         .handler = list_account_keys,
         .permission = api_keys_manage,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("service_account_keys"),
         .refuses = {not_found},
         .summary = "Keys of a service account, with the time and the address of their last use"},
        {.method = DELETE_,
         .path = "/api/v1/service-accounts/{service_account_id}/keys/{account_key_id}",
         .handler = delete_account_key,
         .permission = api_keys_manage,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found, role_outranks},
         .summary = "End a key of a service account"},
    });

}  // namespace

std::span<const Route> service_accounts_rows() { return kServiceAccountsRows; }

}  // namespace tenantd::api::handlers
