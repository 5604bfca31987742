// The courier against a real database, with a scripted transport and a clock that the test moves. Each test
// has a schema of its own with a copy of the outbox, so that the suite's courier does not see its mails.
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

using namespace tenantd;
using mail::Outcome;
using service::Courier;
using service::CourierEvent;

namespace {

constexpr std::int64_t kStart = 1'800'000'000;
constexpr std::int64_t kPatience = 20;  // seconds

std::string setting(const char* key) {
  const char* value = std::getenv(key);
  return value ? value : "";
}

db::ConnectOptions connect_options(const std::string& schema) {
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

  Courier courier(const std::string& wake_socket = "") {
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
    return Courier{std::move(options), std::make_unique<Scripted>(script)};
  }
  void await(CourierEvent::Kind kind) {
    std::unique_lock lock{mutex};
    const bool came = changed.wait_for(lock, std::chrono::seconds{kPatience}, [&] {
      return std::find(events.begin(), events.end(), kind) != events.end();
    });
    cr_assert(came, "no event %s", std::string{courier_event_name(kind)}.c_str());
  }
};

mail::Result later() { return {Outcome::retry, "451 later"}; }
mail::Result unreachable() { return {Outcome::retry, "Connection refused", true}; }

}  // namespace

Test(courier, delivers_a_due_mail_and_erases_its_values) {
  Bench bench;
  const auto id = bench.outbox.add();
  bench.courier().drain(bench.stop);
  const Row row = bench.outbox.row(id);
  cr_assert_eq(row.status, 1);
  cr_assert_eq(row.attempts, 1);
  cr_assert_not(row.values_sealed.has_value());
  cr_assert_eq(bench.script.sends.begin()->first, id.str() + "@id.example");
}

Test(courier, leaves_a_mail_alone_that_is_not_due_or_that_another_holds) {
  Bench bench;
  const auto future = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET next_attempt_at = next_attempt_at + 1");
  const auto held = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET lease_until = 1800000090 WHERE next_attempt_at = 1800000000");
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.script.total(), 0);
  bench.time = kStart + 90;
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(future).status, 1);
  cr_assert_eq(bench.outbox.row(held).status, 1);
}

Test(courier, retries_after_a_delay_that_doubles_up_to_an_hour) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) { return later(); };
  const auto id = bench.outbox.add();
  Courier courier = bench.courier();
  std::int64_t delay = 10;
  for (int attempt = 1; attempt <= 12; ++attempt) {
    courier.drain(bench.stop);
    const Row row = bench.outbox.row(id);
    const auto waited = row.next_attempt_at - bench.time;
    cr_assert(row.status == 0 && row.attempts == attempt && row.lease_until == 0 &&
              row.last_error == "451 later");
    cr_assert(waited * 10 >= delay * 8 && waited * 10 <= delay * 12, "%lld", static_cast<long long>(waited));
    bench.time = row.next_attempt_at;
    delay = std::min<std::int64_t>(3600, delay * 2);
  }
}

Test(courier, dead_letters_what_is_refused_and_what_is_too_old) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) {
    return mail::Result{Outcome::refused, "550 no such user"};
  };
  const auto refused = bench.outbox.add();
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(refused).status, 2);
  cr_assert_eq(bench.outbox.row(refused).last_error, "550 no such user");

  bench.script.answer = [](const mail::Message&) { return later(); };
  const auto old = bench.outbox.add();
  bench.time = kStart + 172799;
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(old).status, 0);
  bench.time = bench.outbox.row(old).next_attempt_at;
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(old).status, 2);
}

Test(courier, a_suppressed_address_is_sent_nothing_and_another_is) {
  Bench bench;
  const auto dead = bench.outbox.add("dead@example.com");
  const auto living = bench.outbox.add();
  bench.outbox.run(
      "INSERT INTO suppression (email, id, reason, source, created_at, updated_at) VALUES "
      "('dead@example.com', REPEAT('x', 16), 'complaint', 'ses', 1, 1)");
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(dead).status, 2);
  cr_assert_eq(bench.outbox.row(dead).last_error, "suppressed: complaint");
  cr_assert_eq(bench.outbox.row(living).status, 1);
  cr_assert_eq(bench.script.total(), 1);
}

