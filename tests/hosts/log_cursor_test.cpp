#include <criterion/criterion.h>

#include "support/check.hpp"
#include "tenantd/hosts/log_cursor.hpp"

using tenantd::hosts::LogCursor;
using tenantd::test::require;
using tenantd::test::require_equal;

namespace {

constexpr std::int64_t kSettle = 100;

// A poll that finds these numbers. Returns those that no poll found before.
std::vector<std::int64_t> poll(LogCursor& cursor, std::int64_t began, std::vector<std::int64_t> numbers) {
  std::vector<std::int64_t> found;
  for (const auto number : numbers)
    if (cursor.take(number)) found.push_back(number);
  cursor.settle(began, began + 1);
  return found;
}

using Numbers = std::vector<std::int64_t>;

}  // namespace

Test(log_cursor, numbers_without_a_gap_are_read_once) {
  LogCursor cursor{kSettle};
  cursor.start(7);
  require(poll(cursor, 0, {8, 9}) == Numbers{8, 9}, "new");
  require_equal(cursor.floor(), 9);
  require_equal(cursor.kept(), 0U);
}

Test(log_cursor, a_number_below_the_newest_is_waited_for) {
  LogCursor cursor{kSettle};
  cursor.start(7);
  require(poll(cursor, 0, {9, 10}) == Numbers{9, 10}, "new");
  require_equal(cursor.floor(), 7, "8 may come");
  require(poll(cursor, kSettle, {8, 9, 10}) == Numbers{8}, "it came");
  require_equal(cursor.floor(), 10);
}

Test(log_cursor, a_number_that_never_comes_is_waited_for_no_longer_than_it_may_take) {
  LogCursor cursor{kSettle};
  cursor.start(7);
  poll(cursor, 0, {9});
  poll(cursor, kSettle, {9});
  require_equal(cursor.floor(), 7, "what the first poll saw it saw at 1");
  poll(cursor, kSettle + 1, {9});
  require_equal(cursor.floor(), 9);
  require_equal(cursor.kept(), 0U);
}

Test(log_cursor, each_gap_is_waited_for_from_when_it_was_seen) {
  LogCursor cursor{kSettle};
  cursor.start(0);
  poll(cursor, 0, {2});
  poll(cursor, 50, {2, 4});
  poll(cursor, kSettle + 1, {2, 4});
  require_equal(cursor.floor(), 2, "3 may come");
  require(poll(cursor, kSettle + 40, {3, 4}) == Numbers{3}, "it came");
  require_equal(cursor.floor(), 4);
}

Test(log_cursor, numbers_in_steps_of_three_are_kept_for_a_bounded_time) {
  LogCursor cursor{kSettle};
  cursor.start(0);
  std::int64_t newest = 0;
  for (std::int64_t now = 0; now < 100 * kSettle; now += 10) {
    Numbers visible;
    for (auto number = newest + 3; number > cursor.floor(); number -= 3) visible.push_back(number);
    newest += 3;
    require_equal(poll(cursor, now, visible).size(), 1U, "one is new");
    require(cursor.kept() <= static_cast<std::size_t>(kSettle / 10 + 2), "those of the window");
  }
}
