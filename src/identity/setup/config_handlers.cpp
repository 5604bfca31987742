// What a page has to know before anybody signs in. Anybody may ask, so nothing here tells whether an
// organization or an account exists.
#include "identity/passkeys/passkeys.hpp"
#include "identity/setup/setup_store.hpp"
#include "identity/sso/active_providers.hpp"
#include "identity/sso/social.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/password.hpp"
#include "tenantd/identity/organizations.hpp"
#include "tenantd/mail/mime.hpp"

namespace tenantd::api::handlers {
namespace {

std::optional<std::string> if_set(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

// A slug that nobody has is one of an organization that has no providers.
void put_ways_to_sign_in(JsonOut& json, Txn& txn, const std::string& slug) {
  json.begin_object().field("slug", slug).key("sign_in").begin_object().field("password", true);
  const auto active =
      service::is_slug(slug) ? service::active_providers(txn, slug) : std::vector<store::ActiveProvider>{};
  json.key("providers").begin_array();
  for (const auto& each : active)
    if (each.kind != store::ProviderKind::oidc) json.value(each.way);
  json.end_array().key("ways").begin_array();
  for (const auto& each : active)
    json.begin_object()
        .field("id", each.way)
        .field("kind", store::provider_name(each.kind))
        .field("name", each.name)
        .end_object();
  json.end_array().end_object().end_object();
}

Response show_config(const Request& request, Txn& txn) {
  const auto& settings = request.context.settings;
  JsonOut json;
  json.begin_object()
      .field("service_name", mail::service_name(settings))
      .field("logo_url", if_set(settings.logo_url))
      .field("app_url", if_set(settings.app_url))
      .field("signup", settings.signup)
      .key("password")
      .begin_object()
      .field("min_length", std::int64_t{crypto::kPasswordMinCodePoints})
      .field("max_bytes", std::int64_t{crypto::kPasswordMaxBytes})
      .end_object()
      .field("passkeys", service::has_passkeys(settings))
      .field("mail_code", settings.sign_in_code)
      .field("setup_open", !store::is_set_up(txn))
      .key("social")
      .begin_array();
  for (const auto each : service::social_providers(settings)) json.value(service::social_name(each));
  json.end_array().key("organization");
  if (const auto slug = maybe_text(request.query, "organization")) {
    put_ways_to_sign_in(json, txn, ascii_lower(*slug));
  } else {
    json.value(nullptr);
  }
  json.end_object();
  return reply(json).header("Cache-Control", "public, max-age=60");
}

constexpr auto kConfigRows =
    section("Health and discovery", {
                                        {.method = GET,
                                         .path = "/api/v1/config",
                                         .handler = show_config,
                                         .rate = Rate::read,
                                         .query = "config_query",
                                         .reply = ok("config"),
                                         .refuses = nothing,
                                         .summary = "What a page has to know before anybody signs in"},
                                    });

}  // namespace

std::span<const Route> config_rows() { return kConfigRows; }

}  // namespace tenantd::api::handlers
