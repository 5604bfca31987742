// Whoever reaches the database is found out by `tenantctl audit verify`. Each test breaks a chain of its own.
#include <criterion/criterion.h>
#include <sysexits.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/roles.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/effects/audit_chain.hpp"
#include "tenantd/effects/changes_store.hpp"

using namespace tenantd::test;
namespace db = tenantd::db;
namespace store = tenantd::store;

namespace {

Account with_rows(int roles = 4) {
  const auto owner = sign_up();
  for (int i = 0; i < roles; ++i) expect(make_role(owner, "role " + std::to_string(i), "[]"), 201);
  return owner;
}

Finished verify_chain(const Account& owner, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"verify", "--organization", owner.org_id};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return audit(arguments);
}

void expect_broken(const Account& owner, std::int64_t seq,
                   const std::source_location& at = std::source_location::current()) {
  const auto said = verify_chain(owner);
  expect_verified(said, 1, "(" + owner.org_id + "): row " + std::to_string(seq) + ' ', at);
  expect_verified(said, 1, "1 of 1 chain broken", at);
}

// As an administrator who has no key.
void tamper(const Account& owner, const std::string& statement) {
  auto sql = statement;
  for (auto at = sql.find("$ORG"); at != std::string::npos; at = sql.find("$ORG"))
    sql.replace(at, 4, binary(owner.org_id));
  database().run(sql);
}

const char* const kCut = "DELETE FROM audit_log WHERE org_id = $ORG AND seq > 4";
const char* const kCutHead =
    "UPDATE change_head SET audit_seq = 4, audit_hash = (SELECT hash FROM audit_log WHERE org_id = $ORG AND "
    "seq = 4) WHERE org_id = $ORG";

class TemporaryFile {
 public:
  TemporaryFile() : path_(run_dir() + '/' + fresh_name("anchors")) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }
  std::string content() const {
    std::ifstream file{path_};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

 private:
  std::string path_;
};

// Rows whose agent no HTTP client can send, in their right place of the chain.
void append_with_agent(const Account& owner, const std::string& agent, std::int64_t count) {
  const auto keys = tenantd::crypto::KeyRing::load(setting("KEYS_DIR"));
  db::Pool pool{as_app(), 1};
  db::run_transaction(pool, nullptr, [&](db::Txn& txn) {
    const auto org = tenantd::OrgId::parse(owner.org_id).value();
    txn.enter({org, std::nullopt, false});
    auto head = store::lock_changes(txn, std::nullopt);
    std::vector<store::ToldChange> changes;
    for (std::int64_t i = 0; i < count; ++i) {
      store::AuditRow row;
      row.org = org;
      row.seq = ++head.seq;
      row.id = tenantd::crypto::new_id<tenantd::EventId>();
      row.action = "test.agent";
      row.resource = "test";
      row.new_values = "{\"name\":\"\\u0000 \\ud83d\\ude00 \xf0\x9f\x98\x80\"}";
      row.agent = agent;
      row.created_at = tenantd::now();
      row.hash = head.hash = tenantd::service::chain_hash(keys.audit_key(), head.hash, row);
      changes.push_back({row, std::nullopt, ""});
    }
    store::append_changes(txn, head, changes);
  });
}

}  // namespace

Test(audit_verify, a_chain_that_nobody_touched_is_whole) {
  const auto owner = with_rows();
  expect_verified(verify_chain(owner), 0, "1 chain, 6 rows: whole");
}

Test(audit_verify, an_edited_row_is_named) {
  const auto owner = with_rows();
  tamper(owner, "UPDATE audit_log SET new_values = '{}' WHERE org_id = $ORG AND seq = 3");
  expect_broken(owner, 3);
}

Test(audit_verify, a_deleted_row_is_named_and_so_is_one_that_was_numbered_away) {
  const auto owner = with_rows();
  tamper(owner, "DELETE FROM audit_log WHERE org_id = $ORG AND seq = 3");
  expect_broken(owner, 3);
  tamper(owner, "UPDATE audit_log SET seq = seq - 1 WHERE org_id = $ORG AND seq > 3 ORDER BY seq");
  tamper(owner, "UPDATE change_head SET audit_seq = audit_seq - 1 WHERE org_id = $ORG");
  expect_broken(owner, 3);
}

