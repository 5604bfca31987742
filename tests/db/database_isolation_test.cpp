// The database's own walls, tried with the accounts that the processes use.
#include <criterion/criterion.h>

#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/reporting.hpp"

using namespace tenantd::test;
using tenantd::db::Connection;

namespace {

constexpr int kNoColumnRight = 1143;
constexpr int kNoTableRight = 1142;
constexpr int kOutsideTheView = 1369;
constexpr int kForeignKey = 1452;
constexpr int kDuplicateKey = 1062;

std::vector<std::string> base_tables() {
  std::vector<std::string> tables;
  auto rows = database().run_query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'tenantd' AND "
      "table_type = 'BASE TABLE' ORDER BY 1");
  while (rows.next()) tables.push_back(rows.text(0));
  require(tables.size() >= 10, "too few tables");
  return tables;
}

std::int64_t count(Connection& connection, const std::string& from) {
  auto rows = connection.run_query("SELECT COUNT(*) FROM " + from);
  rows.next();
  return rows.integer(0);
}

void enter(Connection& connection, const Account& account) {
  connection.run("CALL enter_scope(" + binary(account.org_id) + ", " + binary(account.user_id) + ", FALSE)");
}

std::string role_id(const Account& account, const std::string& name) {
  return "0x" + text_of("SELECT HEX(id) FROM role WHERE org_id = " + binary(account.org_id) +
                        " AND name = " + literal(name));
}

}  // namespace

Test(database_isolation, the_applications_account_reaches_no_base_table) {
  Connection app{as_app()};
  for (const auto& table : base_tables()) {
    const std::string name = "tenantd." + table;
    for (const auto& sql :
         {"SELECT * FROM " + name, "DELETE FROM " + name, "INSERT INTO " + name + " VALUES ()"})
      require_equal(error_of(app, sql), kNoTableRight, sql);
  }
  require_equal(error_of(app, "UPDATE tenantd.user SET is_super = TRUE"), kNoTableRight);
  for (const char* sql : {"CREATE TABLE tenantd_app.x (a INT)", "DROP VIEW tenantd_app.member",
                          "CREATE TABLE tenantd.x (a INT)", "ALTER TABLE tenantd_app.member ADD x INT"})
    require_equal(error_of(app, sql), kNoTableRight, sql);
  require(error_of(app, "GRANT SELECT ON tenantd.* TO tenantd_app@localhost") != 0,
          "the application may grant");
  require(error_of(app, "SET GLOBAL general_log = ON") != 0, "the application may set globals");
  require(error_of(app, "SELECT LOAD_FILE('/etc/passwd') INTO OUTFILE '/tmp/tenantd-walls'") != 0,
          "the application may write files");
}

Test(database_isolation, without_a_scope_a_tenants_view_is_empty_and_takes_nothing) {
  const auto owner = sign_up();
  Connection app{as_app()};
  for (const char* view : {"organization",     "role",
                           "member",           "member_count",
                           "invite",           "event",
                           "my_membership",    "countable_total",
                           "countable_count",  "countable_member",
                           "system_total",     "system_count",
                           "system_member",    "system_organization",
                           "system_tenant",    "system_size",
                           "invite_detail",    "webhook",
                           "webhook_delivery", "audit_log",
                           "system_audit_log", "system_usage",
                           "stream",           "stream_lag",
                           "admin_stream"})
    require_equal(count(app, view), 0, view);
  const auto insert = "INSERT INTO member (org_id, user_id, role_id, created_at, updated_at) VALUES (" +
                      binary(owner.org_id) + ", " + binary(owner.user_id) + ", " + role_id(owner, "owner") +
                      ", 1, 1)";
  require_equal(error_of(app, insert), kOutsideTheView);
  app.run("UPDATE member SET status = 1");
  app.run("DELETE FROM member");
  app.run("DELETE FROM invite");
  app.run("DELETE FROM role");
  app.run("UPDATE role SET description = 'x'");
  require_equal(stored_role(owner.org_id, owner.user_id), "owner");
}

// The queries name session and user: a scope that is another's shows nothing to either of the two.
Test(database_isolation, statistics_are_of_the_user_that_is_named_and_of_the_scope) {
  const auto ours = sign_up();
  const auto theirs = sign_up();
  Connection app{as_app()};
  const auto counted = [&](const Account& scope, const Account& named, const Account& session) {
    enter(app, scope);
    std::int64_t found = 0;
    for (const char* view : {"countable_total", "countable_count", "countable_member", "countable_join"})
      found += count(
          app,
          std::string{view} + " WHERE user_id = " + binary(named.user_id) + " AND session_id = 0x" +
              text_of("SELECT HEX(id) FROM session WHERE user_id = " + binary(session.user_id) + " LIMIT 1"));
    return found;
  };
  require(counted(ours, ours, ours) > 0, "their own");
  require_equal(counted(theirs, ours, ours), 0, "in another's scope");
  require_equal(counted(ours, theirs, ours), 0);
  require_equal(counted(ours, theirs, theirs), 0);
  require_equal(counted(ours, ours, theirs), 0);
}

