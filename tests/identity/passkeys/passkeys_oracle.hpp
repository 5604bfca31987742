// What the service answered to registrations and sign-ins, to be compared with what other software answers
// (tests/node/passkey_oracle.mjs).
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "passkeys_fixture.hpp"
#include "support/processes.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"

namespace tenantd::test {

class PasskeyOracle {
 public:
  explicit PasskeyOracle(std::string origin) : origin_(std::move(origin)) {}

  struct Case {
    std::string what;
    std::string line;  // for the oracle
    bool accepted = false;
    std::string said;  // the service's reply
  };
  void ask(Case each, const std::string& members);

  struct Verdict {
    Case of;
    bool accepted = false;
    std::string why;
  };
  // What the oracle says of each, in their order.
  std::vector<Verdict> verdicts() const;
  const std::string& origin() const { return origin_; }

 private:
  std::string origin_;
  std::vector<Case> cases_;
};

// An account that adds passkeys one after another, and has none in between.
class Registrations {
 public:
  explicit Registrations(PasskeyOracle& oracle) : oracle_(oracle), options_(creation_options(account_)) {}
  const Response& options() const { return options_; }
  // Returns whether the service took it.
  bool add(const std::string& what, const PasskeyDevice& device);

 private:
  PasskeyOracle& oracle_;
  Account account_ = sign_up_verified();
  Response options_;
};

// An account with one passkey, which has counted to `kHeld`.
class SignIns {
 public:
  static constexpr std::uint32_t kHeld = 7;
  SignIns(PasskeyOracle& oracle, PasskeyDevice::Kind kind);
  // It counts on by itself.
  const PasskeyDevice& device() const { return device_; }
  const Response& options() const { return options_; }
  bool use(const std::string& what, const PasskeyDevice& device);

 private:
  PasskeyOracle& oracle_;
  Account account_ = sign_up_verified();
  PasskeyDevice device_;
  PasskeyBrowser browser_;
  std::string made_;  // the credential as it was added
  Response options_;
};

inline std::string where_owner(const Account& account) {
  return " WHERE user_id = " + binary(account.user_id);
}

inline std::string quoted_member(const char* name, const std::string& value) {
  return std::string{",\""} + name + "\":" + json::quoted(value);
}

inline void PasskeyOracle::ask(Case each, const std::string& members) {
  each.line = "{\"rp_id\":\"localhost\"" + quoted_member("origin", origin_) + members + '}';
  cases_.push_back(std::move(each));
}

inline std::vector<PasskeyOracle::Verdict> PasskeyOracle::verdicts() const {
  const auto path = run_dir() + "/passkeys-" + fresh_name("asked");
  {
    std::ofstream file{path};
    for (const auto& each : cases_) file << each.line << '\n';
  }
  const auto said = run_program({"node", setting("TENANTD_TOP") + "/tests/node/passkey_oracle.mjs", path}, {},
                                std::chrono::seconds{120});
  require_equal(said.status, 0, said.output);
  std::istringstream lines{said.output};
  std::vector<Verdict> found;
  for (std::string line; std::getline(lines, line);) {
    const auto read = json::read(line);
    require(read.has_value() && found.size() < cases_.size(), line);
    found.push_back({cases_[found.size()], (*read)["accepted"].IsTrue(), json::text_of(*read, "why")});
  }
  require_equal(found.size(), cases_.size(), "a verdict each");
  return found;
}

inline bool Registrations::add(const std::string& what, const PasskeyDevice& device) {
  const auto credential = device.create(options_);
  const auto reply = test::add(account_, credential);
  require(reply.status == 201 || reply.status == 422, what + ": " + reply.describe());
  oracle_.ask({what, "", reply.status == 201, reply.body},
              ",\"kind\":\"webauthn.create\",\"credential\":" + credential +
                  quoted_member("challenge", options_.text("/publicKey/challenge")));
  require_equal(passkeys_of(account_), reply.status == 201 ? 1 : 0, what);
  if (reply.status != 201) return false;
  database().run("DELETE FROM passkey" + where_owner(account_));
  options_ = right(creation_options(account_));
  return true;
}

inline SignIns::SignIns(PasskeyOracle& oracle, PasskeyDevice::Kind kind)
    : oracle_(oracle), device_(oracle.origin(), kind) {
  device_.counter = kHeld;
  const auto creation = right(creation_options(account_));
  device_.user = *base64url_decode(creation.text("/publicKey/user/id"));
  made_ = device_.create(creation);
  expect(test::add(account_, made_), 201);
  device_.counter = kHeld + 1;
  options_ = right(browser_.options());
}

inline bool SignIns::use(const std::string& what, const PasskeyDevice& device) {
  const auto credential = device.use(options_);
  const auto before = sessions_of(account_);
  const auto reply = browser_.sign_in(credential);
  require(reply.status == 200 || reply.status == 401 || reply.status == 422, what + ": " + reply.describe());
  oracle_.ask({what, "", reply.status == 200, reply.body},
              ",\"kind\":\"webauthn.get\",\"credential\":" + credential +
                  quoted_member("challenge", options_.text("/publicKey/challenge")) + ",\"held\":" + made_ +
                  ",\"counter\":" + std::to_string(kHeld));
  if (reply.status != 200) {
    require_equal(sessions_of(account_), before, what);
    return false;
  }
  database().run("DELETE FROM session" + where_owner(account_));
  database().run("UPDATE passkey SET sign_count = " + std::to_string(kHeld) + where_owner(account_));
  options_ = right(browser_.options());
  return true;
}

}  // namespace tenantd::test
