// Domain events in the order in which they became true.
#include <criterion/criterion.h>

#include <atomic>
#include <set>
#include <thread>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

Test(events, come_in_order_with_what_they_are_about) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto role = make_role(owner, "auditor", "[]");
  expect(client.del(path_of(role), ""), 204);
  const auto all = client.get("/api/v1/events?include_total=true");
  expect(all, 200);
  const auto count = all.size("/items");
  require_equal(all.number("/total"), static_cast<std::int64_t>(count));
  for (std::size_t i = 0; i < count; ++i)
    require_equal(all.number("/items/" + std::to_string(i) + "/seq"), static_cast<std::int64_t>(i) + 1);
  const auto last = "/items/" + std::to_string(count - 1);
  require_equal(all.text(last + "/type"), "role.deleted");
  require_equal(all.text(last + "/actor_id"), owner.user_id);
  require_equal(all.text(last + "/subject_id"), role.text("/id"));
  require(all.at(last + "/data").IsObject(), all.describe());
  require(all.at("/next_cursor").IsNull(), all.describe());
  const auto one = client.get("/api/v1/events/" + all.text(last + "/id"));
  expect(one, 200);
  require_equal(one.number("/seq"), static_cast<std::int64_t>(count));
  expect_problem(client.get("/api/v1/events/" + fresh_id()), 404, "not_found");
  expect_problem(client.get("/api/v1/events/x"), 404, "not_found");
}

Test(events, are_asked_for_behind_a_number_by_cursor_and_by_type) {
  const auto owner = sign_up();
  auto client = owner.client();
  for (int i = 0; i < 4; ++i) expect(make_role(owner, fresh_name("role"), "[]"), 201);
  const auto total = client.get("/api/v1/events?include_total=true").number("/total");
  const auto behind = client.get("/api/v1/events?limit=2&after=" + std::to_string(total - 3));
  require_equal(behind.number("/items/0/seq"), total - 2);
  const auto next = client.get("/api/v1/events?limit=2&cursor=" + behind.text("/next_cursor"));
  require_equal(next.size("/items"), 1U);
  require_equal(next.number("/items/0/seq"), total);
  require_equal(client.get("/api/v1/events?after=" + std::to_string(total)).size("/items"), 0U);
  require_equal(client.get("/api/v1/events?type=role.created").size("/items"), 4U);
  const auto typed = "/api/v1/events?type=role.created&include_total=true&after=" + std::to_string(total - 1);
  require_equal(client.get(typed).size("/items"), 1U);
  require_equal(client.get("/api/v1/events?type=role").size("/items"), 0U);
  for (const char* query : {"after=-1", "after=x", "after=1.5", "type=", "cursor=x"})
    expect_problem(client.get(std::string{"/api/v1/events?"} + query), 422, "validation_failed");
}

Test(events, are_read_with_a_key_that_may) {
  const auto owner = sign_up();
  expect(make_api_key(owner, R"(["events:read"])").client().get("/api/v1/events"), 200);
  expect_problem(make_api_key(owner, R"(["users:read"])").client().get("/api/v1/events"), 403, "forbidden");
}

Test(events, a_poller_misses_none_while_many_write) {
  constexpr std::size_t kWriters = 4;
  constexpr int kEach = 15;
  const auto owner = sign_up();
  std::atomic<std::size_t> writing{kWriters};
  std::vector<std::int64_t> seen;
  std::int64_t after = 0;
  const auto poll = [&](Client& client) {
    const auto page = client.get("/api/v1/events?limit=5&after=" + std::to_string(after));
    for (const auto& item : page.at("/items").GetArray()) seen.push_back(after = item["seq"].GetInt64());
    return page.size("/items");
  };
  at_once(kWriters + 1, [&](std::size_t who) {
    auto client = owner.client();
    if (who == kWriters) {
      while (writing > 0) poll(client);
      while (poll(client) > 0) {
      }
      return 0;
    }
    for (int i = 0; i < kEach; ++i)
      expect(client.post("/api/v1/roles", role_body(fresh_name("role"), "[]")), 201);
    --writing;
    return 0;
  });
  require_equal(static_cast<std::int64_t>(seen.size()),
                number_of("SELECT COUNT(*) FROM event WHERE org_id = " + binary(owner.org_id)));
  for (std::size_t i = 0; i < seen.size(); ++i) require_equal(seen[i], static_cast<std::int64_t>(i) + 1);
}
