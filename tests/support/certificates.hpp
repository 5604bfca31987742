// Certificates for a server that a test starts.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

// Certificates of an authority, and of one that nobody knows.
class Certificates {
 public:
  Certificates() {
    dir_ = run_dir() + "/tls-XXXXXX";
    require(::mkdtemp(dir_.data()) != nullptr, "a folder");
    for (const char* name : {"ca", "other-ca"})
      openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
               std::string{"/CN="} + name, "-keyout", path(std::string{name} + ".key"), "-out",
               path(std::string{name} + ".pem")});
    issue("server", "localhost", "2");
    issue("expired", "localhost", "-1");
    issue("client", "tenantd", "2");
  }
  ~Certificates() { std::filesystem::remove_all(dir_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string path(const std::string& name) const { return dir_ + '/' + name; }
  // Options of a database server that shows the certificate.
  std::string shown(const std::string& name) const {
    return "--ssl-ca=" + path("ca.pem") + " --ssl-cert=" + path(name + ".pem") +
           " --ssl-key=" + path(name + ".key");
  }

 private:
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const auto done = run_program(arguments);
    require_equal(done.status, 0, done.output);
  }
  void issue(const std::string& name, const std::string& host, const std::string& days) const {
    openssl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + host, "-addext",
             "subjectAltName=DNS:" + host, "-keyout", path(name + ".key"), "-out", path(name + ".csr")});
    openssl({"x509", "-req", "-copy_extensions", "copy", "-in", path(name + ".csr"), "-days", days, "-CA",
             path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-out", path(name + ".pem")});
  }

  std::string dir_;
};

}  // namespace tenantd::test
