// What looks at several organizations at once counts where the session counts, and no further.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kByOrganization = "/stats/organization-users";
constexpr const char* kByOrganizationAndRole = "/stats/organization-role-users";
constexpr const char* kByRole = "/role_wise_users";

Account again(const Account& account) {
  return account_of(expect(sign_in(account.email, account.password), 200), account.email);
}

// Counts in its own organization, "Home", and as a manager in the host's.
Account manager_of(const Account& host) {
  auto guest = sign_up("Home");
  join(host, guest, "manager");
  database().run("UPDATE member SET created_at = created_at - 60 WHERE user_id = " + binary(guest.user_id) +
                 " AND org_id = " + binary(guest.org_id));
  return guest;
}

bool names(const Response& reply, const std::string& org_id) {
  return reply.body.find(org_id) != std::string::npos;
}

// Each of the three routes shows the host's members to this session, or none does.
void expect_counted(const Account& account, const Account& host, bool counted,
                    const std::source_location& at = std::source_location::current()) {
  auto client = account.client();
  for (const std::string query : {"", "?from_time=1&to_time=4000000000", "?status=active"})
    for (const char* path : {kByOrganization, kByOrganizationAndRole}) {
      const auto reply = client.get(path + query);
      expect(reply, 200);
      require_equal(names(reply, host.org_id), counted, path + query + ": " + reply.body, at);
      require(names(reply, account.org_id), "the own organization is not counted", at);
    }
  const auto roles = client.get(kByRole);
  expect(roles, 200);
  std::int64_t owners = 0;
  for (std::size_t i = 0; i < roles.size("/items"); ++i)
    if (roles.text("/items/" + std::to_string(i) + "/role") == "owner")
      owners = roles.number("/items/" + std::to_string(i) + "/users");
  require_equal(owners, counted ? 2 : 1, kByRole, at);
}

}  // namespace

Test(counting_sessions, a_session_that_is_shut_out_counts_nothing_there_and_a_new_one_does) {
  const auto host = sign_up("Host");
  const auto guest = manager_of(host);
  expect_counted(guest, host, true);
  expect(host.client().del("/api/v1/users/" + guest.user_id + "/sessions", ""), 204);
  expect_counted(guest, host, false);
  expect_counted(again(guest), host, true);
}

Test(counting_sessions, a_session_older_than_the_organization_allows_counts_nothing_there) {
  const auto host = sign_up("Host");
  const auto guest = manager_of(host);
  expect(host.client().put("/api/v1/organizations/" + host.org_id, R"({"session_max_seconds":3600})"), 200);
  expect_counted(guest, host, true);
  database().run("UPDATE session SET created_at = created_at - 3600 WHERE user_id = " +
                 binary(guest.user_id));
  expect_counted(guest, host, false);
  expect_counted(again(guest), host, true);
}

Test(counting_sessions, who_was_removed_and_came_back_counts_with_a_new_session_only) {
  const auto host = sign_up("Host");
  const auto guest = manager_of(host);
  expect(host.client().del("/delete", object({{"user_id", guest.user_id}, {"org_id", host.org_id}})), 204);
  expect_counted(guest, host, false);
  join(host, guest, "manager");
  expect_counted(guest, host, false);
  expect_counted(again(guest), host, true);
}

Test(counting_sessions, a_tenants_live_sessions_are_those_that_count_there) {
  const auto root = super_admin();
  const auto owner = sign_up("Counted");
  const auto member = invite_and_accept(owner);
  again(member);
  const auto live = [&] {
    return expect(root.client().get(tenant_path(owner.org_id) + "/stats"), 200).number("/live_sessions");
  };
  require_equal(live(), 3);
  database().run("UPDATE session SET created_at = created_at - 7200 WHERE user_id = " +
                 binary(owner.user_id));
  database().run("UPDATE organization SET session_max_seconds = 3600 WHERE id = " + binary(owner.org_id));
  require_equal(live(), 2, "one is too old");
  expect(again(owner).client().del("/api/v1/users/" + member.user_id + "/sessions", ""), 204);
  require_equal(live(), 1, "the member's have ended, and their rows are still there");
  require_equal(number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(member.user_id)), 2);
}

Test(counting_sessions, the_dashboard_counts_no_session_that_has_ended) {
  const Alone alone;
  const auto root = super_admin();
  const auto live = [&] {
    return expect(root.client().get("/api/v1/admin/dashboard"), 200).number("/sessions");
  };
  const auto owner = sign_up("Counted");
  again(owner);
  const auto before = live();
  expect(owner.client().del("/api/v1/users/" + owner.user_id + "/sessions", ""), 204);
  require_equal(live(), before - 2);
}
