// The rows of streams: what they take, what they refuse, and that a refusal changes nothing.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/parallel.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

// Nobody listens there.
std::string paused(const std::string& more = R"(,"url":"https://127.9.9.9/siem")") {
  return R"({"name":"SIEM","carries":["audit"],"status":"paused")" + more + '}';
}

constexpr const char* kS3 =
    R"(,"kind":"s3","url":"https://127.9.9.9/bucket","region":"eu-central-1","access_key_id":"AKIDEXAMPLE",)"
    R"("secret_access_key":"s3cr3t/key")";
constexpr const char* kSyslog = R"(,"kind":"syslog","url":"tls://127.9.9.9:6514")";

std::string make_stream(const Account& owner, const std::string& body = paused()) {
  const auto made = owner.client().post("/api/v1/streams", body);
  expect(made, 201);
  return "/api/v1/streams/" + made.text("/id");
}

}  // namespace

Test(streams, one_is_made_listed_changed_and_ended) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto made = client.post("/api/v1/streams", paused());
  expect(made, 201);
  require(made.text("/secret").starts_with("whsec_"), made.describe());
  require_equal(made.text("/kind"), "https");
  require_equal(made.text("/format"), "json");
  require_equal(made.text("/start"), "now");
  require_equal(made.text("/kept_by"), owner.user_id);
  const auto path = "/api/v1/streams/" + made.text("/id");
  const auto list = client.get("/api/v1/streams?include_total=true");
  require_equal(list.number("/total"), 1);
  require_equal(list.text("/items/0/id"), made.text("/id"));
  require(list.body.find("whsec_") == std::string::npos, "the secret is shown once");
  // Its own making is what the receiver lacks.
  require_equal(list.number("/items/0/behind"), 1);
  require_equal(list.number("/items/0/position"),
                number_of("SELECT audit_seq - 1 FROM change_head WHERE org_id = " + binary(owner.org_id)));
  const auto changed = client.put(path, R"({"name":"Archive","carries":["audit","events"],"format":"ocsf"})");
  expect(changed, 200);
  require_equal(changed.text("/name"), "Archive");
  require_equal(changed.text("/status"), "paused", "what a change leaves out stays");
  require_equal(changed.text("/url"), "https://127.9.9.9/siem");
  expect_problem(client.send({"PUT", path, R"({"name":"x"})", "application/json", {{"If-Match", "\"1\""}}}),
                 412, "precondition_failed");
  require_equal(client.get(path).text("/name"), "Archive");
  expect(client.del(path, ""), 204);
  expect_problem(client.get(path), 404, "not_found");
  require_equal(number_of("SELECT COUNT(*) FROM stream_position WHERE stream_org = " + binary(owner.org_id)),
                0);
}

