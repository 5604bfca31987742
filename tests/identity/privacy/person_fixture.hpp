// A person who leaves traces wherever one can, and a search for them in all that an instance keeps.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "identity/scim/scim_fixture.hpp"
#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/processes.hpp"
#include "support/roles.hpp"

namespace tenantd::test {

struct Traced {
  Account owner;   // of the organization
  Account person;  // a member of it
  std::string name;
  std::string agent;  // by which the person comes
};

// Every column of every table that can hold text or bytes and has this in it; one that a later table brings
// too, since the database is asked which there are.
inline std::vector<std::string> columns_with(const std::string& text) {
  auto columns = database().run_query(
      "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'tenantd' "
      "AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json', 'binary', "
      "'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob') AND table_name IN (SELECT table_name FROM "
      "information_schema.tables WHERE table_schema = 'tenantd' AND table_type = 'BASE TABLE') "
      "ORDER BY table_name, column_name");
  std::vector<std::string> found;
  while (columns.next()) {
    const auto table = columns.text(0), column = columns.text(1);
    if (number_of("SELECT COUNT(*) FROM `" + table + "` WHERE LOCATE(CAST(" + literal(text) +
                  " AS BINARY), CAST(`" + column + "` AS BINARY)) > 0") > 0)
      found.push_back(table + '.' + column);
  }
  return found;
}

// Every log of the instance that has this in it.
inline std::vector<std::string> logs_with(const std::string& text) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run_dir() + "/log"))
    if (entry.is_regular_file() && file_text(entry.path()).find(text) != std::string::npos)
      found.push_back(entry.path().filename());
  return found;
}

inline std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const auto& each : list) text += (text.empty() ? "" : ", ") + each;
  return text;
}

// Two minutes after what was asked for now, and a little more.
inline constexpr std::int64_t kNothingUnderWay = 150;

inline void run_sweeper() {
  const auto done = run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"});
  require_equal(done.status, 0, done.output);
}

inline void sweep_traces(const MovedClock& clock) {
  clock.set(kNothingUnderWay);
  run_sweeper();
  clock.set(0);
}

inline Response erase(const Account& account, const std::string& password = kPassword) {
  return account.client().post("/api/v1/users/me/erase",
                               object({{"email", account.email}, {"password", password}}));
}

inline bool is_finished(const Account& account) {
  return number_of(
             "SELECT COUNT(*) FROM erasure WHERE finished_at IS NOT NULL AND traces_sealed IS NULL AND "
             "user_id = " +
             binary(account.user_id)) == 1;
}

// Looks for the traces until the last is found: who was killed at it may hold its row for a moment.
inline void finish_traces(const MovedClock& clock, const Account& account) {
  wait_until("the end of an erasure", [&] {
    sweep_traces(clock);
    return is_finished(account);
  });
}

// A member of somebody's organization, whose own organization is gone, with traces in all that the API
// writes.
inline Traced traced_person() {
  Traced traced;
  traced.owner = sign_up();
  traced.person = invite_and_accept(traced.owner, "admin");
  traced.name = fresh_name("Zelda");
  traced.agent = fresh_name("Browser");
  auto& person = traced.person;
  auto client = person.client();
  client.header("User-Agent", traced.agent);
  expect(client.put("/api/v1/users/me", "{\"profile\": {\"name\": \"" + traced.name + "\", \"phone\": \"" +
                                            person.email + "\"}}"),
         200);
  expect(make_role(person, fresh_name("role"), "[]"), 201);
  expect(invite(person, fresh_email()), 201);
  expect(client.post("/signin", object({{"email", person.email}, {"password", kPassword}})), 200);
  expect_problem(sign_in(person.email, "not the password"), 401, "invalid_credentials");
  expect(Client{}.post("/api/v1/auth/password-reset/request", object({{"email", person.email}})), 202);
  const auto other = sign_up();
  expect(invite(other, person.email), 201);
  // By the directory, of a member, and by another's of somebody whom it may only invite.
  const std::string name_known =
      R"([{"op":"add","path":"displayName","value":)" + Field{traced.name}.json() + "}]";
  expect(Directory{traced.owner}.patch("/Users/" + person.user_id, name_known), 200);
  Directory{sign_up_verified()}.made(person.email, R"(,"displayName":)" + Field{traced.name}.json());
  const auto maker =
      person.client().post("/api/v1/api-keys", "{\"name\": \"key\", \"permissions\": [\"users:read\"]}");
  expect(maker, 201);
  auto repeated = person.client();
  repeated.header("Idempotency-Key", fresh_name("key"));
  expect(repeated.post("/api/v1/warehouses", object({{"name", fresh_name("warehouse")}})), 201);
  database().run("INSERT INTO suppression (email, id, reason, source, created_at, updated_at) VALUES (" +
                 literal(person.email) + ", " + binary(fresh_id()) + ", 'bounce', 'smtp', 1, 1)");
  database().run("INSERT INTO identity (issuer, subject, user_id, email, created_at, last_used_at) VALUES (" +
                 literal("https://" + fresh_name("issuer")) + ", 's', " + binary(person.user_id) + ", " +
                 literal(person.email) + ", 1, 1)");
  return traced;
}

}  // namespace tenantd::test
