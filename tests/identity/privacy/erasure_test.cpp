// Erasing an account: nothing tells of the person afterwards, the chains are whole, and nobody does it to
// somebody else.
#include <criterion/criterion.h>
#include <csignal>
#include <fstream>
#include <future>

#include "identity/privacy/person_fixture.hpp"
#include "identity/privacy/traces.hpp"
#include "support/background.hpp"
#include "support/clock.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/super_admin.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;
namespace service = tenantd::service;

namespace {

void expect_gone(const Traced& traced, const std::source_location& at = std::source_location::current()) {
  for (const auto& trace : {traced.person.email, traced.name, traced.agent})
    require_equal(joined(columns_with(trace)), "", trace, at);
  for (const auto& trace : {traced.person.email, traced.name})
    require_equal(joined(logs_with(trace)), "", trace, at);
}

Finished verify_chain_of(const Account& account) {
  return audit({"verify", "--organization", account.org_id});
}

// Of an instance of a test's own.
void set_clock(const std::string& path, std::int64_t seconds) {
  std::ofstream{path, std::ios::app};  // it is mapped: never cut
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
  require(file.flush().good(), "the clock cannot be moved");
}

std::string set_by(std::string sql, const Account& owner) {
  for (auto at = sql.find("$ORG"); at != std::string::npos; at = sql.find("$ORG"))
    sql.replace(at, 4, binary(owner.org_id));
  return sql;
}

}  // namespace

Test(erasure, nothing_in_any_table_or_log_tells_of_the_person_afterwards, .timeout = 300) {
  const MovedClock clock;
  const auto traced = traced_person();
  const auto& person = traced.person;
  // The search finds what there is.
  const auto before = joined(columns_with(person.email)) + ", " + joined(columns_with(traced.agent));
  for (const char* column :
       {"account_event.agent", "audit_log.actor_email", "audit_log.agent", "audit_log.new_values",
        "event.data", "identity.email", "invite.email", "member_text.words", "outbox.recipient",
        "session.agent", "suppression.email", "user.email", "user.profile"})
    require(before.find(column) != std::string::npos, std::string{column} + " is not among " + before);
  expect(erase(person), 204);
  expect_problem(person.client().get("/api/v1/users/me"), 401, "invalid_token");
  expect_problem(sign_in(person.email, kPassword), 401, "invalid_credentials");
  sweep_traces(clock);
  require(is_finished(person), "the erasure is under way");
  expect_gone(traced);
  // What stays says that somebody was there.
  require_equal(text_of("SELECT profile FROM user WHERE id = " + binary(person.user_id)),
                "{\"name\":\"Erased user\"}");
  require_equal(
      number_of(
          "SELECT COUNT(*) FROM audit_log WHERE action = 'role.created' AND address = '' AND actor_email = " +
          literal(service::erased_address(*tenantd::UserId::parse(person.user_id))) +
          " AND actor_id = " + binary(person.user_id)),
      1);
  require_equal(number_of("SELECT COUNT(*) FROM member WHERE user_id = " + binary(person.user_id)), 0);
  expect_verified(verify_chain_of(traced.owner), 0, "whole, of ");
  expect_verified(audit({"verify", "--organization", "system"}), 0, "whole, of ");
  expect(traced.owner.client().get("/api/v1/audit-logs"), 200);
  // Another account can have the address, and is another one.
  const auto again = account_of(
      expect(Client{}.post("/signup", sign_up_body(person.email, fresh_name("Again"))), 201), person.email);
  sweep_traces(clock);
  require(again.user_id != person.user_id, "the account came back");
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE actor_email = " + literal(person.email)) > 0,
                true, "another account's traces were taken");
}

