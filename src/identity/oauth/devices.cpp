#include "identity/oauth/devices.hpp"

#include <algorithm>

#include "identity/oauth/resources.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/network.hpp"
#include "tenantd/effects/budgets.hpp"
#include "tenantd/identity/account_events.hpp"

namespace tenantd::service {
namespace {

// No vowels, so that no word comes about, and nothing that looks like another letter (RFC 8628 section 6.1).
constexpr std::string_view kUserCodeLetters = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::size_t kUserCodeLength = 8;
constexpr std::int64_t kMostTries = 30;  // of an account in an hour; each of its devices takes two
// Those of a network, and codes that it is given, in an hour, for each attempt at a password that it may make
// in a minute.
constexpr std::int64_t kTriesPerAttempt = 5;
constexpr std::int64_t kBegunPerAttempt = 10;

std::string new_user_code() {
  std::string code;
  while (code.size() < kUserCodeLength) {
    // 240 is the greatest multiple of 20 that a byte holds: each letter is as likely as another.
    for (const auto each : crypto::random_bytes(16))
      if (const auto byte = static_cast<unsigned char>(each); byte < 240 && code.size() < kUserCodeLength)
        code += kUserCodeLetters[byte % kUserCodeLetters.size()];
  }
  return code;
}

// As typed by hand: in any case, with or without what stands between. Empty: no code.
std::string plain_user_code(std::string_view typed) {
  std::string code;
  for (const char each : typed) {
    const char letter = each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
    if (letter == '-' || letter == ' ') continue;
    if (kUserCodeLetters.find(letter) == std::string_view::npos) return {};
    code += letter;
  }
  return code.size() == kUserCodeLength ? code : std::string{};
}

std::string user_code_mac(const Context& context, const std::string& code) {
  return crypto::hmac_sha256(context.keys.seal_key().reveal(), "tenantd: user code, 1\n" + code);
}

// Counts before it is looked at: a right guess beyond the budget must not differ from a wrong one.
void spend_try(db::Txn& txn, const Context& context, const Session& session) {
  const auto allowed = txn.settle([&](db::Txn& own) {
    return store::spend(
        own, context.keys.seal_key(),
        {{std::string{"D"}.append(session.user().raw()), kMostTries},
         {"d" + network_of(context.address), context.settings.limit_password * kTriesPerAttempt}},
        context.now);
  });
  require(allowed, "Too many codes were tried: try again later");
}

}  // namespace

DeviceCodes begin_device(db::Txn& txn, const Context& context, const store::FoundClient& client,
                         const std::string& scope, const std::optional<std::string>& resource) {
  const auto scopes = client.scopes_in(scope);
  if (!scopes) throw ApiError(ErrorCode::invalid_scope);
  const auto api = resource && !is_own_api(context, *resource) ? resource : std::nullopt;
  if (api && !may_use(txn, client, *api, std::nullopt)) refuse_target();
  require(
      store::spend(txn, context.keys.seal_key(),
                   {{"B" + network_of(context.address), context.settings.limit_password * kBegunPerAttempt}},
                   context.now),
      "Too many devices ask from this network: try again later");
  DeviceCodes codes{crypto::new_token(), {}};
  store::DeviceRequest device;
  device.device_code = crypto::sha256(codes.device_code.reveal());
  device.client_org = client.org;
  device.client = client.client.id;
  device.scopes = *scopes;
  device.resource = api;
  device.address = context.address;
  device.wait = kDeviceWait;
  device.created_at = context.now;
  device.expires_at = context.now + kDeviceLives;
  auto code = new_user_code();
  if (!store::insert_device(txn, device, user_code_mac(context, code)))
    throw ApiError(ErrorCode::contended).header("Retry-After", "1");
  codes.user_code = code.insert(kUserCodeLength / 2, "-");
  return codes;
}

AskedDevice decide_device(db::Txn& txn, const Context& context, const Session& session,
                          const std::string& user_code, Decision decision) {
  spend_try(txn, context, session);
  const auto code = plain_user_code(user_code);
  auto device = code.empty() ? std::nullopt
                             : store::lock_waiting_device(txn, user_code_mac(context, code), context.now);
  auto client = device ? store::find_client(txn, device->client) : std::nullopt;
  if (!client) throw ApiError(ErrorCode::not_found, "No device waits with this code");
  auto asked = asked_of(txn, context, session, *client, device->scopes & client->scopes(), device->resource);
  AskedDevice told{*client, std::move(asked), device->address, device->created_at};
  const bool can_allow = told.asked.question == Question::consent && !told.asked.scopes.empty();
  if (decision == Decision::ask || (decision == Decision::allow && !can_allow)) return told;
  told.decided = decision;
  device->status = store::DeviceStatus::denied;
  if (decision == Decision::allow) {
    const auto given = grant_of(txn, context, session, *client, told.asked);
    device->status = store::DeviceStatus::allowed;
    device->scopes = given.scopes;
    device->user = given.user;
    device->session = given.session;
    device->org = given.org;
    device->signed_in_at = given.signed_in_at;
    device->methods = given.methods;
  }
  store::decide_device(txn, *device);
  record_account_change(txn, context, session.user(),
                        {decision == Decision::allow ? "oauth_device.allowed" : "oauth_device.denied",
                         session.id(),
                         {},
                         json::Object{}
                             .set("client_id", client->client.id)
                             .set("client", client->client.name)
                             .set("scopes", format_scopes(told.asked.scopes))
                             .set("device_address", device->address)});
  return told;
}

}  // namespace tenantd::service
