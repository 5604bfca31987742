// Opens a connection of the driver's, and says what kept it from that.
#pragma once

#include <memory>
#include <string>

#include "tenantd/db/connection.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"

namespace sql {
class SQLException;
}

namespace tenantd::db {

// The server that all shall use has no connection left. Nobody writes through another one for that: it would
// be a second writer.
struct ServerFull : ApiError {
  explicit ServerFull(const std::string& what)
      : ApiError(ApiError(ErrorCode::unavailable).detail("connect: " + what)) {}
};

// How long a statement may take in the server: a second shorter than the client's patience, so that the
// server's own word arrives first.
int statement_seconds(int timeout_seconds);

// "db1:3307", or the socket's path for none.
std::string where(const ConnectOptions& options, const Host* host);

// Returns a connection to `host`, or by the socket for nullptr: at READ COMMITTED, with its limits of time,
// and encrypted if the options name a CA. It may take so many seconds, 1 at least. Throws as
// refuse_connection().
std::unique_ptr<sql::Connection> connect(const ConnectOptions& options, const Host* host, int seconds);

// Throws AccessDenied, ServerFull or ApiError(unavailable), with a detail that names the server and what to
// do.
[[noreturn]] void refuse_connection(const sql::SQLException& e, const ConnectOptions& options,
                                    const Host* host);

}  // namespace tenantd::db
