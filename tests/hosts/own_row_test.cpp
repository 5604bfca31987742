// The row of a host, and two that take it for theirs.
#include "tenantd/hosts/own_row.hpp"

#include <criterion/criterion.h>
#include <unistd.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd;
using namespace tenantd::test;
using hosts::OwnRow;

namespace {

// A table of hosts that no host reads.
class Table {
 public:
  Table() : name_("own_row_test_" + std::to_string(::getpid())), db_(as_admin()) {
    db_.run("DROP DATABASE IF EXISTS " + name_);
    db_.run("CREATE DATABASE " + name_);
    db_.run("CREATE TABLE " + name_ + ".host LIKE tenantd.host");
    db_.run("USE " + name_);
  }
  ~Table() { db_.run("DROP DATABASE " + name_); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  db::Connection& db() { return db_; }
  std::int64_t number(const std::string& what) {
    auto rows = db_.run_query("SELECT " + what + " FROM host");
    require(rows.next(), "no row");
    return rows.integer(0);
  }

 private:
  std::string name_;
  db::Connection db_;
};

// As much of a machine's memory as matters.
void copy(const shm::HostState& from, shm::HostState& to) {
  to.set_id(from.id());
  to.beat.store(from.beat.load());
  to.next_beat.store(from.next_beat.load());
}

}  // namespace

Test(own_row, each_renewal_writes_another_number) {
  Table table;
  shm::HostState state{};
  state.set_id(crypto::new_id<HostId>());
  OwnRow row{"here", "s3", state};
  require(row.write(table.db(), "one two", 0), "written");
  const auto first = table.number("beat");
  require(row.renew(table.db(), 1234), "renewed");
  require(table.number("beat") > first, "another number");
  require_equal(table.number("lag_us"), 1234);
  require(!row.look(table.number("beat")) && !row.look(table.number("beat")), "its own");
}

// On a reload two processes of one host do it, and share what they have written.
Test(own_row, processes_of_one_host_take_it_over_from_each_other) {
  Table table;
  shm::HostState state{};
  state.set_id(crypto::new_id<HostId>());
  OwnRow before{"here", "s3", state}, after{"here", "s3", state};
  require(before.write(table.db(), "", 0), "written");
  require(after.write(table.db(), "", 0), "taken over");
  require(before.renew(table.db(), 0) && after.renew(table.db(), 0), "both renew");
  require(!before.look(table.number("beat")) && !before.look(table.number("beat")), "their own");
  // Killed between writing a number and saying so.
  const auto written = state.beat.load() + 7;
  state.next_beat.store(written);
  table.db().run("UPDATE host SET beat = " + std::to_string(written));
  require(after.write(table.db(), "", 0), "taken over from a dead one");
}

Test(own_row, of_two_machines_with_one_memory_one_notices_and_becomes_another) {
  Table table;
  shm::HostState memory{}, copied{};
  memory.set_id(crypto::new_id<HostId>());
  OwnRow original{"here", "s3", memory}, clone{"here", "s3", copied};
  require(original.write(table.db(), "", 0), "written");
  copy(memory, copied);
  require(clone.renew(table.db(), 0), "the first of them to renew");
  require(!original.renew(table.db(), 0), "the other is refused");
  const auto beat = table.number("beat");
  require(!original.look(beat), "a process of this host may just have written it");
  require(original.look(beat), "it is another machine's");
  require(!clone.look(beat) && !clone.look(beat), "that one goes on");
  original.become_another();
  require(memory.id() != copied.id(), "another id");
  require(original.write(table.db(), "", 0), "a row of its own");
  require_equal(table.number("COUNT(*)"), 2);
}

// A virtual machine that was put back to an earlier state finds a later number.
Test(own_row, a_memory_of_before_takes_over_nothing) {
  Table table;
  shm::HostState state{}, earlier{};
  state.set_id(crypto::new_id<HostId>());
  OwnRow row{"here", "s3", state}, restored{"here", "s3", earlier};
  require(row.write(table.db(), "", 0), "written");
  copy(state, earlier);
  for (int i = 0; i < 3; ++i) require(row.renew(table.db(), 0), "renewed");
  require(!restored.write(table.db(), "", 0), "it is not its row any more");
  require(restored.look(table.number("beat")), "which it sees");
}
