// API keys. The handlers take the caller's session, which a key has none of: no key makes, shows or ends one.
#include "identity/keys/api_keys.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

// The fields of a key, inside an object.
void put_api_key(JsonOut& json, const store::ApiKey& key) {
  json.field("id", key.id).field("name", key.name).field("prefix", key.prefix);
  json.key("permissions").begin_array();
  const auto names = format_permissions(key.permissions);
  for (const auto name : split(names, ','))
    if (!name.empty()) json.value(name);
  json.end_array()
      .field("owner", key.of_organization ? "organization" : "member")
      .field("created_by", key.created_by)
      .field("created_at", key.created_at)
      .field("expires_at", key.expires_at)
      .field("last_used_at", key.last_used_at);
}

PermissionSet permissions_of(const JsonValue& body) {
  PermissionSet set;
  const auto& names = *member(body, "permissions");
  for (rapidjson::SizeType i = 0; i < names.Size(); ++i) {
    const auto permission = parse_permission({names[i].GetString(), names[i].GetStringLength()});
    if (!permission) refuse_field("/permissions/" + std::to_string(i), "is no permission");
    set = set.with(*permission);
  }
  return set;
}

Response list_api_keys(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const ApiKeyId after = page.from ? ApiKeyId{page.from->id} : ApiKeyId{};
  return page_reply(
      page, store::list_api_keys(txn, scope, after, page.limit + 1),
      [](JsonOut& json, const auto& row) {
        json.begin_object();
        put_api_key(json, row);
        json.end_object();
      },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return store::count_api_keys(txn, scope); });
}

Response make_api_key(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::NewApiKey form{text(request.body, "name"), permissions_of(request.body), std::nullopt,
                          maybe_text(request.body, "owner") == "organization"};
  if (const auto* expires = member(request.body, "expires_at"))
    form.expires_at = from_unix(expires->GetInt64());
  const auto made = service::make_api_key({txn, request.context, scope}, std::move(form));
  JsonOut json;
  json.begin_object();
  put_api_key(json, made.record);
  json.field("key", made.key.reveal()).end_object();
  return created(json, "/api/v1/api-keys/" + made.record.id.str());
}

Response delete_api_key(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const auto id = ApiKeyId::parse(request.http.path_value("key_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  service::delete_api_key({txn, request.context, scope}, *id);
  return no_content();
}

constexpr auto kRows = section("API keys", {
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

std::span<const Route> api_keys_rows() { return kRows; }

}  // namespace tenantd::api::handlers
