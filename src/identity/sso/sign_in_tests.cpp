#include "identity/sso/sign_in_tests.hpp"

#include <algorithm>
#include <array>

#include "identity/sso/provider_conversation.hpp"
#include "identity/sso/repeating.hpp"

namespace tenantd::service {
namespace {

// What is no word about the provider or the person: a later test may come to something else.
bool is_for_now(const ApiError& refusal) {
  return http_status(refusal.code()) == 429 || http_status(refusal.code()) == 503;
}

// What the log says of a provider's word or of a person is told to who has to mend it; what it says of the
// line to the provider is not, or a test would look into networks.
std::string reason_of(const ApiError& refusal) {
  constexpr std::array kTold{ErrorCode::oauth_token_refused, ErrorCode::domain_not_allowed,
                             ErrorCode::not_provisioned};
  const bool told = std::find(kTold.begin(), kTold.end(), refusal.code()) != kTold.end();
  if (!told || refusal.log_detail().empty()) return refusal.public_text();
  if (refusal.public_text().empty()) return refusal.log_detail();
  return refusal.public_text() + " (" + refusal.log_detail() + ')';
}

// Does `work()`, and notes with what it is refused.
template <class Work>
void noting(TestedSignIn& result, Work&& work) {
  try {
    work();
  } catch (const ApiError& refusal) {
    if (is_for_now(refusal)) throw;
    result.refused = refusal.code();
    result.why = reason_of(refusal);
  }
}

// The sign-in itself, of which nothing is left.
std::string role_after(db::Txn& txn, const Context& context, const Vouched& vouched) {
  const auto nothing_stays = [&] { txn.rollback(); };
  try {
    auto role = account_of(txn, context, vouched).membership.role.name;
    nothing_stays();
    return role;
  } catch (...) {
    nothing_stays();
    throw;
  }
}

}  // namespace

BegunSignIn begin_sign_in_test(db::Txn& txn, const Context& context, const TenantScope& scope,
                               const std::string& way, const Asker& tester) {
  const auto found = FoundProvider::find(txn, way, scope.org().str());
  return send_to_provider(txn, context, found, way, Purpose::test, tester);
}

TestedSignIn finish_sign_in_test(db::Txn& txn, const Context& context, const TenantScope& scope,
                                 const std::string& way, const ProviderAnswer& answer, const Cookies& cookies,
                                 const Asker& tester) {
  if (txn.open()) txn.rollback();
  const auto found = FoundProvider::find(txn, way, scope.org().str());
  TestedSignIn result;
  std::optional<Vouched> vouched;
  {
    // The turn that it holds is for the provider alone.
    Conversation conversation{txn, context, found, Purpose::test, answer, cookies, tester};
    result.issuer = conversation.issuer();
    noting(result, [&] { vouched.emplace(conversation.ask()); });
  }
  if (!vouched) return result;
  // Who tests asks for no link: it is judged as a stranger's sign-in would be.
  vouched->linking.reset();
  result.claims = vouched->claims;
  Context own = context;
  own.caller = nullptr;
  noting(result, [&] {
    result.role_name = repeat_after_provider(txn, [&] { return role_after(txn, own, *vouched); });
  });
  return result;
}

}  // namespace tenantd::service
