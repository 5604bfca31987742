// What an organization may have at most: to the last place, whoever comes at once and by whatever way.
#include <criterion/criterion.h>
#include <sysexits.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

namespace {

constexpr int kCrowd = 20;
constexpr int kPlaces = 5;

std::string max_members(std::int64_t most) { return "{\"max_members\":" + std::to_string(most) + '}'; }

void leave_places(const Account& root, const Account& owner, int places = kPlaces) {
  set_limits(root, owner.org_id, max_members(active_members(owner.org_id) + places));
}

// As many as the limit, in the rows and in the counters.
void require_full(const Account& owner, const std::source_location& at = std::source_location::current()) {
  const auto org = binary(owner.org_id);
  const auto limit = number_of("SELECT max_members FROM organization WHERE id = " + org);
  require_equal(active_members(owner.org_id), limit, "active members", at);
  require_equal(
      number_of("SELECT members FROM member_total WHERE block = -1 AND status = 0 AND org_id = " + org),
      limit, "member_total", at);
  require_equal(
      number_of("SELECT SUM(members) FROM member_count WHERE block = -1 AND status = 0 AND org_id = " + org),
      limit, "member_count", at);
}

// Five of twenty at once get in; the others are told why.
void expect_five(const Account& owner, int status, const std::function<Response(std::size_t)>& join,
                 const std::source_location& at = std::source_location::current()) {
  const auto replies = at_once(kCrowd, join);
  int joined = 0;
  for (const auto& reply : replies) {
    if (reply.status == status) {
      ++joined;
      continue;
    }
    expect_problem(reply, 409, "limit_reached", at);
    require_equal(reply.text("/limit"), "members", reply.describe(), at);
  }
  require_equal(joined, kPlaces, "who got in", at);
  require_full(owner, at);
}

std::string new_user(const std::string& email) {
  return object({{"email", email}, {"first_name", "A"}, {"last_name", "B"}, {"role", "viewer"}});
}

std::string list(const std::vector<std::string>& parts) {
  std::string text = "[";
  for (const auto& part : parts) text += (text.size() > 1 ? "," : "") + part;
  return text + ']';
}

// Twenty members that are inactive.
std::vector<std::string> sleepers(const Account& owner) {
  std::vector<std::string> rows;
  for (int i = 0; i < kCrowd; ++i) rows.push_back(new_user(fresh_email()));
  auto client = owner.client();
  const auto made = client.post("/api/v1/users/bulk/create", "{\"users\":" + list(rows) + '}');
  expect(made, 200);
  std::vector<std::string> ids;
  std::vector<std::string> quoted;
  for (int i = 0; i < kCrowd; ++i) {
    ids.push_back(made.text("/items/" + std::to_string(i) + "/id"));
    quoted.push_back(Field{ids.back()}.json());
  }
  expect(
      client.post("/api/v1/users/bulk/action", R"({"action":"deactivate","user_ids":)" + list(quoted) + '}'),
      200);
  return ids;
}

// How many rows of all replies were done; the others met the limit.
int rows_done(const std::vector<Response>& replies, const std::string& word) {
  int done = 0;
  for (const auto& reply : replies) {
    expect(reply, 200);
    for (const auto& item : reply.at("/items").GetArray()) {
      if (item["result"] == word.c_str()) {
        ++done;
      } else {
        require(item["code"] == "limit_reached", reply.describe());
      }
    }
  }
  return done;
}

class File {
 public:
  explicit File(const std::string& text) : path_(run_dir() + '/' + fresh_name("import") + ".csv") {
    std::ofstream{path_, std::ios::binary} << text;
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Finished import(const std::vector<std::string>& options, const std::string& path) {
  std::vector<std::string> command{setting("TENANTD_BUILD") + "/tenantctl", "import"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(path);
  return run_program(command);
}

// Asks until it is refused. Throws unless as many were taken as fit the minute, with those that came back
// while the test took its time.
void expect_minute(std::int64_t limit, const std::function<Response(int)>& ask,
                   const std::source_location& at = std::source_location::current()) {
  const auto started = std::chrono::steady_clock::now();
  std::int64_t taken = 0;
  Response last;
  for (; taken <= 2 * limit + 2; ++taken) {
    last = ask(static_cast<int>(taken));
    if (last.status != 200) break;
  }
  expect_problem(last, 429, "rate_limited", at);
  require_equal(last.header("ratelimit-limit"), std::to_string(limit), "RateLimit-Limit", at);
  require_equal(last.header("ratelimit-remaining"), "0", "RateLimit-Remaining", at);
  require_equal(last.header("ratelimit-reset"), last.header("retry-after"), "RateLimit-Reset", at);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  const auto back = static_cast<std::int64_t>(took.count() * static_cast<double>(limit) / 60) + 1;
  require(taken >= limit && taken <= limit + back,
          std::to_string(taken) + " were taken of " + std::to_string(limit), at);
}

}  // namespace

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

Test(tenant_limits, requests_of_all_members_and_keys_are_one_share) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "manager");
  const auto key = make_api_key(owner, R"(["users:read"])");
  const auto stranger = sign_up();
  expect(owner.client().get("/api/v1/members"), 200);
  set_limits(root, owner.org_id, R"({"max_requests":30})");
  expect_minute(30, [&](int i) {
    auto client = i % 3 == 0 ? owner.client() : i % 3 == 1 ? member.client() : key.client();
    return client.get("/api/v1/members");
  });
  expect_problem(key.client().get("/api/v1/members"), 429, "rate_limited");
  expect_problem(owner.client().post("/api/v1/invites", object({{"email", fresh_email()}})), 429,
                 "rate_limited");
  // Others have their own share, and who is in two organizations that of the one that the request acts in.
  expect(stranger.client().get("/api/v1/members"), 200);
  // The super-admin's word counts at once, in every worker.
  set_limits(root, owner.org_id, R"({"max_requests":null})");
  const auto statuses = at_once(8, [&](std::size_t) { return owner.client().get("/api/v1/members").status; });
  for (const int status : statuses) require_equal(status, 200, "after the limit was lifted");
}

Test(tenant_limits, a_super_admin_is_not_shut_out_by_the_limit_of_the_own_organization) {
  const auto account = sign_up();
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(account.user_id));
  const auto root = account_of(sign_in(account.email, kPassword), account.email);
  set_limits(root, root.org_id, R"({"max_requests":1})");
  auto client = root.client();
  for (int i = 0; i < 5 && client.get("/api/v1/members").status == 200; ++i) {
  }
  expect_problem(client.get("/api/v1/members"), 429, "rate_limited");
  set_limits(root, root.org_id, R"({"max_requests":null})");
  expect(client.get("/api/v1/members"), 200);
}

