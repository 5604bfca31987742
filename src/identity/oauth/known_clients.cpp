#include "identity/oauth/known_clients.hpp"

#include "tenantd/base/byte_codec.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/shm/session_cache.hpp"

namespace tenantd::service {
namespace {

using store::FoundClient;

std::string encode_client(const FoundClient& found) {
  ByteWriter out;
  const auto& client = found.client;
  out.id(client.id);
  out.id(found.org);
  out.text(found.org_name);
  out.text(client.name);
  out.text(client.redirect_uris);
  out.text(client.post_logout_redirect_uris);
  out.number(static_cast<int>(client.auth));
  out.number(static_cast<int>(client.alg));
  out.maybe_text(client.jwks);
  out.text(client.scopes);
  out.number(static_cast<int>(client.itself));
  out.maybe_text(client.backchannel_logout_uri);
  out.maybe_text(client.resource);
  out.number(static_cast<int>(client.origin));
  out.maybe_text(client.secret);
  out.id(client.created_by.value_or(UserId{}));
  out.time(client.created_at);
  out.maybe_text(found.previous_secret);
  out.maybe_time(found.previous_until);
  return out.take();
}

// nullopt if the bytes are not what encode_client() made.
std::optional<FoundClient> decode_client(std::string_view bytes) {
  ByteReader in{bytes};
  FoundClient found;
  auto& client = found.client;
  client.id = in.id<ClientId>();
  found.org = in.id<OrgId>();
  found.org_name = in.text();
  client.name = in.text();
  client.redirect_uris = in.text();
  client.post_logout_redirect_uris = in.text();
  client.auth = static_cast<store::ClientAuth>(in.number());
  client.alg = static_cast<store::IdTokenAlg>(in.number());
  client.jwks = in.maybe_text();
  client.scopes = in.text();
  client.itself = static_cast<store::Itself>(in.number());
  client.backchannel_logout_uri = in.maybe_text();
  client.resource = in.maybe_text();
  client.origin = static_cast<store::ClientOrigin>(in.number());
  client.secret = in.maybe_text();
  if (const auto maker = in.id<UserId>(); !maker.is_nil()) client.created_by = maker;
  client.created_at = in.time();
  found.previous_secret = in.maybe_text();
  found.previous_until = in.maybe_time();
  return in.complete() ? std::optional{std::move(found)} : std::nullopt;
}

}  // namespace

// An id does not say whose the client is, so that the generations to store it under are known only from an
// older entry or from the database, which is then read once more.
std::optional<FoundClient> known_client(db::Txn& txn, const Context& context, ClientId id) {
  auto* cache = context.sessions;
  const auto lifetime = context.settings.session_cache_seconds * 1'000'000;
  if (cache == nullptr || lifetime == 0) return store::find_client(txn, id);
  // No token is found under this.
  const auto key = crypto::sha256("oauth client\n" + std::string{id.raw()});
  const auto hit = cache->find(key, monotonic_microseconds(), lifetime);
  auto known = hit ? decode_client(hit->value) : std::nullopt;
  if (known && hit->fresh) return known;
  if (!known) known = store::find_client(txn, id);
  if (!known) return std::nullopt;
  const auto stamp = cache->stamp({{}, known->org.bytes(), id.bytes()});
  auto found = store::find_client(txn, id);
  if (found) cache->store(key, encode_client(*found), stamp, monotonic_microseconds());
  return found;
}

}  // namespace tenantd::service
