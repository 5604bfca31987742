// Streams of security event tokens: what a receiver gets is signed, in the order of the chain, and all of it.
#include <criterion/criterion.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "modules/streams/stream_fixture.hpp"
#include "support/authenticator.hpp"
#include "workers/security_event.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

constexpr const char* kAudience = "https://rp.example.com";
constexpr const char* kSessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
constexpr const char* kCredentialChange =
    "https://schemas.openid.net/secevent/caep/event-type/credential-change";
constexpr const char* kNewPassword = "a heron walks the tideline";

std::string signals_to(const std::string& url, const std::string& more = "") {
  return R"({"name":"Signals","kind":"shared_signals","carries":["signals"],"url":")" + url +
         R"(","audience":")" + kAudience + '"' + more + '}';
}

Receiver::Answer replied(int status, const std::string& body = "") {
  return {status, body.empty() ? "" : "Content-Type: application/json\r\n", body, false};
}

// What npm's jose makes of the tokens, by the keys that the service publishes: {"header", "claims"} of each.
std::vector<rapidjson::Document> verified(const StreamStack& streams,
                                          const std::vector<std::string>& tokens) {
  const auto file = streams.stack.dir() + "/tokens";
  std::ofstream out{file};
  for (const auto& token : tokens) out << token << '\n';
  out.close();
  const auto url = setting("TENANTD_URL");
  const auto done =
      run_program({"node", setting("TENANTD_TOP") + "/tests/node/security_events.mjs",
                   url + "/.well-known/jwks.json", setting("PUBLIC_URL", url), kAudience, file});
  require_equal(done.status, 0, done.output);
  std::vector<rapidjson::Document> all;
  for (const auto line : split(done.output, '\n')) {
    if (line.empty()) continue;
    all.emplace_back().Parse(line.data(), line.size());
    require(!all.back().HasParseError(), std::string{line});
  }
  return all;
}

std::string event_name(const rapidjson::Document& token) {
  const auto& events = token["claims"]["events"];
  require_equal(events.MemberCount(), 1U);
  return events.MemberBegin()->name.GetString();
}

// "password update", or what ended and by whom.
std::string told(const rapidjson::Document& token) {
  const auto& event = token["claims"]["events"].MemberBegin()->value;
  const auto name = event_name(token);
  if (name == kCredentialChange)
    return std::string{event["credential_type"].GetString()} + ' ' + event["change_type"].GetString();
  if (name != kSessionRevoked) return "verification";
  const auto& subject = token["claims"]["sub_id"];
  std::string what = event["initiating_entity"].GetString();
  if (subject.HasMember("session")) what += " session";
  if (subject.HasMember("tenant")) what += " tenant";
  return what;
}

std::string listed(const std::vector<std::string>& parts) {
  std::string list;
  for (const auto& part : parts) list += (list.empty() ? "" : ", ") + part;
  return list;
}

store::AuditRow row_of(const std::string& action, const std::string& old_values = "") {
  store::AuditRow row;
  row.org = crypto::new_id<OrgId>();
  row.id = crypto::new_id<EventId>();
  row.action = action;
  row.resource_id = crypto::new_id<EventId>();
  row.created_at = from_unix(1'795'000'000);
  if (!old_values.empty()) row.old_values = old_values;
  return row;
}

}  // namespace

