// What an organization may have at most: to the last place, whoever comes at once and by whatever way.
#include <criterion/criterion.h>

#include "identity/tenants/tenant_limits_fixture.hpp"

using namespace tenantd::test::limits;
using namespace tenantd::test;

Test(tenant_limits, five_of_twenty_new_people_accept, .timeout = 240) {
  const auto root = super_admin();
  const auto owner = sign_up();
  std::vector<std::string> bodies;
  for (int i = 0; i < kCrowd; ++i) {
    const auto email = fresh_email();
    expect(invite(owner, email), 201);
    bodies.push_back(object({{"token", invite_token(email)}, {"password", kPassword}}));
  }
  leave_places(root, owner);
  std::vector<int> statuses(kCrowd);
  expect_five(owner, 200, [&](std::size_t i) {
    auto reply = Client{}.post("/accept_invite", bodies[i]);
    statuses[i] = reply.status;
    return reply;
  });
  // Who was refused left nothing behind, and gets in once there is a place.
  require_equal(
      number_of("SELECT COUNT(*) FROM invite WHERE status = 0 AND org_id = " + binary(owner.org_id)),
      kCrowd - kPlaces, "pending");
  set_limits(root, owner.org_id, R"({"max_members":null})");
  for (int i = 0; i < kCrowd; ++i)
    if (statuses[static_cast<std::size_t>(i)] != 200) {
      expect(Client{}.post("/accept_invite", bodies[static_cast<std::size_t>(i)]), 200);
      break;
    }
}

Test(tenant_limits, five_of_twenty_accounts_accept_by_either_way, .timeout = 240) {
  const auto root = super_admin();
  const auto owner = sign_up();
  std::vector<std::string> tokens;
  for (int i = 0; i < kCrowd; ++i) {
    const auto guest = sign_up();
    database().run("UPDATE user SET email_verified_at = 1 WHERE id = " + binary(guest.user_id));
    expect(invite(owner, guest.email), 201);
    tokens.push_back(invite_token(guest.email));
  }
  leave_places(root, owner);
  expect_five(owner, 200, [&](std::size_t i) {
    return i % 2 == 0 ? Client{}.post("/accept_invite", object({{"token", tokens[i]}}))
                      : Client{}.get("/accept_invite?token=" + tokens[i]);
  });
}

Test(tenant_limits, five_of_twenty_accounts_are_made) {
  const auto root = super_admin();
  const auto owner = sign_up();
  leave_places(root, owner);
  const auto stem = fresh_name("made");
  expect_five(owner, 201, [&](std::size_t i) {
    return owner.client().post("/api/v1/users", new_user(stem + std::to_string(i) + "@example.com"));
  });
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email LIKE " + literal(stem + "%")), kPlaces,
                "accounts");
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE recipient LIKE " + literal(stem + "%")), kPlaces,
                "mails");
}

Test(tenant_limits, five_of_twenty_members_are_activated) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto ids = sleepers(owner);
  leave_places(root, owner);
  expect_five(owner, 200, [&](std::size_t i) {
    return owner.client().put("/api/v1/users/" + ids[i], R"({"status":"active"})");
  });
}

Test(tenant_limits, of_lists_as_many_rows_are_done_as_there_are_places) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto ids = sleepers(owner);
  leave_places(root, owner);
  const auto activated = at_once(4, [&](std::size_t i) {
    std::vector<std::string> part;
    for (std::size_t k = 0; k < 5; ++k) part.push_back(Field{ids[i * 5 + k]}.json());
    return owner.client().post("/api/v1/users/bulk/action",
                               R"({"action":"activate","user_ids":)" + list(part) + '}');
  });
  require_equal(rows_done(activated, "done"), kPlaces);
  require_full(owner);
  leave_places(root, owner);
  const auto made = at_once(4, [&](std::size_t) {
    std::vector<std::string> rows;
    for (int k = 0; k < 5; ++k) rows.push_back(new_user(fresh_email()));
    return owner.client().post("/api/v1/users/bulk/create", "{\"users\":" + list(rows) + '}');
  });
  require_equal(rows_done(made, "created"), kPlaces);
  require_full(owner);
}

