#include "doctor.hpp"

#include <optional>
#include <stdexcept>

#include "options.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/clients/redis.hpp"
#include "tenantd/ctl/checked_settings.hpp"
#include "tenantd/db/grants.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/db/readiness.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/hosts/shared_folder.hpp"

namespace tenantd::ctl {
namespace {

// One check a line; the sentence says what to do.
class Doctor {
 public:
  explicit Doctor(std::ostream& out) : out_(out) {}
  template <class Check>
  void check(const char* what, Check&& check) {
    try {
      const std::string finding = check();
      out_ << "ok    " << what << ": " << finding << '\n';
    } catch (const ApiError& e) {
      fail(what, e.public_text().empty() ? e.log_detail() : e.public_text());
    } catch (const std::exception& e) {
      fail(what, e.what());
    }
  }
  bool healthy() const { return healthy_; }

 private:
  void fail(const char* what, const std::string& why) {
    healthy_ = false;
    out_ << "FAIL  " << what << ": " << why << '\n';
  }
  std::ostream& out_;
  bool healthy_ = true;
};

std::string judge_schema(db::Pool& pool, const Settings& settings) {
  db::Txn txn{pool};
  const auto version = db::schema_version(txn);
  if (version < db::kSchemaVersion)
    throw std::runtime_error("the schema is at version " + std::to_string(version) +
                             ": run tenantctl migrate");
  return "schema version " + std::to_string(version) + ", as " + settings.db_user;
}

std::string judge_isolation(db::Pool& pool, const Settings& settings) {
  static constexpr db::Sql kBase{"doctor.base_table", "SELECT COUNT(*) FROM tenantd.member"};
  db::Txn txn{pool};
  try {
    txn.query(kBase);
  } catch (const db::AccessError&) {
    return "the application's account cannot read base tables";
  }
  throw std::runtime_error(settings.db_user +
                           " can read base tables: run tenantctl migrate, and use no other account");
}

// "web-1 (alive), web-2 (silent for 31 s)"
std::string name_hosts(db::Pool& pool) {
  db::Txn txn{pool};
  std::string names;
  for (const auto& host : hosts::list_hosts(txn)) {
    const auto state = host.is_alive() ? "alive" : "silent for " + std::to_string(host.silent_seconds) + " s";
    names += (names.empty() ? "" : ", ") + host.name + " (" + state + ')';
  }
  return names.empty() ? "none runs" : names;
}

std::string judge_keys(db::Pool& pool, const Settings& settings) {
  const auto ring = hosts::checked_keys(settings, *pool.acquire());
  return std::to_string(ring.signing().size()) + " signing key(s) in " + settings.keys_dir +
         ", as the database knows them";
}

std::string judge_files(db::Pool& pool, const Settings& settings) {
  auto connection = pool.acquire();
  const auto deployment = hosts::read_deployment(*connection);
  if (const auto fault = hosts::fault_of_files(settings, deployment.id, hosts::list_hosts(*connection)))
    throw std::runtime_error(*fault);
  if (settings.file_store != "local") return "in S3";
  return (settings.files_shared ? "shared, in " : "in ") + settings.files_dir;
}

std::string judge_writer(db::Pool& pool) {
  const auto listed = [&] {
    db::Txn txn{pool};
    return hosts::list_hosts(txn);
  }();
  if (const auto others = hosts::other_writers(listed); !others.empty())
    throw std::runtime_error("the hosts write through more than one server of the database (" + others +
                             "): name the servers in one order in every host's DB_HOST, and see that each "
                             "host reaches the first");
  const auto server = pool.acquire()->server();
  if (!server.fault.empty()) throw std::runtime_error(server.address + " takes no writes: " + server.fault);
  return "writes go to " + server.name + ", at " + server.address;
}

// Each server by itself: one that is only tried when another fails is asked too. A read-only one may be a
// replica that waits.
std::string judge_server(db::ConnectOptions options, const std::string& host) {
  options.host = host;
  db::Connection connection{options};
  db::require_sound_server(connection);
  const auto& server = connection.server();
  if (!server.fault.empty() && !server.is_read_only)
    throw std::runtime_error(server.describe() + ", at " + server.address + ": " + server.fault);
  return server.describe() + (options.tls.ca.empty() ? "" : ", encrypted") + ", at " + server.address;
}

// Nothing rests on it, but who has set it wants it.
std::string judge_redis(const service::RedisOptions& redis) {
  const auto latency = service::probe_redis(redis);
  return redis.describe() + " answers within " + std::to_string(latency) + " us";
}

std::string judge_administrator(const Settings& settings) {
  std::optional<db::Connection> connection;
  try {
    connection.emplace(db::connect_options(settings, settings.db_admin_user, settings.db_admin_password, ""));
  } catch (const ApiError&) {
    return settings.db_admin_user + " does not sign in from here, and is not looked at";
  }
  std::string sentences;
  for (const auto& each : db::administrator_lacks(*connection))
    sentences += (sentences.empty() ? "" : "; ") + each;
  if (!sentences.empty()) throw std::runtime_error(settings.db_admin_user + " cannot migrate: " + sentences);
  return settings.db_admin_user + " has what a migration needs";
}

// Each account is asked by itself what it may, so that no administrator is needed; one that does not sign in
// from here is not looked at.
std::string judge_grants(const Settings& settings, const db::ServiceAccount& account) {
  std::optional<db::Connection> connection;
  try {
    connection.emplace(db::connect_options(settings, account.user, account.password, ""));
  } catch (const ApiError&) {
    return account.user + " does not sign in from here, and is not looked at";
  }
  const auto granted = db::granted(*connection, "");
  const auto wanted = db::wanted_grants(settings, account.name);
  const auto excess = db::difference_text(granted, wanted);
  const auto lacking = db::difference_text(wanted, granted);
  if (!excess.empty())
    throw std::runtime_error(account.user + " may do more than it should (" + excess +
                             "): run tenantctl migrate");
  if (!lacking.empty())
    throw std::runtime_error(account.user + " lacks rights (" + lacking + "): run tenantctl migrate");
  return account.user + " has what sql/grants.sql gives it, and no more";
}

}  // namespace

int doctor(const Arguments& arguments, std::ostream& out, std::ostream&) {
  read_options(arguments, {});
  const Settings settings = load_checked_settings();
  Doctor doctor{out};
  doctor.check("settings", [] { return std::string{"tenantd and the courier take them"}; });
  const auto application = application_account(settings);
  for (const auto& host : split(settings.db_host, ','))
    doctor.check("server", [&] { return judge_server(application, std::string{trim(host)}); });
  doctor.check("administrator", [&] { return judge_administrator(settings); });
  db::Pool pool{application, 1};
  doctor.check("database", [&] { return judge_schema(pool, settings); });
  doctor.check("isolation", [&] { return judge_isolation(pool, settings); });
  doctor.check("keys", [&] { return judge_keys(pool, settings); });
  doctor.check("files", [&] { return judge_files(pool, settings); });
  doctor.check("hosts", [&] { return name_hosts(pool); });
  doctor.check("writer", [&] { return judge_writer(pool); });
  if (const auto redis = service::redis_options(settings))
    doctor.check("redis", [&] { return judge_redis(*redis); });
  for (const auto& account : db::service_accounts(settings))
    doctor.check("grants", [&] { return judge_grants(settings, account); });
  return doctor.healthy() ? 0 : 1;
}

}  // namespace tenantd::ctl