Test(audit_verify, a_moved_row_and_one_put_in_are_named) {
  const auto moved = with_rows();
  tamper(moved, "UPDATE audit_log SET seq = IF(seq = 2, 1000, seq) WHERE org_id = $ORG AND seq = 2");
  tamper(moved, "UPDATE audit_log SET seq = 2 WHERE org_id = $ORG AND seq = 4");
  tamper(moved, "UPDATE audit_log SET seq = 4 WHERE org_id = $ORG AND seq = 1000");
  expect_broken(moved, 2);
  const auto grown = with_rows();
  // By the application's own procedure, as somebody would who had its account but not the key.
  db::Connection app{as_app()};
  app.run("CALL enter_scope(" + binary(grown.org_id) + ", NULL, FALSE)");
  app.run("CALL append_change(7, " + binary(fresh_id()) +
          ", NULL, NULL, NULL, NULL, NULL, 'role.created', 'role', NULL, NULL, NULL, '', '', '', 1, "
          "REPEAT('x', 32), NULL, NULL, FALSE)");
  expect_broken(grown, 7);
}

Test(audit_verify, a_chain_made_anew_without_the_key_is_found) {
  const auto owner = with_rows();
  tamper(owner, "UPDATE audit_log SET actor_email = 'somebody@example.com' WHERE org_id = $ORG AND seq = 2");
  // What an unkeyed chain would take: a hash over the hash before and the row.
  for (int seq = 2; seq <= 6; ++seq)
    tamper(owner,
           "UPDATE audit_log a JOIN audit_log b ON b.org_id = a.org_id AND b.seq = a.seq - 1 SET a.hash "
           "= UNHEX(SHA2(CONCAT(b.hash, a.new_values), 256)) WHERE a.org_id = $ORG AND a.seq = " +
               std::to_string(seq));
  tamper(owner,
         "UPDATE change_head SET audit_hash = (SELECT hash FROM audit_log WHERE org_id = $ORG AND seq = 6) "
         "WHERE org_id = $ORG");
  expect_broken(owner, 2);
}

Test(audit_verify, a_tail_that_was_cut_off_is_found_by_the_head_and_with_its_head_by_an_anchor) {
  const auto owner = with_rows();
  const TemporaryFile anchors;
  const std::vector<std::string> option{"--anchors", anchors.path()};
  expect_verified(verify_chain(owner, option), 0, "holds no anchor yet");
  const auto first = anchors.content();
  require(first.starts_with("{\"org\":\"" + owner.org_id + "\",\"seq\":6,\"hash\":\""), first);
  expect_verified(verify_chain(owner, option), 0, "whole");
  require_equal(anchors.content(), first, "nothing new");
  expect(make_role(owner, "one more", "[]"), 201);
  expect_verified(verify_chain(owner, option), 0, "whole");
  const auto both = anchors.content();
  require(both.starts_with(first) && both.find("\"seq\":7") != std::string::npos, both);

  tamper(owner, kCut);
  expect_broken(owner, 5);
  tamper(owner, kCutHead);
  expect_verified(verify_chain(owner), 0, "whole");  // nothing in the database tells
  expect_verified(verify_chain(owner, option), 1, "row 5 is missing; an anchor names row 7");
  require_equal(anchors.content(), both, "a broken chain adds no anchor");
  tamper(owner, "DELETE FROM audit_log WHERE org_id = $ORG");
  tamper(owner, "DELETE FROM change_head WHERE org_id = $ORG");
  expect_verified(verify_chain(owner, option), 1, "row 1 is missing; an anchor names row 7");
}

Test(audit_verify, a_file_that_holds_no_anchors_is_refused) {
  const auto owner = with_rows(1);
  const TemporaryFile file;
  for (const char* text : {"x\n", "{}\n", "{\"org\":\"x\",\"seq\":1,\"hash\":\"y\"}\n", "[1]\n", "\n"}) {
    std::ofstream{file.path()} << text;
    expect_verified(verify_chain(owner, {"--anchors", file.path()}), EX_DATAERR, "line 1 is no anchor");
    require_equal(file.content(), text, "kept as it was");
  }
  expect_verified(verify_chain(owner, {"--anchors", "/no/such/folder/file"}), EX_DATAERR, "No such file");
}