Test(tenant_limits, new_organizations_get_what_the_settings_say) {
  const PrivateStack stack{
      {"TENANT_MAX_MEMBERS=3", "TENANT_MAX_PROJECTS=4", "TENANT_MAX_STORAGE_BYTES=5000000000"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto seen = owner.client().get("/api/v1/organizations/" + owner.org_id);
  require_equal(seen.number("/limits/max_members"), 3);
  require_equal(seen.number("/limits/max_projects"), 4);
  require_equal(seen.number("/limits/max_storage_bytes"), 5000000000);
  require(seen.at("/limits/max_requests").IsNull(), seen.describe());
  const auto second = owner.client().post("/api/v1/organizations", object({{"name", "Second"}}));
  require_equal(expect(second, 201).number("/limits/max_members"), 3);
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(owner.user_id));
  const auto made = owner.client().post(
      "/api/v1/tenants", tenant_body(fresh_email(), fresh_name("t"), R"(,"limits":{"max_members":null})"));
  require(expect(made, 201).at("/limits/max_members").IsNull(), made.describe());
  require_equal(made.number("/limits/max_projects"), 4);
  invite_and_accept(owner);
  invite_and_accept(owner);
  expect_problem(owner.client().post("/api/v1/users", new_user(fresh_email())), 409, "limit_reached");
}
