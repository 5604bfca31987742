// An instance that takes passkeys, and a browser that has one.
#pragma once

#include <string>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/passkey_device.hpp"
#include "support/private_stack.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {

inline constexpr const char* kPasskeys = "/api/v1/auth/passkeys";
inline constexpr const char* kCreation = "/api/v1/auth/passkeys/options";
inline constexpr const char* kRequest = "/api/v1/auth/passkey/options";
inline constexpr const char* kVerify = "/api/v1/auth/passkey/verify";

// An instance under a name that browsers take passkeys of.
class Named {
 public:
  Named()
      : stack_({"PUBLIC_URL=http://localhost:@PORT@", "CLOCK_OFFSET_FILE=" + setting("CLOCK_OFFSET_FILE")}) {
    stack_.take_the_suites_place();
  }
  std::string url() const {
    const auto& url = stack_.url();
    return "http://localhost" + url.substr(url.rfind(':'));
  }

 private:
  PrivateStack stack_;
};

inline Response creation_options(const Account& account) {
  return account.client().post(kCreation, object({{"password", account.password}}));
}

inline Response right(Response reply) {
  expect(reply, 200);
  return reply;
}

inline Response add(const Account& account, const std::string& credential,
                    const std::string& name = "Phone") {
  return account.client().post(kPasskeys, "{\"name\":\"" + name + "\",\"credential\":" + credential + '}');
}

inline std::string add_device(const Account& account, PasskeyDevice& device) {
  const auto options = right(creation_options(account));
  device.user = *tenantd::base64url_decode(options.text("/publicKey/user/id"));
  return expect(add(account, device.create(options)), 201).text("/id");
}

// A browser: what it was given as a cookie goes back.
struct PasskeyBrowser {
  Client client;
  Response options(const std::string& body = "{}") {
    auto reply = client.post(kRequest, body);
    if (const auto given = reply.header("set-cookie"); !given.empty()) {
      require(given.find("; HttpOnly; SameSite=Strict") != std::string::npos, given);
      client.header("Cookie", given.substr(0, given.find(';')));
    }
    return reply;
  }
  Response sign_in(const std::string& credential, const std::string& more = "") {
    return client.post(kVerify, "{\"credential\":" + credential + more + '}');
  }
  Response sign_in(const PasskeyDevice& device) { return sign_in(device.use(expect(options(), 200))); }
};

inline std::int64_t passkeys_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM passkey WHERE user_id = " + binary(account.user_id));
}
inline std::int64_t sessions_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(account.user_id));
}
inline std::int64_t events_of(const Account& account, const std::string& type) {
  return number_of("SELECT COUNT(*) FROM account_event WHERE type = " + literal(type) +
                   " AND user_id = " + binary(account.user_id));
}

}  // namespace tenantd::test