Test(database_isolation, inside_a_scope_only_its_rows_are_seen_and_written) {
  const auto ours = sign_up();
  const auto theirs = sign_up();
  Connection app{as_app()};
  enter(app, ours);
  require_equal(count(app, "organization"), 1);
  require_equal(count(app, "member"), 1);
  require_equal(count(app, "member WHERE org_id = " + binary(theirs.org_id)), 0);
  require_equal(count(app, "system_member"), 0);
  const auto member = [&](const Account& org, const std::string& user, const std::string& role) {
    return "INSERT INTO member (org_id, user_id, role_id, created_at, updated_at) VALUES (" +
           binary(org.org_id) + ", " + binary(user) + ", " + role + ", 1, 1)";
  };
  require_equal(error_of(app, member(theirs, ours.user_id, role_id(theirs, "owner"))), kOutsideTheView,
                "another's member");
  require_equal(error_of(app, member(ours, theirs.user_id, role_id(theirs, "owner"))), kForeignKey,
                "another's role");
  require_equal(error_of(app, member(ours, fresh_id(), role_id(ours, "owner"))), kForeignKey,
                "a user that is none");
  require_equal(error_of(app, member(ours, theirs.user_id, role_id(ours, "viewer"))), 0,
                "a member of one's own");
  require_equal(error_of(app, "UPDATE member SET org_id = " + binary(theirs.org_id)), kOutsideTheView);
  require_equal(error_of(app, "UPDATE member SET role_id = " + role_id(theirs, "owner")), kForeignKey);
  require_equal(error_of(app, "UPDATE organization SET id = " + binary(theirs.org_id)), kNoColumnRight);
  const auto steal = member(theirs, theirs.user_id, role_id(theirs, "owner")) +
                     " ON DUPLICATE KEY UPDATE org_id = " + binary(ours.org_id);
  require(error_of(app, steal) != 0, "a row was stolen");
  const auto stolen_role = "REPLACE INTO role (org_id, id, name, created_at, updated_at) VALUES (" +
                           binary(theirs.org_id) + ", " + role_id(theirs, "owner") + ", 'owner', 1, 1)";
  require_equal(error_of(app, stolen_role), kOutsideTheView, "another's role replaced");
  require_equal(error_of(app, "UPDATE user SET email = 'x'"), kNoColumnRight, "an address");
  require_equal(error_of(app, "UPDATE user SET is_super = TRUE"), kNoColumnRight, "a super-admin");
  require_equal(error_of(app, "INSERT INTO organization (id, name, slug, created_at, updated_at) VALUES (" +
                                  binary(theirs.org_id) + ", 'x', 'x-y-z', 1, 1)"),
                kOutsideTheView);
  require(error_of(app, "DELETE FROM organization") == kNoTableRight,
          "the application may delete organizations");
}

Test(database_isolation, a_tenant_sets_neither_its_own_limits_nor_its_status) {
  const auto owner = sign_up();
  Connection app{as_app()};
  enter(app, owner);
  require_equal(error_of(app, "UPDATE organization SET name = 'Acme Ltd'"), 0, "its name");
  for (const char* column : {"max_members", "max_projects", "max_storage_bytes", "max_requests", "status",
                             "deactivated_at", "personal", "created_at"}) {
    const std::string to_one = std::string{column} + " = 1";
    require_equal(error_of(app, "UPDATE organization SET " + to_one), kNoColumnRight, column);
    // The super-admins' view is empty for it.
    const bool of_super = std::string_view{column} != "personal" && std::string_view{column} != "created_at";
    require_equal(error_of(app, "UPDATE system_tenant SET " + to_one), of_super ? 0 : kNoColumnRight, column);
  }
  app.run("UPDATE system_tenant SET max_members = 1, status = 1");
  require_equal(
      number_of("SELECT COUNT(*) FROM organization WHERE status = 0 AND max_members IS NULL AND id = " +
                binary(owner.org_id)),
      1, "unlimited and active");
}

Test(database_isolation, one_owner_row_and_one_pending_invitation_hold_in_the_schema) {
  const auto owner = sign_up();
  Connection app{as_app()};
  enter(app, owner);
  require_equal(
      error_of(app, "INSERT INTO member (org_id, user_id, role_id, created_at, updated_at) VALUES (" +
                        binary(owner.org_id) + ", " + binary(owner.user_id) + ", " +
                        role_id(owner, "viewer") + ", 1, 1)"),
      kDuplicateKey);
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  require_equal(
      error_of(app,
               "INSERT INTO invite (org_id, id, token, email, role_id, invited_by, created_at, updated_at, "
               "expires_at) "
               "VALUES (" +
                   binary(owner.org_id) + ", " + binary(fresh_id()) + ", REPEAT('x', 32), " + literal(email) +
                   ", " + role_id(owner, "viewer") + ", " + binary(owner.user_id) + ", 1, 1, 1)"),
      kDuplicateKey);
}