Test(erasure, who_does_not_prove_to_be_the_person_erases_nothing, .timeout = 300) {
  const auto owner = sign_up();
  const auto person = invite_and_accept(owner, "member");
  const auto admin = invite_and_accept(owner, "admin");
  const auto super = super_admin();
  const auto stand_in = acting_as(super, person, owner);
  const auto key = make_api_key(owner, "[\"users:read\"]");
  const auto path = "/api/v1/admin/users/" + person.user_id;
  const auto body = object({{"email", person.email}, {"password", kPassword}});
  Unchanged database;
  expect_problem(erase(person, "not the password"), 403, "reauthentication_required");
  expect_problem(person.client().post("/api/v1/users/me/erase",
                                      object({{"email", admin.email}, {"password", kPassword}})),
                 422, "confirmation_mismatch");
  expect_problem(person.client().post("/api/v1/users/me/erase", "{}"), 422, "validation_failed");
  expect_problem(Client{}.post("/api/v1/users/me/erase", body), 401, "unauthenticated");
  expect_problem(key.client().post("/api/v1/users/me/erase", body), 403, "session_required");
  expect_problem(stand_in.client().post("/api/v1/users/me/erase", body), 403, "impersonating");
  expect_problem(
      stand_in.client().post("/api/v1/users/me/export", "{\"password\": \"" + std::string{kPassword} + "\"}"),
      403, "impersonating");
  expect_problem(key.client().post("/api/v1/users/me/export", "{}"), 403, "session_required");
  expect_problem(person.client().post("/api/v1/users/me/export", "{\"password\": \"not the password\"}"), 403,
                 "reauthentication_required");
  for (const auto& caller : {owner, admin, person}) {
    expect_problem(caller.client().post(path + "/erase", object({{"email", person.email}})), 403,
                   "forbidden");
    expect_problem(caller.client().post(path + "/export"), 403, "forbidden");
  }
  expect_problem(super.client().post(path + "/erase", object({{"email", admin.email}})), 422,
                 "confirmation_mismatch");
  expect_problem(
      super.client().post("/api/v1/admin/users/" + fresh_id() + "/erase", object({{"email", person.email}})),
      404, "not_found");
  expect_problem(super.client().post("/api/v1/admin/users/" + fresh_id() + "/export"), 404, "not_found");
  database.check("refusals");
}

Test(erasure, an_old_session_without_a_proof_erases_nothing) {
  const MovedClock clock;
  const auto person = invite_and_accept(sign_up(), "member");
  clock.set(601);
  for (const char* path : {"/api/v1/users/me/erase", "/api/v1/users/me/export"})
    expect_problem(person.client().post(path, path[17] == 'r' ? object({{"email", person.email}}) : "{}"),
                   403, "reauthentication_required");
  require_equal(number_of("SELECT COUNT(*) FROM erasure WHERE user_id = " + binary(person.user_id)), 0);
}

Test(erasure, the_only_owner_of_an_organization_hands_it_on_first) {
  const auto owner = sign_up_verified();
  const auto heir = invite_and_accept(owner, "admin");
  const auto refused = expect_problem(erase(owner), 409, "last_owner").text("/detail");
  require(refused.find(text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id))) !=
              std::string::npos,
          refused);
  require_equal(number_of("SELECT COUNT(*) FROM member WHERE user_id = " + binary(owner.user_id)), 1);
  expect(owner.client().post("/api/v1/organizations/" + owner.org_id + "/transfer-ownership",
                             object({{"user_id", heir.user_id}, {"password", kPassword}})),
         200);
  expect(erase(owner), 204);
  require_equal(stored_role(owner.org_id, owner.user_id), "");
}

Test(erasure, a_personal_organization_ends_with_its_owner, .timeout = 180) {
  const MovedClock clock;
  const auto email = fresh_email();
  const auto person = account_of(
      expect(Client{}.post("/users/register", object({{"email", email}, {"password", kPassword}})), 201),
      email);
  expect(erase(person), 204);
  sweep_traces(clock);
  require_equal(joined(columns_with(email)), "");
  require_equal(number_of("SELECT COUNT(*) FROM organization WHERE id = " + binary(person.org_id)), 0);
}

Test(erasure, a_super_admin_erases_others_and_no_super_admin) {
  const auto super = super_admin();
  const auto person = invite_and_accept(sign_up(), "member");
  const auto path = "/api/v1/admin/users/" + person.user_id + "/erase";
  const auto data = super.client().post("/api/v1/admin/users/" + person.user_id + "/export");
  require_equal(expect(data, 200).text("/account/email"), person.email);
  expect(super.client().post(path, object({{"email", person.email}})), 204);
  expect_problem(person.client().get("/api/v1/users/me"), 401, "invalid_token");
  // Its address is another one now.
  expect_problem(super.client().post(path, object({{"email", person.email}})), 422, "confirmation_mismatch");
  const auto erased = text_of("SELECT email FROM user WHERE id = " + binary(person.user_id));
  expect_problem(super.client().post(path, object({{"email", erased}})), 404, "not_found");
  const auto other = new_super_admin();
  expect_problem(super.client().post("/api/v1/admin/users/" + other.user_id + "/erase",
                                     object({{"email", other.email}})),
                 409, "conflict");
}

