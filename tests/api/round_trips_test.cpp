// How many statements a request sends to the database, COMMIT and the scope included: each is a way there and
// back, and most of what a request costs. Whoever adds one changes a number here.
#include <criterion/criterion.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <regex>
#include <vector>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/oauth.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/projects.hpp"
#include "support/purchasing.hpp"
#include "support/second_host.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr std::size_t kShown = 60;  // bytes of a statement, where there are more than there may be

// The statements that the server was sent since its log had `from` bytes. A routine's own statements are
// logged as well, as texts; of what the workers send as a text only these are no setting of a new connection.
// What hosts tell one another is sent besides, by each at its own time; and so is the look at a session
// whenever the host cannot be sure of what it remembers.
std::vector<std::string> statements_since(const std::string& log, std::size_t from) {
  static const std::regex sent{R"(\t\s*\d+ (Execute\t|Query\t(?:COMMIT|ROLLBACK|SAVEPOINT|START)))"};
  static const std::regex besides{R"(\b(host|invalidation|deployment|authenticate)\b)"};
  std::ifstream lines{log, std::ios::binary};
  lines.seekg(static_cast<std::streamoff>(from));
  std::vector<std::string> statements;
  std::smatch found;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_search(line, found, sent) && !std::regex_search(line, besides))
      statements.push_back(line.substr(static_cast<std::size_t>(found.position(1)), kShown));
  return statements;
}

// Holds a process up.
class Held {
 public:
  explicit Held(pid_t pid) : pid_(pid) { require(pid > 0 && ::kill(pid, SIGSTOP) == 0, "no such process"); }
  ~Held() { ::kill(pid_, SIGCONT); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  pid_t pid_;
};

class Trips {
 public:
  static constexpr int kTries = 6;

  explicit Trips(const PrivateStack& stack)
      : courier_(part_pid(stack.dir(), "courier")), log_(stack.dir() + "/statements.log") {
    database().run("SET GLOBAL general_log_file = " + literal(log_));
    database().run("SET GLOBAL general_log = ON");
  }

  // The fewest of some tries: connections are made and statements prepared at first, and what a session means
  // is read again now and then.
  void require_budget(std::size_t wanted, const std::string& name, const std::function<Response()>& send) {
    std::optional<std::vector<std::string>> fewest;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const auto before = std::filesystem::file_size(log_);
      const auto response = send();
      require(response.status < 300, name + ": " + response.body);
      auto sent = statements_since(log_, before);
      if (!fewest || sent.size() < fewest->size()) fewest = std::move(sent);
    }
    std::string text;
    for (const auto& statement : *fewest) text += '\n' + statement;
    require_equal(fewest->size(), wanted, name + text);
  }

 private:
  Held courier_;  // which works behind the requests
  std::string log_;
};

}  // namespace

