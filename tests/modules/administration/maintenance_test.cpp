// The sweeper, asked by a super-admin; and the health of every part.
#include <criterion/criterion.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/private_stack.hpp"
#include "support/super_admin.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/effects/wake_socket.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kCleanup = "/api/v1/admin/maintenance/cleanup";
constexpr const char* kStatus = "/api/v1/admin/maintenance/status";
constexpr const char* kHealth = "/health/detailed";
constexpr const char* kAdmin = "operator@example.com";
constexpr const char* kAdminPassword = "velvet anchor northbound";

std::vector<std::string> with_admin(std::vector<std::string> settings) {
  settings.push_back(std::string{"SUPER_ADMIN_EMAIL="} + kAdmin);
  settings.push_back(std::string{"SUPER_ADMIN_PASSWORD="} + kAdminPassword);
  return settings;
}

// Where the request of this number stands in the status.
std::string place_of(const Response& status, std::int64_t id) {
  for (std::size_t i = 0; i < status.size("/requests"); ++i)
    if (status.number("/requests/" + std::to_string(i) + "/id") == id)
      return "/requests/" + std::to_string(i);
  throw std::runtime_error("no request " + std::to_string(id) + " in " + status.describe());
}

bool is_finished(Client& admin, std::int64_t id) {
  const auto status = admin.get(kStatus);
  return !expect(status, 200).at(place_of(status, id) + "/finished_at").IsNull();
}

std::int64_t rows_of(const Response& status, const std::string& task) {
  for (std::size_t i = 0; i < status.size("/tasks"); ++i) {
    const auto item = "/tasks/" + std::to_string(i);
    if (status.text(item + "/task") == task) return status.number(item + "/rows");
  }
  return -1;
}

Finished sweep() { return run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}); }

}  // namespace

Test(maintenance, a_request_wakes_the_sweeper_that_waits_and_is_finished_by_it) {
  // Nothing but the request wakes it for a day.
  const PrivateStack stack{with_admin({"SWEEP_EVERY=86400"})};
  stack.take_the_suites_place();
  const auto me = signed_in_super_admin(kAdmin, kAdminPassword);
  auto admin = me.client();
  wait_until("the sweeper's run at its start", [&] { return rows_of(admin.get(kStatus), "requests") == 0; });
  const auto owner = sign_up();
  expect(invite(owner, fresh_email()), 201);
  database().run("UPDATE invite SET expires_at = 1");
  const auto asked = admin.post(kCleanup);
  expect(asked, 202);
  require_equal(asked.text("/requested_by"), me.user_id);
  require(asked.at("/finished_at").IsNull(), asked.describe());
  const auto id = asked.number("/id");
  wait_until("the request to be finished", [&] { return is_finished(admin, id); });
  const auto status = admin.get(kStatus);
  require_equal(number_of("SELECT COUNT(*) FROM invite"), 0);
  require_equal(rows_of(status, "invites"), 1);
  require(!status.at("/waiting").GetBool(), status.describe());
  require(status.number(place_of(status, id) + "/finished_at") >= asked.number("/requested_at"),
          status.describe());
  require_equal(
      number_of(
          "SELECT COUNT(*) FROM audit_log WHERE action = 'maintenance.cleanup_requested' AND actor_id = " +
          binary(me.user_id)),
      1);
}

