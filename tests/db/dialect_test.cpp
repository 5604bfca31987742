// What MariaDB and MySQL say otherwise, and where the database is: pure rules; migration_test.cpp runs them.
#include <criterion/criterion.h>

#include "../../src/db/dialect.hpp"
#include "support/check.hpp"
#include "tenantd/db/server.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

constexpr const char* kRoutine =
    "CREATE DEFINER = tenantd_owner@localhost PROCEDURE tenantd.count_row(\n  IN p INT) BEGIN END";
constexpr const char* kTrigger =
    "CREATE DEFINER = tenantd_owner@localhost TRIGGER tenantd.role_kept BEFORE UPDATE ON tenantd.role\nFOR "
    "EACH ROW SET @a = 1";

std::string joined(const std::vector<std::string>& statements) {
  std::string text;
  for (const auto& statement : statements) text += statement + "; ";
  return text;
}

std::string hosts(const std::string& list) {
  std::string text;
  for (const auto& host : db::parse_hosts(list, 3306))
    text += host.name + ' ' + std::to_string(host.port) + ", ";
  return text;
}

// What check_server() says, or "" if it takes the settings.
std::string refusal(const Settings& settings) {
  try {
    db::check_server(settings);
    return "";
  } catch (const ConfigError& e) {
    return e.what();
  }
}

Settings at(const std::string& host) {
  Settings settings;
  settings.db_host = host;
  return settings;
}

}  // namespace

Test(db_dialect, the_server_says_which_it_is) {
  for (const char* version : {"10.11.14-MariaDB-0+deb12u2", "5.5.5-11.4.2-MariaDB", "12.1.2-MariaDB-log"})
    require(db::engine_of(version) == db::Engine::mariadb, version);
  for (const char* version : {"8.4.6", "9.7.4-2", "8.4.5-0ubuntu0.2", "8.0.mysql_aurora.3.08"})
    require(db::engine_of(version) == db::Engine::mysql, version);
}

Test(db_dialect, a_definition_is_known_by_its_head) {
  const auto routine = db::parse_definition(kRoutine);
  require(routine.has_value(), "a routine");
  require_equal(routine->kind + ' ' + routine->name + ' ' + routine->table, "PROCEDURE tenantd.count_row ");
  const auto trigger = db::parse_definition(kTrigger);
  require(trigger.has_value(), "a trigger");
  require_equal(trigger->kind + ' ' + trigger->name + ' ' + trigger->table,
                "TRIGGER tenantd.role_kept tenantd.role");
  for (const char* other :
       {"CREATE TABLE tenantd.procedure (id INT)", "DROP PROCEDURE tenantd.x",
        "CREATE OR REPLACE DEFINER = a@b SQL SECURITY DEFINER VIEW tenantd_app.x AS SELECT 1",
        "GRANT EXECUTE ON PROCEDURE tenantd.x TO a", " CREATE DEFINER = a PROCEDURE b()", ""})
    require(!db::parse_definition(other), other);
}

Test(db_dialect, mariadb_replaces_at_once_and_mysql_behind_a_lock_or_with_its_rights) {
  const auto routine = *db::parse_definition(kRoutine);
  const auto trigger = *db::parse_definition(kTrigger);
  require_equal(joined(db::replace_statements(db::Engine::mariadb, routine, kRoutine)).substr(0, 34),
                "CREATE OR REPLACE DEFINER = tenant");
  require_equal(joined(db::replace_statements(db::Engine::mysql, routine, kRoutine)),
                "DROP PROCEDURE IF EXISTS tenantd.count_row; " + std::string{kRoutine} + "; ");
  require_equal(joined(db::replace_statements(db::Engine::mysql, trigger, kTrigger)),
                "LOCK TABLES tenantd.role WRITE; DROP TRIGGER IF EXISTS tenantd.role_kept; " +
                    std::string{kTrigger} + "; UNLOCK TABLES; ");
  require(db::loses_rights(db::Engine::mysql, routine), "a routine of MySQL's");
  require(!db::loses_rights(db::Engine::mysql, trigger), "a trigger has none");
  require(!db::loses_rights(db::Engine::mariadb, routine), "MariaDB keeps them");
}

