// The first super-admin, made in the browser by whoever runs the server.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/browser.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/node.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kLongPassword = "velvet anchor northbound";
constexpr const char* kSupers = "SELECT COUNT(*) FROM user WHERE is_super";

// An instance that nobody runs yet, in the suite's place.
struct Fresh {
  explicit Fresh(std::vector<std::string> more = {}) : stack(settings(std::move(more))) {
    stack.take_the_suites_place();
  }
  static std::vector<std::string> settings(std::vector<std::string> more) {
    more.insert(more.end(), {"SUPER_ADMIN_EMAIL=", "SUPER_ADMIN_PASSWORD="});
    return more;
  }
  // The token of a new link.
  std::string link() const {
    const auto said = stack.run("tenantctl setup-link");
    require_equal(said.status, 0, said.output);
    const auto at = stack.url() + "/setup#token=";
    require(said.output.find(at) == 0, said.output);
    return said.output.substr(at.size(), said.output.find('\n') - at.size());
  }
  PrivateStack stack;
};

std::string form(const std::string& token, const std::string& email,
                 const std::string& password = kLongPassword) {
  return object({{"setup_token", token}, {"email", email}, {"password", password}, {"first_name", "Ruth"}});
}

Response set_up(const std::string& token, const std::string& email) {
  return Client{}.post("/setup", form(token, email));
}

bool is_open() { return expect(Client{}.get("/api/v1/config"), 200).at("/setup_open").GetBool(); }

}  // namespace

Test(setup, the_newest_link_makes_the_first_super_admin_once) {
  const Fresh fresh;
  require(is_open(), "nobody runs it yet");
  const auto older = fresh.link();
  const auto token = fresh.link();
  const auto taken = sign_up();
  {
    Unchanged database;
    expect_problem(set_up(older, "root@example.com"), 400, "token_invalid");
    expect_problem(set_up("x", "root@example.com"), 400, "token_invalid");
    expect_problem(Client{}.post("/setup", form(token, "root@example.com", "root@example.com")), 422,
                   "password_refused");
    expect_problem(Client{}.post("/setup", form(token, "nobody")), 422, "validation_failed");
    expect_problem(set_up(token, taken.email), 409, "email_taken");
    Browser foreign{fresh.stack.url(), "https://evil.example", "tenantd"};
    expect_problem(foreign.post("/setup", form(token, "root@example.com")), 403, "origin_refused");
    database.check("set-ups that are refused");
  }
  require_equal(text_of("SELECT HEX(token) FROM setup_link").find(token), std::string::npos);
  Browser browser{fresh.stack.url(), fresh.stack.url(), "tenantd"};
  const auto made = browser.post("/api/v1/setup", form(token, "root@example.com"));
  expect(made, 201);
  require(!browser.token().empty() && !made.has("/refresh_token"), made.describe());
  require(made.at("/user/is_super_admin").GetBool() && made.at("/user/email_verified").GetBool(),
          made.describe());
  require_equal(made.text("/user/profile/first_name"), "Ruth");
  Client root;
  expect(root.bearer(made.text("/access_token")).get("/api/v1/tenants"), 200);
  expect(sign_in("root@example.com", kLongPassword), 200);
  require_equal(number_of(kSupers), 1);
  for (const char* action : {"super_admin.created", "user.created"})
    require(number_of("SELECT COUNT(*) FROM audit_log WHERE action = " + literal(action) +
                      " AND resource_id = " + binary(made.text("/user/id"))) > 0,
            action);

  require(!is_open(), "somebody runs it");
  Unchanged database;
  for (const auto& dead : {token, older, std::string{"x"}})
    expect_problem(set_up(dead, "second@example.com"), 410, "setup_done");
  const auto refused = fresh.stack.run("tenantctl setup-link");
  require_equal(refused.status, 1, refused.output);
  database.check("set-ups of a service that is set up");
}

Test(setup, of_many_at_once_one_wins) {
  const Fresh fresh;
  const auto token = fresh.link();
  const auto users = number_of("SELECT COUNT(*) FROM user");
  const auto statuses = at_once(
      6, [&](std::size_t i) { return set_up(token, "root" + std::to_string(i) + "@example.com").status; });
  require_equal(std::count(statuses.begin(), statuses.end(), 201), 1);
  require_equal(std::count(statuses.begin(), statuses.end(), 410), 5);
  require_equal(number_of(kSupers), 1);
  require_equal(number_of("SELECT COUNT(*) FROM user"), users + 1);
  require_equal(number_of("SELECT COUNT(*) FROM setup_link"), 0);
}

Test(setup, an_expired_link_and_one_beside_a_super_admin_open_nothing, .timeout = 240) {
  const Fresh fresh;
  const auto token = fresh.link();
  database().run("UPDATE setup_link SET expires_at = UNIX_TIMESTAMP()");
  expect_problem(set_up(token, "root@example.com"), 400, "token_invalid");
  // The application's account of the database does not get round the link.
  const auto ann = sign_up();
  tenantd::db::Connection app{as_app()};
  const auto make = [&](const std::string& hash) {
    app.run("CALL make_first_super(" + binary(ann.user_id) + ", " + hash + ", UNIX_TIMESTAMP())");
  };
  make("(SELECT UNHEX(REPEAT('00', 32)))");
  require(error_of(app, "SELECT token FROM tenantd.setup_link") != 0, "the application sees the hash");
  require(error_of(app, "UPDATE user SET is_super = TRUE") != 0, "the application gives the rank");
  require_equal(number_of(kSupers), 0);
  // Somebody is made one meanwhile: a live link is dead, in the database too.
  const auto live = fresh.link();
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(sign_up().user_id));
  expect_problem(set_up(live, "root@example.com"), 410, "setup_done");
  make("(SELECT UNHEX(SHA2(" + literal(live) + ", 256)))");
  require_equal(number_of(kSupers), 1);
}

Test(setup, the_page_makes_the_first_super_admin_and_says_afterwards_that_there_is_one, .timeout = 300) {
  const Fresh fresh;
  const auto email = fresh_email("ruth");
  browse("console_setup.mjs", {fresh.stack.url() + "/setup#token=" + fresh.link(), email});
  require_equal(text_of("SELECT GROUP_CONCAT(email) FROM user WHERE is_super"), email);
  expect(sign_in(email, kChosenPassword), 200);
}
