// What one request of a directory costs at most.
#include <criterion/criterion.h>

#include "scim_fixture.hpp"

using namespace tenantd::test;

namespace {

// People who are invited, with so much known of each that a few of them fill a reply.
void store_large_people(const Directory& directory, int count) {
  database().run(
      "INSERT INTO scim_user (org_id, id, user_id, user_name, name_key, external_id, email, active, "
      "attributes, "
      "created_at, updated_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
      std::to_string(count) + ") SELECT " + binary(directory.owner.org_id) +
      ", UNHEX(REPLACE(UUID(), '-', '')), NULL, CONCAT('large', i), CONCAT('large', i), NULL, "
      "CONCAT('large', i, '@example.com'), TRUE, CONCAT('{\"title\":\"', REPEAT('a', 16000), "
      "'\",\"nickName\":\"', REPEAT('A', 16000), '\",\"displayName\":\"', REPEAT('a', 16000), '\"}'), 1, 1 "
      "FROM n");
}

// Long, and almost everywhere what it looks for. The URL bounds it.
std::string costly() {
  std::string filter;
  for (const auto* name : {"title", "nickName", "displayName"})
    filter += (filter.empty() ? "" : " or ") + std::string{name} + " co \"" + std::string(1000, 'a') + "b\"";
  return filtered("/Users", filter);
}

// A group of people who are invited.
std::string store_large_group(const Directory& directory, int count) {
  const auto group = expect(directory.make_group(fresh_name("large")), 201).text("/id");
  const auto org = binary(directory.owner.org_id);
  database().run(
      "INSERT INTO scim_user (org_id, id, user_id, user_name, name_key, external_id, email, active, "
      "attributes, "
      "created_at, updated_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
      std::to_string(count) + ") SELECT " + org + ", UNHEX(LEFT(SHA2(CONCAT(HEX(" + org +
      "), i), 256), 32)), NULL, CONCAT('p', i), CONCAT('p', i), NULL, "
      "CONCAT('p', i, '@example.com'), TRUE, '{}', 1, 1 FROM n");
  database().run("INSERT INTO scim_group_member (org_id, group_id, user) SELECT org_id, " + binary(group) +
                 ", id FROM scim_user WHERE org_id = " + org + " AND name_key LIKE 'p%'");
  return group;
}

// Each of which looks at every member.
std::string looking(int operations) {
  std::string list;
  for (int i = 0; i < operations; ++i)
    list += std::string{i == 0 ? "" : ","} + R"({"op":"remove","path":"members[display eq \"p)" +
            std::to_string(i + 1) + R"(\"]"})";
  return '[' + list + ']';
}

}  // namespace

Test(scim, a_filter_and_a_page_read_so_many_bytes_of_people_and_no_more, .timeout = 240) {
  const Directory directory;
  store_large_people(directory, 80);
  const auto none = directory.get(costly());
  require_equal(expect(none, 200).number("/totalResults"), 0);
  require_equal(expect(directory.get(filtered("/Users", R"(title co "aaaa")") + "&count=1"), 200)
                    .number("/totalResults"),
                80);
  database().run("UPDATE scim_user SET name_key = CONCAT('x', name_key) WHERE org_id = " +
                 binary(directory.owner.org_id));
  store_large_people(directory, 120);
  expect_scim(directory.get(costly()), 400, "tooMany");
  expect_scim(directory.get("/Users?sortBy=title&count=1"), 400, "tooMany");
  // A page ends early, and the next one goes on behind it.
  const auto first = directory.get("/Users?count=200");
  require_equal(expect(first, 200).number("/totalResults"), 201);
  const auto told = first.number("/itemsPerPage");
  require(told >= 50 && told < 200 && first.body.size() < std::size_t{10} * 1024 * 1024,
          std::to_string(told));
  require_equal(static_cast<std::int64_t>(first.size("/Resources")), told);
  const auto next = directory.get("/Users?count=200&startIndex=" + std::to_string(told + 1));
  require_equal(expect(next, 200).number("/totalResults"), 201);
  require(next.text("/Resources/0/id") != first.text("/Resources/0/id"), "the same page again");
  require(directory.get(filtered("/Users", R"(userName eq "large7")")).status == 200, "by an index");
}