Test(courier, an_address_that_the_server_does_not_know_gets_no_second_mail) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) {
    mail::Result result{Outcome::refused, "550 5.1.1 no such user"};
    result.no_such_recipient = true;
    return result;
  };
  const auto first = bench.outbox.add();
  bench.courier().drain(bench.stop);
  const auto second = bench.outbox.add();
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(first).last_error, "550 5.1.1 no such user");
  cr_assert_eq(bench.outbox.row(second).last_error, "suppressed: bounce");
  cr_assert_eq(bench.script.total(), 1);
  cr_assert_eq(bench.outbox.number("SELECT COUNT(*) FROM suppression WHERE source = 'smtp' AND "
                                   "email = 'carol@example.com' AND detail LIKE '550%'"),
               1);
  cr_assert_eq(bench.outbox.number("SELECT COUNT(*) FROM outbox WHERE bounced_at IS NOT NULL"), 1);
}

Test(courier, writes_down_who_took_the_mail_and_says_once_that_a_provider_is_lost) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) {
    mail::Result result{Outcome::sent, "250 OK"};
    result.provider = "smtp";
    result.provider_id = "x@id.example";
    result.detour = "ses: 503";
    return result;
  };
  for (int i = 0; i < 3; ++i) bench.outbox.add();
  Courier courier = bench.courier();
  courier.drain(bench.stop);
  cr_assert_eq(bench.outbox.number("SELECT COUNT(*) FROM outbox WHERE provider = 'smtp' AND "
                                   "provider_id = 'x@id.example'"),
               3);
  bench.script.answer = [](const mail::Message&) { return mail::Result{Outcome::sent, "200"}; };
  bench.outbox.add();
  courier.drain(bench.stop);
  const auto& events = bench.events;
  cr_assert_eq(std::count(events.begin(), events.end(), CourierEvent::Kind::provider_lost), 1);
  cr_assert_eq(std::count(events.begin(), events.end(), CourierEvent::Kind::provider_back), 1);
}

Test(courier, a_mail_is_from_the_organization_by_way_of_the_service) {
  Bench bench;
  std::string from;
  bench.script.answer = [&](const mail::Message& message) {
    from = message.from;
    return mail::Result{Outcome::sent, "250"};
  };
  bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET sender_name = 'Northwind\\r\\nBcc: x@example.com'");
  bench.courier().drain(bench.stop);
  cr_assert_eq(from, "\"Northwind Bcc x example.com via Acme\" <no-reply@acme.example>", "%s", from.c_str());
}

Test(courier, a_mail_that_cannot_be_built_is_never_sent) {
  Bench bench;
  const auto altered = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET values_sealed = REVERSE(values_sealed)");
  const auto newer = bench.outbox.add("carol@example.com", "of_a_newer_release");
  const auto injected = bench.outbox.add("a@example.com\r\nRCPT TO:<b@example.com>");
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.script.total(), 0);
  cr_assert_eq(bench.outbox.row(altered).status, 0, "waits for its key");
  cr_assert_eq(bench.outbox.row(newer).status, 0, "waits for the release that knows it");
  cr_assert_eq(bench.outbox.row(injected).status, 2);
}

Test(courier, a_server_that_is_gone_is_knocked_at_with_one_mail_and_all_follow_when_it_is_back) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) { return unreachable(); };
  for (int i = 0; i < 5; ++i) bench.outbox.add();
  Courier courier = bench.courier();
  courier.drain(bench.stop);
  courier.drain(bench.stop);
  cr_assert_eq(bench.script.total(), 1);
  // An hour of outage: never more than a minute and its jitter between two knocks, one mail each.
  for (int minute = 1; minute <= 60; ++minute) {
    bench.time += 72;
    courier.drain(bench.stop);
    cr_assert_eq(bench.script.total(), 1 + minute);
  }
  cr_assert_eq(bench.outbox.count(0), 5);
  bench.script.answer = [](const mail::Message&) { return mail::Result{Outcome::sent, "250"}; };
  bench.time += 72;
  courier.drain(bench.stop);
  cr_assert_eq(bench.outbox.count(1), 5);
  const std::vector<CourierEvent::Kind> events = bench.events;
  cr_assert_eq(std::count(events.begin(), events.end(), CourierEvent::Kind::mail_server_lost), 1);
  cr_assert_eq(std::count(events.begin(), events.end(), CourierEvent::Kind::mail_server_back), 1);
}

