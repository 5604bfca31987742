// API keys. The handlers take the caller's session, which a key has none of: no key makes, shows or ends one.
#include "identity/keys/api_keys.hpp"

#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

Response list_api_keys(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const ApiKeyId after = page.from ? ApiKeyId{page.from->id} : ApiKeyId{};
  return page_reply(
      page, store::list_api_keys(txn, scope, after, page.limit + 1),
      [](JsonOut& json, const auto& row) { store::api_key_table.put(json, row); }, kKeysetInTime,
      [&] { return store::count_api_keys(txn, scope); });
}

Response make_api_key(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  store::ApiKey form;
  store::api_key_table.fill(form, request.body);
  const auto made = service::make_api_key({txn, request.context, scope}, std::move(form));
  JsonOut json;
  store::api_key_table.put(json, made.record, made.key);
  return created(json, "/api/v1/api-keys/" + made.record.id.str());
}

Response delete_api_key(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::delete_api_key({txn, request.context, scope}, path_id<ApiKeyId>(request, "key_id"));
  return no_content();
}

constexpr auto kApiKeysRows = section("API keys", {
                                                      {.method = GET,
                                                       .path = "/api/v1/api-keys",
                                                       .handler = list_api_keys,
                                                       .permission = api_keys_manage,
                                                       .rate = Rate::read,
                                                       .query = "page_query",
                                                       .reply = ok("api_keys"),
                                                       .summary = "API keys"},
                                                      {.method = POST,
                                                       .path = "/api/v1/api-keys",
                                                       .handler = make_api_key,
                                                       .permission = api_keys_manage,
                                                       .rate = Rate::write,
                                                       .body = "api_key",
                                                       .reply = made("new_api_key"),
                                                       .summary = "Make an API key"},
                                                      {.method = DELETE_,
                                                       .path = "/api/v1/api-keys/{key_id}",
                                                       .handler = delete_api_key,
                                                       .permission = api_keys_manage,
                                                       .rate = Rate::write,
                                                       .reply = done(),
                                                       .summary = "End an API key"},
                                                  });

}  // namespace

std::span<const Route> api_keys_rows() { return kApiKeysRows; }

}  // namespace tenantd::api::handlers
