// A cursor is good for the list that gave it: another would pass over rows without a word.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

void make_two(const Account& owner, const std::string& path) {
  for (int i = 0; i < 2; ++i)
    expect(owner.client().post(path, object({{"name", fresh_name("cursor")}})), 201);
}

std::string cursor_of(const Account& owner, const std::string& path) {
  const auto page = owner.client().get(path + "?limit=1");
  return expect(page, 200).text("/next_cursor");
}

void expect_other_list(const Account& owner, const std::string& path, const std::string& cursor) {
  const auto reply = owner.client().get(path + "?cursor=" + cursor);
  expect_pointer(expect_problem(reply, 422, "validation_failed"), "?cursor");
  require(reply.body.find("is no cursor of this list") != std::string::npos, reply.body);
}

}  // namespace

Test(cursors, a_cursor_of_another_list_is_refused) {
  const auto owner = sign_up();
  for (const char* path : {"/api/v1/suppliers", "/api/v1/warehouses", "/api/v1/projects"})
    make_two(owner, path);
  const auto cursor = cursor_of(owner, "/api/v1/warehouses");
  require_equal(expect(owner.client().get("/api/v1/warehouses?cursor=" + cursor), 200).size("/items"), 1U);
  for (const char* path : {"/api/v1/suppliers", "/api/v1/projects", "/api/v1/users", "/api/v1/audit-logs"})
    expect_other_list(owner, path, cursor);
}

Test(cursors, every_spelling_of_a_list_takes_its_cursor) {
  const auto owner = sign_up();
  invite_and_accept(owner);
  const auto cursor = cursor_of(owner, "/api/v1/members");
  require_equal(expect(owner.client().get("/api/v1/members/?cursor=" + cursor), 200).size("/items"), 1U);
}

Test(cursors, a_cursor_of_the_release_before_goes_on) {
  const auto owner = sign_up();
  make_two(owner, "/api/v1/warehouses");
  const auto raw = base64url_decode(cursor_of(owner, "/api/v1/warehouses"));
  const auto old = base64url_encode(raw.value().substr(0, 24));
  require_equal(expect(owner.client().get("/api/v1/warehouses?cursor=" + old), 200).size("/items"), 1U);
}
