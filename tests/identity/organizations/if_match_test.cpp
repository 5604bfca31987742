// Two who change an organization, or a member, at the same time: the second is told.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

Response put_if(const Account& account, const std::string& path, const std::string& body,
                const std::string& tag) {
  return account.client().send({"PUT", path, body, "application/json", {{"If-Match", tag}}});
}

std::string tag_of(const Account& account, const std::string& path) {
  return expect(account.client().get(path), 200).header("etag");
}

std::string edited(const std::string& tag) { return tag.substr(0, tag.find('-')); }

}  // namespace

Test(if_match, an_organization_that_was_changed_meanwhile_is_not_changed_again) {
  const auto owner = sign_up();
  const auto path = "/api/v1/organizations/" + owner.org_id;
  const auto first = tag_of(owner, path);
  const auto changed = put_if(owner, path, R"({"name":"First"})", first);
  expect(changed, 200);
  require(edited(changed.header("etag")) != edited(first), "another tag");
  {
    Unchanged database;
    for (const auto& stale : {first, std::string{"\"1\""}, std::string{"W/"} + first})
      expect_problem(put_if(owner, path, R"({"name":"Second"})", stale), 412, "precondition_failed");
    database.check("an older tag");
  }
  for (const auto& good : {changed.header("etag"), std::string{"*"}})
    expect(put_if(owner, path, R"({"self_approval":true})", good == "*" ? good : tag_of(owner, path)), 200);
  expect(owner.client().put(path, R"({"name":"Third"})"), 200);
}

// A tag stands for all that is told, and only what is edited keeps others from a change.
Test(if_match, what_nobody_edits_is_in_the_tag_and_in_nobodys_way) {
  const auto owner = sign_up();
  const auto path = "/api/v1/organizations/" + owner.org_id;
  const auto before = tag_of(owner, path);
  expect(owner.client().header("If-None-Match", before).get(path), 304);
  invite_and_accept(owner);
  const auto seen = owner.client().header("If-None-Match", before).get(path);
  require_equal(expect(seen, 200).number("/usage/members"), 2);
  require_equal(edited(seen.header("etag")), edited(before));
  expect(put_if(owner, path, R"({"name":"Renamed"})", before), 200);
}

Test(if_match, a_member_that_was_changed_meanwhile_is_not_changed_again) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "viewer");
  const auto user = "/api/v1/users/" + member.user_id;
  const auto role = "/api/v1/members/" + member.user_id + "/role";
  const auto first = tag_of(owner, user);
  const auto promoted = put_if(owner, role, R"({"new_role_name":"manager"})", first);
  expect(promoted, 200);
  require_equal(edited(promoted.header("etag")), edited(tag_of(owner, user)), "one state, one tag");
  {
    Unchanged database;
    expect_problem(put_if(owner, role, R"({"new_role_name":"member"})", first), 412, "precondition_failed");
    expect_problem(put_if(owner, user, R"({"status":"inactive"})", first), 412, "precondition_failed");
    expect_problem(
        put_if(owner, "/api/v1/members/" + fresh_id() + "/role", R"({"new_role_name":"member"})", first), 404,
        "not_found");
    database.check("an older tag");
  }
  expect(put_if(owner, user, R"({"status":"inactive"})", promoted.header("etag")), 200);
  expect_problem(put_if(owner, role, R"({"new_role_name":"member"})", promoted.header("etag")), 412,
                 "precondition_failed");
  expect(put_if(owner, user, R"({"status":"active"})", "*"), 200);
}
