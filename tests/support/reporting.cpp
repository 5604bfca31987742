#include "support/reporting.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {
namespace {

// Not in the instance's folder, which has to be empty at its first start.
std::string clock_file() {
  const auto path = run_dir() + "/clock-" + fresh_name("reporter");
  std::ofstream{path, std::ios::binary} << std::string(8, '\0');
  return path;
}

const std::string& this_clock() {
  static const std::string path = clock_file();
  return path;
}

TimePoint real_now() { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); }

std::string at_now() { return "UNIX_TIMESTAMP()"; }

std::int64_t next_number(const Account& account) {
  return number_of("SELECT COALESCE(MAX(number), 0) + 1 FROM purchase_request WHERE org_id = " +
                   binary(account.org_id));
}

}  // namespace

ReportingStack::ReportingStack()
    : stack_({"CLOCK_OFFSET_FILE=" + this_clock()}),
      sunday_(newest_sunday(real_now()) + kWeek),
      two_oclock_(newest_two_oclock(real_now()) + kDay) {
  stack_.take_the_suites_place();
}

void ReportingStack::set_time(TimePoint time) const {
  const std::int64_t offset = (time - real_now()).count();
  std::fstream file{this_clock(), std::ios::in | std::ios::out | std::ios::binary};
  file.write(reinterpret_cast<const char*>(&offset), sizeof offset);
  require(static_cast<bool>(file.flush()), "the clock cannot be moved");
}

Finished ReportingStack::report_killed(int milliseconds) const {
  return stack_.run("tenantd-reporter due & reporter=$!; sleep " + std::to_string(milliseconds / 1000.0) +
                    "; kill -KILL $reporter; wait $reporter");
}

db::ConnectOptions as_reporter() {
  auto options = as_app();
  options.user = setting("DB_REPORTER_USER", "tenantd_reporter");
  options.password = Secret{setting("DB_REPORTER_PASSWORD")};
  return options;
}

void insert_draft(const Account& account, const std::string& title, std::int64_t updated_at,
                  const std::string& product) {
  const auto id = binary(fresh_id());
  const auto org = binary(account.org_id);
  const auto at = std::to_string(updated_at);
  database().run(
      "INSERT INTO purchase_request (org_id, id, number, title, requested_by, created_at, updated_at) "
      "VALUES (" +
      org + ", " + id + ", " + std::to_string(next_number(account)) + ", " + literal(title) + ", " +
      binary(account.user_id) + ", " + at + ", " + at + ")");
  if (product.empty()) return;
  database().run(
      "INSERT INTO purchase_request_line (org_id, request_id, position, product_id, quantity) VALUES (" +
      org + ", " + id + ", 1, " + binary(product) + ", 5)");
}

void insert_request(const Account& account, int status, const std::string& times) {
  std::string values;
  for (std::size_t i = 0; i < split(times, ',').size(); ++i) values += ", " + at_now();
  const auto number = std::to_string(next_number(account));
  database().run(
      "INSERT INTO purchase_request (org_id, id, number, title, status, requested_by, created_at, "
      "updated_at, " +
      times + ") VALUES (" + binary(account.org_id) + ", " + binary(fresh_id()) + ", " + number +
      ", 'request " + number + "', " + std::to_string(status) + ", " + binary(account.user_id) + ", " +
      at_now() + ", " + at_now() + values + ")");
}

void insert_organizations(const Account& account, int count) {
  const auto rows = " FROM " + series(count);
  const std::string id = id_of("CONCAT('organization', seq)");
  const std::string role = id_of("CONCAT('role', seq)");
  const auto times = at_now() + ", " + at_now();
  database().run("INSERT INTO organization (id, name, slug, created_at, updated_at) SELECT " + id +
                 ", CONCAT('Organization ', seq), CONCAT('organization-', seq), " + times + rows);
  database().run("INSERT INTO role (org_id, id, name, created_at, updated_at) SELECT " + id + ", " + role +
                 ", 'manager', " + times + rows);
  database().run("INSERT INTO member (org_id, user_id, role_id, created_at, updated_at) SELECT " + id + ", " +
                 binary(account.user_id) + ", " + role + ", " + times + rows);
}

void insert_managers(const Account& account, int count) {
  const auto rows = " FROM " + series(count);
  const std::string id = id_of("CONCAT('manager', seq)");
  const auto times = at_now() + ", " + at_now() + " + seq";
  database().run("INSERT INTO user (id, email, email_verified_at, created_at, updated_at) SELECT " + id +
                 ", CONCAT('manager', seq, '@example.com'), 1, " + times + rows);
  database().run("INSERT INTO member (org_id, user_id, role_id, created_at, updated_at) SELECT r.org_id, " +
                 id + ", r.id, " + at_now() + " + 1, " + at_now() + rows +
                 ", role r WHERE r.name = 'manager' AND r.org_id = " + binary(account.org_id));
}

}  // namespace tenantd::test
