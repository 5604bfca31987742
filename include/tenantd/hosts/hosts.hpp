// The hosts of this database as people see them.
#pragma once

#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/shm/host_state.hpp"

namespace tenantd::hosts {

// HOST_NAME, or what the machine is called.
std::string host_name(const Settings& settings);

struct Host {
  HostId id;
  std::string name;
  std::string version;
  TimePoint started_at;
  std::int64_t silent_seconds = 0;  // since it last said that it lives, by the database's clock
  std::string address;              // where the database sees it
  std::string server;               // of the database, through which it writes; empty = it has not said yet
  std::string files;                // "s3", "local", "shared"; empty = it does not tell
  std::vector<std::string> kids;    // signing keys that it verifies
  std::int64_t lag_us = 0;          // the longest time between two polls of late
  std::int64_t overdue = 0;         // replies that waited for it in vain, since it last answered in time
  bool is_alive() const;
  // Of all its signing keys, base64url: the same on two hosts that verify the same. Empty if it does not
  // tell.
  std::string keys_print() const;
};
// Those that have a row, in the order of their start.
std::vector<Host> list_hosts(db::Connection& connection);
std::vector<Host> list_hosts(db::Txn& txn);

// "web-1 through db1:3306, web-2 through db2:3306" if those that live write through more than one server;
// else empty.
std::string other_writers(const std::vector<Host>& hosts);

// Takes the row of a host away. False if there is none. One that runs after all writes it again.
bool forget_host(db::Txn& txn, const HostId& id);

}  // namespace tenantd::hosts
