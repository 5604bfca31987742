// An instance of its own for the reporter, whose clock a test moves, and what it finds there.
#pragma once

#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "tenantd/domain/schedule.hpp"

namespace tenantd::test {

// The reporter's account.
db::ConnectOptions as_reporter();

// Takes the suite's place. Its time begins as the system's.
class ReportingStack {
 public:
  ReportingStack();

  // The first Sunday that is still to come, and the first 02:00.
  TimePoint sunday() const { return sunday_; }
  TimePoint two_oclock() const { return two_oclock_; }
  void set_time(TimePoint time) const;
  void go_to_sunday(Seconds behind) const { set_time(sunday_ + behind); }

  Finished report(const std::string& job) const { return stack_.run("tenantd-reporter " + job); }
  // The same, killed after `milliseconds` unless it was done before.
  Finished report_killed(int milliseconds) const;
  const PrivateStack& stack() const { return stack_; }

 private:
  PrivateStack stack_;
  TimePoint sunday_, two_oclock_;
};

// Rows that the API has no quick way to make, in the account's organization.
void insert_draft(const Account& account, const std::string& title, std::int64_t updated_at,
                  const std::string& product);
// In this status; `times` are columns that are set to now.
void insert_request(const Account& account, int status, const std::string& times);
// Organizations that the account is the one manager of.
void insert_organizations(const Account& account, int count);
// Managers of the account's organization, younger members than it.
void insert_managers(const Account& account, int count);

}  // namespace tenantd::test
