// API keys: made, shown once, used, and dead with what they stand for.
#include <criterion/criterion.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd::test;

namespace {

const char* const kKeys = "/api/v1/api-keys";
const char* const kMembers = "/api/v1/members";

std::string wanted(const std::string& permissions, const std::string& more = "") {
  return R"({"name":"nightly export","permissions":)" + permissions + more + '}';
}

Response with_key(const std::string& key, const std::string& path = kMembers) {
  return Client{}.header("X-Api-Key", key).get(path);
}

void change_role(const Account& owner, const Account& member, const std::string& role) {
  expect(owner.client().post("/update_member_role",
                             object({{"user_id", member.user_id}, {"new_role_name", role}})),
         200);
}

// Status, headers that tell something, and body, without the request's id.
std::string refusal(const Response& reply) {
  std::string body = reply.body;
  const auto id = reply.header("x-request-id");
  if (const auto at = body.find(id); at != std::string::npos) body.erase(at, id.size());
  return std::to_string(reply.status) + reply.header("www-authenticate") + body;
}

std::int64_t last_use(const std::string& id) {
  return number_of("SELECT COALESCE(last_used_at, 0) FROM api_key WHERE id = " + binary(id));
}

}  // namespace

Test(api_keys, a_key_is_shown_once_and_stored_as_a_hash) {
  const auto owner = sign_up();
  const auto made =
      owner.client().post(kKeys, wanted(R"(["stats:read","users:read"])", R"(,"expires_at":4000000000)"));
  expect(made, 201);
  const auto key = made.text("/key");
  require(key.size() == 47 && key.starts_with("tnd_") && tenantd::base64url_decode(key.substr(4)), key);
  require_equal(made.text("/prefix"), key.substr(0, 12));
  require_equal(made.header("location"), kKeys + ('/' + made.text("/id")));
  require_equal(made.header("cache-control"), "no-store");
  require_equal(made.text("/created_by"), owner.user_id);
  require_equal(made.number("/expires_at"), 4000000000);
  require(made.at("/last_used_at").IsNull(), "used already");

  require_equal(owner.client().get("/api/v1/auth/security-events").text("/items/0/type"), "api_key.created");

  const auto list = owner.client().get(std::string{kKeys} + "?include_total=true");
  expect(list, 200);
  require_equal(list.number("/total"), 1);
  require_equal(list.text("/items/0/id"), made.text("/id"));
  require_equal(list.text("/items/0/permissions/0"), "users:read");
  require_equal(list.size("/items/0/permissions"), 2U);
  require(!list.has("/items/0/key") && list.body.find(key) == std::string::npos, list.body);
  require_equal(text_of("SELECT LOWER(HEX(token)) FROM api_key WHERE id = " + binary(made.text("/id"))),
                tenantd::to_hex(tenantd::crypto::sha256(key)));
}

Test(api_keys, lists_go_on_where_their_cursor_stands) {
  const auto owner = sign_up();
  std::vector<std::string> made;
  for (int i = 0; i < 3; ++i) made.push_back(make_api_key(owner, R"(["users:read"])").id);
  auto client = owner.client();
  const auto first = client.get(std::string{kKeys} + "?limit=2");
  require_equal(first.size("/items"), 2U);
  const auto second = client.get(std::string{kKeys} + "?limit=2&cursor=" + first.text("/next_cursor"));
  require_equal(second.size("/items"), 1U);
  require(second.at("/next_cursor").IsNull(), "the end");
  require_equal(second.text("/items/0/id"), made[2]);
}

Test(api_keys, a_key_may_what_it_holds_and_nothing_else) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  auto client = make_api_key(owner, R"(["users:read"])").client();
  expect(client.get(kMembers), 200);
  Unchanged database;
  expect_problem(client.del("/delete", object({{"user_id", member.user_id}})), 403, "forbidden");
  for (const char* path : {"/users/me", "/users/list_orgs"})
    expect_problem(client.get(path), 403, "session_required");
  expect_problem(client.post("/logout"), 403, "session_required");
  database.check("what the key may not");
}

Test(api_keys, no_key_makes_shows_or_ends_a_key) {
  const auto owner = sign_up();
  const auto other = make_api_key(owner, R"(["users:read"])");
  auto client = make_api_key(owner, R"(["api_keys:manage","users:read"])").client();
  Unchanged database;
  expect_problem(client.get(kKeys), 403, "session_required");
  expect_problem(client.post(kKeys, wanted(R"(["users:read"])")), 403, "session_required");
  expect_problem(client.send({"DELETE", kKeys + ('/' + other.id), std::nullopt, "", {}}), 403,
                 "session_required");
  database.check("a key that manages keys");
}

