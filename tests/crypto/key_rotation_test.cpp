// Signing keys of a running service: published before they sign, seen by every worker without a reload.
#include <criterion/criterion.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;

namespace {

std::string new_clock() {
  const auto path = run_dir() + "/clock-" + fresh_name("keys");
  std::ofstream{path, std::ios::binary} << std::string(8, '\0');
  return path;
}

class Service {
 public:
  Service() : stack_({"CLOCK_OFFSET_FILE=" + clock_, "SESSION_CACHE_SECONDS=5"}) {
    stack_.take_the_suites_place();
  }
  void move_clock(std::int64_t seconds) const {
    std::fstream file{clock_, std::ios::in | std::ios::out | std::ios::binary};
    file.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
    require(static_cast<bool>(file.flush()), "the clock cannot be moved");
  }
  std::string keys(const std::string& words, int status = 0) const {
    const auto done = stack_.run("tenantctl keys " + words);
    require_equal(done.status, status, done.output);
    return done.output;
  }
  // "published KID; it signs from …"
  std::string rotate(const std::string& option = "") const {
    const auto said = keys("rotate" + option);
    require(said.starts_with("published "), said);
    return said.substr(10, said.find(';') - 10);
  }
  // Besides the RSA key, which signs ID tokens.
  std::size_t published() const { return stack_.client().get("/.well-known/jwks.json").size("/keys") - 1; }

 private:
  std::string clock_ = new_clock();
  PrivateStack stack_;
};

std::string kid_of(const std::string& token) {
  const auto header = tenantd::base64url_decode(token.substr(0, token.find('.'))).value();
  const auto at = header.find("\"kid\":\"") + 7;
  return header.substr(at, header.find('"', at) - at);
}

}  // namespace

Test(key_rotation, a_new_key_is_published_at_once_and_signs_later, .timeout = 120) {
  const Service service;
  const auto before = sign_up();
  const auto old_kid = kid_of(before.access_token);
  const auto kid = service.rotate();
  wait_until("every worker publishes it", [&] { return service.published() == 2; });
  require_equal(kid_of(sign_up().access_token), old_kid, "before its time");
  wait_until("every host knows it",
             [&] { return number_of("SELECT COUNT(*) FROM deployment WHERE name = " + literal(kid)) == 1; });
  service.move_clock(601);
  const auto after = sign_up();
  require_equal(kid_of(after.access_token), kid);
  expect(before.client().get("/api/v1/users/me"), 200);
  expect(after.client().get("/api/v1/users/me"), 200);
  const auto refused = service.keys("retire " + old_kid, 1);
  require(refused.find("retire it then, or with --force") != std::string::npos, refused);
  expect(before.client().get("/api/v1/users/me"), 200);
  service.move_clock(601 + 901);
  // As if a host had signed with it until now, because another one lacked the new one.
  const auto until = text_of("SELECT until_at FROM deployment WHERE name = " + literal(old_kid));
  database().run("UPDATE deployment SET until_at = until_at + 5000 WHERE name = " + literal(old_kid));
  const auto living = service.keys("retire " + old_kid, 1);
  require(living.find("Tokens that the hosts have signed with the key " + old_kid) != std::string::npos,
          living);
  require_equal(service.published(), 2U);
  database().run("UPDATE deployment SET until_at = " + until + " WHERE name = " + literal(old_kid));
  service.keys("retire " + old_kid);
  wait_until("it is gone", [&] { return service.published() == 1; });
}

Test(key_rotation, a_key_in_wrong_hands_is_out_without_a_reload, .timeout = 120) {
  const Service service;
  const auto before = sign_up();
  expect(before.client().get("/api/v1/users/me"), 200);
  const auto kid = service.rotate(" --now");
  wait_until("the new one signs",
             [&] { return kid_of(sign_in(before.email, before.password).text("/access_token")) == kid; });
  service.keys("retire " + kid_of(before.access_token) + " --force");
  wait_until("its tokens are refused", [&] { return before.client().get("/api/v1/users/me").status == 401; });
  for (int i = 0; i < 20; ++i) expect_problem(before.client().get("/api/v1/users/me"), 401, "invalid_token");
}

Test(key_rotation, no_request_fails_while_keys_are_rotated, .timeout = 120) {
  const Service service;
  const auto person = sign_up();
  std::atomic<bool> over{false};
  std::atomic<int> answered{0};
  std::string wrong;
  std::thread caller{[&] {
    while (!over && wrong.empty()) {
      const auto renewed =
          Client{}.post("/signin", object({{"email", person.email}, {"password", person.password}}));
      if (renewed.status != 200) wrong = renewed.describe();
      for (int i = 0; i < 8 && wrong.empty(); ++i) {
        Client client;
        client.bearer(renewed.text("/access_token"));
        const auto me = client.get("/api/v1/users/me");
        if (me.status != 200) wrong = me.describe();
        ++answered;
      }
    }
  }};
  for (const char* option : {" --now", " --now", ""}) {
    const auto kid = service.rotate(option);
    const int seen = answered;
    wait_until("requests go on", [&] { return answered > seen + 40 || !wrong.empty(); });
  }
  over = true;
  caller.join();
  require_equal(wrong, "");
  require_equal(service.published(), 4U);
}