// The suite's instance counts no mails; a service does.
Test(round_trips, limits_of_mails_and_invitations_take_few_more) {
  const PrivateStack stack{{"WORKERS=1", "WORKER_THREADS=1", "HASH_WORKERS=1", "LIMIT_INVITE=1000",
                            "LIMIT_MAIL=1000", "LIMIT_MAIL_CAUSED=1000", "LIMIT_MAIL_ALERTS=1000"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  verify(owner);
  Trips trips{stack};
  trips.require_budget(14U, "sign-in, with its mail", [&] { return sign_in(owner.email, owner.password); });
  trips.require_budget(13U, "sign-up", [] {
    return Client{}.post(
        "/signup",
        object({{"email", fresh_email()}, {"password", kPassword}, {"organization_name", "Acme"}}));
  });
  trips.require_budget(9U, "invite", [&] { return invite(owner, fresh_email()); });
}

Test(round_trips, each_request_keeps_its_budget) {
  // One connection of a kind, so that what was prepared is found again.
  const std::string root = "root@example.com";
  const PrivateStack stack{{"WORKERS=1", "WORKER_THREADS=1", "HASH_WORKERS=1", "SUPER_ADMIN_EMAIL=" + root,
                            std::string{"SUPER_ADMIN_PASSWORD="} + kPassword}};
  stack.take_the_suites_place();
  const Purchasing purchasing;
  const auto& owner = purchasing.owner;
  const auto project = make_project(owner);
  auto reader = sign_up();
  const auto asking = register_client(owner);
  const auto token = tokens_for(owner, asking).text("/access_token");
  Trips trips{stack};
  wait_until_trusting(stack.url());
  const auto get = [&](const std::string& path) {
    return [&owner, path] { return owner.client().get(path); };
  };

  trips.require_budget(0U, "who am I", get("/api/v1/users/me"));
  trips.require_budget(0U, "what a token is worth", [&] { return introspect(asking, token); });
  trips.require_budget(1U, "members", get("/api/v1/members?limit=20"));
  trips.require_budget(1U, "products", get("/api/v1/products?limit=20"));
  const auto accounts = std::string{"/api/v1/service-accounts"};
  const auto key = make_api_key(owner, R"(["users:read"])");
  trips.require_budget(1U, "members, by a key", [&] { return key.client().get("/api/v1/members?limit=20"); });
  const auto account = owner.client().post(
      accounts, R"({"name":"r","permissions":["users:read"],"networks":["127.0.0.0/8"]})");
  const auto keys = accounts + '/' + expect(account, 201).text("/id") + "/keys";
  const ApiKey robot{"", expect(owner.client().post(keys, R"({"name":"r"})"), 201).text("/key")};
  trips.require_budget(1U, "members, by a key that is bound to networks",
                       [&] { return robot.client().get("/api/v1/members?limit=20"); });
  auto admin = signed_in_super_admin(root, kPassword).client();
  for (const char* list : {"", "/problematic"})
    trips.require_budget(1U, std::string{"accounts of the service"} + list,
                         [&] { return admin.get("/api/v1/admin/users" + std::string{list} + "?limit=20"); });
  trips.require_budget(4U, "refresh", [&] {
    auto response = Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", reader.refresh_token}}));
    reader.refresh_token = response.text("/refresh_token");
    return response;
  });
  trips.require_budget(13U, "sign-in, with its mail", [&] { return sign_in(owner.email, owner.password); });
  trips.require_budget(12U, "sign-in without a mail", [&] { return sign_in(reader.email, reader.password); });
  trips.require_budget(11U, "sign-up", [] {
    return Client{}.post(
        "/signup",
        object({{"email", fresh_email()}, {"password", kPassword}, {"organization_name", "Acme"}}));
  });
  trips.require_budget(6U, "invite", [&] { return invite(owner, fresh_email()); });
  trips.require_budget(9U, "stock movement",
                       [&] { return move(owner, purchasing.bolt, purchasing.north, "in", 5); });
  trips.require_budget(8U, "announced upload", [&] {
    return owner.client().post(
        "/api/v1/projects/documents/upload",
        R"({"project_id":")" + project + R"(","name":"a.txt","size":5,"content_type":"text/plain"})");
  });
  const auto member = [&](const std::string& role) {
    return owner.client().post(
        "/update_member_role",
        object({{"user_id", purchasing.member.user_id}, {"org_id", owner.org_id}, {"new_role_name", role}}));
  };
  trips.require_budget(10U, "role of a member",
                       [&, turn = 0]() mutable { return member(++turn % 2 == 1 ? "viewer" : "member"); });
  std::vector<std::string> requests;
  for (int i = 0; i < Trips::kTries; ++i) requests.push_back(draft(purchasing.owner, purchasing.body()));
  const auto step = [&](const Account& by, const char* name) {
    return [&, name, next = requests.begin()]() mutable { return take(by, *next++, name); };
  };
  trips.require_budget(18U, "submission of a purchase request", step(owner, "submit"));
  trips.require_budget(15U, "approval of a purchase request", step(purchasing.manager, "approve"));
}