Test(api_keys, nobody_makes_a_key_that_may_more_than_its_maker) {
  const auto owner = sign_up();
  auto admin = invite_and_accept(owner, "admin").client();
  Unchanged database;
  expect_problem(admin.post(kKeys, wanted(R"(["users:read","tenant:billing"])")), 403, "role_outranks");
  struct Case {
    std::string body;
    const char* pointer;
  };
  for (const auto& [body, pointer] :
       {Case{wanted(R"(["users:read","users:fly"])"), "/permissions/1"},
        Case{wanted(R"([""])"), "/permissions/0"}, Case{wanted("[]"), "/permissions"},
        Case{wanted(R"(["users:read"])", R"(,"expires_at":1)"), "/expires_at"},
        Case{R"({"name":"","permissions":["users:read"]})", "/name"}}) {
    const auto reply = admin.post(kKeys, body);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  }
  expect_problem(admin.post(kKeys, wanted(R"(["users:read"])", R"(,"org_id":")" + owner.org_id + "\"")), 422,
                 "validation_failed");
  database.check("keys that may too much");
}

Test(api_keys, a_key_loses_at_once_what_its_maker_loses_and_dies_with_the_membership) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto key = make_api_key(admin, R"(["users:read","users:invite","users:delete"])");
  auto client = key.client();
  const auto nobody = object({{"user_id", fresh_id()}});
  expect_problem(client.del("/delete", nobody), 404, "not_found");
  change_role(owner, admin, "manager");
  expect_problem(client.del("/delete", nobody), 403, "forbidden");
  expect(client.get(kMembers), 200);
  change_role(owner, admin, "viewer");
  expect_problem(client.get(kMembers), 403, "forbidden");
  change_role(owner, admin, "admin");
  expect(client.get(kMembers), 200);
  expect(owner.client().del("/delete", object({{"user_id", admin.user_id}})), 204);
  expect_problem(client.get(kMembers), 401, "invalid_token");
  join(owner, admin, "admin");
  expect_problem(client.get(kMembers), 401, "invalid_token");
  require_equal(number_of("SELECT COUNT(*) FROM api_key WHERE id = " + binary(key.id)), 0);
}

Test(api_keys, a_key_is_refused_while_its_maker_membership_or_organization_is_inactive) {
  for (const char* table : {"user", "organization", "member"}) {
    const auto owner = sign_up();
    const auto key = make_api_key(owner, R"(["users:read"])");
    const auto where = std::string{table} == "user"           ? "id = " + binary(owner.user_id)
                       : std::string{table} == "organization" ? "id = " + binary(owner.org_id)
                                                              : "user_id = " + binary(owner.user_id);
    database().run(std::string{"UPDATE "} + table + " SET status = 1 WHERE " + where);
    expect_problem(with_key(key.key), 401, "invalid_token");
  }
}

Test(api_keys, a_key_is_refused_from_the_second_on_in_which_it_expires) {
  const auto owner = sign_up();
  const MovedClock clock;
  const auto now = number_of("SELECT UNIX_TIMESTAMP()");
  const auto made = owner.client().post(
      kKeys, wanted(R"(["users:read"])", ",\"expires_at\":" + std::to_string(now + 10000)));
  expect(made, 201);
  clock.set(9900);
  expect(with_key(made.text("/key")), 200);
  clock.set(10000);
  expect_problem(with_key(made.text("/key")), 401, "invalid_token");
  expect_problem(with_key(made.text("/key")), 401, "invalid_token");
}

Test(api_keys, a_key_that_was_ended_is_refused_by_every_worker_on_its_next_request) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  const auto statuses = [&] { return at_once(16, [&](std::size_t) { return with_key(key.key).status; }); };
  for (const int status : statuses()) require_equal(status, 200);
  expect(owner.client().send({"DELETE", kKeys + ('/' + key.id), std::nullopt, "", {}}), 204);
  for (const int status : statuses()) require_equal(status, 401);
  expect_problem(owner.client().send({"DELETE", kKeys + ('/' + key.id), std::nullopt, "", {}}), 404,
                 "not_found");
}

Test(api_keys, another_organizations_key_cannot_be_ended_nor_seen) {
  const auto ours = sign_up();
  const auto key = make_api_key(sign_up(), R"(["users:read"])");
  auto client = ours.client();
  Unchanged database;
  const auto foreign = client.send({"DELETE", kKeys + ('/' + key.id), std::nullopt, "", {}});
  expect_problem(foreign, 404, "not_found");
  require_equal(refusal(client.send({"DELETE", kKeys + ('/' + fresh_id()), std::nullopt, "", {}})),
                refusal(foreign));
  expect_problem(client.send({"DELETE", kKeys + std::string{"/x"}, std::nullopt, "", {}}), 404, "not_found");
  require_equal(client.get(kKeys).size("/items"), 0U);
  database.check("a foreign key");
}

