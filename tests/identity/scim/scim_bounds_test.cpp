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
