// FastCGI over kept connections (FastCGI 1.0): own accept and epoll, libfcgi for the protocol.
//
// nginx keeps connections; plain libfcgi would pin a thread on each. Here a few threads share one epoll: a
// connection is handed to libfcgi only when it has bytes, and goes back to the epoll after its request. A
// connection that stays silent costs no thread; one that sends half a request is cut at the deadline.
//
// One request at a time on a connection, as nginx does it; what is sent ahead of the reply is not served.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "tenantd/http/message.hpp"

namespace tenantd::http {

// Answers one request. Throws nothing but Later; called on several threads at once. The request is reused for
// the next one: nothing may point into it after the return.
using Handler = std::function<Response(Request&)>;

// Thrown by a handler: the request cannot be answered before others of `who` have gone. It is put aside
// without a thread, and handed to ServerOptions::again once `is_ready` says so. If that takes half of the
// request's deadline, or too many wait, `give_up` makes the reply. Both are called on any thread, until the
// request is answered.
struct Later {
  static constexpr std::size_t kMost = 128;      // put aside at once, in this process
  static constexpr std::size_t kMostOfOne = 64;  // for one `who`
  std::string who;
  std::function<bool()> is_ready;
  std::function<Response()> give_up;
};

struct ServerOptions {
  int listen_fd = -1;  // listening unix socket, non-blocking; owned by the caller
  int threads = 4;
  int stop_fd = -1;  // readable = drain: stop accepting, exit when every connection is gone
  // For receiving one request, and again for sending its reply; the handler's time is its own. Kept to within
  // a fifth of it, at most a second. SIGURG is taken for this.
  std::chrono::seconds request_deadline{10};
  std::chrono::seconds drain_deadline{30};
  std::int64_t max_requests = 0;  // drains by itself after this many; 0 = never
  std::int64_t max_body = 262144;
  // Answers a request of which only a part was read, since the rest cannot be; a plain problem document where
  // nothing is set. Throws nothing.
  std::function<Response(Request&, const BadRequest&)> refuse;
  Handler again;  // answers, instead of the handler, a request that was put aside; may put it aside again
  std::function<void()> on_thread_exit;  // each serving thread, before it ends
  std::function<void()> on_drain;        // once, when draining begins for whatever reason
};

// Serves until drained. Returns the count of requests answered. Throws std::system_error if it cannot start.
//
// While draining, a kept connection is still served, and is closed by its peer (nginx: keepalive_timeout),
// never first from here, because a request may be on its way; only at drain_deadline is the rest cut. A
// running handler is waited for in any case.
std::int64_t serve(const ServerOptions& options, const Handler& handler);

}  // namespace tenantd::http
