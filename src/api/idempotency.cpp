#include "idempotency.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/network.hpp"
#include "tenantd/effects/idempotency_store.hpp"

namespace tenantd::api {
namespace {

// Of a reply: well within what a database takes in one packet, whatever its settings are.
constexpr std::size_t kMostKept = std::size_t{1} << 20;

bool is_usable(const std::string& key) {
  if (key.empty() || key.size() > 255) return false;
  for (const char c : key)
    if (c < 0x21 || c > 0x7E) return false;
  return true;
}

// Header lines, an empty line, the body: what is sealed and opened again.
std::string flatten(const http::Response& response) {
  std::string text = response.content_type + '\n';
  for (const auto& [name, value] : response.headers) text += name + ": " + value + '\n';
  return text + '\n' + response.body;
}

http::Response unflatten(std::int64_t status, std::string text) {
  http::Response response;
  response.status = static_cast<int>(status);
  bool first = true;
  for (;;) {
    const auto end = text.find('\n');
    const std::string line = text.substr(0, end);
    text.erase(0, end + 1);
    if (first) {
      response.content_type = line;
    } else if (line.empty()) {
      break;
    } else {
      const auto colon = line.find(": ");
      response.header(line.substr(0, colon), line.substr(colon + 2));
    }
    first = false;
  }
  response.body = std::move(text);
  response.header("Idempotency-Replayed", "true");
  return response;
}

}  // namespace

Repeater repeater(const std::optional<Principal>& principal, const http::Request& request, bool of_session) {
  if (!principal) {
    const auto share = "anonymous/" + network_of(request.remote_address);
    return {share + '/' + to_hex(crypto::sha256(request.cookie)), share, false};
  }
  // Keys and organizations cost a person little to make up: the replies of all of them count together.
  const auto& person = principal->actor ? principal->actor->id : principal->user.id;
  const auto known = [&](const std::string& name) { return Repeater{name, "person/" + person.str(), true}; };
  if (principal->actor) return known("impersonation/" + principal->session.str());
  if (principal->api_key) return known("key/" + principal->api_key->str());
  if (principal->client) return known("client/" + principal->session.str());
  return known(principal->user.id.str() + '/' +
               (principal->organization ? principal->organization->id.str() : "") +
               (of_session ? '/' + principal->session.str() : ""));
}

Idempotency::Idempotency(db::Txn& txn, const http::Request& request, const Repeater& caller,
                         const service::Context& context, bool in_cookie)
    : txn_(txn), context_(context) {
  if (!is_usable(request.idempotency_key))
    throw ApiError(ErrorCode::bad_request, "Idempotency-Key must be 1 to 255 visible ASCII characters");
  share_ = crypto::sha256("caller\n" + caller.share);
  // Under a key: a plain hash of a body with a password in it would be a way to guess that password.
  // What the query says belongs to the request as well.
  const auto asked = request.query_text.empty() ? ":" : '?' + request.query_text + '\n';
  // A reply that sets the refresh token's cookie is for the browser that held the same one before: a later
  // one would get back what it has exchanged.
  const auto held = in_cookie ? "cookie " + crypto::sha256(request.cookie) + '\n' : std::string{};
  body_ = crypto::hmac_sha256(context.keys.seal_key().reveal(), "idempotency" + held + asked + request.body);
  id_ = crypto::sha256(caller.name + '\n' + request.path + '\n' + request.idempotency_key +
                       (caller.is_known ? "" : '\n' + body_));
  try {
    if (claim()) return;
  } catch (const db::LockTimeout&) {
    throw ApiError(ErrorCode::idempotency_in_progress);
  }
  const auto kept = store::find_reply(txn_, id_);
  if (!kept || kept->status == 0) throw ApiError(ErrorCode::idempotency_in_progress);
  if (kept->request != body_) throw ApiError(ErrorCode::idempotency_mismatch);
  stored_ = unflatten(kept->status, crypto::unseal(context.keys.seal_key(), kept->sealed, context_text()));
}

bool Idempotency::claim() {
  return store::claim_key(txn_, id_, share_, body_, context_.now,
                          context_.now + Seconds{context_.settings.idempotency_seconds});
}

std::string Idempotency::context_text() const { return "idempotency:" + id_; }

// The request is refused whole where its reply cannot be kept: a repetition would act a second time.
void Idempotency::store(const http::Response& response) {
  const auto text = flatten(response);
  if (text.size() > kMostKept)
    throw ApiError(
        ErrorCode::bad_request,
        "The reply is larger than what is kept for an Idempotency-Key: send the request without it");
  const auto sealed = crypto::seal(context_.keys.seal_key(), text, context_text());
  if (!store::keep_reply(txn_, id_, response.status, sealed) && claim())
    store::keep_reply(txn_, id_, response.status, sealed);
  store::forget_oldest_replies(txn_, share_, id_, context_.settings.idempotency_bytes);
}

}  // namespace tenantd::api