Test(streams, what_their_parts_say_together_is_judged) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  const auto refused = [&](const std::string& more, const std::string& pointer) {
    const auto reply = client.post("/api/v1/streams", paused(more));
    expect_problem(reply, 422, "validation_failed");
    require(reply.body.find('"' + pointer + '"') != std::string::npos, reply.describe());
    database.check(more);
  };
  refused(R"(,"url":"https://127.9.9.9/x","region":"eu-central-1")", "/region");
  refused(R"(,"url":"https://127.9.9.9/x","secret_access_key":"k")", "/secret_access_key");
  refused(R"(,"kind":"s3","url":"https://127.9.9.9/x","region":"r","access_key_id":"a")",
          "/secret_access_key");
  refused(R"(,"kind":"s3","url":"https://127.9.9.9/x","access_key_id":"a","secret_access_key":"k")",
          "/region");
  refused(
      R"(,"kind":"s3","url":"https://127.9.9.9/x?y","region":"r","access_key_id":"a","secret_access_key":"k")",
      "/url");
  refused(R"(,"kind":"syslog","url":"https://127.9.9.9:6514")", "/url");
  refused(R"(,"kind":"syslog","url":"tls://127.9.9.9")", "/url");
  refused(R"(,"kind":"syslog","url":"tls://user@127.9.9.9:6514")", "/url");
  refused(R"(,"kind":"syslog","url":"tls://127.9.9.9:6514/path")", "/url");
  expect_problem(
      client.post("/api/v1/streams", R"({"name":"x","carries":["mails"],"url":"https://127.9.9.9"})"), 422,
      "validation_failed");
  expect_problem(client.post("/api/v1/streams", R"({"name":"x","carries":[],"url":"https://127.9.9.9"})"),
                 422, "validation_failed");
  database.check("contents");
}

Test(streams, an_address_inside_is_refused_whatever_the_kind) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto stream = make_stream(owner);
  const auto syslog = make_stream(owner, paused(kSyslog));
  Unchanged database;
  for (const char* url :
       {"https://127.0.0.1/", "https://10.0.0.8/", "https://169.254.169.254/latest/meta-data",
        "https://[::1]/", "https://[::ffff:10.0.0.8]/", "https://2130706433/", "https://localhost/",
        "http://127.9.9.9/", "https://u:p@127.9.9.9/", "file:///etc"}) {
    const std::string at = R"(,"url":")" + std::string{url} + '"';
    expect_problem(client.post("/api/v1/streams", paused(at)), 422, "url_refused");
    expect_problem(client.put(stream, R"({"url":")" + std::string{url} + "\"}"), 422, "url_refused");
    expect_problem(client.post("/api/v1/streams", paused(R"(,"kind":"s3","region":"r","access_key_id":"a",)"
                                                         R"("secret_access_key":"k")" +
                                                         at)),
                   422, "url_refused");
    database.check(url);
  }
  for (const char* url :
       {"tls://127.0.0.1:6514", "tls://10.0.0.8:6514", "tls://[::1]:6514", "tls://localhost:6514"}) {
    expect_problem(
        client.post("/api/v1/streams", paused(R"(,"kind":"syslog","url":")" + std::string{url} + '"')), 422,
        "url_refused");
    expect_problem(client.put(syslog, R"({"url":")" + std::string{url} + "\"}"), 422, "url_refused");
    database.check(url);
  }
}

Test(streams, how_it_is_sent_and_where_it_began_stay) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto stream = make_stream(owner);
  const auto store = make_stream(owner, paused(kS3));
  const auto syslog = make_stream(owner, paused(kSyslog));
  Unchanged database;
  expect_problem(client.put(stream, R"({"kind":"syslog"})"), 422, "validation_failed");
  expect_problem(client.put(stream, R"({"start":"oldest"})"), 422, "validation_failed");
  expect_problem(client.put(stream, R"({"region":"eu-central-1"})"), 422, "validation_failed");
  for (const auto& other : {store, syslog})
    expect_problem(client.post(other + "/rotate-secret"), 409, "conflict");
  for (const auto& each : {stream, store, syslog})
    expect_problem(client.post(each + "/test"), 409, "conflict");
  database.check("what stays");
}

Test(streams, the_key_of_a_store_is_sealed_and_never_shown) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto made = client.post("/api/v1/streams", paused(kS3));
  expect(made, 201);
  require_equal(made.text("/secret"), "");
  const auto path = "/api/v1/streams/" + made.text("/id");
  require(made.body.find("s3cr3t") == std::string::npos, made.describe());
  for (const auto& at : {path, std::string{"/api/v1/streams"}, std::string{"/api/v1/events"},
                         std::string{"/api/v1/audit-logs?resource=stream"}}) {
    const auto reply = client.get(at);
    require(reply.status == 200 && reply.body.find("s3cr3t") == std::string::npos, reply.describe());
  }
  const auto holds_it = [] {
    return number_of("SELECT COUNT(*) FROM stream WHERE INSTR(secret_sealed, 's3cr3t') > 0");
  };
  require_equal(holds_it(), 0);
  const auto sealed = [&] {
    return number_of("SELECT CRC32(secret_sealed) FROM stream WHERE id = " + binary(made.text("/id")));
  };
  const auto before = sealed();
  expect(client.put(path, R"({"name":"Store"})"), 200);
  require_equal(sealed(), before, "a change that leaves it out leaves it");
  expect(client.put(path, R"({"secret_access_key":"another-s3cr3t"})"), 200);
  require(sealed() != before && holds_it() == 0, "another key");
}

Test(streams, another_organization_finds_none_of_them) {
  const auto ours = sign_up();
  const auto theirs = sign_up();
  const auto stream = make_stream(theirs);
  auto client = ours.client();
  Unchanged database;
  expect_problem(client.get(stream), 404, "not_found");
  expect_problem(client.put(stream, R"({"status":"active"})"), 404, "not_found");
  expect_problem(client.put(stream, R"({"url":"https://127.9.9.9/"})"), 404, "not_found");
  expect_problem(client.del(stream, ""), 404, "not_found");
  expect_problem(client.post(stream + "/rotate-secret"), 404, "not_found");
  expect_problem(client.post(stream + "/test"), 404, "not_found");
  require_equal(client.get("/api/v1/streams").size("/items"), 0U);
  database.check("another organization");
  // Nor does the service itself under that id.
  const auto root = new_super_admin();
  expect_problem(root.client().get("/api/v1/admin" + stream.substr(7)), 404, "not_found");
}

Test(streams, who_lacks_the_permission_may_do_nothing_with_them) {
  const auto owner = sign_up();
  const auto stream = make_stream(owner);
  const auto manager = invite_and_accept(owner, "manager");
  auto client = manager.client();
  Unchanged database;
  expect_problem(client.get("/api/v1/streams"), 403, "forbidden");
  expect_problem(client.post("/api/v1/streams", paused()), 403, "forbidden");
  expect_problem(client.put(stream, R"({"status":"active"})"), 403, "forbidden");
  expect_problem(client.del(stream, ""), 403, "forbidden");
  expect_problem(client.post(stream + "/test"), 403, "forbidden");
  expect_problem(owner.client().get("/api/v1/admin/streams"), 403, "forbidden");
  expect_problem(owner.client().post("/api/v1/admin/streams", paused()), 403, "forbidden");
  database.check("without the permission");
}

Test(streams, whoever_loses_the_right_sends_nothing_any_more) {
  const auto owner = sign_up();
  const auto role = make_role(owner, "officer", R"(["streams:manage","roles:read"])");
  const auto officer = invite_and_accept(owner, "officer");
  const auto made = officer.client().post(
      "/api/v1/streams", R"({"name":"SIEM","carries":["audit"],"url":"https://127.9.9.9/siem"})");
  expect(made, 201);
  const auto path = "/api/v1/streams/" + made.text("/id");
  expect(owner.client().put(path_of(role), R"({"name":"officer","permissions":["roles:read"]})"), 200);
  require_equal(owner.client().get(path).text("/status"), "paused");
  expect_problem(officer.client().put(path, R"({"status":"active"})"), 403, "forbidden");
  require_equal(owner.client().get("/api/v1/audit-logs?action=stream.suspended").size("/items"), 1U);
  // Whoever saves it answers for it from then on.
  const auto saved = owner.client().put(path, R"({"status":"active"})");
  require_equal(saved.text("/kept_by"), owner.user_id);
}

Test(streams, of_those_that_come_at_once_ten_get_in_and_an_hour_has_sixty_tests, .timeout = 120) {
  const auto owner = sign_up();
  const auto statuses =
      at_once(14, [&](std::size_t) { return owner.client().post("/api/v1/streams", paused()).status; });
  require_equal(std::count(statuses.begin(), statuses.end(), 201), 10);
  require_equal(std::count(statuses.begin(), statuses.end(), 409), 4);
  const auto refused = owner.client().post("/api/v1/streams", paused());
  expect_problem(refused, 409, "limit_reached");
  require_equal(number_of("SELECT COUNT(*) FROM stream WHERE org_id = " + binary(owner.org_id)), 10);
  const auto path = "/api/v1/streams/" + owner.client().get("/api/v1/streams?limit=1").text("/items/0/id");
  expect(owner.client().put(path, R"({"status":"active"})"), 200);
  for (int i = 0; i < 60; ++i) expect(owner.client().post(path + "/test"), 202);
  expect_problem(owner.client().post(path + "/test"), 429, "rate_limited");
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'stream.test' AND org_id = " +
                          binary(owner.org_id)),
                60);
}