Test(audit_verify, what_was_typed_wrong_and_what_is_not_set_up_is_no_broken_chain) {
  const auto owner = with_rows(1);
  expect_verified(audit({"verify", "--organization", "no-such-slug"}), EX_USAGE, "there is no organization");
  expect_verified(audit({"look"}), EX_USAGE, "audit takes verify or export");
  expect_verified(audit({"export"}), EX_USAGE, "takes --organization");
  expect_verified(audit({"verify", "--help"}), 0, "Usage: tenantctl audit verify");
  const auto program = setting("TENANTD_BUILD") + "/tenantctl";
  expect_verified(run_program({program, "audit", "verify"}, {"KEYS_DIR=/no/such/folder"}), EX_CONFIG,
                  "folder");
  expect_verified(run_program({program, "audit", "verify"}, {"DB_SOCKET=/no/such/socket"}), EX_TEMPFAIL,
                  "connect");
}

Test(audit_verify, an_organization_is_named_by_its_slug_too_and_still_checked_once_it_is_deleted) {
  const auto owner = with_rows();
  const auto slug = text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id));
  expect_verified(audit({"verify", "--organization", slug}), 0, "6 rows: whole");
  expect(owner.client().del("/api/v1/organizations/" + owner.org_id, object({{"name", name_of(owner)}})),
         204);
  expect_verified(audit({"verify", "--organization", owner.org_id}), 0, "6 rows: whole");
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'organization.deleted' AND "
                          "org_id = REPEAT('\\0', 16) AND resource_id = " +
                          binary(owner.org_id)),
                1);
  tamper(owner, "UPDATE audit_log SET agent = 'x' WHERE org_id = $ORG AND seq = 1");
  expect_verified(audit({"verify", "--organization", owner.org_id}), 1, "which is deleted: row 1 ");
}

Test(audit_verify, an_export_holds_every_row_in_order_and_its_hash) {
  const auto owner = with_rows();
  const auto exported = audit({"export", "--organization", owner.org_id});
  require_equal(exported.status, 0, exported.output);
  const auto lines = tenantd::split(exported.output, '\n');
  require_equal(lines.size(), 7U, exported.output);  // the last is empty
  for (std::size_t i = 0; i < 6; ++i) {
    rapidjson::Document row;
    row.Parse(lines[i].data(), lines[i].size());
    require(row.IsObject(), std::string{lines[i]});
    require_equal(row["seq"].GetInt64(), static_cast<std::int64_t>(i + 1));
    require_equal(std::string{row["org_id"].GetString()}, owner.org_id);
    require_equal(row["hash"].GetStringLength(), 64U);
  }
}

Test(audit_verify, what_an_agent_calls_itself_ends_no_line_and_steers_no_terminal) {
  const auto owner = with_rows(1);
  const std::string nasty =
      "a\r\nb\x1b[2J\x7f\xc2\x9b"
      "31m\xe2\x80\xa8 \"\\ ü";
  // One by itself, and several by one statement.
  append_with_agent(owner, nasty, 1);
  append_with_agent(owner, nasty, 3);
  expect_verified(verify_chain(owner), 0, "7 rows: whole");
  auto client = owner.client();
  client.of_another_program();  // its schema takes no control characters
  const auto list = client.get("/api/v1/audit-logs?limit=1");
  require_equal(list.text("/items/0/agent"), nasty);
  require(list.body.find("a\\r\\nb\\u001B[2J") != std::string::npos, list.body);
  for (const auto& lines : {audit({"export", "--organization", owner.org_id}).output,
                            client.get("/api/v1/audit-logs/export").body}) {
    require(lines.find("\\r\\nb\\u001B[2J\\u007f\\u009b31m\\u2028 \\\"\\\\ ü") != std::string::npos, lines);
    for (const char c : lines)
      require(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F), "a control character");
    for (const auto line : tenantd::split(lines, '\n')) {
      rapidjson::Document row;
      row.Parse(line.data(), line.size());
      require(line.empty() || row.IsObject(), "no whole line: " + std::string{line});
    }
  }
}