Test(courier, the_first_success_makes_mails_due_that_failed_for_want_of_a_server) {
  Bench bench;
  const auto outage = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET next_attempt_at = next_attempt_at + 3000, connection_failed = 1");
  const auto own_fault = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET next_attempt_at = next_attempt_at + 3000 WHERE connection_failed = 0");
  bench.outbox.add();
  Courier courier = bench.courier();
  courier.drain(bench.stop);
  cr_assert_eq(bench.outbox.row(outage).status, 1);
  cr_assert_eq(bench.outbox.row(own_fault).status, 0);
}

Test(courier, two_at_once_send_every_mail_once) {
  Bench bench;
  for (int i = 0; i < 150; ++i) bench.outbox.add();
  Courier one = bench.courier();
  Courier two = bench.courier();
  std::thread other{[&] { two.drain(bench.stop); }};
  one.drain(bench.stop);
  other.join();
  one.drain(bench.stop);
  cr_assert_eq(bench.outbox.count(1), 150);
  cr_assert_eq(bench.script.sends.size(), 150U);
  cr_assert_eq(bench.script.total(), 150);
}

Test(courier, gives_back_what_it_has_not_tried_when_it_is_told_to_stop) {
  Bench bench;
  for (int i = 0; i < 5; ++i) bench.outbox.add();
  bench.script.answer = [&](const mail::Message&) {
    bench.stop = true;
    return mail::Result{Outcome::sent, "250"};
  };
  bench.courier().run(bench.stop);
  cr_assert_eq(bench.script.total(), 1);
  cr_assert_eq(bench.outbox.count(1), 1);
  bench.stop = false;
  bench.script.answer = [](const mail::Message&) { return mail::Result{Outcome::sent, "250"}; };
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.count(1), 5);
}

Test(courier, a_database_lost_after_the_send_does_not_send_twice) {
  Bench bench;
  const auto id = bench.outbox.add();
  bench.script.answer = [&](const mail::Message&) {
    bench.outbox.cut_connections();
    return mail::Result{Outcome::sent, "250"};
  };
  Courier courier = bench.courier();
  std::thread runner{[&] { courier.run(bench.stop); }};
  bench.await(CourierEvent::Kind::database_back);
  bench.stop = true;
  runner.join();
  cr_assert_eq(bench.outbox.row(id).status, 1);
  cr_assert_eq(bench.script.total(), 1);
  cr_assert_eq(std::count(bench.events.begin(), bench.events.end(), CourierEvent::Kind::database_lost), 1);
}

Test(courier, a_ring_wakes_it) {
  Bench bench;
  const std::string path = setting("TENANTD_RUN_DIR") + "/bell-" + std::to_string(::getpid());
  Courier courier = bench.courier(path);
  std::thread runner{[&] { courier.run(bench.stop); }};
  bench.outbox.add();
  service::wake_courier(path);
  bench.await(CourierEvent::Kind::sent);
  bench.stop = true;
  service::wake_courier(path);
  runner.join();
}

Test(wake_socket, takes_the_place_of_a_dead_courier_and_not_of_a_living_one) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("bell-" + std::to_string(::getpid()))).string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int dead = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  cr_assert(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(dead);
  {
    const service::WakeSocket first{path};
    cr_assert(first.bound());
    struct stat found {};
    cr_assert(::stat(path.c_str(), &found) == 0 && (found.st_mode & 0777U) == 0660U);
    const service::WakeSocket second{path};
    cr_assert_not(second.bound());
    const auto before = monotonic_microseconds();
    service::wake_courier(path);
    service::wake_courier(path);
    first.wait(std::chrono::seconds{kPatience});
    cr_assert(monotonic_microseconds() - before < kPatience * 1'000'000 / 2);
  }
  cr_assert_not(std::filesystem::exists(path));
  service::wake_courier(path);  // nobody there: nothing happens
}

Test(wake_socket, a_path_that_cannot_be_bound_is_said_in_a_sentence) {
  cr_assert_throw(service::WakeSocket{"/nowhere/courier.sock"}, std::runtime_error);
  cr_assert_throw(service::WakeSocket{"/tmp/" + std::string(120, 'x')}, std::runtime_error);
}
