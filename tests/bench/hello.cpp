// A bare hello on tenantd's transport, to measure what the transport alone costs.
// Usage: hello SOCKET WORKERS THREADS
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "tenantd/http/server.hpp"
#include "tenantd/proc/supervisor.hpp"

namespace {

// 191 bytes, about the size of a small resource.
constexpr const char* kBody =
    R"({"id":"0191d6a8-7c1e-7a52-9b0e-3f6d2c4b8a10","name":"Example org","slug":"example","plan":"pro",)"
    R"("members":7,"created_at":1700000000,"updated_at":1700000000,"role":"owner","active":true,"v":1})";

int serve_hello(int threads, int listen_fd, int stop_fd) {
  tenantd::http::ServerOptions options;
  options.listen_fd = listen_fd;
  options.stop_fd = stop_fd;
  options.threads = threads;
  tenantd::proc::worker_ready();
  tenantd::http::serve(options, [](tenantd::http::Request&) {
    tenantd::http::Response response;
    response.body = kBody;
    return response;
  });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: hello SOCKET WORKERS THREADS\n", stderr);
    return 64;
  }
  try {
    const int threads = std::atoi(argv[3]);
    tenantd::proc::SupervisorOptions options;
    options.lanes.push_back({"fast", argv[1], std::atoi(argv[2]), 0});
    return tenantd::proc::supervise(options,
                                    [&](const tenantd::proc::Lane&, int, int listen_fd, int stop_fd) {
                                      return serve_hello(threads, listen_fd, stop_fd);
                                    });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hello: %s\n", error.what());
    return 1;
  }
}
