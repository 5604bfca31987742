// One organization does its worst, and the others notice nothing: what it holds of a lane, and for how long.
#include <criterion/criterion.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/dns_server.hpp"
#include "support/fake_provider.hpp"
#include "support/files.hpp"
#include "support/fixtures.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;
namespace db = tenantd::db;

namespace {

constexpr std::size_t kCrowd = 24;
// Two general workers of four threads: half of them.
constexpr std::int64_t kShare = 4;

struct World {
  PrivateStack stack;
  explicit World(std::vector<std::string> settings = {"HASH_WORKERS=2", "LOCK_WAIT_SECONDS=5"})
      : stack(std::move(settings)) {
    stack.take_the_suites_place();
  }
};

// Holds what a statement locks until it goes.
class Held {
 public:
  explicit Held(const std::string& select) : connection_(as_admin()) {
    connection_.run("START TRANSACTION");
    connection_.run_query(select + " FOR UPDATE");
  }
  static Held turn_of(const Account& account) {
    return Held{"SELECT org_id FROM organization_turn WHERE org_id = " + binary(account.org_id)};
  }
  void release() { connection_.run("ROLLBACK"); }

 private:
  db::Connection connection_;
};

// innodb_trx would be no help: while it is asked again and again it says the same.
std::int64_t waiting() { return status_value("Innodb_row_lock_current_waits"); }

Response deactivate(const Account& owner, const std::vector<std::string>& users) {
  std::string ids;
  for (const auto& user : users) ids += (ids.empty() ? "\"" : ",\"") + user + '"';
  return owner.client().impatient().post("/api/v1/users/bulk/action",
                                         R"({"action":"deactivate","user_ids":[)" + ids + "]}");
}

// Whoever waits gets this or the other, and is told when to come again.
void expect_told_to_come_again(const Response& reply) {
  const bool contended = reply.status == 409;
  expect_problem(reply, contended ? 409 : 429, contended ? "contended" : "busy");
  require_equal(reply.header("retry-after"), "1", reply.describe());
}

template <class Ask>
void expect_prompt(const char* what, Ask ask) {
  const auto asked = tenantd::monotonic_microseconds();
  ask();
  const auto took = tenantd::monotonic_microseconds() - asked;
  require(took < 3'000'000, std::string{what} + " took " + std::to_string(took / 1000) + " ms");
}

}  // namespace

Test(fairness, one_organization_waits_for_itself_with_half_of_the_threads_at_most, .timeout = 180) {
  const World world;
  const auto crowd = sign_up();
  const auto member = invite_and_accept(crowd);
  const auto stranger = sign_up();
  auto turn = Held::turn_of(crowd);
  auto asked = std::async(std::launch::async, [&] {
    return at_once(kCrowd, [&](std::size_t) { return deactivate(crowd, {member.user_id}); });
  });
  wait_until("the crowd", [] { return waiting() > 0; });
  std::int64_t most = 0;
  for (int i = 0; i < 30; ++i) {
    expect_prompt("a stranger's request",
                  [&] { expect(stranger.client().impatient().get("/users/me"), 200); });
    most = std::max(most, waiting());
  }
  require(most <= kShare, std::to_string(most) + " threads wait for one organization's row");
  for (const auto& reply : asked.get()) expect_told_to_come_again(reply);
  turn.release();
  require_equal(number_of("SELECT COUNT(*) FROM member WHERE status = 1"), std::int64_t{0},
                "something changed");
  expect(deactivate(crowd, {member.user_id}), 200);
}

Test(fairness, nobody_who_signs_in_waits_for_an_organization) {
  const World world;
  const auto crowd = sign_up();
  const auto member = invite_and_accept(crowd);
  const auto stranger = sign_up();
  auto turn = Held::turn_of(crowd);
  Held row{"SELECT id FROM organization WHERE id = " + binary(crowd.org_id)};
  auto asked = std::async(std::launch::async, [&] {
    return at_once(8, [&](std::size_t) {
      return crowd.client().impatient().post("/api/v1/organizations/" + crowd.org_id + "/transfer-ownership",
                                             object({{"user_id", member.user_id}, {"password", kPassword}}));
    });
  });
  for (int i = 0; i < 10; ++i) {
    expect_prompt("a stranger's sign-in", [&] { expect(sign_in(stranger.email, kPassword), 200); });
    expect_prompt("a member's sign-in", [&] { expect(sign_in(member.email, kPassword), 200); });
  }
  for (const auto& reply : asked.get()) expect_told_to_come_again(reply);
  require_equal(stored_role(crowd.org_id, crowd.user_id), "owner");
  row.release();
  turn.release();
}