Test(shared_signals, tokens_arrive_signed_in_the_order_of_the_chain_after_an_hour_of_refusals,
     .timeout = 300) {
  Receiver receiver;
  StreamStack streams;
  std::atomic<bool> down{true};
  receiver.answer([&](const Received&) {
    return down ? replied(400, R"({"err":"authentication_failed","description":"not\u0007 today"})")
                : replied(202);
  });
  const auto path =
      streams.make(streams.owner, signals_to(receiver.url("/events"), R"(,"authorization":"Bearer s3cr3t")"));
  require_equal(streams.secret, std::string{}, "it has no secret of the service's own");
  auto owner = streams.owner.client();
  const auto member = invite_and_accept(streams.owner);
  const auto leaving = sign_in(streams.owner.email, streams.owner.password);
  expect(Client{}.bearer(leaving.text("/access_token")).post("/logout"), 204);
  const auto sessions = "/api/v1/users/" + streams.owner.user_id + "/sessions";
  expect(sign_in(streams.owner.email, streams.owner.password), 200);
  const auto live = owner.get(sessions);
  for (std::size_t i = 0; i < live.size("/items"); ++i)
    if (const auto at = "/items/" + std::to_string(i); !live.at(at + "/current").GetBool())
      expect(owner.del(sessions + '/' + live.text(at + "/id"), ""), 204);
  StreamStack::happen(streams.owner, 120);
  expect(owner.post("/api/v1/auth/change-password",
                    object({{"current_password", streams.owner.password}, {"new_password", kNewPassword}})),
         204);
  streams.owner.password = kNewPassword;
  expect(owner.del("/api/v1/users/" + member.user_id + "/sessions", ""), 204);
  expect(owner.del("/api/v1/users/" + member.user_id, ""), 204);
  expect(owner.post(path + "/test"), 202);
  wait_until("the refusal is shown", [&] {
    return last_error(streams.owner, path) == "HTTP 400: authentication_failed: not? today";
  });
  receiver.wait_for(2, "/events");
  const auto position = owner.get(path).number("/position");
  down = false;
  streams.move_clock(3700);
  streams.sign_in_again();
  wait_until("all is acknowledged", [&] {
    const auto stream = streams.owner.client().get(path);
    return stream.status == 200 && stream.number("/behind") == 0;
  });
  const auto stream = streams.owner.client().get(path);
  require(stream.number("/position") > position && stream.at("/last_error").IsNull(), stream.describe());

  std::vector<std::string> tokens;
  for (const auto& request : receiver.wait_for(1, "/events")) {
    require_equal(request.headers.at("content-type"), std::string{"application/secevent+jwt"});
    require_equal(request.headers.at("authorization"), std::string{"Bearer s3cr3t"});
    tokens.push_back(request.body);
  }
  // The first was refused some times: it is the same event each time.
  std::vector<std::string> order, jtis;
  for (const auto& token : verified(streams, tokens)) {
    require_equal(std::string{token["header"]["alg"].GetString()}, std::string{"RS256"});
    require(!token["claims"].HasMember("sub") && !token["claims"].HasMember("exp"), "no ID token either");
    const std::string jti = token["claims"]["jti"].GetString();
    if (!jtis.empty() && jtis.back() == jti) continue;
    require(std::ranges::find(jtis, jti) == jtis.end(), "an event came again behind others");
    jtis.push_back(jti);
    order.push_back(told(token));
  }
  const std::vector<std::string> expected{"user session", "user session", "password update",
                                          "admin",        "admin tenant", "verification"};
  require_equal(listed(order), listed(expected));
  // The database's set, in its order.
  require_equal(
      text_of("SELECT GROUP_CONCAT(action ORDER BY seq) FROM audit_log WHERE org_id = " +
              binary(streams.owner.org_id) +
              " AND action IN ('session.signed_out', 'session.ended', 'session.all_ended', "
              "'password.changed', 'member.deactivated', 'stream.test')"),
      std::string{"session.signed_out,session.ended,password.changed,session.all_ended,member.deactivated,"
                  "stream.test"});
  require_equal(log_with(streams.stack.dir(), "s3cr3t"), "", "a secret in a log");
}

Test(shared_signals, a_second_factor_is_a_credential, .timeout = 240) {
  Receiver receiver;
  StreamStack streams;
  receiver.answer([](const Received&) { return replied(202); });
  streams.make(streams.owner, signals_to(receiver.url("/events")));
  enable_factor(streams.owner);
  const auto requests = receiver.wait_for(1, "/events");
  require(!requests[0].headers.contains("authorization"), "nothing was given to show");
  const auto tokens = verified(streams, {requests[0].body});
  require_equal(told(tokens[0]), std::string{"app create"});
  const auto& subject = tokens[0]["claims"]["sub_id"];
  require_equal(std::string{subject["format"].GetString()}, std::string{"iss_sub"});
  require_equal(std::string{subject["sub"].GetString()}, streams.owner.user_id);
}

