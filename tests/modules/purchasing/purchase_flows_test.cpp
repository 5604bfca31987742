// Purchase requests that are taken back, removed, and received in parts.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/purchasing.hpp"

using namespace tenantd::test;

namespace {

std::string arrived(const std::vector<std::string>& lines, const std::string& more = "") {
  std::string list;
  for (const auto& line : lines) list += (list.empty() ? "" : ",") + line;
  return "{\"lines\":[" + list + ']' + more + '}';
}

std::string approved(const Purchasing& shop, const std::string& body) {
  const auto path = submitted(shop.member, body);
  expect(take(shop.manager, path, "approve"), 200);
  return path;
}

std::string newest_event(const Account& owner) {
  return text_of("SELECT type FROM event WHERE org_id = " + binary(owner.org_id) +
                 " ORDER BY seq DESC LIMIT 1");
}

}  // namespace

Test(purchase_flows, who_asked_removes_the_draft_with_all_that_is_its) {
  const Purchasing shop;
  const auto path = draft(shop.member, shop.body());
  expect(shop.member.client().del(path, ""), 204);
  require_equal(newest_event(shop.owner), "purchase_request.deleted");
  require_equal(newest_audit(shop.owner, "purchase_request.deleted").text("/items/0/old_values/title"),
                "Bolts");
  for (const char* table : {"purchase_request", "purchase_request_line", "purchase_request_step"})
    require_equal(count_in(shop.owner, table), 0, table);
  expect_problem(shop.member.client().get(path), 404, "not_found");
  expect_problem(shop.member.client().del(path, ""), 404, "not_found");
  // Its number does not come again.
  require_equal(expect(shop.member.client().get(draft(shop.member, shop.body())), 200).number("/number"), 2);
}

Test(purchase_flows, who_asked_takes_a_submission_back_and_submits_it_again) {
  const Purchasing shop;
  const auto path = submitted(shop.member, shop.body());
  const auto back = take(shop.member, path, "withdraw");
  require_equal(expect(back, 200).text("/status"), "draft");
  require(back.at("/submitted_at").IsNull(), back.body);
  require_equal(back.size("/history"), 3U);
  require_equal(newest_event(shop.owner), "purchase_request.withdrawn");
  expect(shop.member.client().put(path, shop.body(R"(,"note":"more")")), 200);
  expect(take(shop.member, path, "submit"), 200);
  expect(take(shop.manager, path, "approve"), 200);
}

Test(purchase_flows, a_history_that_is_full_takes_no_step_that_could_be_taken_again) {
  const Purchasing shop;
  const auto fill = [&](const std::string& path) {
    const auto id = path.substr(path.rfind('/') + 1);
    database().run(
        "INSERT INTO purchase_request_step (org_id, request_id, position, status, user_id, reason, "
        "created_at) "
        "WITH RECURSIVE n AS (SELECT 100 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 299) SELECT " +
        binary(shop.owner.org_id) + ", " + binary(id) + ", i, 0, " + binary(shop.member.user_id) +
        ", '', 1 FROM n");
  };
  const auto back = submitted(shop.member, shop.body());
  const auto given = approved(shop, shop.body());
  fill(back);
  fill(given);
  expect(take(shop.member, back, "withdraw"), 200);
  {
    Unchanged database;
    expect_problem(take(shop.member, back, "submit"), 409, "limit_reached");
    database.check("submitted");
    expect_problem(shop.manager.client().put(back, shop.body(R"(,"note":"more")")), 409, "limit_reached");
    database.check("changed");
    expect_problem(shop.manager.client().post(given + "/receive", R"({"lines":[{"product_id":")" + shop.bolt +
                                                                      R"(","quantity":1}]})"),
                   409, "limit_reached");
    database.check("received in part");
  }
  expect(shop.member.client().put(back, shop.body(R"(,"note":"more")")), 200);
  require_equal(expect(shop.manager.client().post(given + "/receive"), 200).text("/status"), "received");
}

Test(purchase_flows, nobody_else_removes_or_withdraws_and_no_other_status_allows_it) {
  const Purchasing shop;
  const auto draft_path = draft(shop.member, shop.body());
  const auto asked = submitted(shop.member, shop.body());
  const auto done = approved(shop, shop.body());
  const auto stranger = sign_up();
  Unchanged database;
  for (const auto& other : {shop.manager, shop.owner}) {
    expect_problem(other.client().del(draft_path, ""), 403, "forbidden");
    expect_problem(take(other, asked, "withdraw"), 403, "forbidden");
  }
  expect_problem(stranger.client().del(draft_path, ""), 404, "not_found");
  expect_problem(take(stranger, asked, "withdraw"), 404, "not_found");
  for (const auto& path : {asked, done})
    expect_problem(shop.member.client().del(path, ""), 409, "invalid_transition");
  for (const auto& path : {draft_path, done})
    expect_problem(take(shop.member, path, "withdraw"), 409, "invalid_transition");
  database.check("not theirs, or not now");
}

Test(purchase_flows, of_a_withdrawal_and_a_decision_at_once_one_counts) {
  const Purchasing shop;
  for (int round = 0; round < 8; ++round) {
    const auto path = submitted(shop.member, shop.body());
    const auto replies = at_once(2, [&](std::size_t i) {
      return i == 0 ? take(shop.member, path, "withdraw") : take(shop.manager, path, "approve");
    });
    require_equal((replies[0].status == 200) + (replies[1].status == 200), 1, "answers");
    for (const auto& reply : replies)
      if (reply.status != 200) expect_problem(reply, 409, "invalid_transition");
    require_equal(stored_status(path), replies[0].status == 200 ? "draft" : "approved");
  }
}