Test(database_isolation, a_system_role_stays_one_and_no_other_role_becomes_one) {
  const int kCheck = on_mysql() ? 3819 : 4025;
  constexpr int kSignal = 1644;
  const auto owner = sign_up();
  Connection app{as_app()};
  enter(app, owner);
  const auto insert = [&](const char* name, const char* permissions) {
    return "INSERT INTO role (org_id, id, name, permissions, created_at, updated_at) VALUES (" +
           binary(owner.org_id) + ", " + binary(fresh_id()) + ", '" + name + "', " + permissions + ", 1, 1)";
  };
  require_equal(error_of(app, insert("boss", "NULL")), kCheck, "a role without a list");
  require_equal(error_of(app, "UPDATE role SET permissions = 'audit:read' WHERE name = 'viewer'"), kSignal);
  require_equal(error_of(app, "UPDATE role SET name = 'x' WHERE name = 'viewer'"), kSignal);
  require_equal(error_of(app, "UPDATE role SET name = 'Viewer' WHERE name = 'viewer'"), kSignal);
  require_equal(error_of(app, "DELETE FROM role WHERE name = 'viewer'"), kSignal);
  require_equal(error_of(app, "UPDATE role SET org_id = " + binary(fresh_id())), kNoColumnRight);
  app.run(insert("auditor", "'audit:read'"));
  require_equal(error_of(app, "UPDATE role SET permissions = NULL WHERE name = 'auditor'"), kSignal);
  require_equal(error_of(app, "UPDATE role SET permissions = '' WHERE name = 'auditor'"), 0);
  app.run("UPDATE member SET role_id = " + role_id(owner, "auditor"));
  require_equal(error_of(app, "DELETE FROM role WHERE name = 'auditor'"), kSignal, "a role that is held");
}

Test(database_isolation, events_can_be_neither_changed_nor_deleted_by_the_application) {
  const auto owner = sign_up();
  Connection app{as_app()};
  enter(app, owner);
  require(count(app, "event") > 0, "no events");
  require_equal(error_of(app, "UPDATE event SET type = 'x'"), kNoTableRight);
  require_equal(error_of(app, "DELETE FROM event"), kNoTableRight);
}

Test(database_isolation, the_application_sees_of_sent_mail_how_its_provider_calls_it_and_no_more) {
  Connection app{as_app()};
  require_equal(error_of(app, "SELECT provider_id, bounced_at FROM sent_mail"), 0);
  for (const char* sql : {"SELECT last_error FROM sent_mail", "UPDATE sent_mail SET provider_id = 'x'"})
    require_equal(error_of(app, sql), kNoColumnRight, sql);
  for (const char* sql :
       {"SELECT recipient FROM outbox", "DELETE FROM sent_mail", "UPDATE suppression SET reason = 'x'"})
    require(error_of(app, sql) > 0, sql);
}

