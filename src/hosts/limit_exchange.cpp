#include "tenantd/hosts/limit_exchange.hpp"

#include <algorithm>

#include "tenantd/base/time.hpp"
#include "wire.hpp"

namespace tenantd::hosts {
namespace {

constexpr std::size_t kReportHead = 10, kSpentBytes = 16;

}  // namespace

void append_report(std::string& to, const LimitReport& report) {
  put_number(to, report.round);
  put_number(to, static_cast<std::uint16_t>(report.spent.size()));
  for (const auto& each : report.spent) {
    put_number(to, each.caller);
    put_number(to, each.step_us);
    put_number(to, each.count);
  }
}

std::vector<LimitReport> read_reports(std::string_view bytes) {
  std::vector<LimitReport> reports;
  while (!bytes.empty()) {
    if (bytes.size() < kReportHead) return {};
    LimitReport report;
    report.round = take_number<std::int64_t>(bytes);
    const std::size_t count = take_number<std::uint16_t>(bytes);
    if (count > LimitExchange::kMostCallers || bytes.size() < count * kSpentBytes) return {};
    for (std::size_t i = 0; i < count; ++i) {
      auto& spent = report.spent.emplace_back();
      spent.caller = take_number<std::uint64_t>(bytes);
      spent.step_us = take_number<std::uint32_t>(bytes);
      spent.count = take_number<std::uint32_t>(bytes);
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

void LimitExchange::meet(const std::vector<HostId>& others) {
  std::erase_if(heard_,
                [&](const auto& each) { return std::ranges::find(others, each.first) == others.end(); });
  for (const auto& other : others) {
    if (heard_.contains(other)) continue;
    heard_[other] = 0;
    have_heard_[other] = 0;
    rows_.erase(other);
  }
}

// What a host had in its row before this one saw it may be of any age.
void LimitExchange::hear_row(const HostId& other, std::string_view bytes, std::int64_t now_us) {
  const auto before = rows_.find(other);
  if (before != rows_.end() && before->second == bytes) return;
  const bool is_first = before == rows_.end();
  rows_[other] = bytes;
  for (const auto& report : read_reports(bytes)) {
    auto& last = heard_[other];
    if (is_first)
      last = std::max(last, report.round);
    else
      hear(other, report, now_us);
  }
}

bool LimitExchange::hear(const HostId& other, const LimitReport& report, std::int64_t now_us) {
  const auto last = heard_.find(other);
  if (last == heard_.end() || report.round <= last->second) return false;
  last->second = report.round;
  metrics_.limit_rounds_heard.fetch_add(1);
  for (const auto& spent : report.spent) limiter_.hear(spent, now_us);
  return true;
}

void LimitExchange::acknowledged(const HostId& other, std::int64_t round) {
  if (!is_out_ || round > current_.round) return;
  auto& last = have_heard_[other];
  last = std::max(last, round);
}

bool LimitExchange::all_have_heard() const {
  return std::ranges::all_of(heard_, [&](const auto& each) {
    const auto found = have_heard_.find(each.first);
    return found != have_heard_.end() && found->second >= current_.round;
  });
}

bool LimitExchange::is_over(std::int64_t now_us) const {
  return all_have_heard() || (in_row_us_ != 0 && now_us - in_row_us_ >= kRoundUs);
}

bool LimitExchange::turn(std::int64_t now_us, bool is_near) {
  if (heard_.empty() && !is_out_) return false;
  if (is_out_ && is_over(now_us)) {
    limiter_.all_told();
    if (in_row_us_ == 0) metrics_.limit_rounds_by_redis.fetch_add(1);
    is_out_ = wants_row_ = false;
  }
  if (is_out_) {
    wants_row_ = wants_row_ || !is_near || now_us - began_us_ >= kNearUs;
    return false;
  }
  if (now_us - began_us_ < kLeastUs) return false;
  auto spent = limiter_.tell(kMostCallers, now_us);
  if (spent.empty()) return false;
  current_ = {std::max(current_.round + 1, boot_microseconds()), std::move(spent)};
  is_out_ = true;
  wants_row_ = !is_near;
  began_us_ = now_us;
  in_row_us_ = 0;
  metrics_.limit_rounds.fetch_add(1);
  return true;
}

std::optional<std::string> LimitExchange::wanted_row(std::int64_t now_us) const {
  if (!wants_row_ || in_row_us_ != 0) return std::nullopt;
  std::string bytes;
  for (const auto& [when, report] : in_row_)
    if (now_us - when < kInRowUs) append_report(bytes, report);
  append_report(bytes, current_);
  return bytes;
}

void LimitExchange::row_written(std::int64_t now_us) {
  in_row_us_ = now_us;
  std::erase_if(in_row_, [&](const auto& each) { return now_us - each.first >= kInRowUs; });
  in_row_.emplace_back(now_us, current_);
}

}  // namespace tenantd::hosts