Test(maintenance, without_a_sweeper_a_request_waits_for_its_next_run) {
  const Alone alone;
  // Those of other settings are not run here.
  database().run("DELETE FROM sweep_run");
  auto admin = signed_in_super_admin().client();
  const auto id = expect(admin.post(kCleanup), 202).number("/id");
  const auto later = expect(admin.post(kCleanup), 202).number("/id");
  require(later > id, "numbers go up");
  require(!is_finished(admin, id) && admin.get(kStatus).at("/waiting").GetBool(), "it waits");
  require_equal(sweep().status, 0);
  require(is_finished(admin, id) && is_finished(admin, later), "both are finished by one run");
  const auto status = admin.get(kStatus);
  require(!status.at("/waiting").GetBool(), status.describe());
  require(status.size("/tasks") >= 8, status.describe());
  for (std::size_t i = 0; i < status.size("/tasks"); ++i) {
    const auto item = "/tasks/" + std::to_string(i);
    require(status.at(item + "/error").IsNull() && status.number(item + "/duration_us") >= 0, item);
    require(std::abs(status.number(item + "/last_run_at") - number_of("SELECT UNIX_TIMESTAMP()")) < 30, item);
  }
  // Old ones go with the records of old runs.
  database().run("UPDATE sweep_request SET finished_at = 1 WHERE id = " + std::to_string(id));
  require_equal(sweep().status, 0);
  require_equal(number_of("SELECT COUNT(*) FROM sweep_request WHERE id = " + std::to_string(id)), 0);
}

Test(maintenance, a_repeated_request_with_its_key_is_one) {
  const Alone alone;
  auto admin = signed_in_super_admin().client();
  admin.header("Idempotency-Key", fresh_name("cleanup"));
  const auto first = expect(admin.post(kCleanup), 202).number("/id");
  require_equal(expect(admin.post(kCleanup), 202).number("/id"), first);
  require_equal(sweep().status, 0);
}

Test(maintenance, the_applications_account_may_ask_for_a_sweep_as_a_super_admin_and_do_nothing_else) {
  tenantd::db::Connection app{as_app()};
  require(error_of(app, "CALL request_sweep(1)") != 0, "asked by nobody");
  for (const char* statement :
       {"INSERT INTO admin_sweep_request (requested_at) VALUES (1)",
        "UPDATE admin_sweep_request SET finished_at = 1", "DELETE FROM admin_sweep_run",
        "DELETE FROM admin_event", "UPDATE admin_user SET status = 1",
        "INSERT INTO tenantd.sweep_request (requested_at) VALUES (1)"})
    require_equal(error_of(app, statement), 1142, statement);
  for (const char* view :
       {"admin_organization", "admin_user", "admin_factor", "admin_session", "admin_invite", "admin_mail",
        "admin_suppression", "admin_delivery", "admin_dead_delivery", "admin_unread", "admin_stream",
        "admin_event", "admin_sweep_run", "admin_sweep_request"}) {
    auto rows = app.run_query(std::string{"SELECT COUNT(*) FROM "} + view);
    rows.next();
    require_equal(rows.integer(0), 0, view);
  }
  tenantd::db::Connection sweeper{as_sweeper()};
  require_equal(error_of(sweeper, "INSERT INTO sweep_request (requested_at) VALUES (1)"), 1142);
}

Test(maintenance, the_sweeper_that_watches_ends_when_told_and_refuses_a_wrong_word) {
  const auto program = setting("TENANTD_BUILD") + "/tenantd-sweeper";
  for (const auto& words : std::vector<std::vector<std::string>>{
           {program, "--watch"}, {program, "--watch", "0"}, {program, "--watch", "x"}, {program, "--once"}})
    require_equal(run_program(words).status, 64, words.back());
  const PrivateStack stack{{"SWEEP_EVERY=60"}};
  const auto pid = part_pid(stack.dir(), "sweeper");
  require(lives(pid), "it does not stay");
  ::kill(pid, SIGTERM);
  wait_until("the sweeper to end", [&] { return !lives(pid); });
}

