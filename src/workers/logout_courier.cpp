#include "tenantd/workers/logout_courier.hpp"

#include <stdexcept>

#include "tenantd/base/json.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/crypto/signed_token.hpp"
#include "tenantd/db/server.hpp"

namespace tenantd::service {
namespace {

using LogoutKind = LogoutEvent::Kind;

constexpr std::chrono::milliseconds kLogoutPoll{1000};
constexpr std::size_t kLogoutReplyBytes = 4096;  // nobody looks at them
constexpr Seconds kLogoutTokenLives{120};        // as section 2.4 recommends
constexpr const char* kLogoutEventName = "http://schemas.openid.net/event/backchannel-logout";

// Section 2.4. Without a nonce, and of a type of its own: nobody takes it for an ID token.
std::string logout_token(const LogoutCourierOptions& options, const store::LogoutClaim& claim, bool eddsa,
                         TimePoint at) {
  json::Object claims;
  claims.set("iss", options.issuer)
      .set("sub", claim.user)
      .set("aud", claim.client.id)
      .set("iat", at)
      .set("exp", at + kLogoutTokenLives)
      .set("jti", base64url_encode(crypto::random_bytes(16)))
      .set("sid", claim.session)
      .raw("events", '{' + json::quoted(kLogoutEventName) + ":{}}");
  return crypto::sign_token(*options.keys(), eddsa ? crypto::TokenAlg::eddsa : crypto::TokenAlg::rs256,
                            "logout+jwt", claims.text(), at);
}

}  // namespace

std::string_view logout_event_name(LogoutKind kind) {
  switch (kind) {
    case LogoutKind::told: return "logout_told";
    case LogoutKind::postponed: return "logout_postponed";
    case LogoutKind::given_up: return "logout_given_up";
    case LogoutKind::database_lost: return "logouts_database_lost";
    case LogoutKind::database_back: return "logouts_database_back";
  }
  throw std::logic_error("no such logout event");
}

bool is_failure(LogoutKind kind) { return kind != LogoutKind::told && kind != LogoutKind::database_back; }

LogoutCourierOptions logout_courier_options(const Settings& settings) {
  return {receiver_options(settings, kLogoutReplyBytes), settings.public_url};
}

LogoutCourier::LogoutCourier(LogoutCourierOptions options)
    : options_(std::move(options)),
      pool_(options_.policy),
      turns_(options_.connections),
      queue_(options_.database, options_.first_retry,
             {[this](const std::string& why) {
                options_.on_event({LogoutKind::database_lost, "", why, 0});
              },
              [this] {
                options_.on_event({LogoutKind::database_back, "", "", 0});
              }}) {}

void LogoutCourier::run(const std::atomic<bool>& stop) {
  while (!stop) {
    const bool more = queue_.turn([&] { return step(options_.clock()); });
    await(more ? std::chrono::milliseconds{0} : kLogoutPoll);
  }
  give_back();
}

void LogoutCourier::drain(const std::atomic<bool>& stop) {
  const TimePoint due_by = options_.clock();
  for (bool more = true; more && !stop;) {
    more = step(due_by);
    if (pool_.in_flight() > 0) await(kLogoutPoll);
    more = more || pool_.in_flight() + results_.size() > 0;
  }
  if (stop) give_back();
}

// What became of the finished ones and the next ones, by one commit. True if there may be more at once.
bool LogoutCourier::step(TimePoint due_by) {
  auto& db = queue_.database();
  if (turns_.waiting() == 0)
    for (const auto& client : store::clients_with_logouts(db, due_by)) turns_.add(client);
  if (results_.empty() && turns_.waiting() == 0) return false;
  const auto calls = db::at_once(db, [&](db::Connection& connection) {
    for (const auto& result : results_) save(connection, result);
    return claim(connection, due_by);
  });
  results_.clear();
  for (const auto& call : calls) begin(call);
  return !calls.empty() || !results_.empty();
}

// Goes through the row once. A client that may have no more now returns when a call to it ends.
std::vector<LogoutCourier::Call> LogoutCourier::claim(db::Connection& db, TimePoint due_by) {
  const TimePoint at = options_.clock();
  std::vector<Call> calls;
  auto room = free_connections();
  for (auto left = turns_.waiting(); left > 0 && room > 0; --left) {
    const auto client = *turns_.next();
    const auto share = std::min(room, turns_.share(client));
    if (share <= 0) {
      turns_.hold_back(client);
      continue;
    }
    const auto claims = store::claim_logouts(db, client, due_by, at + options_.lease, share);
    const auto address = claims.empty() ? std::nullopt : store::read_logout_address(db, client);
    for (const auto& each : claims) {
      if (!address) {
        store::forget_logout(db, each.session);
        continue;
      }
      calls.push_back({each, *address});
      --room;
    }
    if (claims.empty()) turns_.passed();
    if (static_cast<std::int64_t>(claims.size()) == share) turns_.add(client);
  }
  return calls;
}

// Counted here and not in claim(), whose transaction may fail and leave no call that would end.
void LogoutCourier::begin(const Call& call) {
  turns_.begun(call.claim.client);
  try {
    net::OutboundRequest request;
    request.method = "POST";
    request.url = call.address.uri;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "logout_token=" + logout_token(options_, call.claim, call.address.eddsa, options_.clock());
    pool_.start(++last_tag_, std::move(request));
    under_way_.emplace(last_tag_, call.claim);
  } catch (const std::runtime_error& problem) {
    // An address that may not be called, or a key that is missing.
    turns_.ended(call.claim.client, true);
    results_.push_back({call.claim, 0, problem.what(), 0});
  }
}

void LogoutCourier::await(std::chrono::milliseconds longest) {
  for (const auto& outcome : pool_.wait(longest)) {
    const auto found = under_way_.find(outcome.tag);
    Result result{found->second, outcome.status, {}, outcome.milliseconds};
    under_way_.erase(found);
    const bool cut = outcome.error && outcome.error->kind == net::OutboundError::Kind::too_large;
    if (outcome.error && !cut)
      result.error = outcome.error->what();
    else if (outcome.status / 100 != 2)
      result.error = "HTTP " + std::to_string(outcome.status);
    const auto client = result.claim.client;
    turns_.ended(client, !result.error.empty());
    turns_.add(client);
    results_.push_back(std::move(result));
  }
}

void LogoutCourier::save(db::Connection& db, const Result& result) {
  const auto& claim = result.claim;
  const TimePoint at = options_.clock();
  const bool gives_up = at - claim.pending_since >= options_.give_up;
  if (result.error.empty() || gives_up)
    store::forget_logout(db, claim.session);
  else
    store::postpone_logout(db, claim, at + queue_.retry_delay(claim.attempts));
  const auto kind = result.error.empty() ? LogoutKind::told
                    : gives_up           ? LogoutKind::given_up
                                         : LogoutKind::postponed;
  const auto said = result.error.empty() ? "HTTP " + std::to_string(result.status) : result.error;
  options_.on_event({kind, claim.client.id.str(), said, result.milliseconds});
}

// What is not saved goes again when its lease runs out.
void LogoutCourier::give_back() {
  try {
    auto& db = queue_.database();
    for (const auto& result : results_) save(db, result);
    for (const auto& [tag, claim] : under_way_) store::release_logout(db, claim, options_.clock());
  } catch (const std::exception& problem) {
    options_.on_event({LogoutKind::database_lost, "", reason(problem), 0});
  }
}

std::int64_t LogoutCourier::free_connections() const {
  return options_.connections - static_cast<std::int64_t>(pool_.in_flight());
}

}  // namespace tenantd::service
