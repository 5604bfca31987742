// The chain of audit rows without a database: what it covers, and what it finds.
#include <criterion/criterion.h>

#include <functional>
#include <vector>

#include "support/check.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/effects/audit_chain.hpp"

using namespace tenantd;
using service::ChainCheck;
using store::AuditRow;
using test::require;
using test::require_equal;

namespace {

const Secret kKey{std::string(32, 'k')};

AuditRow row_number(std::int64_t seq) {
  AuditRow row;
  row.org = OrgId::parse("01900000-0000-7000-8000-000000000001").value();
  row.seq = seq;
  row.id = crypto::new_id<EventId>();
  row.actor_id = row.effective_id = crypto::new_id<UserId>();
  row.actor_email = row.effective_email = "ann@example.com";
  row.api_key = crypto::new_id<ApiKeyId>();
  row.action = "role.created";
  row.resource = "role";
  row.resource_id = crypto::new_id<EventId>();
  row.old_values = R"({"a":1})";
  row.new_values = R"({"a":2})";
  row.address = "192.0.2.1";
  row.agent = "agent";
  row.request_id = "request";
  row.created_at = from_unix(1'000'000);
  return row;
}

void seal(std::vector<AuditRow>& rows, const Secret& key = kKey, std::size_t from = 0) {
  for (std::size_t i = from; i < rows.size(); ++i)
    rows[i].hash = service::chain_hash(key, i == 0 ? std::string(32, '\0') : rows[i - 1].hash, rows[i]);
}

std::vector<AuditRow> chain(std::int64_t length) {
  std::vector<AuditRow> rows;
  for (std::int64_t i = 1; i <= length; ++i) rows.push_back(row_number(i));
  seal(rows);
  return rows;
}

std::optional<ChainCheck::Fault> fault_of(const std::vector<AuditRow>& rows,
                                          const std::optional<store::AuditEnd>& end,
                                          ChainCheck::Anchors anchors = {}) {
  ChainCheck check{kKey, std::move(anchors)};
  for (const auto& row : rows) check.add(row);
  check.finish(end);
  return check.fault();
}

store::AuditEnd end_of(const std::vector<AuditRow>& rows) { return {rows.back().seq, rows.back().hash}; }

void expect_fault(const std::optional<ChainCheck::Fault>& fault, std::int64_t seq,
                  const std::string& what = "") {
  require(fault.has_value(), "no fault: " + what);
  require_equal(fault->seq, seq, what + ": " + fault->why);
}

}  // namespace

Test(audit_chain, a_whole_chain_and_an_empty_one_are_good) {
  const auto rows = chain(5);
  require(!fault_of(rows, end_of(rows)), "a whole chain");
  require(!fault_of({}, std::nullopt), "nothing at all");
  require(!fault_of({}, store::AuditEnd{0, std::string(32, '\0')}), "a head without rows");
}

Test(audit_chain, whatever_is_edited_in_a_row_is_found_at_that_row) {
  const auto rows = chain(4);
  const std::vector<std::function<void(AuditRow&)>> edits = {
      [](AuditRow& r) { r.org = crypto::new_id<OrgId>(); },
      [](AuditRow& r) { r.id = crypto::new_id<EventId>(); },
      [](AuditRow& r) { r.actor_id = crypto::new_id<UserId>(); },
      [](AuditRow& r) { r.actor_id.reset(); },
      [](AuditRow& r) { r.actor_email = "eve@example.com"; },
      [](AuditRow& r) { r.effective_id.reset(); },
      [](AuditRow& r) { r.effective_email.reset(); },
      [](AuditRow& r) { r.api_key.reset(); },
      [](AuditRow& r) { r.action = "role.deleted"; },
      [](AuditRow& r) { r.resource = "user"; },
      [](AuditRow& r) { r.resource_id.reset(); },
      [](AuditRow& r) { r.old_values.reset(); },
      [](AuditRow& r) { r.old_values = ""; },
      [](AuditRow& r) { r.new_values = R"({"a":3})"; },
      [](AuditRow& r) { r.address = "192.0.2.2"; },
      [](AuditRow& r) { r.agent = ""; },
      [](AuditRow& r) { r.request_id += "x"; },
      [](AuditRow& r) { r.created_at += Seconds{1}; },
      [](AuditRow& r) { r.hash[7] = static_cast<char>(r.hash[7] ^ 1); },
      // What moves from one field into the next.
      [](AuditRow& r) { std::swap(r.action, r.resource); },
      [](AuditRow& r) { r.agent = r.address + r.agent, r.address = ""; },
  };
  for (std::size_t i = 0; i < edits.size(); ++i) {
    auto edited = rows;
    edits[i](edited[1]);
    expect_fault(fault_of(edited, end_of(rows)), 2, "edit " + std::to_string(i));
  }
}