Test(api_keys, an_admin_ends_keys_of_others_unless_they_may_more) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto strong = make_api_key(owner, R"(["tenant:billing"])");
  const auto weak = make_api_key(owner, R"(["users:read"])");
  auto client = admin.client();
  {
    Unchanged database;
    expect_problem(client.send({"DELETE", kKeys + ('/' + strong.id), std::nullopt, "", {}}), 403,
                   "role_outranks");
    database.check("a key that outranks the caller");
  }
  expect(client.send({"DELETE", kKeys + ('/' + weak.id), std::nullopt, "", {}}), 204);
}

Test(api_keys, garbage_unknown_and_expired_keys_are_refused_alike) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  database().run("UPDATE api_key SET expires_at = 1 WHERE id = " + binary(key.id));
  const auto expired = with_key(key.key);
  expect_problem(expired, 401, "invalid_token");
  for (const auto& text :
       {"tnd_" + tenantd::crypto::new_token().reveal(), std::string{"garbage"}, owner.access_token,
        std::string(3000, 'x'), key.key + 'x', std::string{"' OR 1 --"}})
    require_equal(refusal(with_key(text)), refusal(expired), text);
  // A key may come as the token, and is no other key for it.
  const auto live = make_api_key(owner, R"(["users:read"])");
  expect(live.client().get(kMembers), 200);
  expect(Client{}.bearer(live.key).get(kMembers), 200);
  expect_problem(Client{}.bearer(live.key + 'x').get(kMembers), 401, "invalid_token");
}

Test(api_keys, a_key_counts_in_its_header_alone_and_alone_in_it) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  expect_problem(Client{}.get(std::string{kMembers} + "?api_key=" + key.key), 401, "unauthenticated");
  expect_problem(Client{}.get(std::string{kMembers} + "?X-Api-Key=" + key.key), 401, "unauthenticated");
  expect_problem(key.client().bearer(owner.access_token).get(kMembers), 400, "bad_request");
  expect_problem(key.client().send({"GET", kMembers, std::nullopt, "", {{"X-Api-Key", key.key}}}), 400,
                 "duplicate_header");
}

Test(api_keys, a_key_acts_in_its_own_organization_only) {
  const auto owner = sign_up();
  const auto other = sign_up();
  join(other, owner, "admin");
  const auto key = make_api_key(owner, R"(["users:read"])");
  const auto as = [&](const std::string& tenant) {
    return key.client().header("X-Tenant-Id", tenant).get(kMembers);
  };
  const auto slug = [](const Account& a) {
    return text_of("SELECT slug FROM organization WHERE id = " + binary(a.org_id));
  };
  expect(as(owner.org_id), 200);
  expect(as(slug(owner)), 200);
  for (const auto& tenant : {other.org_id, slug(other), fresh_id(), std::string{"no-such-organization"}})
    expect_problem(as(tenant), 404, "not_found");
}

Test(api_keys, the_last_use_is_noted_once_a_minute) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  const MovedClock clock;
  require_equal(last_use(key.id), 0);
  expect(with_key(key.key), 200);
  const auto first = last_use(key.id);
  require(first > 1'700'000'000, "noted");
  // Ending another key makes the workers read this one again.
  const auto read_again = [&] {
    const auto other = make_api_key(owner, R"(["users:read"])");
    expect(owner.client().send({"DELETE", kKeys + ('/' + other.id), std::nullopt, "", {}}), 204);
    expect(with_key(key.key), 200);
  };
  clock.set(50);
  read_again();
  require_equal(last_use(key.id), first);
  clock.set(70);
  read_again();
  require(last_use(key.id) >= first + 60, "noted anew");
}

Test(api_keys, a_use_that_cannot_be_noted_is_answered_all_the_same) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  tenantd::db::Connection other{as_admin()};
  other.run("START TRANSACTION");
  other.run_query("SELECT 1 FROM api_key WHERE id = " + binary(key.id) + " FOR UPDATE");
  expect(with_key(key.key), 200);
  other.run("ROLLBACK");
  require_equal(last_use(key.id), 0);
}

Test(api_keys, no_log_holds_a_key) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  expect(with_key(key.key), 200);
  expect(with_key(key.key, "/users/me"), 403);
  expect(with_key(key.key + "x"), 401);
  expect(with_key(key.key, std::string{kMembers} + "?limit=0"), 422);
  for (const auto& file : std::filesystem::directory_iterator(run_dir() + "/log")) {
    std::ifstream log{file.path()};
    const std::string text{std::istreambuf_iterator<char>{log}, {}};
    require(text.find(key.key.substr(4)) == std::string::npos, file.path().string());
  }
}
