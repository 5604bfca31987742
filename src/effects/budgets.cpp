#include "tenantd/effects/budgets.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "tenantd/base/value.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::store {
namespace {

// A budget is refused by what is found after it was added to, so that two who add at once see one another.
#define TENANTD_SPEND(rows)                                                                              \
  db::Sql {                                                                                              \
    "budget.spend", "INSERT INTO budget (id, empty_at) VALUES " rows                                     \
                    " ON DUPLICATE KEY UPDATE empty_at = GREATEST(empty_at, ?) + (VALUES(empty_at) - ?)" \
  }
#define TENANTD_ROW "(?, ?)"
constexpr std::array kSpend = {
    TENANTD_SPEND(TENANTD_ROW),
    TENANTD_SPEND(TENANTD_ROW ", " TENANTD_ROW),
    TENANTD_SPEND(TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW),
    TENANTD_SPEND(TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW),
    TENANTD_SPEND(TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW),
    TENANTD_SPEND(TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW ", " TENANTD_ROW
                              ", " TENANTD_ROW)};
#undef TENANTD_ROW
#undef TENANTD_SPEND
constexpr db::Sql kSpent{"budget.read", "SELECT id, empty_at FROM budget WHERE id IN (?, ?, ?, ?, ?, ?)"};
constexpr db::Sql kReturn{"budget.return", "UPDATE budget SET empty_at = empty_at - ? WHERE id = ?"};
constexpr db::Sql kRestore{"budget.restore", "UPDATE budget SET empty_at = 0 WHERE id = ?"};

constexpr db::Sql kSpendNow{"budget.spend_now", "CALL spend_budget(?, ?, ?, ?)"};

constexpr std::int64_t kBudgetHourUs = 3'600'000'000;

struct BudgetBucket {
  std::string id;
  std::int64_t limit, step_us;
  std::int64_t most_us() const { return step_us * limit; }
};

// In one order for all, so that nobody waits for who waits for them.
std::vector<BudgetBucket> buckets_of(const Secret& key, const std::vector<Budget>& budgets) {
  std::vector<BudgetBucket> buckets;
  for (const auto& budget : budgets) {
    if (budget.most <= 0) continue;
    const auto id = crypto::hmac_sha256(key.reveal(), "tenantd: budget, 1 " + budget.who).substr(0, 16);
    const auto each_us = budget.each.count() * 1'000'000;
    buckets.push_back(
        {id, budget.most, each_us > 0 ? each_us : (kBudgetHourUs + budget.most - 1) / budget.most});
  }
  std::ranges::sort(buckets, {}, &BudgetBucket::id);
  return buckets;
}

void add_to(db::Txn& txn, std::span<const BudgetBucket> buckets, std::int64_t now_us) {
  std::vector<Value> values;
  for (const auto& bucket : buckets) {
    values.emplace_back(std::string_view{bucket.id});
    values.emplace_back(now_us + bucket.step_us);
  }
  values.insert(values.end(), 2, now_us);
  txn.execute(kSpend.at(buckets.size() - 1), std::span<const Value>{values});
}

// By how much each is overdrawn, in microseconds.
std::vector<std::int64_t> overdrawn(db::Txn& txn, std::span<const BudgetBucket> buckets,
                                    std::int64_t now_us) {
  std::vector<Value> ids;
  for (std::size_t i = 0; i < kSpend.size(); ++i)
    ids.emplace_back(std::string_view{buckets[std::min(i, buckets.size() - 1)].id});
  std::vector<std::int64_t> by(buckets.size(), 0);
  auto rows = txn.query(kSpent, std::span<const Value>{ids});
  while (rows.next()) {
    const auto id = rows.text(0);
    for (std::size_t i = 0; i < buckets.size(); ++i)
      if (buckets[i].id == id) by[i] = rows.integer(1) - now_us - buckets[i].most_us();
  }
  return by;
}

}  // namespace

service::Allowance spend(db::Txn& txn, const Secret& key, const std::vector<Budget>& budgets, TimePoint now) {
  const auto now_us = unix_seconds(now) * 1'000'000;
  const auto buckets = buckets_of(key, budgets);
  if (buckets.empty()) return {};
  add_to(txn, buckets, now_us);
  const auto by = overdrawn(txn, buckets, now_us);
  const auto worst = static_cast<std::size_t>(std::ranges::max_element(by) - by.begin());
  if (by[worst] <= 0) return {};
  for (const auto& bucket : buckets) txn.execute(kReturn, bucket.step_us, bucket.id);
  return {false, buckets[worst].limit, (by[worst] + 999'999) / 1'000'000};
}

void restore(db::Txn& txn, const Secret& key, const Budget& budget) {
  for (const auto& bucket : buckets_of(key, {budget})) txn.execute(kRestore, bucket.id);
}

service::Allowance spend_now(db::Txn& txn, const Secret& key, const Budget& budget, TimePoint now) {
  const auto buckets = buckets_of(key, {budget});
  if (buckets.empty()) return {};
  const auto& bucket = buckets.front();
  const auto read = [](db::Rows& rows) { return rows.next() ? rows.integer(0) : 0; };
  const auto over = txn.call_unscoped(kSpendNow, read, bucket.id, bucket.step_us,
                                      unix_seconds(now) * 1'000'000, bucket.most_us());
  if (over <= 0) return {};
  return {false, bucket.limit, (over + 999'999) / 1'000'000};
}

}  // namespace tenantd::store
