// An nginx of a test's own, with the project's configuration beside it as `tenantd/`, on a port of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "support/background.hpp"
#include "support/fixtures.hpp"

namespace tenantd::test {

class OwnNginx {
 public:
  struct Place {
    std::string dir;  // of this nginx, with its sockets; removed at the end
    int port;         // on 127.0.0.1
  };
  // The text of what stands in http {} besides access_log, paths of temporary files and the upstreams.
  using Configuration = std::function<std::string(const Place&)>;

  // The lanes' sockets.
  struct Sockets {
    std::string fast, hash, outbound;
  };

  // `fast` is the socket that answers the guard's questions. Throws if nginx does not start.
  OwnNginx(const Configuration& http, const std::string& fast);
  OwnNginx(const Configuration& http, const Sockets& sockets);
  ~OwnNginx();
  OwnNginx(const OwnNginx&) = delete;
  OwnNginx& operator=(const OwnNginx&) = delete;

  std::string url() const;
  Client client() const;
  Client client(const Account& account) const;

 private:
  std::string whole(const std::string& http, const Sockets& sockets) const;
  void start();

  Place place_;
  std::optional<Background> nginx_;
};

}  // namespace tenantd::test
