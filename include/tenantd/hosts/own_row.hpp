// This host's row in the table of hosts. Each renewal writes another number there, and what was written
// stands in shared memory: a number that no process of this host wrote is that of somebody who takes the row
// for his, since the machine was copied, or put back to an earlier state, while tenantd ran.
#pragma once

#include <string>

#include "tenantd/db/connection.hpp"
#include "tenantd/shm/host_state.hpp"

namespace tenantd::hosts {

class OwnRow {
 public:
  // `name`: how people know this host. `files`: what it says of its files (shared_folder.hpp).
  OwnRow(std::string name, std::string files, shm::HostState& state)
      : name_(std::move(name)), files_(std::move(files)), state_(state) {}

  const std::string& name() const { return name_; }

  // Writes the row, or takes it over from another process of this host. False if it is there and cannot be
  // taken over just now, or is another's (is_taken).
  bool write(db::Connection& connection, const std::string& kids, std::int64_t overdue);
  // Says that this host lives. False if the row is gone, or another process has just written it.
  bool renew(db::Connection& connection, std::int64_t lag_us);
  // Takes note of the number that was found in the row. True once it is another's: twice, since a process of
  // this host may be between writing a number and saying so.
  bool look(std::int64_t beat);
  bool is_taken() const;  // what look() has said last
  // From now on this is another host, which has no row yet.
  void become_another();
  void remove(db::Connection& connection);

 private:
  bool is_own(std::int64_t beat);

  const std::string name_, files_;
  shm::HostState& state_;
  int strange_ = 0;  // polls in a row that found another's number
};

}  // namespace tenantd::hosts
