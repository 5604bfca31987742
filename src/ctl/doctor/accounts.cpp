#include "accounts.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "report.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/server.hpp"

namespace tenantd::ctl {
namespace {

constexpr int kPatienceSeconds = 5;

std::string system_user() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? "" : entry->pw_name;
}

// Where there is one: before the first migration there is none.
void enter_schema(db::Connection& connection) {
  try {
    connection.run("USE tenantd_app");
  } catch (const std::exception&) {
    // The checks that need it say so.
  }
}

}  // namespace

Accounts::Accounts(const Settings& settings)
    : settings_(settings), services_(db::service_accounts(settings)) {}

const std::string& Accounts::user_of(const std::string& name) const {
  const auto found = std::ranges::find_if(services_, [&](const auto& each) { return each.name == name; });
  return found == services_.end() ? settings_.db_admin_user : found->user;
}

bool Accounts::is_of_another_user(const std::string& name) const {
  const auto found = std::ranges::find_if(services_, [&](const auto& each) { return each.name == name; });
  const auto& password = found == services_.end() ? settings_.db_admin_password : found->password;
  return password.empty() && settings_.db_host.empty() && user_of(name) != system_user();
}

db::Connection& Accounts::of(const std::string& name) {
  if (const auto known = open_.find(name); known != open_.end()) return *known->second;
  if (const auto known = refused_.find(name); known != refused_.end()) std::rethrow_exception(known->second);
  try {
    const auto found = std::ranges::find_if(services_, [&](const auto& each) { return each.name == name; });
    const auto& password = found == services_.end() ? settings_.db_admin_password : found->password;
    auto options = db::connect_options(settings_, user_of(name), password, "");
    options.timeout_seconds = std::min(options.timeout_seconds, kPatienceSeconds);
    auto connection = std::make_unique<db::Connection>(options);
    enter_schema(*connection);
    return *(open_[name] = std::move(connection));
  } catch (...) {
    refused_[name] = std::current_exception();
    throw;
  }
}

bool Accounts::lets_in(const std::string& name) noexcept {
  try {
    of(name);
    return true;
  } catch (...) {
    return false;
  }
}

db::Connection& Accounts::any_of(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (lets_in(name)) return of(name);
  throw Unchecked("no account that may read it signs in from here",
                  "run it as root, whom the database knows by its socket: sudo tenantctl doctor");
}

std::int64_t age_of_database(Accounts& accounts) {
  static constexpr db::Sql kAge{"doctor.age", "SELECT MIN(created_at) FROM tenantd_app.version"};
  auto rows = accounts.any_of({"app", "administrator"}).query(kAge);
  return rows.next() && !rows.is_null(0) ? unix_seconds(now()) - rows.integer(0) : 0;
}

}  // namespace tenantd::ctl