Test(database_isolation, the_sweeper_reads_no_password_and_the_courier_only_mails_and_webhooks) {
  sign_up();
  Connection sweeper{as_sweeper()};
  for (const char* table : {"user", "organization", "member", "role", "version"})
    require_equal(error_of(sweeper, std::string{"SELECT * FROM tenantd."} + table), kNoTableRight, table);
  require_equal(error_of(sweeper, "SELECT values_sealed FROM tenantd.outbox"), kNoColumnRight);
  require_equal(error_of(sweeper, "SELECT secret_sealed FROM tenantd.webhook"), kNoTableRight);
  require_equal(error_of(sweeper, "SELECT name FROM tenantd.document"), kNoColumnRight);
  require_equal(error_of(sweeper, "UPDATE tenantd.document SET storage_key = 'x'"), kNoTableRight);
  require(error_of(sweeper, "INSERT INTO tenantd.session (id) VALUES ('x')") == kNoTableRight,
          "the sweeper may sign in");
  for (const char* sql :
       {"SELECT token FROM tenantd.invite", "SELECT token FROM tenantd.one_time_token",
        "UPDATE tenantd.invite SET token = 'x'", "UPDATE tenantd.invite SET email = 'me@evil.example'",
        "UPDATE tenantd.invite SET role_id = 'x'", "UPDATE tenantd.invite SET expires_at = 1"})
    require_equal(error_of(sweeper, sql), kNoColumnRight, sql);
  Connection courier{as_courier()};
  const std::set<std::string> read{"outbox",       "suppression",  "event",          "webhook_delivery",
                                   "file_removal", "oauth_logout", "stream_position"};
  // What it has removed from an S3-compatible store, or told, leaves the list.
  const std::set<std::string> emptied{"file_removal", "oauth_logout"};
  for (const auto& table : base_tables()) {
    require_equal(error_of(courier, "SELECT * FROM tenantd." + table),
                  read.contains(table) ? 0 : kNoTableRight, table);
    require_equal(error_of(courier, "DELETE FROM tenantd." + table),
                  emptied.contains(table) ? 0 : kNoTableRight, table);
  }
  require_equal(error_of(courier, "SELECT description FROM tenantd.webhook"), kNoColumnRight);
  for (const char* sql : {"UPDATE tenantd.webhook SET url = 'x'", "UPDATE tenantd.event SET type = 'x'"})
    require_equal(error_of(courier, sql), kNoTableRight, sql);
  require_equal(error_of(courier, "UPDATE tenantd.webhook_delivery SET webhook_id = 'x'"), kNoColumnRight);
  for (const char* column : {"recipient", "id", "template", "org_id", "created_at"})
    require_equal(error_of(courier, std::string{"UPDATE tenantd.outbox SET "} + column + " = 'x'"),
                  kNoColumnRight, column);
  for (const char* sql : {"DELETE FROM tenantd.outbox", "DELETE FROM tenantd.suppression",
                          "UPDATE tenantd.suppression SET reason = 'x'"})
    require_equal(error_of(courier, sql), kNoTableRight, sql);
}

Test(database_isolation, the_courier_drops_a_proven_domain_and_proves_none) {
  const auto owner = sign_up();
  const auto claim = [&](const std::string& proven_at) {
    const auto id = "0x" + text_of("SELECT HEX(RANDOM_BYTES(16))");
    database().run(
        "INSERT INTO tenantd.domain (org_id, id, domain, record_value, proven_at, created_at, updated_at) "
        "VALUES (" +
        binary(owner.org_id) + ", " + id + ", LOWER(CONCAT(HEX(" + id + "), '.example')), 'x', " + proven_at +
        ", 5, 5)");
    return id;
  };
  const auto claimed = claim("NULL"), proven = claim("7");
  const auto proven_at = [&](const std::string& id) {
    return text_of("SELECT COALESCE(proven_at, 'none') FROM tenantd.domain WHERE id = " + id);
  };
  Connection courier{as_courier()};
  courier.run("USE tenantd_app");
  enter(courier, owner);
  require_equal(error_of(courier, "UPDATE domain SET proven_at = 9 WHERE id = " + claimed), kNoColumnRight);
  require_equal(error_of(courier, "UPDATE tenantd.domain SET proven_at = 9"), kNoColumnRight);
  for (const auto& id : {claimed, proven}) courier.run("CALL note_domain_check(" + id + ", 1, NULL, 99, 9)");
  require_equal(proven_at(claimed), "none");
  require_equal(proven_at(proven), "7");
  courier.run("CALL note_domain_check(" + proven + ", 0, NULL, NULL, 10)");
  require_equal(proven_at(proven), "none");
  courier.run("CALL note_domain_check(" + proven + ", 1, NULL, 99, 11)");
  require_equal(proven_at(proven), "none", "it was brought back");
}

Test(database_isolation, the_reporter_reads_what_it_reports_and_of_people_only_who_gets_it) {
  const auto owner = sign_up();
  Connection reporter{as_reporter()};
  for (const auto& table : base_tables()) {
    const bool own = table == "job_run";
    require_equal(error_of(reporter, "SELECT * FROM tenantd." + table) == 0, own, table);
    require_equal(error_of(reporter, "DELETE FROM tenantd." + table), own ? 0 : kNoTableRight, table);
  }
  require_equal(count(reporter, "report_reader"), 0, "without a scope");
  enter(reporter, owner);
  for (const char* sql : {"SELECT email FROM member_detail", "SELECT reason FROM stock_movement",
                          "SELECT note FROM purchase_request", "SELECT price_minor FROM product",
                          "SELECT settings FROM organization", "UPDATE tenantd.product SET low_since = 1",
                          "SELECT name FROM tenantd.organization"})
    require_equal(error_of(reporter, sql), kNoColumnRight, sql);
  for (const char* sql : {"UPDATE product SET quantity = 1", "UPDATE organization SET name = 'x'",
                          "SELECT values_sealed FROM outbox", "SELECT * FROM user", "DELETE FROM product",
                          "SELECT * FROM session", "UPDATE purchase_request SET status = 2"})
    require_equal(error_of(reporter, sql), kNoTableRight, sql);
  require_equal(error_of(reporter, "UPDATE tenantd.product SET low_untold = 0"), 0);
}
