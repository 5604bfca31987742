// What the tests beside it share.
#pragma once

#include "tenantd/workers/courier.hpp"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::test::couriers {
using namespace tenantd;
using mail::Outcome;
using service::Courier;
using service::CourierEvent;

inline constexpr std::int64_t kStart = 1'800'000'000;
inline constexpr std::int64_t kPatience = 20;  // seconds

inline std::string setting(const char* key) {
  const char* value = std::getenv(key);
  return value ? value : "";
}

inline db::ConnectOptions connect_options(const std::string& schema) {
  db::ConnectOptions options;
  options.socket = setting("DB_SOCKET");
  options.user = setting("DB_ADMIN_USER");
  options.schema = schema;
  return options;
}

struct Row {
  std::int64_t status, attempts, next_attempt_at, lease_until;
  std::optional<std::string> values_sealed;
  std::string last_error;
  bool connection_failed;
};

// A schema with an empty outbox.
class Outbox {
 public:
  Outbox() : name_("courier_test_" + std::to_string(::getpid())), db_(connect_options("tenantd")) {
    db_.run("DROP DATABASE IF EXISTS " + name_);
    db_.run("CREATE DATABASE " + name_);
    db_.run("CREATE TABLE " + name_ + ".outbox LIKE tenantd.outbox");
    db_.run("CREATE TABLE " + name_ + ".suppression LIKE tenantd.suppression");
    db_.run("USE " + name_);
  }
  ~Outbox() { db_.run("DROP DATABASE " + name_); }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  MailId add(const std::string& recipient = "carol@example.com",
             const std::string& template_name = "welcome") {
    static constexpr db::Sql insert{"test.outbox",
                                    "INSERT INTO outbox (id, template, recipient, values_sealed, "
                                    "next_attempt_at, created_at, updated_at) "
                                    "VALUES (?, ?, ?, ?, ?, ?, ?)"};
    const auto id = crypto::new_id<MailId>();
    const mail::Mail mail{
        mail::Template::welcome, recipient, {{"link", "https://id.example/x"}, {"minutes", "10"}}};
    db_.execute(insert, id, template_name, recipient,
                crypto::seal(key(), mail::values_to_json(mail), store::outbox_context(id)), kStart, kStart,
                kStart);
    return id;
  }
  Row row(MailId id) {
    static constexpr db::Sql find{
        "test.row",
        "SELECT status, attempts, next_attempt_at, lease_until, values_sealed, last_error, "
        "connection_failed FROM outbox WHERE id = ?"};
    auto rows = db_.query(find, id);
    cr_assert(rows.next());
    return {rows.integer(0), rows.integer(1),    rows.integer(2),
            rows.integer(3), rows.maybe_text(4), rows.maybe_text(5).value_or(""),
            rows.flag(6)};
  }
  std::int64_t number(const std::string& text) {
    auto rows = db_.run_query(text);
    rows.next();
    return rows.integer(0);
  }
  std::int64_t count(int status) {
    return number("SELECT COUNT(*) FROM outbox WHERE status = " + std::to_string(status));
  }
  void run(const std::string& text) { db_.run(text); }
  // Ends every other connection to this schema, as a restarting server would.
  void cut_connections() {
    std::vector<std::string> found;
    auto rows = db_.run_query("SELECT id FROM information_schema.processlist WHERE db = '" + name_ +
                              "' AND id <> CONNECTION_ID()");
    while (rows.next()) found.push_back(rows.text(0));
    for (const auto& id : found) db_.run("KILL " + id);
  }

  static Secret key() { return Secret{std::string(32, 'k')}; }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  db::Connection db_;
};

// What the transport was given, and what it shall say.
struct Script {
  std::mutex mutex;
  std::function<mail::Result(const mail::Message&)> answer = [](const mail::Message&) {
    return mail::Result{Outcome::sent, "250 OK"};
  };
  // What settle() shall say, once.
  std::optional<mail::Result> settled;
  std::map<std::string, int> sends;  // by message id

  int total() {
    const std::lock_guard lock{mutex};
    int sum = 0;
    for (const auto& [id, count] : sends) sum += count;
    return sum;
  }
};

class Scripted final : public mail::Transport {
 public:
  explicit Scripted(Script& script) : script_(script) {}
  mail::Result send(const mail::Message& message) override {
    {
      const std::lock_guard lock{script_.mutex};
      ++script_.sends[message.message_id];
    }
    return script_.answer(message);
  }
  std::optional<mail::Result> settle() override {
    return script_.total() > 0 ? std::exchange(script_.settled, std::nullopt) : std::nullopt;
  }

 private:
  Script& script_;
};

struct Bench {
  Outbox outbox;
  Script script;
  std::atomic<std::int64_t> time{kStart};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<CourierEvent::Kind> events;
  std::atomic<int> rings{0};

  Courier courier(const std::string& wake_socket = "") {
    return courier_by(std::make_unique<Scripted>(script), wake_socket);
  }
  Courier courier_by(std::unique_ptr<mail::Transport> transport, const std::string& wake_socket = "") {
    service::CourierOptions options;
    options.database = connect_options(outbox.name());
    options.seal_key = Outbox::key();
    options.from = "Acme <no-reply@acme.example>";
    options.public_url = "https://id.example";
    options.wake_socket = wake_socket;
    options.clock = [this] { return from_unix(time); };
    options.on_event = [this](const CourierEvent& event) {
      const std::lock_guard lock{mutex};
      events.push_back(event.kind);
      changed.notify_all();
    };
    options.on_ring = [this] { ++rings; };
    return Courier{std::move(options), std::move(transport)};
  }
  void await(CourierEvent::Kind kind) {
    std::unique_lock lock{mutex};
    const bool came = changed.wait_for(lock, std::chrono::seconds{kPatience}, [&] {
      return std::find(events.begin(), events.end(), kind) != events.end();
    });
    cr_assert(came, "no event %s", std::string{courier_event_name(kind)}.c_str());
  }
};

inline mail::Result later() { return {Outcome::retry, "451 later"}; }
inline mail::Result unreachable() { return {Outcome::retry, "Connection refused", true}; }

}  // namespace tenantd::test::couriers
