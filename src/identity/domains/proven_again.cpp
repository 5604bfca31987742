#include <algorithm>
#include <chrono>
#include <thread>

#include "identity/domains/domains_store.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/proven_domains.hpp"
#include "tenantd/net/dns.hpp"

namespace tenantd::service {
namespace {

using store::Domain;
using store::DomainCheck;

// A courier that dies with a domain in its hands leaves it for so long.
constexpr Seconds kDomainLease{600};
// Name servers that gave no answer are asked again after, a record that was missing is looked for again
// after.
constexpr Seconds kUnansweredAfter{3600};
constexpr Seconds kMissedAfter{86400};
// Silence counts as a missing record after so many graces: ours may be the network that is down.
constexpr int kSilentGraces = 4;
constexpr int kDomainPauseSeconds = 5;

constexpr db::Sql kDue{"domain.due",
                       "SELECT org_id, id, domain, record_value FROM tenantd.domain "
                       "WHERE next_check_at <= ? ORDER BY next_check_at LIMIT 1 FOR UPDATE SKIP LOCKED"};
constexpr db::Sql kLease{"domain.lease",
                         "UPDATE tenantd.domain SET next_check_at = ? WHERE org_id = ? AND id = ?"};
constexpr db::Sql kName{"domain.organization", "SELECT name FROM organization WHERE id = ? AND status = 0"};

struct DueDomain {
  OrgId org;
  Domain domain;
};

std::optional<DueDomain> take_due(db::Pool& pool, TimePoint now) {
  return db::run_transaction(pool, nullptr, [&](db::Txn& txn) -> std::optional<DueDomain> {
    DueDomain due;
    {
      auto rows = txn.lock(kDue, now);
      if (!rows.next()) return std::nullopt;
      due.org = rows.id<OrgId>(0);
      due.domain.id = rows.id<DomainId>(1);
      due.domain.domain = rows.text(2);
      due.domain.record_value = rows.text(3);
    }
    txn.execute(kLease, now + kDomainLease, due.org, due.domain.id);
    return due;
  });
}

bool holds(const net::TxtAnswer& answer, const Domain& domain) {
  return std::ranges::find(answer.texts, domain.record_value) != answer.texts.end();
}

enum class Came { as_before, missed, dropped };
struct Verdict {
  Came came = Came::as_before;
  DomainCheck check;
  bool was_answered = true;
};

Verdict judge(const Settings& settings, const Domain& domain, const net::TxtAnswer& answer, TimePoint now) {
  const Seconds every{settings.domain_check_seconds}, grace{settings.domain_grace_seconds};
  if (holds(answer, domain)) return {Came::as_before, {domain.proven_at, std::nullopt, now + every}};
  const auto heard_at = domain.checked_at.value_or(domain.created_at);
  if (answer.state == net::TxtAnswer::State::unanswered && now < heard_at + every + kSilentGraces * grace)
    return {Came::as_before,
            {domain.proven_at, domain.missed_at, now + std::min(kUnansweredAfter, every)},
            false};
  const auto since = domain.missed_at.value_or(now);
  const auto end = since + grace;
  if (domain.missed_at && now >= end) return {Came::dropped, {}};
  return {domain.missed_at ? Came::as_before : Came::missed,
          {domain.proven_at, since, std::min(now + std::min(kMissedAfter, grace), end)}};
}

void tell_owners(db::Txn& txn, const Context& context, OrgId org, const Domain& domain,
                 const Verdict& verdict) {
  std::string organization;
  {
    auto rows = txn.query(kName, org);
    if (!rows.next()) return;
    organization = rows.text(0);
  }
  std::map<std::string, std::string> values{
      {"organization", organization}, {"domain", domain.domain}, {"record", store::record_name(domain)}};
  if (verdict.came == Came::missed)
    values["until"] = format_utc(*verdict.check.missed_at + Seconds{context.settings.domain_grace_seconds});
  for (const auto& owner : store::owners_of(txn, org))
    offer_mail(txn, context, {mail::Template::domain_unproven, owner.email, values}, org,
               {owner.email, owner.user, owner.proven});
}

void tell(db::Txn& txn, const Context& context, OrgId org, const Domain& domain, const Verdict& verdict) {
  if (verdict.came == Came::as_before) return;
  const auto name = json::Object{}.set("domain", domain.domain);
  if (verdict.came == Came::dropped) {
    record_by_itself(txn, context, org, {"domain.dropped", "domain", domain.id.bytes(), name});
  } else {
    const auto end = *verdict.check.missed_at + Seconds{context.settings.domain_grace_seconds};
    auto data = json::Object{}.set("domain", domain.domain);
    data.set("counts_until", end);
    record_by_itself(txn, context, org,
                     {"domain.missed", "domain", domain.id.bytes(), name, {}, std::move(data)});
  }
  tell_owners(txn, context, org, domain, verdict);
}

void settle(db::Txn& txn, const Context& context, const DueDomain& due, const net::TxtAnswer& answer) {
  txn.enter({due.org, std::nullopt, false});
  const auto domain = store::lock_domain(txn, due.org, due.domain.id);
  // It was given up meanwhile, or proven by hand a moment ago.
  if (!domain || !domain->proven_at || domain->record_value != due.domain.record_value) return;
  const auto verdict = judge(context.settings, *domain, answer, context.now);
  store::note_recheck(txn, domain->id, verdict.check,
                      verdict.was_answered ? context.now : domain->checked_at.value_or(domain->created_at));
  tell(txn, context, due.org, *domain, verdict);
}

}  // namespace

DomainCourier::DomainCourier(const Settings& settings, const crypto::KeyRing& keys,
                             std::function<void(const std::string& why)> on_error)
    : settings_(settings),
      keys_(keys),
      claims_(
          db::connect_options(settings, settings.db_courier_user, settings.db_courier_password, "tenantd"),
          1),
      pool_(db::connect_options(settings, settings.db_courier_user, settings.db_courier_password,
                                "tenantd_app"),
            1),
      on_error_(std::move(on_error)) {}

bool DomainCourier::check_one() {
  const auto due = take_due(claims_, now());
  if (!due) return false;
  // While nothing is locked.
  const auto answer = net::look_up_txt(settings_, store::record_name(due->domain));
  if (answer.state == net::TxtAnswer::State::unanswered)
    on_error_(store::record_name(due->domain) + ": " + answer.why);
  const Context context{settings_, keys_, now(), "", "tenantd-courier", "", nullptr, {}, {}, {}, {}};
  db::run_transaction(pool_, nullptr, [&](db::Txn& txn) { settle(txn, context, *due, answer); });
  return true;
}

void DomainCourier::drain() {
  while (check_one()) continue;
}

void DomainCourier::run(const std::atomic<bool>& stopping) {
  while (!stopping) {
    try {
      while (!stopping && check_one()) continue;
    } catch (const ApiError& e) {
      on_error_(e.log_detail());
    } catch (const std::runtime_error& e) {
      on_error_(e.what());
    }
    for (int second = 0; second < kDomainPauseSeconds && !stopping; ++second)
      std::this_thread::sleep_for(std::chrono::seconds{1});
  }
}

}  // namespace tenantd::service