Test(fairness, who_answers_invitations_waits_with_a_share_of_the_lane) {
  const World world;
  const auto crowd = sign_up();
  const auto stranger = sign_up();
  const auto email = fresh_email();
  expect(invite(crowd, email), 201);
  const auto token = invite_token(email);
  Held invites{"SELECT id FROM invite WHERE org_id = " + binary(crowd.org_id)};
  auto asked = std::async(std::launch::async, [&] {
    return at_once(8, [&](std::size_t) {
      return Client{}.impatient().post("/accept_invite", object({{"token", token}, {"password", kPassword}}));
    });
  });
  wait_until("an answer", [] { return waiting() > 0; });
  for (int i = 0; i < 10; ++i)
    expect_prompt("a stranger's sign-in", [&] { expect(sign_in(stranger.email, kPassword), 200); });
  for (const auto& reply : asked.get()) expect_told_to_come_again(reply);
  invites.release();
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(email)), std::int64_t{0});
  expect(Client{}.post("/accept_invite", object({{"token", token}, {"password", kPassword}})), 200);
}

Test(fairness, who_answers_invitations_keeps_nobody_else_from_answering_theirs, .timeout = 180) {
  const World world{{"HASH_WORKERS=2"}};
  const auto crowd = sign_up();
  const auto email = fresh_email();
  expect(invite(crowd, email), 201);
  const auto token = invite_token(email);
  std::vector<std::string> others;
  for (int i = 0; i < 3; ++i) {
    const auto address = fresh_email();
    expect(invite(sign_up(), address), 201);
    others.push_back(invite_token(address));
  }
  const auto accept = [](const std::string& given) {
    return Client{}.impatient().post("/accept_invite", object({{"token", given}, {"password", kPassword}}));
  };
  Held invites{"SELECT id FROM invite WHERE org_id = " + binary(crowd.org_id)};
  // More than can have a second each before their time is over.
  auto asked = std::async(std::launch::async,
                          [&] { return at_once(kCrowd, [&](std::size_t) { return accept(token); }); });
  wait_until("an answer", [] { return waiting() > 0; });
  for (const auto& other : others) expect_prompt("a stranger's answer", [&] { expect(accept(other), 200); });
  for (const auto& reply : asked.get()) expect_told_to_come_again(reply);
  invites.release();
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(email)), std::int64_t{0});
  expect(accept(token), 200);
}

Test(fairness, what_killed_workers_had_under_way_is_not_counted_any_more) {
  const World world;
  const auto crowd = sign_up();
  const auto member = invite_and_accept(crowd);
  auto turn = Held::turn_of(crowd);
  auto asked = std::async(std::launch::async, [&] {
    return at_once(kCrowd, [&](std::size_t) { return deactivate(crowd, {member.user_id}); });
  });
  wait_until("the crowd", [] { return waiting() > 0; });
  const auto killed = children_of(part_pid(world.stack.dir(), "tenantd"));
  for (const auto worker : killed) ::kill(worker, SIGKILL);
  turn.release();
  const auto replies = asked.get();
  require(std::any_of(replies.begin(), replies.end(), [](const auto& reply) { return reply.status == 502; }),
          "nobody was under way");
  wait_until("the successors", [&] {
    const auto now = children_of(part_pid(world.stack.dir(), "tenantd"));
    return now.size() == killed.size() && Client{}.get("/health/ready").status == 200;
  });
  for (int i = 0; i < 20; ++i)
    for (const auto& reply :
         at_once(2, [&](std::size_t) { return crowd.client().impatient().get("/users/me"); }))
      expect(reply, 200);
}

Test(fairness, a_list_of_unknown_users_costs_no_statement_for_each, .timeout = 120) {
  const World world;
  const auto owner = sign_up();
  std::vector<std::string> unknown(500);
  std::generate(unknown.begin(), unknown.end(), fresh_id);
  const auto before = status_value("Questions");
  const auto reply = deactivate(owner, unknown);
  expect(reply, 200);
  const auto asked = status_value("Questions") - before;
  require(asked < 100, std::to_string(asked) + " statements");
  for (std::size_t i = 0; i < unknown.size(); ++i)
    require_equal(reply.text("/items/" + std::to_string(i) + "/code"), "not_found");
}

Test(fairness, codes_that_are_none_take_nobody_elses_sign_in) {
  FakeProvider idp;
  const World world{idp.settings()};
  const auto crowd = sign_up();
  const auto stranger = sign_up();
  for (const auto& owner : {crowd, stranger}) make_provider(owner, "google");
  std::vector<Begun> begun;
  for (int i = 0; i < 12; ++i) begun.push_back(begin("google", crowd.org_id));
  StubReply hangs;
  hangs.hang = true;
  idp.misbehave([&](const StubRequest& request) {
    return request.body.find("bogus") == std::string::npos ? std::nullopt : std::optional{hangs};
  });
  auto asked = std::async(std::launch::async, [&] {
    return at_once(begun.size(), [&](std::size_t i) { return come_back(begun[i], "bogus"); });
  });
  wait_until("the codes", [&] { return idp.count("/token") > 0; });
  for (int i = 0; i < 6; ++i)
    expect(sign_on(idp, "google", stranger.org_id, fresh_name("sub"), fresh_email()), 200);
  for (const auto& reply : asked.get()) require(reply.status == 502 || reply.status == 429, reply.describe());
}