Test(scim, the_operations_of_a_request_look_at_so_many_members_and_no_more, .timeout = 240) {
  const Directory directory;
  const auto path = "/Groups/" + store_large_group(directory, 900);
  const auto members = [&] {
    return number_of("SELECT COUNT(*) FROM scim_group_member WHERE org_id = " +
                     binary(directory.owner.org_id));
  };
  expect_scim(directory.patch(path, looking(1000)), 400, "tooMany");
  require_equal(members(), 900);
  const auto before = expect(directory.get(path), 200).header("etag");
  // What a bulk request asks for counts together.
  std::string list;
  for (int i = 0; i < 3; ++i)
    list += std::string{i == 0 ? "" : ","} + R"({"method":"PATCH","path":")" + path +
            R"(","data":{"Operations":)" + looking(100) + "}}";
  const auto bulk = directory.post("/Bulk", R"({"Operations":[)" + list + "]}");
  const char* const statuses[] = {"204", "204", "400"};
  for (std::size_t i = 0; i < 3; ++i)
    require_equal(expect(bulk, 200).text("/Operations/" + std::to_string(i) + "/status"), statuses[i]);
  require_equal(bulk.text("/Operations/2/response/scimType"), "tooMany");
  require_equal(members(), 800);
  require(expect(directory.get(path), 200).header("etag") != before, "the first one stands");
}

Test(scim, operations_on_members_count_in_their_order, .timeout = 120) {
  const Directory directory;
  const auto ann_name = directory.address(), bob_name = directory.address("bob");
  const auto ann = directory.made(ann_name), bob = directory.made(bob_name);
  const auto path = "/Groups/" + expect(directory.make_group("Staff", {ann}), 201).text("/id");
  const auto member = [](const std::string& op, const std::string& id) {
    return R"({"op":")" + op + R"(","path":"members","value":[{"value":")" + id + "\"}]}";
  };
  const auto named = [](const std::string& name) {
    return R"({"op":"remove","path":"members[display eq \")" + name + R"(\"]"})";
  };
  const auto after = [&](const std::string& operations) {
    expect(directory.patch(path, '[' + operations + ']'), 204);
    const auto group = directory.get(path);
    std::string told;
    for (std::size_t i = 0; expect(group, 200).has("/members") && i < group.size("/members"); ++i)
      told += group.text("/members/" + std::to_string(i) + "/value") == ann ? "a" : "b";
    return told;
  };
  // A filter finds whom an operation before has added, and not whom one has taken out.
  require_equal(after(member("add", bob) + ',' + named(bob_name)), "a");
  require_equal(after(named(ann_name) + ',' + member("add", ann)), "a");
  require_equal(after(member("replace", bob) + ',' + named(ann_name) + ',' + member("add", bob)), "b");
  require_equal(after(member("add", ann) + ',' + member("remove", bob)), "a");
  require_equal(after(member("replace", ann) + ',' + R"({"op":"remove","path":"members"})"), "");
}

// Sign-ins wait for the row, wherever else the person is a member.
Test(scim, an_address_that_cannot_move_locks_no_account, .timeout = 120) {
  const Directory proven, unproven{false};
  const auto person = invite_and_accept(unproven.owner);
  auto shared = sign_up_verified();
  shared.email = proven.address();
  database().run("UPDATE user SET email = " + literal(shared.email) +
                 " WHERE id = " + binary(shared.user_id));
  require_equal(proven.made(shared.email), shared.user_id);
  tenantd::db::Connection other{as_admin()};
  other.run("START TRANSACTION");
  other.run_query("SELECT 1 FROM user WHERE id IN (" + binary(person.user_id) + ',' + binary(shared.user_id) +
                  ") FOR UPDATE");
  const auto moving = [](const std::string& to) {
    return R"([{"op":"replace","path":"emails","value":[{"value":")" + to + R"(","type":"work"}]}])";
  };
  const auto foreign = unproven.patch("/Users/" + person.user_id, moving(fresh_email()));
  const auto elsewhere = proven.patch("/Users/" + shared.user_id, moving(proven.address()));
  other.run("ROLLBACK");
  require_equal(expect(foreign, 200).text("/emails/0/value"), person.email);
  require_equal(expect(elsewhere, 200).text("/emails/0/value"), shared.email);
}
