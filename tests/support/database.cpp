#include "support/database.hpp"

#include <set>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::test {
namespace {

const std::set<std::string>& volatile_columns() {
  static const std::set<std::string> columns = {
      "outbox.values_sealed",
      "outbox.status",
      "outbox.attempts",
      "outbox.next_attempt_at",
      "outbox.lease_until",
      "outbox.last_error",
      "outbox.updated_at",
      "outbox.connection_failed",
      "outbox.sent_at",
      "outbox.provider",
      "outbox.provider_id",
      "user.failed_signins",
      "user.locked_until",
      "totp.failures",
      "known_network.failed_signins",
      "known_network.locked_until",
      "totp.locked_until",
      "api_key.last_used_at",
      "api_key.last_used_address",
      "webhook.cursor_seq",
      "stream.next_attempt_at",
      "stream.lease_until",
      "stream.failures",
      "stream.last_error",
      "stream.delivered_at",
      "stream_position.seq",
      "webhook_delivery.status",
      "webhook_delivery.attempts",
      "webhook_delivery.next_attempt_at",
      "webhook_delivery.lease_until",
      "webhook_delivery.response_status",
      "webhook_delivery.duration_ms",
      "webhook_delivery.last_error",
      "webhook_delivery.updated_at",
      "webhook_delivery.delivered_at",
  };
  return columns;
}

db::ConnectOptions options_of(const std::string& user, const std::string& password,
                              const std::string& schema) {
  db::ConnectOptions options;
  options.socket = setting("DB_SOCKET");
  options.user = user;
  options.password = Secret{password};
  options.schema = schema;
  return options;
}

// The rows of a table that requests make and change. The courier makes deliveries of events, when it comes to
// them: of those only what was replayed says that somebody asked.
std::string rows_of(const std::string& table) {
  return '`' + table + '`' + (table == "webhook_delivery" ? " WHERE pending_since <> created_at" : "");
}

// "SELECT 'member', COUNT(*), <sum over all columns> FROM member UNION ALL …"
std::string snapshot_query() {
  std::map<std::string, std::string> columns;
  auto rows = database().run_query(
      "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t "
      "ON t.table_schema = c.table_schema AND t.table_name = c.table_name "
      "WHERE c.table_schema = 'tenantd' AND t.table_type = 'BASE TABLE' ORDER BY 1, c.ordinal_position");
  while (rows.next()) {
    const auto table = rows.text(0);
    if (table == "sweep_run" || table == "account_event" || table == "webhook_backlog" || table == "host" ||
        table == "invalidation" || table == "invalidation_ack" || table == "deployment" ||
        table == "budget" || table == "oauth_logout" ||
        volatile_columns().contains(table + '.' + rows.text(1)))
      continue;
    columns[table] += ", COALESCE(HEX(`" + rows.text(1) + "`), '-')";
  }
  std::string query;
  for (const auto& [table, list] : columns) {
    query += (query.empty() ? "" : " UNION ALL ") + std::string{"SELECT '"} + table +
             "', COUNT(*), COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|'" + list +
             "), 256), 16), 16, 10) AS UNSIGNED)), 0) FROM " + rows_of(table);
  }
  return query;
}

}  // namespace

db::ConnectOptions as_admin() { return options_of(setting("DB_ADMIN_USER", "root"), "", "tenantd"); }
db::ConnectOptions as_app() {
  return options_of(setting("DB_USER", "tenantd_app"), setting("DB_PASSWORD"), "tenantd_app");
}
db::ConnectOptions as_sweeper() {
  return options_of(setting("DB_SWEEPER_USER", "tenantd_sweeper"), setting("DB_SWEEPER_PASSWORD"), "tenantd");
}
db::ConnectOptions as_courier() {
  return options_of(setting("DB_COURIER_USER", "tenantd_courier"), setting("DB_COURIER_PASSWORD"), "tenantd");
}

db::Connection& database() {
  share_instance();
  static db::Connection connection{as_admin()};
  return connection;
}

std::int64_t number_of(const std::string& sql) {
  auto rows = database().run_query(sql);
  require(rows.next(), "no row for " + sql);
  return rows.integer(0);
}

std::string text_of(const std::string& sql) {
  auto rows = database().run_query(sql);
  require(rows.next(), "no row for " + sql);
  return rows.text(0);
}

std::string binary(const std::string& uuid) {
  const auto bytes = parse_uuid(uuid);
  require(bytes.has_value(), uuid + " is no UUID");
  return "0x" + to_hex({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

std::string series(std::int64_t count) {
  const std::string digits =
      "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL "
      "SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) t";
  std::string sum = "1", tables;
  for (std::int64_t power = 1; power < count || power == 1; power *= 10) {
    const auto number = std::to_string(power);
    sum += " + " + number + " * t" + number + ".d";
    tables += (tables.empty() ? "" : " JOIN ") + digits + number;
  }
  return "(SELECT seq FROM (SELECT " + sum + " AS seq FROM " + tables +
         ") n WHERE seq <= " + std::to_string(count) + ") s";
}

std::string id_of(const std::string& expression) { return "UNHEX(LEFT(SHA2(" + expression + ", 256), 32))"; }

bool on_mysql() { return database().engine() == db::Engine::mysql; }

std::int64_t status_value(const std::string& name) {
  auto rows = database().run_query("SHOW GLOBAL STATUS LIKE " + literal(name));
  require(rows.next(), "no status " + name);
  return rows.integer(1);
}

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' || c == '\\' ? 2 : 1, c);
  return out + '\'';
}

int error_of(db::Connection& connection, const std::string& sql) {
  connection.run("START TRANSACTION");
  int number = 0;
  try {
    if (sql.starts_with("SELECT")) {
      connection.run_query(sql);
    } else {
      connection.run(sql);
    }
  } catch (const ApiError&) {
    number = -1;
  } catch (const db::AccessError& e) {
    number = e.number;
  } catch (const db::StatementError& e) {
    number = e.number;
  } catch (const db::ForeignKeyError&) {
    number = 1452;
  } catch (const db::DuplicateKey&) {
    number = 1062;
  }
  connection.run("ROLLBACK");
  return number;
}

Snapshot Snapshot::take() {
  static const std::string query = snapshot_query();
  Snapshot snapshot;
  auto rows = database().run_query(query);
  while (rows.next()) snapshot.tables_[rows.text(0)] = rows.text(1) + " rows, " + rows.text(2);
  return snapshot;
}

std::string Snapshot::difference(const Snapshot& later) const {
  std::string lines;
  for (const auto& [table, before] : tables_) {
    const auto& after = later.tables_.at(table);
    if (before != after) lines += table + ": " + before + " → " + after + "; ";
  }
  return lines;
}

void Unchanged::check(const std::string& after_what, const std::source_location& at) {
  const auto difference = before_.difference(Snapshot::take());
  require(difference.empty(), "the database changed after " + after_what + ": " + difference, at);
}

}  // namespace tenantd::test
