// Keys of organizations and of service accounts that end: who is told, and how often.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/reporting.hpp"

using namespace tenantd::test;

namespace {

const std::string kAccounts = "/api/v1/service-accounts";
constexpr std::int64_t kDaySeconds = 86400;

std::int64_t in_days(std::int64_t days) { return number_of("SELECT UNIX_TIMESTAMP()") + days * kDaySeconds; }

std::string make_account(const Account& owner, const std::string& name) {
  return expect(
             owner.client().post(kAccounts, R"({"name":")" + name + R"(","permissions":["products:read"]})"),
             201)
      .text("/id");
}

std::string add_key(const Account& owner, const std::string& account, const std::string& name,
                    std::int64_t end) {
  const auto made =
      owner.client().post(kAccounts + '/' + account + "/keys", object({{"name", name}, {"expires_at", end}}));
  return expect(made, 201).text("/id");
}

std::int64_t rows_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'api_key.ending' AND org_id = " +
                   binary(owner.org_id));
}

}  // namespace

Test(ending_keys, a_key_that_ends_is_told_of_once_to_who_answers_for_it) {
  const ReportingStack stack;
  const auto owner = sign_up("Northwind");
  verify(owner);
  const auto admin = invite_and_accept(owner, "admin");
  const auto account = make_account(admin, "Nightly export");
  const auto now = tenantd::from_unix(number_of("SELECT UNIX_TIMESTAMP()"));
  const auto id = add_key(admin, account, "Production", in_days(100));
  add_key(admin, account, "Later", in_days(300));
  const auto plain = owner.client().post(
      "/api/v1/api-keys", R"({"name":"Scanner","owner":"organization","permissions":["products:read"],)"
                          R"("expires_at":)" +
                              std::to_string(in_days(100)) + '}');
  expect(plain, 201);
  const auto run = [&] {
    const auto finished = stack.report("keys");
    require_equal(finished.status, 0, finished.output);
  };
  run();
  require_equal(rows_of(owner), 0, "none ends soon");
  stack.set_time(now + tenantd::Seconds{87 * kDaySeconds});
  const auto finished = at_once(3, [&](std::size_t) { return stack.report("keys").status; });
  for (const auto status : finished) require_equal(status, 0);
  run();
  require_equal(rows_of(owner), 2);
  require_equal(count_mails(admin.email, "key_ending"), std::size_t{1});
  require_equal(count_mails(owner.email, "key_ending"), std::size_t{1});
  const auto mail = newest_mail(admin.email, "key_ending");
  require(mail.text.find("Production") != std::string::npos &&
              mail.text.find("Nightly export") != std::string::npos,
          mail.text);
  require_equal(
      number_of("SELECT COUNT(*) FROM event WHERE type = 'api_key.ending' AND subject_id = " + binary(id)),
      1);
}

Test(ending_keys, keys_that_a_rotation_ends_are_not_told_of_and_short_ones_late) {
  const ReportingStack stack;
  const auto owner = sign_up("Northwind");
  verify(owner);
  const auto now = tenantd::from_unix(number_of("SELECT UNIX_TIMESTAMP()"));
  const auto account = make_account(owner, "Robot");
  add_key(owner, account, "Old", in_days(20));
  expect(owner.client().post(kAccounts + '/' + account + "/rotate-key", "{}"), 201);
  add_key(owner, account, "Short", in_days(4));
  require_equal(stack.report("keys").status, 0);
  stack.set_time(now + tenantd::Seconds{2 * kDaySeconds});
  require_equal(stack.report("keys").status, 0);
  require_equal(rows_of(owner), 0);
  stack.set_time(now + tenantd::Seconds{3 * kDaySeconds + 3600});
  require_equal(stack.report("keys").status, 0);
  require_equal(rows_of(owner), 1);
}

Test(ending_keys, where_the_keeper_has_gone_all_who_may_make_keys_are_told) {
  const ReportingStack stack;
  const auto owner = sign_up("Northwind");
  verify(owner);
  const auto admin = invite_and_accept(owner, "admin");
  const auto member = invite_and_accept(owner, "member");
  const auto now = tenantd::from_unix(number_of("SELECT UNIX_TIMESTAMP()"));
  add_key(admin, make_account(admin, "Robot"), "Only", in_days(60));
  expect(owner.client().del("/delete", object({{"user_id", admin.user_id}})), 204);
  stack.set_time(now + tenantd::Seconds{50 * kDaySeconds});
  require_equal(stack.report("keys").status, 0);
  require_equal(rows_of(owner), 1);
  require_equal(count_mails(owner.email, "key_ending"), std::size_t{1});
  for (const auto* nobody : {&admin, &member})
    require_equal(count_mails(nobody->email, "key_ending"), std::size_t{0}, nobody->email);
}
