// The search for members: what it looks through follows every change of an account and of a membership.
#include <criterion/criterion.h>

#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

struct Person {
  std::string id, email;
};

Person make_person(const Account& by, const std::string& first, const std::string& last,
                   const std::string& role = "member") {
  const auto email = fresh_email();
  const auto made = by.client().post(
      "/api/v1/users",
      object({{"email", email}, {"first_name", first}, {"last_name", last}, {"role", role}}));
  expect(made, 201);
  return {made.text("/id"), email};
}

// How many the list holds; the total must say the same.
std::int64_t found(const Account& by, const std::string& query) {
  const auto reply = by.client().get("/api/v1/users?include_total=true&limit=200&q=" + query);
  expect(reply, 200);
  const auto rows = static_cast<std::int64_t>(reply.size("/items"));
  require_equal(reply.number("/total"), rows, query);
  return rows;
}

std::int64_t words_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM member_text WHERE org_id = " + binary(owner.org_id));
}

}  // namespace

Test(member_search, a_person_is_found_by_any_part_in_either_case) {
  const auto owner = sign_up();
  const auto person = make_person(owner, "Zoë", "Quux");
  for (const std::string& q : {std::string{"quux"}, std::string{"UU"}, std::string{"zo%C3%AB%20q"},
                               std::string{"ZO%C3%8B"}, person.email.substr(1, 12)})
    require_equal(found(owner, q), 1, q);
  for (const char* q : {"q_ux", "%25", "zoe", "quux%20zo", "comzo"}) require_equal(found(owner, q), 0, q);
}

Test(member_search, another_name_and_another_address_are_found_and_the_old_ones_are_not) {
  const auto owner = sign_up();
  const auto person = make_person(owner, "Aldous", "Before");
  expect(owner.client().put("/api/v1/users/" + person.id, R"({"profile":{"name":"Barnaby After"}})"), 200);
  require_equal(found(owner, "before"), 0);
  require_equal(found(owner, "barnaby%20aft"), 1);
  database().run("UPDATE user SET email = CONCAT('moved-', email) WHERE id = " + binary(person.id));
  require_equal(found(owner, "moved-"), 1);
}

Test(member_search, role_and_status_count_as_they_are_now) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto person = make_person(owner, "Ida", "Sought", "viewer");
  require_equal(found(owner, "sought&role=viewer"), 1);
  require_equal(found(owner, "sought&role=member"), 0);
  require_equal(found(owner, "sought&role=Viewer"), 0);
  require_equal(found(owner, "sought&status=active&role=viewer"), 1);
  expect(client.put("/api/v1/users/" + person.id, R"({"role":"member"})"), 200);
  require_equal(found(owner, "sought&role=member"), 1);
  expect(client.del("/api/v1/users/" + person.id, ""), 204);
  require_equal(found(owner, "sought&status=active"), 0);
  require_equal(found(owner, "sought&status=inactive&role=member"), 1);
}

Test(member_search, what_is_no_member_any_more_is_not_kept) {
  const auto owner = sign_up();
  const auto person = make_person(owner, "Gone", "Tomorrow");
  require_equal(words_of(owner), 2);
  expect(owner.client().del("/delete", object({{"user_id", person.id}, {"org_id", owner.org_id}})), 204);
  require_equal(words_of(owner), 1);
  require_equal(found(owner, "tomorrow"), 0);
  database().run("DELETE FROM user WHERE id = " + binary(owner.user_id));
  require_equal(words_of(owner), 0);
}

// Of one role and of one status, page after page in the order of joining.
Test(member_search, lists_of_a_role_and_of_a_status_lose_nobody_between_two_pages) {
  const auto owner = sign_up();
  for (int i = 0; i < 5; ++i) {
    const auto person = make_person(owner, "Paged", std::to_string(i), "viewer");
    if (i % 2 == 1) expect(owner.client().del("/api/v1/users/" + person.id, ""), 204);
  }
  database().run("UPDATE member SET created_at = 5 WHERE user_id <> " + binary(owner.user_id) +
                 " AND org_id = " + binary(owner.org_id));
  const auto walk = [&](const std::string& filter) {
    std::set<std::string> seen;
    std::string cursor;
    for (int page = 0; page < 10; ++page) {
      const auto reply = owner.client().get("/organization/list_users?limit=1&" + filter + cursor);
      expect(reply, 200);
      for (std::size_t i = 0; i < reply.size("/items"); ++i) seen.insert(reply.text("/items/0/user_id"));
      if (reply.at("/next_cursor").IsNull()) break;
      cursor = "&cursor=" + reply.text("/next_cursor");
    }
    return seen.size();
  };
  require_equal(walk("role=viewer"), 5U);
  require_equal(walk("role=viewer&status=active"), 3U);
  require_equal(walk("role=viewer&status=inactive"), 2U);
  require_equal(walk("status=inactive"), 2U);
  require_equal(walk("status=active"), 4U);
  require_equal(walk("role=nobody"), 0U);
}