// As systemd starts it: the socket is file descriptor 3. A ring that stayed would start it again and again.
Test(maintenance, the_rings_that_started_the_sweeper_are_taken_and_those_that_follow_are_kept) {
  const Alone alone;
  const auto path = run_dir() + '/' + fresh_name("bell");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int bell = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  require(::bind(bell, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  tenantd::service::ring(path);
  tenantd::service::ring(path);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, bell, 3);
  const auto script = "LISTEN_PID=$$ LISTEN_FDS=1 exec " + setting("TENANTD_BUILD") + "/tenantd-sweeper";
  std::vector<std::string> command = {"sh", "-c", script};
  pid_t pid = 0;
  require(::posix_spawnp(&pid, "sh", &actions, nullptr, pointers(command).data(), environ) == 0, "spawn");
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  ::waitpid(pid, &status, 0);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status " + std::to_string(status));
  char ring = 0;
  require(::recv(bell, &ring, 1, MSG_DONTWAIT) < 0, "a ring is left");
  tenantd::service::ring(path);
  require(::recv(bell, &ring, 1, MSG_DONTWAIT) == 1, "nobody hears");
  ::close(bell);
  std::filesystem::remove(path);
}

Test(detailed_health, names_every_part_with_its_state) {
  const Alone alone;
  auto admin = signed_in_super_admin().client();
  require_equal(sweep().status, 0);
  const auto reply = admin.get(kHealth);
  expect(reply, 200);
  require_equal(reply.header("cache-control"), "no-store");
  for (const char* part : {"database", "outbox", "webhooks", "storage", "sweeper", "courier", "keys"})
    require_equal(reply.text(std::string{"/"} + part + "/state"), "ok", part);
  require_equal(reply.text("/status"), reply.text("/disk/state"), "the worst of all");
  require_equal(reply.number("/database/schema_version"), tenantd::db::kSchemaVersion);
  require(reply.text("/database/version").find("MariaDB") != std::string::npos, reply.describe());
  require(reply.number("/database/connections") >= 1, reply.describe());
  require(reply.at("/courier/reachable").GetBool(), reply.describe());
  require(reply.number("/sweeper/age_seconds") < 60, reply.describe());
  const auto keys = Client{}.get("/.well-known/jwks.json");
  require(keys.body.find(reply.text("/keys/active_kid")) != std::string::npos, keys.body);
  // One more is the RSA key's, by which no access token is signed.
  require_equal(reply.number("/keys/verifying"), static_cast<std::int64_t>(keys.size("/keys")) - 1);
  require(reply.number("/keys/age_seconds") >= 0, reply.describe());
  require(reply.number("/disk/folders/0/free_bytes") > 0, reply.describe());
}

Test(detailed_health, a_part_that_lags_degrades_the_whole_and_one_that_fails_makes_it_503) {
  const PrivateStack stack{with_admin({})};
  stack.take_the_suites_place();
  auto admin = signed_in_super_admin(kAdmin, kAdminPassword).client();
  const auto state = [&](const std::string& part) {
    return expect(admin.get(kHealth), 200).text("/" + part + "/state");
  };
  require_equal(state("sweeper"), "degraded", "it never ran");
  require_equal(stack.run("tenantd-sweeper").status, 0);
  require_equal(state("sweeper"), "ok");
  database().run("UPDATE sweep_run SET started_at = started_at - 1000");
  require_equal(state("sweeper"), "degraded", "it ran long ago");
  require_equal(expect(admin.get(kHealth), 200).text("/status"), "degraded");

  ::kill(part_pid(stack.dir(), "courier"), SIGKILL);
  wait_until("the courier to be missed", [&] { return state("courier") == "degraded"; });
  database().run(
      "INSERT INTO outbox (id, template, recipient, next_attempt_at, created_at, updated_at) VALUES (" +
      binary(fresh_id()) +
      ", 'welcome', 'late@example.com', UNIX_TIMESTAMP() - 1000, UNIX_TIMESTAMP() - 1000, 0)");
  require_equal(state("outbox"), "degraded");
  require(admin.get(kHealth).number("/outbox/overdue_seconds") >= 1000, "how late");

  std::filesystem::rename(stack.dir() + "/mail", stack.dir() + "/mail-gone");
  const auto failed = admin.get(kHealth);
  expect_problem(failed, 503, "unavailable");
  expect_pointer(failed, "/storage");
  std::filesystem::rename(stack.dir() + "/mail-gone", stack.dir() + "/mail");
  expect(admin.get(kHealth), 200);
}