Test(db_dialect, a_routine_that_is_being_replaced_is_waited_for_on_mysql_alone) {
  for (const int error : {1305, 1356, 1370}) {
    require(db::is_replacement(db::Engine::mysql, error), std::to_string(error));
    require(!db::is_replacement(db::Engine::mariadb, error), std::to_string(error));
  }
  for (const int error : {0, 1142, 1146, 1213, 1369})
    require(!db::is_replacement(db::Engine::mysql, error), std::to_string(error));
}

Test(db_dialect, a_call_whose_procedure_had_begun_is_not_sent_again) {
  const std::string call = "CALL append_change(?, ?)";
  for (const char* message :
       {"PROCEDURE tenantd_app.append_change does not exist",
        "execute command denied to user 'a'@'localhost' for routine 'tenantd_app.append_change'"})
    require(db::changed_nothing(call, message), message);
  for (const char* message : {"PROCEDURE tenantd.tell_webhooks does not exist",
                              "PROCEDURE tenantd_app.append_changes does not exist",
                              "View 'tenantd_app.member' references invalid table(s)"})
    require(!db::changed_nothing(call, message), message);
  require(db::changed_nothing("SELECT lock_changes(?)", "FUNCTION tenantd_app.lock_changes does not exist"),
          "a SELECT");
  require(db::changed_nothing("INSERT INTO role VALUES (?)", "PROCEDURE tenantd.count_row does not exist"),
          "a trigger's");
}

Test(db_dialect, only_what_is_there_already_counts_as_done_before) {
  for (const int error : {1060, 1061, 1091, 1826, 3821, 3822, 3940})
    require(db::was_done_before(error), std::to_string(error));
  for (const int error : {0, 1005, 1054, 1064, 1072, 1146, 1205, 1215, 3780})
    require(!db::was_done_before(error), std::to_string(error));
}

Test(db_server, hosts_are_read_in_order_with_their_ports) {
  require_equal(hosts("db1"), "db1 3306, ");
  require_equal(hosts("db1.example.com, db2:3307,10.0.0.7:3308"),
                "db1.example.com 3306, db2 3307, 10.0.0.7 3308, ");
  require_equal(hosts("[2001:db8::1],[::1]:3309"), "2001:db8::1 3306, ::1 3309, ");
}

Test(db_server, what_names_no_host_is_refused) {
  for (const char* list : {"db1,", ",", "db1:0", "db1:65536", "db1:x", "db1:", "::1", "[::1", "[db1]",
                           "[::1]3306", "a b", "tcp://db1", "user@db1", "db1/schema", "db1:3306:7"}) {
    const auto said = refusal(at(list));
    require(said.starts_with("DB_HOST must name hosts"), std::string{list} + ": " + said);
  }
}

Test(db_server, another_machine_is_asked_in_plaintext_only_where_that_was_said) {
  for (const char* here : {"localhost", "127.0.0.1", "127.0.0.2:3307", "[::1]", "LOCALHOST"})
    require_equal(refusal(at(here)), "", here);
  for (const char* there :
       {"db1", "10.0.0.7", "127.0.0.1,db1", "127.evil.example.com", "localhost.example.com", "[::2]"}) {
    require(refusal(at(there)).find("which is another machine: set DB_TLS_CA, or DB_PLAINTEXT=true") !=
                std::string::npos,
            there);
    auto said_so = at(there);
    said_so.db_plaintext = true;
    require_equal(refusal(said_so), "", there);
    auto encrypted = at(there);
    encrypted.db_tls_ca = "/etc/passwd";
    require_equal(refusal(encrypted), "", there);
  }
}

Test(db_server, half_of_what_tls_wants_is_refused) {
  auto settings = at("db1");
  settings.db_tls_ca = "/does/not/exist";
  require_equal(refusal(settings), "DB_TLS_CA names a file that cannot be read: /does/not/exist");
  settings.db_tls_ca = settings.db_tls_cert = "/etc/passwd";
  require_equal(refusal(settings), "DB_TLS_CERT and DB_TLS_KEY belong together: set both or none");
  settings.db_tls_ca.clear();
  settings.db_tls_key = "/etc/passwd";
  settings.db_plaintext = true;
  require(refusal(settings).starts_with("DB_TLS_CERT is shown in TLS alone"), refusal(settings));
  Settings local;
  local.db_tls_ca = "/etc/passwd";
  require(refusal(local).starts_with("DB_TLS_CA is for DB_HOST"), refusal(local));
}