Test(shared_signals, a_password_that_changes_revokes_each_session_that_it_ends, .timeout = 240) {
  Receiver receiver;
  StreamStack streams;
  receiver.answer([](const Received&) { return replied(202); });
  streams.make(streams.owner, signals_to(receiver.url("/events")));
  auto owner = streams.owner.client();
  const auto sessions = "/api/v1/users/" + streams.owner.user_id + "/sessions";
  for (int i = 0; i < 2; ++i) expect(sign_in(streams.owner.email, streams.owner.password), 200);
  std::set<std::string> ending;
  const auto live = owner.get(sessions);
  for (std::size_t i = 0; i < live.size("/items"); ++i)
    if (const auto at = "/items/" + std::to_string(i); !live.at(at + "/current").GetBool())
      ending.insert(live.text(at + "/id"));
  require(ending.size() >= 2, live.body);
  const auto change = [&](const std::string& from, const std::string& to, int status) {
    expect(owner.post("/api/v1/auth/change-password",
                      object({{"current_password", from}, {"new_password", to}})),
           status);
  };
  // What is refused ends nothing, and is told of nothing.
  change("wrong horse battery 13", kNewPassword, 403);
  change(streams.owner.password, kNewPassword, 204);
  streams.owner.password = kNewPassword;
  std::vector<std::string> tokens;
  for (const auto& request : receiver.wait_for(ending.size() + 1, "/events")) tokens.push_back(request.body);
  std::set<std::string> revoked;
  const auto events = verified(streams, tokens);
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    require_equal(told(events[i]), std::string{"user session"});
    revoked.insert(events[i]["claims"]["sub_id"]["session"]["id"].GetString());
  }
  require_equal(told(events.back()), std::string{"password update"});
  require(revoked == ending, "the sessions that ended, each once, and not the one that goes on");
  expect(owner.get("/users/me"), 200);
}

Test(shared_signals, nothing_but_202_acknowledges, .timeout = 240) {
  Receiver receiver;
  StreamStack streams;
  std::atomic<int> status{200};
  receiver.answer([&](const Received&) { return replied(status); });
  const auto path = streams.make(streams.owner, signals_to(receiver.url("/events")));
  expect(streams.owner.client().post(path + "/test"), 202);
  wait_until("a 200 is no receipt", [&] {
    return last_error(streams.owner, path) == "HTTP 200; 202 alone acknowledges a security event token";
  });
  require(streams.owner.client().get(path).number("/behind") > 0, "the position moved");
  status = 202;
  streams.move_clock(3700);
  streams.sign_in_again();
  wait_until("it goes on", [&] { return streams.owner.client().get(path).number("/behind") == 0; });
}

Test(shared_signals, what_another_organization_does_stays_there, .timeout = 240) {
  Receiver receiver;
  StreamStack streams;
  receiver.answer([](const Received&) { return replied(202); });
  const auto path = streams.make(streams.owner, signals_to(receiver.url("/events")));
  auto other = sign_up("Other");
  expect(other.client().post("/api/v1/auth/change-password",
                             object({{"current_password", other.password}, {"new_password", kNewPassword}})),
         204);
  expect_problem(other.client().get(path), 404, "not_found");
  expect(streams.owner.client().post(path + "/test"), 202);
  const auto tokens = verified(streams, {receiver.wait_for(1, "/events")[0].body});
  require_equal(told(tokens[0]), std::string{"verification"});
  require_equal(receiver.count("/events"), 1U);
}