Test(erasure, of_two_at_once_one_erases, .timeout = 180) {
  const auto person = invite_and_accept(sign_up(), "member");
  const auto statuses = at_once(4, [&](std::size_t) {
    auto client = person.client();
    return client.post("/api/v1/users/me/erase", object({{"email", person.email}, {"password", kPassword}}))
        .status;
  });
  require_equal(std::count(statuses.begin(), statuses.end(), 204), 1);
  require_equal(number_of("SELECT COUNT(*) FROM erasure WHERE user_id = " + binary(person.user_id)), 1);
}

// The invitation is made behind the erasure, of the account that it found before. What holds it up is the
// budget of who invites.
Test(erasure, what_was_under_way_is_looked_for_as_well, .timeout = 180) {
  const auto clock = run_dir() + '/' + fresh_name("clock");
  set_clock(clock, 0);
  const PrivateStack stack{{"LOCK_WAIT_SECONDS=9", "LIMIT_INVITE=1000", "CLOCK_OFFSET_FILE=" + clock}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto person = invite_and_accept(sign_up(), "member");
  expect(invite(owner, fresh_email()), 201);
  tenantd::db::Connection connection{as_admin()};
  connection.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  connection.run("BEGIN");
  connection.run("SELECT 1 FROM budget FOR UPDATE");
  auto invited = std::async(std::launch::async, [&] { return invite(owner, person.email); });
  wait_until("the invitation waits", [] {
    // InnoDB shows what it has shown before until nobody has looked for a tenth of a second.
    database().run("DO SLEEP(0.11)");
    return number_of("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'") > 0;
  });
  expect(erase(person), 204);
  const auto early = stack.run("tenantctl privacy finish");
  require_equal(early.status, 0, early.output);
  connection.run("COMMIT");
  expect(invited.get(), 201);
  require_equal(number_of("SELECT COUNT(*) FROM invite WHERE org_id = " + binary(owner.org_id) +
                          " AND email = " + literal(person.email)),
                1);
  require(!is_finished(person), "nothing is under way any more");
  set_clock(clock, kNothingUnderWay);
  require_equal(stack.run("tenantctl privacy finish").status, 0);
  require(is_finished(person), "the erasure is under way");
  require_equal(joined(columns_with(person.email)), "");
}

Test(erasure, a_sign_in_meanwhile_opens_nothing, .timeout = 180) {
  const auto person = invite_and_accept(sign_up(), "member");
  const auto tokens = at_once(6, [&](std::size_t i) {
    if (i == 0) return erase(person).status == 204 ? std::string{"erased"} : std::string{"not erased"};
    const auto reply = sign_in(person.email, kPassword);
    return reply.status == 200 ? reply.text("/access_token") : std::string{};
  });
  require_equal(tokens[0], "erased");
  for (std::size_t i = 1; i < tokens.size(); ++i)
    if (!tokens[i].empty())
      expect_problem(Client{}.bearer(tokens[i]).get("/api/v1/users/me"), 401, "invalid_token");
}

Test(erasure, a_sweeper_that_is_killed_is_followed_by_one_that_goes_on, .timeout = 300) {
  const MovedClock clock;
  const auto traced = traced_person();
  for (int i = 0; i < 30; ++i) expect(make_role(traced.person, fresh_name("role"), "[]"), 201);
  expect(erase(traced.person), 204);
  const auto place = [&] {
    return text_of(
        "SELECT CONCAT_WS(' ', COALESCE(HEX(chain_of), ''), audit_seq, event_seq, COALESCE(finished_at, 0)) "
        "FROM erasure WHERE user_id = " +
        binary(traced.person.user_id));
  };
  clock.set(kNothingUnderWay);
  for (int i = 0; i < 5; ++i) {
    const auto before = place();
    const Background sweeper{fresh_name("sweeper"), {setting("TENANTD_BUILD") + "/tenantd-sweeper"}};
    wait_until("a step of the erasure", [&] { return is_finished(traced.person) || place() != before; });
    ::kill(sweeper.pid(), SIGKILL);
  }
  finish_traces(clock, traced.person);
  expect_gone(traced);
  expect_verified(verify_chain_of(traced.owner), 0, "whole, of ");
}

Test(erasure, a_redaction_without_the_key_or_of_another_row_is_found, .timeout = 300) {
  const MovedClock clock;
  const auto traced = traced_person();
  const auto& owner = traced.owner;
  // Tampered with before: it is found afterwards too.
  const auto broken = traced_person();
  database().run(
      set_by("UPDATE audit_log SET new_values = '{}' WHERE org_id = $ORG AND action = 'role.created'",
             broken.owner));
  expect(erase(traced.person), 204);
  expect(erase(broken.person), 204);
  sweep_traces(clock);
  expect_gone(broken);
  expect_verified(verify_chain_of(broken.owner), 1, "was changed");
  expect_verified(verify_chain_of(owner), 0, "whole, of ");
  const auto redacted =
      std::to_string(number_of(set_by("SELECT MAX(seq) FROM audit_redaction WHERE org_id = $ORG", owner)));
  // What a redacted row says cannot be changed either.
  const auto tries = [&](const std::string& change, const std::string& back, const std::string& said) {
    database().run(set_by(change, owner));
    expect_verified(verify_chain_of(owner), 1, said);
    database().run(set_by(back, owner));
    expect_verified(verify_chain_of(owner), 0, "whole, of ");
  };
  tries("UPDATE audit_log SET request_id = CONCAT(request_id, 'x') WHERE org_id = $ORG AND seq = " + redacted,
        "UPDATE audit_log SET request_id = LEFT(request_id, CHAR_LENGTH(request_id) - 1) WHERE org_id = $ORG "
        "AND seq = " +
            redacted,
        "was changed");
  tries("UPDATE audit_redaction SET seq = seq + 100000 WHERE org_id = $ORG AND seq = " + redacted,
        "UPDATE audit_redaction SET seq = seq - 100000 WHERE org_id = $ORG AND seq > 100000", "was changed");
  // One that somebody makes up for a row that is whole.
  tries(
      "INSERT INTO audit_redaction SELECT org_id, 1, erasure_id, signature, redacted_at FROM audit_redaction "
      "r WHERE org_id = $ORG AND seq = " +
          redacted,
      "DELETE FROM audit_redaction WHERE org_id = $ORG AND seq = 1", "was changed");
}

Test(erasure, an_address_inside_a_longer_one_is_another_persons) {
  const service::Traces traces{*tenantd::UserId::parse(fresh_id()), {"ann@example.com"}, {"Ann Lee"}};
  const auto by = service::erased_address(traces.user);
  require_equal(service::without_addresses(traces, "to ann@example.com, and ann@example.com.").value(),
                "to " + by + ", and " + by + ".");
  for (const char* other :
       {"joann@example.com", "ann@example.com.au", "x.ann@example.com", "ann@example.community"})
    require(!service::without_addresses(traces, other), other);
  require_equal(
      service::without_traces(traces, "{\"a\":[{\"b\":\"ann@example.com\"}],\"n\":1,\"c\":\"Ann Lee\"}", true)
          .value(),
      "{\"a\":[{\"b\":\"" + by + "\"}],\"n\":1,\"c\":\"Erased user\"}");
  require(!service::without_traces(traces, "{\"c\":\"Ann Lee\"}", false), "somebody's name elsewhere");
  require_equal(service::without_traces(traces, "{\"profile\":{\"phone\":\"1\"}}", true).value(),
                "{\"profile\":{}}");
}

Test(erasure, tenantctl_exports_and_erases, .timeout = 180) {
  const MovedClock clock;
  const auto traced = traced_person();
  const auto ctl = [](std::vector<std::string> words) {
    std::vector<std::string> command{setting("TENANTD_BUILD") + "/tenantctl", "privacy"};
    command.insert(command.end(), words.begin(), words.end());
    return run_program(command);
  };
  const auto data = ctl({"export", traced.person.email});
  require_equal(data.status, 0, data.output);
  require(data.output.find(traced.name) != std::string::npos, data.output);
  const auto owner = ctl({"erase", traced.owner.email});
  require_equal(owner.status, 1, owner.output);
  const auto done = ctl({"erase", traced.person.email});
  require_equal(done.status, 0, done.output);
  // What is under way may write of the person still.
  require(done.output.find("0 rows") != std::string::npos && done.output.find("from 2") != std::string::npos,
          done.output);
  clock.set(kNothingUnderWay);
  const auto finished = ctl({"finish"});
  clock.set(0);
  require_equal(finished.status, 0, finished.output);
  require(finished.output.find("0 rows") == std::string::npos, finished.output);
  expect_gone(traced);
  expect_verified(verify_chain_of(traced.owner), 0, "whole, of ");
  require_equal(ctl({"erase", traced.person.email}).status, 1);
  require_equal(ctl({"export", traced.person.email}).status, 1);
  require_equal(ctl({"burn"}).status, 64);
}
