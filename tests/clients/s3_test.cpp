// Documents' files in an S3-compatible store: clients put and get them there by addresses that are signed
// here; the store of this test computes each signature by itself (tests/support/s3_stub.py).
#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/files.hpp"
#include "support/node.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/script_server.hpp"

using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

class Store : public ScriptServer {
 public:
  Store() : ScriptServer("s3_stub.py", {}) {}

  std::vector<std::string> settings() const {
    return {"FILE_STORE=s3",      "S3_ENDPOINT=" + url(),     "S3_REGION=eu-central-1",
            "S3_BUCKET=papers",   "S3_PATH_STYLE=true",       "S3_ACCESS_KEY_ID=AKIDEXAMPLE",
            "OUTBOUND_HTTP=true", "OUTBOUND_ALLOW=127.0.0.1", "S3_SECRET_ACCESS_KEY=s3cr3t/key",
            "OUTBOUND_SECONDS=2"};
  }
  // From here on every answer is this; "" = as it should be.
  void say(const std::string& status) const {
    if (status.empty())
      fs::remove(dir() + "/script");
    else
      write("script", status);
  }
  std::size_t objects() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& one : fs::directory_iterator{dir() + "/objects"}) ++count;
    return count;
  }
};

// What the store answers to curl: the body, and behind it the status.
std::string curl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"curl", "-sS", "-w", "%{http_code}"});
  return run_program(arguments).output;
}

std::string put(const std::string& url, const std::string& content) {
  return curl({"-X", "PUT", "-H", "Content-Type:", "-H", "If-None-Match: *", "--data-binary", content, url});
}

std::string upload_url(const Response& announced) { return expect(announced, 201).text("/upload_url"); }

}  // namespace

Test(s3, a_file_is_put_and_got_at_the_store_and_removed_there, .timeout = 120) {
  const Store store;
  const PrivateStack stack{store.settings()};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto project = make_project(owner);
  const auto reply = announce(owner, project, {.name = "Plän.txt", .sha256 = kHello});
  const auto url = upload_url(reply);
  require(url.starts_with(store.url() + "/papers/"), url);
  const Announced upload{reply.text("/document_id"), ""};
  expect_problem(complete(owner, upload), 409, "upload_incomplete");
  require(put(url, "hell").ends_with("403"), "another length");
  require(put(url, "jello").ends_with("403"), "another body");
  require(put(url + "0", "hello").ends_with("403"), "another signature");
  require_equal(store.objects(), 0U);
  require_equal(reply.text("/upload_headers/If-None-Match"), "*");
  const auto careless = curl({"-X", "PUT", "-H", "Content-Type:", "--data-binary", "hello", url});
  require(careless.ends_with("403"), "without the condition that was signed");
  require_equal(put(url, "hello"), "200");
  const auto done = complete(owner, upload);
  require_equal(expect(done, 200).text("/status"), "stored");
  require_equal(done.text("/sha256"), kHello);
  const auto down = owner.client().get(upload.document() + "/download");
  const auto location = expect(down, 307).header("location");
  const auto shown = curl({"-D", "-", location});
  require(shown.find("hello200") != std::string::npos, shown);
  require(shown.find("filename*=UTF-8''Pl%C3%A4n.txt") != std::string::npos, shown);
  require(shown.find("application/octet-stream") != std::string::npos, shown);
  expect(owner.client().del(upload.document(), ""), 204);
  require_equal(stack.run("tenantd-courier --once").status, 0);
  require_equal(store.objects(), 1U, "while somebody may hold an address that puts it there again");
  database().run("UPDATE file_removal SET asked_at = asked_at - 3600");
  require_equal(stack.run("tenantd-courier --once").status, 0);
  wait_until("the object is gone", [&] { return store.objects() == 0; });
  wait_until("the list is empty", [] { return number_of("SELECT COUNT(*) FROM file_removal") == 0; });
  require_equal(log_with(stack.dir(), "X-Amz-Signature"), "", "an address stands in a log");
}

Test(s3, a_file_that_was_verified_is_never_replaced, .timeout = 120) {
  const Store store;
  const PrivateStack stack{store.settings()};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  // No SHA-256 was announced: another file of the same length would be taken.
  const auto reply = announce(owner, make_project(owner), {.name = "a.txt"});
  const auto url = upload_url(reply);
  const Announced upload{reply.text("/document_id"), ""};
  require_equal(put(url, "hello"), "200");
  expect(complete(owner, upload), 200);
  require_equal(put(url, "jello"), "412");
  const auto location = owner.client().get(upload.document() + "/download").header("location");
  require_equal(curl({location}), "hello200");
}

Test(s3, a_store_that_fails_fails_nothing_else) {
  const Store store;
  const PrivateStack stack{store.settings()};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto reply = announce(owner, make_project(owner));
  const Announced upload{expect(reply, 201).text("/document_id"), ""};
  require_equal(put(upload_url(reply), "hello"), "200");
  for (const char* status : {"500", "403", "301"}) {
    store.say(status);
    expect_problem(complete(owner, upload), 502, "storage_unavailable");
  }
  store.say("");
  // The store takes no other length; whatever else has been at the object.
  const auto object = fs::directory_iterator { store.dir() + "/objects" } -> path();
  std::ofstream{object, std::ios::app} << '!';
  expect_problem(complete(owner, upload), 413, "body_too_large");
  std::ofstream{object, std::ios::trunc} << "hello";
  expect(complete(owner, upload), 200);
  expect(owner.client().del(upload.document(), ""), 204);
  database().run("UPDATE file_removal SET asked_at = asked_at - 3600");
  store.say("500");
  require_equal(stack.run("tenantd-courier --once").status, 0);
  require_equal(number_of("SELECT COUNT(*) FROM file_removal"), 1);
  store.say("");
  wait_until("the courier comes again", [] { return number_of("SELECT COUNT(*) FROM file_removal") == 0; });
}

Test(s3, settings_that_cannot_be_meant_are_refused_at_the_start) {
  const auto started = [](const std::vector<std::string>& settings) {
    return run_program({setting("TENANTD_BUILD") + "/tenantd"}, settings).status;
  };
  require_equal(started({"FILE_STORE=tape"}), 78);
  require_equal(started({"FILE_STORE=s3"}), 78);
  require_equal(started({"FILE_STORE=s3", "S3_BUCKET=b", "S3_ACCESS_KEY_ID=k", "S3_SECRET_ACCESS_KEY=s",
                         "S3_ENDPOINT=http://store.example"}),
                78);
}

// The page's policy names the store's origin, and the browser follows there with no token of this service.
Test(s3, the_console_sends_and_fetches_files_at_the_store, .timeout = 240) {
  const Store store;
  const PrivateStack stack{store.settings()};
  stack.take_the_suites_place();
  const auto page = Client{}.get("/app/");
  const auto policy = page.header("content-security-policy");
  require(policy.find("connect-src 'self' " + store.url() + ';') != std::string::npos, policy);
  const auto owner = sign_up();
  expect(owner.client().post("/api/v1/projects", R"({"name":"Bridge"})"), 201);
  browse("console_work.mjs", {"elsewhere", owner.email, kPassword, store.url(), ""});
  require_equal(store.objects(), 1U);
}