Test(tenant_limits, an_import_fills_the_places_and_names_the_rest) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto free = sign_up();
  leave_places(root, owner);
  const auto stem = fresh_name("imported");
  std::string text = "email,organization\n";
  for (int i = 0; i < kCrowd; ++i) {
    text += stem + std::to_string(i) + "@example.com," + owner.org_id + '\n';
    if (i % 4 == 0) text += fresh_email() + ',' + free.org_id + '\n';
  }
  const File file{text};
  const auto foreseen = import({"--dry-run"}, file.path());
  require(foreseen.output.find("would be: 10 created, 0 joined, 0 skipped, 15 refused") != std::string::npos,
          foreseen.output);
  const auto halves = at_once(2, [&](std::size_t i) {
    // Two files at once want the same places.
    std::string half = "email\n";
    for (std::size_t k = 0; k < kCrowd / 2; ++k) half += stem + std::to_string(i * 10 + k) + "@example.com\n";
    const File part{half};
    return import({"--organization", owner.org_id}, part.path());
  });
  for (const auto& half : halves) {
    require_equal(half.status, EX_DATAERR, half.output);
    require(half.output.find("limit of members is reached") != std::string::npos, half.output);
  }
  require_full(owner);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email LIKE " + literal(stem + "%")), kPlaces,
                "accounts without a membership");
  // Organizations that have room are not held up by one that has none.
  const auto whole = import({}, file.path());
  require(whole.output.find("5 created, 0 joined, 5 skipped, 15 refused") != std::string::npos, whole.output);
  require_full(owner);
}

Test(tenant_limits, all_ways_at_once_fill_the_places_and_no_more, .timeout = 240) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto ids = sleepers(owner);
  std::vector<std::string> bodies;
  for (int i = 0; i < 7; ++i) {
    const auto email = fresh_email();
    expect(invite(owner, email), 201);
    bodies.push_back(object({{"token", invite_token(email)}, {"password", kPassword}}));
  }
  leave_places(root, owner);
  const auto replies = at_once(kCrowd, [&](std::size_t i) {
    if (i < 7) return Client{}.post("/accept_invite", bodies[i]);
    if (i < 14) return owner.client().post("/api/v1/users", new_user(fresh_email()));
    return owner.client().put("/api/v1/users/" + ids[i], R"({"status":"active"})");
  });
  int joined = 0;
  for (const auto& reply : replies) {
    joined += reply.status < 300 ? 1 : 0;
    if (reply.status >= 300) expect_problem(reply, 409, "limit_reached");
  }
  require_equal(joined, kPlaces);
  require_full(owner);
}

Test(tenant_limits, a_lower_limit_throws_nobody_out_and_lets_nobody_in) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  const auto leaver = invite_and_accept(owner);
  set_limits(root, owner.org_id, max_members(1));
  expect(member.client().get("/users/me"), 200);
  auto client = owner.client();
  {
    Unchanged database;
    expect_problem(client.post("/api/v1/users", new_user(fresh_email())), 409, "limit_reached");
    database.check("one more");
  }
  // What is no joining goes on: another role, another profile, leaving.
  const auto role = object({{"user_id", member.user_id}, {"new_role_name", "manager"}});
  expect(client.post("/update_member_role", role), 200);
  expect(client.put("/api/v1/users/" + member.user_id, R"({"profile":{"a":1}})"), 200);
  expect(client.put("/api/v1/users/" + leaver.user_id, R"({"status":"inactive"})"), 200);
  expect_problem(client.put("/api/v1/users/" + leaver.user_id, R"({"status":"active"})"), 409,
                 "limit_reached");
  expect(client.del("/delete", object({{"user_id", leaver.user_id}})), 204);
  const auto seen = client.get("/api/v1/organizations/" + owner.org_id);
  require_equal(seen.number("/usage/members"), 2);
  require_equal(seen.number("/limits/max_members"), 1);
  // An invitation may wait for a place.
  expect(invite(owner, fresh_email()), 201);
}

Test(tenant_limits, while_the_limit_moves_no_more_get_in_than_the_highest_allows) {
  const auto root = super_admin();
  for (int round = 0; round < 3; ++round) {
    const auto owner = sign_up();
    set_limits(root, owner.org_id, max_members(6));
    const auto replies = at_once(kCrowd, [&](std::size_t i) {
      if (i == 10) return root.client().put(tenant_path(owner.org_id), "{\"limits\":" + max_members(3) + '}');
      return owner.client().post("/api/v1/users", new_user(fresh_email()));
    });
    expect(replies[10], 200);
    const auto active = active_members(owner.org_id);
    require(active >= 3 && active <= 6, std::to_string(active) + " members");
    expect_problem(owner.client().post("/api/v1/users", new_user(fresh_email())), 409, "limit_reached");
  }
}