Test(fairness, names_that_nobody_answers_for_take_nobody_elses_sign_in, .timeout = 180) {
  FakeProvider idp;
  DnsServer dns;
  dns.say("x.slow.example", {.manner = DnsAnswer::Manner::silent});
  auto settings = idp.settings();
  settings.insert(settings.end(), {"DNS_SERVERS=" + dns.address(), "DNS_SECONDS=8"});
  const World world{settings};
  const Uploader stranger;
  make_provider(stranger.account, "google");
  std::vector<Announced> uploads;
  for (int i = 0; i < 3; ++i) {
    uploads.push_back(announced(stranger.account, stranger.project));
    expect(put_file(uploads.back().path), 204);
  }
  std::vector<Account> crowd(8);
  std::vector<std::string> kept(crowd.size());
  const auto webhook = [](const char* url) {
    return object({{"url", url}, {"events", Field::raw(R"(["role.created"])")}});
  };
  const auto stream = [](const char* url) {
    return object({{"name", "S"}, {"url", url}, {"carries", Field::raw(R"(["audit"])")}});
  };
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    crowd[i] = sign_up();
    if (i % 4 != 1 && i % 4 != 3) continue;
    const std::string path = i % 4 == 1 ? "/api/v1/webhooks" : "/api/v1/streams";
    const auto made =
        crowd[i].client().post(path, i % 4 == 1 ? webhook("https://8.8.8.8/") : stream("https://8.8.8.8/"));
    expect(made, 201);
    kept[i] = path + '/' + made.text("/id");
  }
  constexpr const char* kSlow = "https://x.slow.example/";
  const auto ask = [&](std::size_t i) {
    auto client = crowd[i].client();
    client.impatient();
    if (i % 4 == 0) return client.post("/api/v1/webhooks", webhook(kSlow));
    if (i % 4 == 2) return client.post("/api/v1/streams", stream(kSlow));
    return client.put(kept[i], object({{"url", kSlow}}));
  };
  auto asked = std::async(std::launch::async, [&] { return at_once(crowd.size(), ask); });
  wait_until("the lookups", [&] { return dns.questions("x.slow.example") > 0; });
  for (const auto& upload : uploads) {
    expect_prompt("a stranger's sign-in", [&] {
      expect(sign_on(idp, "google", stranger.account.org_id, fresh_name("sub"), fresh_email()), 200);
    });
    expect_prompt("a stranger's file", [&] { expect(complete(stranger.account, upload), 200); });
  }
  std::size_t refused = 0;
  for (const auto& reply : asked.get()) {
    const bool judged = reply.status == 422;
    expect_problem(reply, judged ? 422 : 429, judged ? "url_refused" : "busy");
    refused += judged ? 1 : 0;
  }
  require(refused > 0 && refused < crowd.size(), std::to_string(refused) + " names were judged");
  require_equal(number_of("SELECT (SELECT COUNT(*) FROM webhook WHERE url LIKE '%slow%') + (SELECT COUNT(*) "
                          "FROM stream WHERE url LIKE '%slow%')"),
                std::int64_t{0}, "something changed");
}

Test(fairness, files_of_some_organizations_are_no_reason_to_refuse_anothers) {
  const World world;
  constexpr std::size_t kOrganizations = 4;
  constexpr std::int64_t kLarge = 100'000'000;
  std::vector<Uploader> crowds(kOrganizations);
  std::vector<Announced> large;
  for (const auto& crowd : crowds)
    for (int i = 0; i < 2; ++i) {
      const FileToSend file{.content = "x", .size = kLarge};
      const auto upload = announced(crowd.account, crowd.project, file);
      // A hole is read like what is written.
      const auto path = world.stack.dir() + stored_path(upload.id).substr(run_dir().size());
      std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
      std::fclose(std::fopen(path.c_str(), "w"));
      std::filesystem::resize_file(path, kLarge);
      large.push_back(upload);
    }
  const Uploader stranger;
  std::vector<Announced> small;
  for (int i = 0; i < 5; ++i) {
    small.push_back(announced(stranger.account, stranger.project));
    expect(put_file(small.back().path), 204);
  }
  auto asked = std::async(std::launch::async, [&] {
    return at_once(large.size(), [&](std::size_t i) {
      return crowds[i / 2].account.client().impatient().post(large[i].document() + "/upload-complete");
    });
  });
  for (const auto& upload : small) expect(complete(stranger.account, upload), 200);
  std::size_t done = 0;
  for (const auto& reply : asked.get()) {
    if (reply.status == 200) {
      ++done;
    } else {
      expect_problem(reply, 429, "busy");
    }
  }
  require(done >= kOrganizations, "each organization reads one of its files, not " + std::to_string(done));
}
