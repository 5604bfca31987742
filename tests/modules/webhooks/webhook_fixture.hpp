// Webhooks of an organization in an instance of their own, which may call this host.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <set>
#include <utility>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/inventory.hpp"
#include "support/private_stack.hpp"
#include "support/receiver.hpp"
#include "support/roles.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::test {

// Its clock can be moved, and its courier held.
class Hooks {
 public:
  explicit Hooks(const std::vector<std::string>& settings = {}) : stack(with(settings)) {
    stack.take_the_suites_place();
    owner = sign_up();
  }
  ~Hooks() {
    if (held_ > 0) ::kill(held_, SIGCONT);
  }
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  std::string make(const std::string& url, const std::string& events = R"(["role.created"])") {
    const auto made =
        owner.client().post("/api/v1/webhooks", object({{"url", url}, {"events", Field::raw(events)}}));
    expect(made, 201);
    secret = made.text("/secret");
    return "/api/v1/webhooks/" + made.text("/id");
  }
  void set_status(const std::string& webhook, const std::string& status) const {
    expect(owner.client().put(webhook, object({{"status", status}})), 200);
  }
  // Something happens. Returns the event's id.
  std::string happen() const {
    expect(make_role(owner, fresh_name("role"), "[]"), 201);
    const auto events = owner.client().get("/api/v1/events?type=role.created&limit=200");
    return events.text("/items/" + std::to_string(events.size("/items") - 1) + "/id");
  }
  // So many products, by one request.
  void import(int count) const {
    std::string csv = "sku,name\n";
    for (int i = 0; i < count; ++i) csv += fresh_name("S") + ",P\n";
    expect(send_file(owner, "/api/v1/products/import", csv), 200);
  }
  // Waits until the newest delivery is so; returns the list.
  Response await(const std::string& webhook, const std::string& status, std::int64_t attempts = 1) const {
    Response list;
    wait_until(webhook + " is " + status, [&] {
      list = owner.client().get(webhook + "/deliveries");
      return list.size("/items") > 0 && list.text("/items/0/status") == status &&
             list.number("/items/0/attempts") >= attempts;
    });
    return list;
  }
  // Not in the midst of a transaction, whose locks would be held as long. It runs until it has none, so that
  // it gets somewhere on a busy machine too.
  void hold() {
    // InnoDB shows what it has shown before until nobody has looked for a tenth of a second.
    const auto has_none = [] {
      database().run("DO SLEEP(0.11)");
      return number_of(
                 "SELECT COUNT(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist "
                 "p ON p.id = t.trx_mysql_thread_id WHERE p.user = 'tenantd_courier'") == 0;
    };
    wait_until("the courier holds no lock", [&] {
      if (!has_none()) return false;
      held_ = courier();
      require(::kill(held_, SIGSTOP) == 0, "the courier takes no signal");
      if (has_none()) return true;
      go_on();
      return false;
    });
  }
  void go_on() { require(::kill(std::exchange(held_, 0), SIGCONT) == 0, "the courier takes no signal"); }
  pid_t courier() const { return part_pid(stack.dir(), "courier"); }
  std::int64_t rows(const std::string& more = "") const {
    return number_of("SELECT COUNT(*) FROM webhook_delivery WHERE org_id = " + binary(owner.org_id) + more);
  }
  void move_clock(std::int64_t seconds) const { write_clock(clock, seconds); }

  std::string clock = new_clock();
  PrivateStack stack;
  Account owner;
  std::string secret;  // of the webhook made last

 private:
  pid_t held_ = 0;

  static void write_clock(const std::string& path, std::int64_t seconds) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    require(fd >= 0 && ::pwrite(fd, &seconds, sizeof seconds, 0) == sizeof seconds, "the clock");
    ::close(fd);
  }
  static std::string new_clock() {
    auto path = run_dir() + "/clock-" + std::to_string(::getpid());
    write_clock(path, 0);
    return path;
  }
  std::vector<std::string> with(std::vector<std::string> settings) const {
    settings.insert(settings.end(),
                    {"OUTBOUND_ALLOW=127.0.0.1", "OUTBOUND_HTTP=true", "WEBHOOK_RETRY_SECONDS=1",
                     "WEBHOOK_SECONDS=60", "CLOCK_OFFSET_FILE=" + clock});
    return settings;
  }
};

inline Receiver::Answer with_status(int status) { return {status, {}, {}, false}; }

inline std::set<std::string> ids_of(const std::vector<Received>& requests) {
  std::set<std::string> ids;
  for (const auto& request : requests) ids.insert(request.headers.at("webhook-id"));
  return ids;
}

// What a library for Standard Webhooks computes.
inline std::string signature(std::string secret, const Received& request) {
  secret = secret.substr(6);
  while (secret.ends_with('=')) secret.pop_back();
  for (char& c : secret) c = c == '+' ? '-' : c == '/' ? '_' : c;
  const auto text =
      request.headers.at("webhook-id") + '.' + request.headers.at("webhook-timestamp") + '.' + request.body;
  return "v1," + base64_encode(crypto::hmac_sha256(base64url_decode(secret).value(), text));
}

}  // namespace tenantd::test
