// A connection of the driver's to one of the servers that the options name, looked at and found fit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "connect.hpp"
#include "tenantd/db/server_board.hpp"
#include "tenantd/db/server_facts.hpp"

namespace sql {
class Statement;
}

namespace tenantd::db {

struct Link {
  std::unique_ptr<sql::Connection> connection;
  std::optional<Host> host;  // none = the socket
  std::size_t place = 0;     // in DB_HOST
  bool has_others = false;   // there
  std::uint64_t epoch = 0;
  std::int64_t id = 0;  // CONNECTION_ID()
  ServerFacts facts;
};

// What the processes of this host know of the servers, or what this process knows.
ServerBoard& board_of(const ConnectOptions& options);

// Asks the servers in the order of the board until one takes writes. One that is named alone will do for what
// is read. Together that takes a few seconds at most, and no longer than the request has. Throws AccessDenied
// or MixingProxy at the first that says so, or ApiError(unavailable) that says of each why not.
Link open_link(const ConnectOptions& options);

// Ends a connection in the server that it leads to. Throws ApiError(unavailable) or what the driver throws if
// the server does not answer within a second or two.
void end_in_server(const Link& link, const ConnectOptions& options);

// True unless the server has become read-only. Throws what the driver throws.
bool takes_writes(sql::Statement& plain);

// True for what a server says that takes no writes now, and may take none again: another is to be asked.
bool is_unfit(int error);

}  // namespace tenantd::db