Test(purchase_flows, what_was_ordered_arrives_in_parts_until_it_is_complete) {
  const Purchasing shop;
  const auto nut = make_product(shop.owner);
  const auto path = approved(shop, purchase_body({purchase_line(shop.bolt, "10"), purchase_line(nut, "3")},
                                                 R"(,"warehouse_id":")" + shop.north + '"'));
  auto client = shop.member.client();
  const auto first = client.post(path + "/receive", arrived({purchase_line(shop.bolt, "4")}));
  require_equal(expect(first, 200).text("/status"), "partially_received");
  require_equal(first.number("/lines/0/received_quantity"), 4);
  require_equal(first.number("/lines/1/received_quantity"), 0);
  require(first.at("/received_at").IsNull(), first.body);
  require_equal(stored_level(shop.bolt, shop.north), 4);
  require_equal(newest_event(shop.owner), "purchase_request.partially_received");
  require_equal(client.get("/api/v1/purchase-requests?status=partially_received").size("/items"), 1U);
  const auto second =
      client.post(path + "/receive", arrived({purchase_line(nut, "3"), purchase_line(shop.bolt, "1")}));
  require_equal(expect(second, 200).number("/lines/0/received_quantity"), 5);
  // What is still to come, without a word on lines.
  const auto last = client.post(path + "/receive");
  require_equal(expect(last, 200).text("/status"), "received");
  require(last.at("/received_at").IsInt64(), last.body);
  require_equal(stored_level(shop.bolt, shop.north), 10);
  require_equal(stored_level(nut, shop.north), 3);
  require_equal(last.size("/history"), 6U);
  require_equal(newest_event(shop.owner), "purchase_request.received");
  require_ledger_sums(shop.owner);
  Unchanged database;
  expect_problem(client.post(path + "/receive"), 409, "invalid_transition");
  expect_problem(client.post(path + "/receive", arrived({purchase_line(nut, "1")})), 409,
                 "invalid_transition");
  database.check("complete");
}

Test(purchase_flows, two_lines_of_one_product_fill_in_their_order) {
  const Purchasing shop;
  const auto path =
      approved(shop, purchase_body({purchase_line(shop.bolt, "2"), purchase_line(shop.bolt, "5")},
                                   R"(,"warehouse_id":")" + shop.north + '"'));
  const auto reply = shop.member.client().post(path + "/receive", arrived({purchase_line(shop.bolt, "3")}));
  require_equal(expect(reply, 200).number("/lines/0/received_quantity"), 2);
  require_equal(reply.number("/lines/1/received_quantity"), 1);
}

Test(purchase_flows, more_than_is_to_come_or_what_was_not_ordered_is_refused) {
  const Purchasing shop;
  const auto nut = make_product(shop.owner);
  const auto path = approved(shop, shop.body());
  expect(shop.member.client().post(path + "/receive", arrived({purchase_line(shop.bolt, "4")})), 200);
  auto client = shop.member.client();
  Unchanged database;
  const auto over = client.post(path + "/receive", arrived({purchase_line(shop.bolt, "7")}));
  expect_pointer(expect_problem(over, 409, "conflict"), "/lines/0/quantity");
  require(over.body.find("6 are still to come") != std::string::npos, over.body);
  expect_problem(
      client.post(path + "/receive", arrived({purchase_line(shop.bolt, "4"), purchase_line(shop.bolt, "3")})),
      409, "conflict");
  expect_pointer(expect_problem(client.post(path + "/receive", arrived({purchase_line(nut, "1")})), 422,
                                "validation_failed"),
                 "/lines/0/product_id");
  for (const char* quantity : {"0", "-1", "1.5", "9223372036854775807", "\"1\"", "null"})
    expect_problem(client.post(path + "/receive", arrived({purchase_line(shop.bolt, quantity)})), 422,
                   "validation_failed");
  expect_problem(client.post(path + "/receive", R"({"lines":[]})"), 422, "validation_failed");
  database.check("over-receipt");
}

Test(purchase_flows, receipts_at_once_never_take_in_more_than_was_ordered) {
  const Purchasing shop;
  const auto path = approved(shop, shop.body());
  const auto replies = at_once(8, [&](std::size_t) {
    return shop.member.client().post(path + "/receive", arrived({purchase_line(shop.bolt, "3")}));
  });
  const auto taken =
      std::count_if(replies.begin(), replies.end(), [](const auto& r) { return r.status == 200; });
  require_equal(taken, 3, "ten are three times three and one");
  for (const auto& reply : replies)
    if (reply.status != 200) expect_problem(reply, 409, "conflict");
  require_equal(stored_level(shop.bolt, shop.north), 9);
  require_equal(stored_status(path), "partially_received");
  require_ledger_sums(shop.owner);
}

Test(purchase_flows, a_total_says_how_many_lines_it_leaves_out) {
  const Purchasing shop;
  const auto bare = make_product(shop.owner);
  auto client = shop.member.client();
  const auto made = client.post(
      "/api/v1/purchase-requests",
      purchase_body({purchase_line(shop.bolt, "10"), purchase_line(bare, "1"), purchase_line(bare, "2")}));
  require_equal(expect(made, 201).number("/unpriced_lines"), 2);
  require_equal(made.number("/total_minor"), 120);
  const auto path = "/api/v1/purchase-requests/" + made.text("/id");
  require_equal(client.get(path).number("/unpriced_lines"), 2);
  require_equal(client.get("/api/v1/purchase-requests").number("/items/0/unpriced_lines"), 2);
  const auto priced = client.put(path, purchase_body({purchase_line(shop.bolt, "10"),
                                                      purchase_line(bare, "1", R"(,"unit_price_minor":0)")}));
  require_equal(expect(priced, 200).number("/unpriced_lines"), 0);
}