Test(shared_signals, what_the_parts_of_such_a_stream_say_together_is_judged) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto made =
      client.post("/api/v1/streams",
                  signals_to("https://127.9.9.9/e", R"(,"status":"paused","authorization":"Bearer s3cr3t")"));
  expect(made, 201);
  const auto path = "/api/v1/streams/" + made.text("/id");
  for (const auto& at :
       {path, std::string{"/api/v1/streams"}, std::string{"/api/v1/audit-logs?resource=stream"}}) {
    const auto reply = client.get(at);
    require(reply.status == 200 && reply.body.find("s3cr3t") == std::string::npos, reply.describe());
  }
  require_equal(number_of("SELECT COUNT(*) FROM stream WHERE INSTR(secret_sealed, 's3cr3t') > 0"), 0);
  expect(client.put(path, R"({"authorization":"Bearer another"})"), 200);
  require_equal(client.get(path).text("/audience"), std::string{kAudience});
  Unchanged database;
  const auto refused = [&](const std::string& body, const std::string& pointer) {
    const auto reply = client.post("/api/v1/streams", body);
    expect_problem(reply, 422, "validation_failed");
    require(reply.body.find('"' + pointer + '"') != std::string::npos, reply.describe());
    database.check(body);
  };
  const auto with = [](const std::string& more) {
    return R"({"name":"S","status":"paused","url":"https://127.9.9.9/e")" + more + '}';
  };
  refused(with(R"(,"kind":"shared_signals","carries":["signals"])"), "/audience");
  refused(with(R"(,"kind":"shared_signals","carries":["audit"],"audience":"a")"), "/carries");
  refused(with(R"(,"kind":"shared_signals","carries":["signals","audit"],"audience":"a")"), "/carries");
  refused(with(R"(,"kind":"shared_signals","carries":["signals"],"audience":"a","format":"ocsf")"),
          "/format");
  refused(
      with(R"(,"kind":"shared_signals","carries":["signals"],"audience":"a","authorization":"a\r\nX: y")"),
      "/authorization");
  refused(with(R"(,"kind":"shared_signals","carries":["signals"],"audience":"a","region":"r")"), "/region");
  refused(with(R"(,"carries":["signals"])"), "/carries");
  refused(with(R"(,"carries":["audit"],"audience":"a")"), "/audience");
  refused(with(R"(,"carries":["audit"],"authorization":"Bearer x")"), "/authorization");
  expect_problem(
      client.post("/api/v1/streams", R"({"name":"S","status":"paused","kind":"shared_signals","carries":)"
                                     R"(["signals"],"audience":"a","url":"https://127.0.0.1/e"})"),
      422, "url_refused");
  expect_problem(client.post(path + "/rotate-secret"), 409, "conflict");
  expect_problem(client.put(path, R"({"carries":["audit"]})"), 422, "validation_failed");
  expect_problem(client.put(path, R"({"kind":"https"})"), 422, "validation_failed");
  database.check("changes");
}

Test(shared_signals, rows_that_end_a_session_or_change_a_credential_are_told_and_no_others) {
  const store::StreamClaim claim;
  const auto told_of = [&](const std::string& action) {
    return service::security_event(claim, row_of(action), "https://id.example.com").value_or("");
  };
  for (const char* action :
       {"session.signed_out", "session.ended", "session.all_ended", "session.token_reused", "account.erased",
        "member.removed", "member.deactivated"})
    require(told_of(action).find(kSessionRevoked) != std::string::npos, action);
  for (const char* action : {"password.changed", "password.reset", "mfa.enabled", "mfa.disabled",
                             "passkey.added", "passkey.removed"})
    require(told_of(action).find(kCredentialChange) != std::string::npos, action);
  for (const char* action : {"passkey.renamed", "email.changed", "member.role_changed", "session.proven",
                             "stream.test", "user.updated", "mfa.enrollment_started"})
    require_equal(told_of(action), std::string{}, action);
  // Of whoever writes the values of a row, no member of the token is decided but the session.
  const auto hostile = service::security_event(
      claim, row_of("session.ended", R"({"session_id":"\",\"events\":{}","events":"x"})"),
      "https://id.example.com");
  rapidjson::Document token;
  token.Parse(hostile->c_str());
  require(!token.HasParseError(), *hostile);
  require_equal(token["events"].MemberCount(), 1U);
  require_equal(std::string{token["events"].MemberBegin()->name.GetString()}, std::string{kSessionRevoked});
}

Test(shared_signals, what_a_receiver_says_is_shown_bounded_and_on_one_line) {
  require_equal(service::security_event_fault(202, ""), std::string{});
  require_equal(service::security_event_fault(400, R"({"err":"invalid_key","description":"k\nx"})"),
                std::string{"HTTP 400: invalid_key: k?x"});
  require_equal(service::security_event_fault(400, "<html>"), std::string{"HTTP 400"});
  require_equal(service::security_event_fault(400, R"({"err":7,"description":[]})"), std::string{"HTTP 400"});
  require_equal(service::security_event_fault(302, ""), std::string{"HTTP 302; redirects are not followed"});
  const auto longest = service::security_event_fault(
      400, R"({"err":")" + std::string(5000, 'e') + R"(","description":")" + std::string(5000, 'd') + "\"}");
  require(longest.size() < 450, std::to_string(longest.size()));
}
