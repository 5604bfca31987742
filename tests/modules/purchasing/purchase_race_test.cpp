// Purchase requests that several people act on at once: one of them wins, and it shows.
#include <criterion/criterion.h>

#include <algorithm>
#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/purchasing.hpp"

using namespace tenantd::test;

namespace {

constexpr int kRounds = 20;

// Throws unless one of the replies is 200 and every other says that it came too late.
void require_one_winner(const std::vector<Response>& replies, const std::string& what) {
  int won = 0;
  for (const auto& reply : replies) {
    won += reply.status == 200 ? 1 : 0;
    if (reply.status != 200) expect_problem(reply, 409, "invalid_transition");
  }
  require_equal(won, 1, what);
}

std::int64_t steps_of(const std::string& path, const std::string& statuses) {
  return number_of("SELECT COUNT(*) FROM purchase_request_step WHERE status IN (" + statuses +
                   ") AND request_id = " + binary(path.substr(path.rfind('/') + 1)));
}

}  // namespace

Test(purchase_race, two_approvals_at_once_are_one, .timeout = 120) {
  const Purchasing shop;
  for (int round = 0; round < kRounds; ++round) {
    const auto path = submitted(shop.member, shop.body());
    const auto replies =
        at_once(2, [&](std::size_t i) { return take(i == 0 ? shop.manager : shop.owner, path, "approve"); });
    require_one_winner(replies, "round " + std::to_string(round));
    require_equal(steps_of(path, "2, 3"), 1);
    require_equal(stored_status(path), "approved");
  }
  require_equal(
      number_of("SELECT COUNT(*) FROM event WHERE type = 'purchase_request.approved' AND org_id = " +
                binary(shop.owner.org_id)),
      kRounds);
}

Test(purchase_race, an_approval_and_a_rejection_at_once_are_one_decision, .timeout = 120) {
  const Purchasing shop;
  std::set<std::string> outcomes;
  for (int round = 0; round < kRounds; ++round) {
    const auto path = submitted(shop.member, shop.body());
    const auto replies = at_once(2, [&](std::size_t i) {
      return i == 0 ? take(shop.manager, path, "approve") : take(shop.owner, path, "reject");
    });
    require_one_winner(replies, "round " + std::to_string(round));
    require_equal(steps_of(path, "2, 3"), 1);
    const auto status = stored_status(path);
    require_equal(status, replies[0].status == 200 ? "approved" : "rejected");
    outcomes.insert(status);
  }
  require(!outcomes.empty(), "no outcome");
}

Test(purchase_race, many_deciders_and_submitters_leave_one_of_each, .timeout = 120) {
  const Purchasing shop;
  const auto path = draft(shop.member, shop.body());
  require_one_winner(at_once(8, [&](std::size_t) { return take(shop.member, path, "submit"); }),
                     "submissions");
  require_one_winner(at_once(8,
                             [&](std::size_t i) {
                               return take(i % 2 == 0 ? shop.manager : shop.owner, path,
                                           i % 4 < 2 ? "approve" : "reject");
                             }),
                     "decisions");
  require_equal(steps_of(path, "0, 1, 2, 3, 4"), 3);
}

Test(purchase_race, receiving_at_once_posts_the_movements_once, .timeout = 120) {
  const Purchasing shop;
  for (int round = 1; round <= kRounds; ++round) {
    const auto path = submitted(shop.member, shop.body());
    expect(take(shop.manager, path, "approve"), 200);
    require_one_winner(at_once(3, [&](std::size_t) { return take(shop.member, path, "receive"); }),
                       "receipts");
    require_equal(stored_level(shop.bolt, shop.north), 10 * round);
  }
  require_ledger_sums(shop.owner);
}

Test(purchase_race, receipts_of_the_same_products_in_another_order_all_pass, .timeout = 120) {
  const Purchasing shop;
  std::vector<std::string> products{shop.bolt};
  for (int i = 0; i < 5; ++i) products.push_back(make_product(shop.owner));
  std::vector<std::string> paths;
  for (int i = 0; i < 10; ++i) {
    std::vector<std::string> lines;
    for (const auto& product : products) lines.push_back(purchase_line(product, "1"));
    if (i % 2 == 1) std::reverse(lines.begin(), lines.end());
    paths.push_back(submitted(shop.member, purchase_body(lines, R"(,"warehouse_id":")" + shop.north + '"')));
    expect(take(shop.manager, paths.back(), "approve"), 200);
  }
  const auto replies =
      at_once(paths.size(), [&](std::size_t i) { return take(shop.member, paths[i], "receive"); });
  for (const auto& reply : replies) expect(reply, 200);
  for (const auto& product : products) require_equal(stored_level(product, shop.north), 10);
  require_ledger_sums(shop.owner);
}

Test(purchase_race, a_draft_that_is_submitted_while_it_is_edited_is_decided_as_it_was_submitted,
     .timeout = 120) {
  const Purchasing shop;
  for (int round = 0; round < kRounds; ++round) {
    const auto path = draft(shop.member, shop.body());
    const auto dearer = purchase_body({purchase_line(shop.bolt, "1000")});
    const auto replies = at_once(2, [&](std::size_t i) {
      return i == 0 ? take(shop.member, path, "submit") : shop.manager.client().put(path, dearer);
    });
    const auto asked = replies[0].number("/total_minor");
    expect(replies[0], 200);
    if (replies[1].status != 200) expect_problem(replies[1], 409, "invalid_transition");
    require_equal(asked, replies[1].status == 200 ? 12000 : 120);
    const auto now = shop.member.client().get(path);
    require_equal(expect(now, 200).number("/total_minor"), asked);
    require_equal(now.number("/lines/0/total_minor"), asked);
  }
}

Test(purchase_race, numbers_are_given_once_each, .timeout = 120) {
  const Purchasing shop;
  const auto replies = at_once(24, [&](std::size_t i) {
    return (i % 2 == 0 ? shop.member : shop.manager).client().post("/api/v1/purchase-requests", shop.body());
  });
  std::set<std::int64_t> numbers;
  for (const auto& reply : replies) numbers.insert(expect(reply, 201).number("/number"));
  require_equal(numbers.size(), 24U);
  // Nor does the number of one that was removed come again.
  database().run("DELETE FROM purchase_request WHERE org_id = " + binary(shop.owner.org_id));
  const auto next = shop.member.client().post("/api/v1/purchase-requests", shop.body());
  require_equal(expect(next, 201).number("/number"), *numbers.rbegin() + 1);
}

Test(purchase_race, who_decides_by_what_they_have_read_decides_nothing_else) {
  const Purchasing shop;
  const auto path = submitted(shop.member, shop.body());
  const auto read = shop.manager.client().get(path).header("etag");
  expect(take(shop.member, path, "withdraw"), 200);
  expect(shop.member.client().put(path,
                                  purchase_body({purchase_line(shop.bolt, "90000")}, R"(,"currency":"EUR")")),
         200);
  expect(take(shop.member, path, "submit"), 200);
  const auto decide = [&](const char* step, const std::string& tag) {
    Call call{"POST", path + '/' + step, R"({"reason":"as read"})", "application/json", {}};
    call.headers.emplace_back("If-Match", tag);
    return shop.manager.client().send(call);
  };
  {
    Unchanged database;
    for (const char* step : {"approve", "reject"})
      expect_problem(decide(step, read), 412, "precondition_failed");
    database.check("a decision about what was read before");
  }
  const auto now = shop.manager.client().get(path).header("etag");
  require(now != read, now);
  expect(decide("approve", now), 200);
  require_equal(stored_status(path), "approved");
}
