#include "identity/domains/domains.hpp"

#include <algorithm>

#include "tenantd/crypto/random.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/domain/claimed_domain.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/budgets.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/slow_turn.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"
#include "tenantd/net/dns.hpp"

namespace tenantd::service {
namespace {

using store::Domain;

constexpr std::int64_t kMostDomains = 20;     // of an organization
constexpr std::int64_t kLookUpsPerHour = 30;  // of an organization

[[noreturn]] void refuse_domain(std::string_view why) {
  throw ApiError(ErrorCode::validation_failed).field("/domain", std::string{why});
}

std::string claimable(const std::string& typed) {
  auto domain = parse_domain(typed);
  if (!domain) refuse_domain("is no domain: write it as in an address, example.com");
  if (const auto why = fault_of_claim(*domain); !why.empty()) refuse_domain(why);
  return *std::move(domain);
}

Domain domain_under_lock(const Work& work, DomainId id) {
  stand_for_good(work);
  auto domain = store::domain_table.lock(work.txn, work.scope, id.bytes());
  if (!domain) throw ApiError(ErrorCode::not_found);
  return *std::move(domain);
}

// The TXT record is there, or a refusal says what was found instead.
void require_record(const Context& context, OrgId org, const Domain& domain) {
  const SlowTurn turn{context, SlowTurn::Kind::lookup, org};
  const auto name = store::record_name(domain);
  const auto answer = net::look_up_txt(context.settings, name);
  if (answer.state == net::TxtAnswer::State::unanswered)
    throw ApiError(ErrorCode::dns_unavailable,
                   "The name servers gave no answer about " + name + ": try later")
        .detail(answer.why);
  if (std::ranges::find(answer.texts, domain.record_value) == answer.texts.end())
    throw ApiError(ErrorCode::domain_unproven, answer.texts.empty()
                                                   ? "There is no TXT record at " + name
                                                   : "The TXT records at " + name + " hold something else");
}

}  // namespace

Domain claim_domain(const Work& work, const std::string& typed) {
  Domain domain;
  domain.domain = claimable(typed);
  stand_for_good(work);
  if (store::count_domains(work.txn, work.scope) >= kMostDomains)
    throw db::LimitReached{"domains of an organization", "domains"};
  domain.id = crypto::new_id<DomainId>();
  // Another one each time: what proved an earlier claim proves this one not.
  domain.record_value = "tenantd-verification=" + crypto::new_token().reveal();
  domain.created_by = work.scope.user();
  domain.created_at = domain.updated_at = work.context.now;
  store::domain_table.insert(work.txn, work.scope, domain);
  record(work, {"domain.created", "domain", domain.id.bytes(), {}, store::domain_table.audit_values(domain)});
  return domain;
}

Domain verify_domain(const Work& work, DomainId id) {
  auto& txn = work.txn;
  const auto& context = work.context;
  if (txn.open()) txn.rollback();
  store::enter(txn, work.scope);
  const auto claim = store::domain_table.find(txn, work.scope, id.bytes());
  if (!claim) throw ApiError(ErrorCode::not_found);
  require(store::spend_now(txn, context.keys.seal_key(),
                           {std::string{"D"}.append(work.scope.org().raw()), kLookUpsPerHour}, context.now),
          "Too many look-ups of records: try again later");
  require_record(context, work.scope.org(), *claim);
  auto domain = domain_under_lock(work, id);
  const bool was_proven = domain.proven_at.has_value();
  if (!was_proven) domain.proven_at = context.now;
  domain.checked_at = domain.updated_at = context.now;
  domain.missed_at.reset();
  ++domain.revision;
  try {
    store::note_check(
        txn, work.scope.org(), id,
        {domain.proven_at, std::nullopt, context.now + Seconds{context.settings.domain_check_seconds}},
        context.now);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::domain_taken,
                   "Another organization has proven it: it stays theirs as long as their record is there");
  }
  if (was_proven) {
    record_audit(work,
                 {"domain.checked", "domain", id.bytes(), {}, json::Object{}.set("domain", domain.domain)});
  } else {
    // Who has to sign in by the provider from now on is asked again on every host.
    txn.touch(work.scope.org());
    record(work, {"domain.proven", "domain", id.bytes(), {}, json::Object{}.set("domain", domain.domain)});
  }
  return domain;
}

void give_up_domain(const Work& work, DomainId id) {
  const auto domain = domain_under_lock(work, id);
  if (domain.proven_at && store::is_sso_enforced(work.txn, work.scope) &&
      store::count_proven_domains(work.txn, work.scope) == 1)
    throw ApiError(ErrorCode::resource_in_use,
                   "It says who must sign in by the provider: let members sign in in every way first");
  store::domain_table.erase(work.txn, work.scope, id.bytes());
  auto before = store::domain_table.audit_values(domain);
  before.set("proven", domain.proven_at.has_value());
  record(work, {"domain.deleted", "domain", id.bytes(), std::move(before)});
}

}  // namespace tenantd::service
