#include "identity/oauth/guard.hpp"

#include <algorithm>

#include "identity/oauth/authorization.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

constexpr std::string_view kGuardKind = "guard's sign-in";
constexpr std::size_t kMostTarget = 1500;

// nginx can keep no secret that counts, since the code is spent here.
store::FoundClient guard_client(db::Txn& txn, ClientId id, const std::string& redirect_uri) {
  auto client = store::find_client(txn, id);
  if (!client) throw ApiError(ErrorCode::invalid_request, "The client is not known");
  if (client->client.is_confidential())
    throw ApiError(ErrorCode::invalid_request, "The client must be one that keeps no secret");
  if (!client->has_redirect_uri(redirect_uri))
    throw ApiError(ErrorCode::invalid_request, "The client did not register this redirect_uri");
  return *std::move(client);
}

bool is_verifier(const std::string& text) {
  const auto bytes = base64url_decode(text);
  return bytes && bytes->size() == 32;
}

// All that the client may have, but nothing that outlives the browser's session.
Scopes asked_by_guard(const store::FoundClient& client) {
  auto scopes = client.scopes();
  scopes.identity &= static_cast<std::uint8_t>(~static_cast<unsigned>(IdentityScope::offline_access));
  return scopes;
}

}  // namespace

GuardSignIn begin_guard_sign_in(db::Txn& txn, const Context& context, ClientId id,
                                const std::string& redirect_uri, const std::string& verifier) {
  const auto client = guard_client(txn, id, redirect_uri);
  GuardSignIn begun;
  begun.verifier = is_verifier(verifier) ? verifier : crypto::new_token().reveal();
  const auto state =
      sign_for_pages(context, kGuardKind, json::Object{}.set("client", id).set("uri", redirect_uri));
  begun.location = begin_authorization(txn, context,
                                       {{"client_id", id.str()},
                                        {"redirect_uri", redirect_uri},
                                        {"response_type", "code"},
                                        {"scope", format_scopes(asked_by_guard(client))},
                                        {"state", state},
                                        {"code_challenge", base64url_encode(crypto::sha256(begun.verifier))},
                                        {"code_challenge_method", "S256"}});
  if (begun.location.starts_with('/')) begun.location.insert(0, context.settings.public_url);
  return begun;
}

GuardSession end_guard_sign_in(db::Txn& txn, const Context& context, const std::string& state,
                               const std::string& code,
                               const std::function<std::string(bool https)>& verifier) {
  const auto values = open_for_pages(context, kGuardKind, state);
  if (!values) throw ApiError(ErrorCode::token_invalid);
  const auto begun = json::read_object(*values).value();
  const auto redirect_uri = json::text_of(begun, "uri");
  const auto client =
      guard_client(txn, ClientId::parse(json::text_of(begun, "client")).value(), redirect_uri);
  const bool https = is_https(redirect_uri);
  return {exchange_code(txn, context, client, code, redirect_uri, verifier(https), std::nullopt), https};
}

// What another origin could be made of is no path: "//host", "/\host", and control characters, which browsers
// drop.
std::string guard_target(const std::string& target) {
  const bool is_path = target.starts_with('/') && !target.starts_with("//") && target.size() <= kMostTarget &&
                       std::ranges::all_of(target, [](char c) { return c > ' ' && c < 0x7F && c != '\\'; });
  return is_path ? target : "/";
}

}  // namespace tenantd::service