Test(audit_chain, a_row_that_is_missing_put_in_or_moved_is_found_where_it_begins) {
  const auto rows = chain(6);
  auto cut = rows;
  cut.erase(cut.begin() + 2);
  expect_fault(fault_of(cut, end_of(rows)), 3, "missing");
  for (std::size_t i = 2; i < cut.size(); ++i) --cut[i].seq;
  expect_fault(fault_of(cut, store::AuditEnd{5, rows.back().hash}), 3, "missing, and numbered anew");
  auto swapped = rows;
  std::swap(swapped[1], swapped[3]);
  std::swap(swapped[1].seq, swapped[3].seq);
  expect_fault(fault_of(swapped, end_of(rows)), 2, "swapped");
  auto grown = rows;
  grown.insert(grown.begin() + 3, row_number(4));
  for (std::size_t i = 4; i < grown.size(); ++i) ++grown[i].seq;
  expect_fault(fault_of(grown, store::AuditEnd{7, rows.back().hash}), 4, "put in");
  grown = rows;
  grown.push_back(row_number(7));
  seal(grown, Secret{"a guess"}, 6);
  expect_fault(fault_of(grown, end_of(grown)), 7, "put in behind, with a head to fit");
  expect_fault(fault_of({rows.begin() + 1, rows.end()}, end_of(rows)), 1, "the first is gone");
}

Test(audit_chain, without_the_key_no_chain_can_be_made_anew) {
  const auto rows = chain(6);
  auto forged = rows;
  forged[2].new_values = "{}";
  seal(forged, Secret{std::string(32, 'x')}, 2);
  expect_fault(fault_of(forged, end_of(forged)), 3);
  seal(forged, Secret{std::string(32, 'x')});
  expect_fault(fault_of(forged, end_of(forged)), 1);
}

Test(audit_chain, a_tail_that_was_cut_off_is_found_by_the_head_or_by_an_anchor) {
  const auto rows = chain(6);
  const std::vector<AuditRow> cut{rows.begin(), rows.begin() + 4};
  expect_fault(fault_of(cut, end_of(rows)), 5, "the head still names the old end");
  expect_fault(fault_of(rows, end_of(cut)), 6, "the head was set back");
  expect_fault(fault_of(rows, std::nullopt), 7, "the head is gone");
  expect_fault(fault_of({}, end_of(rows)), 1, "every row is gone");
  require(!fault_of(cut, end_of(cut)), "cut with its head, nobody can tell without an anchor");
  expect_fault(fault_of(cut, end_of(cut), {{5, rows[4].hash}}), 5, "an anchor behind the end");
  expect_fault(fault_of({}, std::nullopt, {{2, rows[1].hash}}), 1, "a chain that only an anchor remembers");
  expect_fault(fault_of(rows, end_of(rows), {{3, std::string(32, 'x')}}), 3, "an anchor of another chain");
  require(!fault_of(rows, end_of(rows), {{3, rows[2].hash}, {6, rows[5].hash}}), "anchors that hold");
}