// Kinds of changes that take different locks: what is put down last must not wait crosswise for what others
// hold.
Test(audit_verify, forty_changes_at_once_make_one_chain_without_gaps, .timeout = 180) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "viewer");
  const auto before = audit_rows_of(owner);
  const auto org = binary(owner.org_id);
  std::atomic<bool> done = false;
  std::atomic<int> gaps = 0;
  std::jthread reader{[&] {
    db::Connection eyes{as_admin()};
    while (!done) {
      // An event whose number is seen before a lower one would leave a gap for a moment.
      auto rows = eyes.run_query("SELECT MAX(seq) - COUNT(*) FROM event WHERE org_id = " + org);
      if (rows.next() && rows.integer(0) != 0) ++gaps;
    }
  }};
  const auto replies = at_once(40, [&](std::size_t i) {
    auto client = owner.client();
    const auto number = std::to_string(i);
    switch (i % 5) {
      case 0: return client.post("/api/v1/roles", role_body("role " + number, "[]"));
      case 1: return client.post("/invite_member", object({{"email", fresh_email()}}));
      case 2:
        return client.put("/api/v1/members/" + member.user_id + "/role",
                          object({{"new_role_name", i % 2 == 0 ? "manager" : "member"}}));
      case 3:
        return client.put("/api/v1/organizations/" + owner.org_id, object({{"name", "Acme " + number}}));
      default:
        return client.post("/api/v1/api-keys",
                           object({{"name", number}, {"permissions", Field::raw(R"(["users:read"])")}}));
    }
  });
  done = true;
  reader.join();
  std::int64_t told = 0;
  for (const auto& reply : replies) {
    require(reply.status == 200 || reply.status == 201, reply.describe());
    told += audit_rows_of(reply);
  }
  // A role that the member has already is given without a change.
  require(told >= 33, "only " + std::to_string(told) + " rows");
  require_equal(audit_rows_of(owner), before + told);
  require_equal(number_of("SELECT MAX(seq) FROM audit_log WHERE org_id = " + org), before + told, "seq");
  require_equal(gaps.load(), 0, "events seen out of order");
  require_equal(
      number_of("SELECT COUNT(*) FROM event e JOIN event f ON f.org_id = e.org_id AND f.seq > e.seq "
                "JOIN audit_log a ON a.org_id = e.org_id AND a.id = e.id JOIN audit_log b ON "
                "b.org_id = f.org_id AND b.id = f.id WHERE e.org_id = " +
                org + " AND a.seq > b.seq"),
      0, "events in another order than rows");
  expect_verified(verify_chain(owner), 0, "whole");
}

Test(audit_wall, the_applications_account_changes_removes_and_adds_no_row) {
  constexpr int kNoRight = 1142;
  const auto owner = with_rows(1);
  db::Connection app{as_app()};
  app.run("CALL enter_scope(" + binary(owner.org_id) + ", " + binary(owner.user_id) + ", FALSE)");
  for (const char* table : {"audit_log", "system_audit_log", "tenantd.audit_log", "tenantd.change_head"}) {
    const std::string name{table};
    const std::string column = name.ends_with("head") ? "audit_seq" : "seq";
    for (const auto& sql :
         {"UPDATE " + name + " SET " + column + " = 9", "DELETE FROM " + name,
          "INSERT INTO " + name + " (org_id, " + column + ") VALUES ('x', 9)",
          "REPLACE INTO " + name + " (org_id, " + column + ") VALUES ('x', 9)", "TRUNCATE TABLE " + name})
      require_equal(error_of(app, sql), kNoRight, sql);
  }
  require(error_of(app, "CALL tenantd.append_event(1, 1, 'x', NULL, NULL, '{}', 1)") != 0, "append_event");
  // Neither before the end nor with a gap behind it.
  for (const char* seq : {"1", "3", "5"})
    require(error_of(app, std::string{"CALL append_change("} + seq + ", " + binary(fresh_id()) +
                              ", NULL, NULL, NULL, NULL, NULL, 'x', 'x', NULL, NULL, NULL, '', '', '', 1, "
                              "REPEAT('x', 32), NULL, NULL, FALSE)") != 0,
            seq);
  auto rows = app.run_query("SELECT COUNT(*) FROM audit_log");
  rows.next();
  require_equal(rows.integer(0), audit_rows_of(owner));
  app.run("CALL enter_scope(NULL, NULL, FALSE)");
  for (const char* view : {"audit_log", "system_audit_log"}) {
    auto none = app.run_query(std::string{"SELECT COUNT(*) FROM "} + view);
    none.next();
    require_equal(none.integer(0), 0, view);
  }
}
