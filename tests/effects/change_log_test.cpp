#include <criterion/criterion.h>

#include <string>

#include "support/check.hpp"
#include "tenantd/effects/change_log.hpp"

using namespace tenantd;
using service::LoggedChange;
using test::require_equal;

namespace {

LoggedChange change_of(OrgId org, const char* action) {
  LoggedChange change{};
  change.row.org = org;
  change.row.action = action;
  return change;
}

std::string spelled(const std::vector<std::vector<LoggedChange>>& chains) {
  std::string text;
  for (const auto& chain : chains) {
    for (const auto& change : chain) text += change.row.action;
    text += ' ';
  }
  return text;
}

}  // namespace

Test(change_log, chains_have_one_order_the_systems_is_last_and_each_keeps_the_order_of_its_changes) {
  UuidBytes low{}, high{};
  low[0] = 1;
  high[0] = 2;
  const OrgId system{}, first{high}, second{low};
  require_equal(
      spelled(service::by_chain({change_of(system, "a"), change_of(second, "b"), change_of(first, "c"),
                                 change_of(system, "d"), change_of(second, "e"), change_of(first, "f")})),
      "cf be ad ");
  require_equal(spelled(service::by_chain({change_of(first, "c"), change_of(second, "b")})), "c b ");
  require_equal(spelled(service::by_chain({})), "");
}

Test(change_log, a_cut_forgets_what_was_added_last) {
  service::ChangeLog log;
  for (const char* action : {"a", "b", "c"}) log.add(change_of({}, action));
  log.cut(1);
  require_equal(log.size(), std::size_t{1});
}
