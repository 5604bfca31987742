// nginx/grafana.conf.example as it is shipped, in front of an application that answers with the headers it
// was given: who is not signed in goes by tenantd's sign-in and comes back, and the application hears of
// nobody else.
#include <criterion/criterion.h>

#include <map>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/oauth.hpp"
#include "support/own_nginx.hpp"
#include "support/processes.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

const char* const kOrigin = "https://grafana.example.com";
const char* const kReturn = "https://grafana.example.com/_tenantd/callback";
const char* const kSession = "__Host-tenantd-guard";
const char* const kBrowsersVerifier = "__Host-tenantd-guard-verifier";

// The lines that a test cannot have, gone; the others as they are.
std::string grafana_site(const OwnNginx::Place& at, const std::string& client) {
  std::string text, lines = file_text(setting("TENANTD_TOP") + "/nginx/grafana.conf.example");
  require(!lines.empty(), "the example cannot be read");
  const auto swap = [&](const std::string& from, const std::string& to) {
    require(lines.find(from) != std::string::npos, "the example has no " + from);
    for (auto found = lines.find(from); found != std::string::npos;
         found = lines.find(from, found + to.size()))
      lines.replace(found, from.size(), to);
  };
  swap("listen 443 ssl;", "listen 127.0.0.1:" + std::to_string(at.port) + ";");
  swap("listen [::]:443 ssl;", "");
  swap("ssl_certificate ", "#");
  swap("ssl_certificate_key ", "#");
  swap("access_log ", "#");
  swap("01a1fc58-0000-7000-8000-000000000001", client);
  swap("http://127.0.0.1:3000", "http://unix:" + at.dir + "/app.sock");
  return "server { listen unix:" + at.dir + R"(/app.sock; location / {
      default_type text/plain;
      return 200 "user=$http_x_webauth_user role=$http_x_webauth_role id=$http_x_user_id org=$http_x_org_id may=[$http_x_permissions] cookie=[$http_cookie] other=[$http_authorization$http_x_webauth_name$http_remote_user$http_x_forwarded_user$http_x_actor_id]";
    } })" +
         lines;
}

std::string client_json(const std::string& scopes) { return "[" + scopes + "]"; }

OauthClient guards_client(const Account& owner,
                          const std::string& scopes = R"("openid","email","org","offline_access")") {
  return register_client(owner, {{"name", R"("Grafana")"},
                                 {"redirect_uris", client_json('"' + std::string{kReturn} + '"')},
                                 {"token_endpoint_auth_method", R"("none")"},
                                 {"scopes", client_json(scopes)}});
}

// A browser on the application's pages, with the cookies that it was given.
class Visitor {
 public:
  explicit Visitor(const OwnNginx& site) : site_(site) {}

  Response open(const std::string& path, std::vector<Header> more = {}) {
    more.insert(more.end(), {{"Accept", "text/html,*/*"}, {"Sec-Fetch-Mode", "navigate"}});
    return send(path, std::move(more));
  }
  Response fetch(const std::string& path, const std::string& method = "GET") {
    return send(path, {{"Accept", "application/json"}, {"Sec-Fetch-Mode", "cors"}}, method);
  }
  // The sign-in is asked for; returns the address that tenantd sends the browser back to.
  std::string sign_in_as(const Account& who, const std::string& path) {
    const auto sent = open(path);
    expect(sent, 303);
    const auto location = sent.header("location");
    const auto page = setting("PUBLIC_URL") + "/app/authorize#token=";
    require(location.starts_with(page), location);
    const auto decided = expect(decide(who, location.substr(page.size())), 200).text("/redirect_to");
    require(decided.starts_with(std::string{kOrigin} + '/'), decided);
    return decided.substr(std::string{kOrigin}.size());
  }
  void enter(const Account& who, const std::string& path) {
    const auto back = open(sign_in_as(who, path));
    expect(back, 303);
    require_equal(back.header("location"), path);
    require(cookies.contains(kSession) && !cookies.contains(kBrowsersVerifier), "its cookies");
  }

  std::map<std::string, std::string> cookies;

 private:
  Response send(const std::string& path, std::vector<Header> headers, const std::string& method = "GET") {
    std::string cookie;
    for (const auto& [name, value] : cookies) cookie += (cookie.empty() ? "" : "; ") + name + '=' + value;
    if (!cookie.empty()) headers.emplace_back("Cookie", cookie);
    auto client = site_.client();
    auto reply = client.send({method, path, std::nullopt, "", headers});
    for (const auto& [name, value] : reply.headers)
      if (name == "set-cookie") keep(value);
    return reply;
  }
  void keep(const std::string& set) {
    const auto equals = set.find('='), end = std::min(set.find(';'), set.size());
    const auto name = set.substr(0, equals), value = set.substr(equals + 1, end - equals - 1);
    require(!name.starts_with("__Host-") ||
                (set.find("; Secure") != std::string::npos && set.find("HttpOnly") != std::string::npos &&
                 set.find("Path=/;") != std::string::npos),
            set);
    if (set.find("Max-Age=0") != std::string::npos)
      cookies.erase(name);
    else
      cookies[name] = value;
  }

  const OwnNginx& site_;
};

class GrafanaSite : public OwnNginx {
 public:
  explicit GrafanaSite(const OauthClient& client, const std::string& tenantd = setting("FAST_SOCKET"))
      : OwnNginx([&](const Place& at) { return grafana_site(at, client.id); }, tenantd) {}
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

Test(guard_browser, a_visitor_signs_in_and_comes_back_to_the_page_that_was_asked_for) {
  const auto owner = sign_up_verified();
  const auto viewer = invite_and_accept(owner, "viewer");
  const GrafanaSite site{guards_client(owner)};
  Visitor visitor{site};
  visitor.cookies["grafana_session"] = "abc";
  const std::string path = "/d/sales?from=now-1h&var-x=a%20b&to=now";
  visitor.enter(viewer, path);
  const auto seen = expect(visitor.open(path), 200).body;
  require_equal(seen, "user=" + viewer.email + " role=Viewer id=" + viewer.user_id + " org=" + owner.org_id +
                          " may=[] cookie=[grafana_session=abc] other=[]");
  expect(visitor.fetch("/api/search"), 200);
  Visitor boss{site};
  boss.enter(owner, "/");
  require(has(expect(boss.open("/"), 200).body, "user=" + owner.email + " role=Admin "), "an owner's role");
}

Test(guard_browser, forged_headers_are_overwritten) {
  const auto owner = sign_up_verified();
  const auto viewer = invite_and_accept(owner, "viewer");
  const GrafanaSite site{guards_client(owner)};
  Visitor visitor{site};
  visitor.enter(viewer, "/");
  const std::vector<Header> forged = {
      {"X-WEBAUTH-USER", owner.email}, {"X_WEBAUTH_USER", owner.email},     {"x-webauth-role", "Admin"},
      {"X-WEBAUTH-NAME", "Boss"},      {"Remote-User", owner.email},        {"X-Forwarded-User", owner.email},
      {"X-User-Id", owner.user_id},    {"X-Permissions", "tenant:billing"}, {"X-Role", "owner"},
      {"X-Actor-Id", owner.user_id}};
  for (const char* path : {"/", "/api/live/ws"})
    require_equal(expect(visitor.open(path, forged), 200).body,
                  "user=" + viewer.email + " role=Viewer id=" + viewer.user_id + " org=" + owner.org_id +
                      " may=[] cookie=[] other=[]",
                  path);
  Visitor nobody{site};
  expect(nobody.open("/", forged), 303);
}

Test(guard_browser, what_a_page_fetches_is_told_401_and_sent_nowhere) {
  const auto owner = sign_up_verified();
  const GrafanaSite site{guards_client(owner)};
  Visitor visitor{site};
  for (const auto& reply : {visitor.fetch("/api/search"), visitor.fetch("/", "POST")}) {
    expect_problem(reply, 401, "unauthenticated");
    require_equal(reply.count_headers("set-cookie"), 0U);
  }
  // The token of an API is none of the browser's.
  auto by_token = site.client(owner);
  expect_problem(by_token.get("/api/search"), 401, "unauthenticated");
}

Test(guard_browser, who_loses_the_membership_or_signs_out_is_refused_on_the_next_request) {
  const auto owner = sign_up_verified();
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto leaver = invite_and_accept(owner, "viewer");
  const GrafanaSite site{guards_client(owner)};
  Visitor one{site}, two{site};
  one.enter(viewer, "/");
  two.enter(leaver, "/");
  expect(one.open("/"), 200);
  expect(owner.client().del("/delete", object({{"user_id", viewer.user_id}})), 204);
  const auto removed = one.open("/");
  require(removed.status == 403 || removed.status == 303, removed.describe());
  require(one.fetch("/").status / 100 == 4, "a removed member's page fetches");
  expect(two.open("/"), 200);
  expect(leaver.client().post("/logout"), 204);
  expect(two.open("/"), 303);
  expect_problem(two.fetch("/"), 401, "unauthenticated");
  // An organization's client lets in nobody else's members.
  const auto sent = one.open("/");
  if (sent.status == 303) {
    const auto location = sent.header("location");
    const auto decided = decide(viewer, location.substr(location.find("#token=") + 7));
    require(decided.status >= 400 || !decided.at("/redirect_to").IsString() ||
                !has(decided.text("/redirect_to"), "code="),
            decided.describe());
  }
}

Test(guard_browser, only_this_clients_tokens_open_the_application) {
  const auto owner = sign_up_verified();
  const auto mine = guards_client(owner);
  const auto other = register_client(owner, {{"name", R"("Other")"}});
  const GrafanaSite site{mine};
  const auto given = expect(tokens_for(owner, other, {{"scope", "openid email"}}), 200).text("/access_token");
  const auto powerful =
      expect(tokens_for(owner, other, {{"scope", "openid projects:read"}}), 200).text("/access_token");
  for (const auto& token : {given, powerful, owner.access_token, std::string{"garbage"}}) {
    Visitor visitor{site};
    visitor.cookies[kSession] = token;
    const auto reply = visitor.fetch("/");
    require(reply.status == 401 || reply.status == 403, reply.describe());
  }
  // Where the application is https, a cookie counts that no other host of the domain can set.
  Visitor visitor{site};
  visitor.enter(owner, "/");
  Visitor tossed{site};
  tossed.cookies["tenantd-guard"] = visitor.cookies[kSession];
  expect_problem(tossed.fetch("/"), 401, "unauthenticated");
  tossed.cookies["x__Host-tenantd-guard"] = visitor.cookies[kSession];
  expect_problem(tossed.fetch("/"), 401, "unauthenticated");
  visitor.cookies["tenantd-guard"] = "x";
  require(has(expect(visitor.open("/"), 200).body, " cookie=[] "), "a token reaches the application");
}

Test(guard_browser, nobody_is_sent_to_another_origin_after_the_sign_in) {
  const auto owner = sign_up_verified();
  const GrafanaSite site{guards_client(owner)};
  for (const char* target :
       {"//evil.example.com", "/\\evil.example.com", "https://evil.example.com", "evil", "", "/a b"}) {
    Visitor visitor{site};
    const auto back = visitor.sign_in_as(owner, "/");
    visitor.cookies["tenantd-guard-target"] = target;
    const auto reply = visitor.open(back);
    expect(reply, 303);
    require_equal(reply.header("location"), "/", target);
  }
  // What a cookie cannot hold begins at the front page.
  Visitor visitor{site};
  expect(visitor.open("/d?x=a;b"), 303);
  require_equal(visitor.cookies["tenantd-guard-target"], "/");
  for (const char* path : {"//evil.example.com/", "/%2f%2fevil.example.com"})
    expect_problem(visitor.open(path), 400, "bad_path");
}

Test(guard_browser, a_code_is_good_in_the_browser_that_asked_for_it_alone) {
  const auto owner = sign_up_verified();
  const auto victim = invite_and_accept(owner, "viewer");
  const GrafanaSite site{guards_client(owner)};
  // A thief who reads the address of the browser's return.
  Visitor visitor{site}, thief{site};
  const auto back = visitor.sign_in_as(victim, "/");
  expect(thief.open("/"), 303);
  expect_problem(thief.open(back), 400, "invalid_grant");
  require(!thief.cookies.contains(kSession), "a session of the victim");
  // One who has a victim's browser signed in as the thief.
  const auto own = thief.sign_in_as(owner, "/");
  Visitor lured{site};
  expect(lured.open("/"), 303);
  expect_problem(lured.open(own), 400, "invalid_grant");
  require(!lured.cookies.contains(kSession), "a session of the thief");
  // Another host of the domain can set the name alone that does not count.
  Visitor tossed{site}, planner{site};
  const auto planned = planner.sign_in_as(owner, "/");
  tossed.cookies["tenantd-guard-verifier"] = planner.cookies[kBrowsersVerifier];
  expect_problem(tossed.open(planned), 400, "invalid_grant");
  require(!tossed.cookies.contains(kSession), "a session of the thief, by a cookie of another host");
  // And one who has no cookie at all.
  Visitor bare{site};
  expect_problem(bare.open("/_tenantd/callback?code=x&state=y"), 400, "token_invalid");
}

Test(guard_browser, a_code_comes_back_once_and_a_refusal_says_so) {
  const auto owner = sign_up_verified();
  const GrafanaSite site{guards_client(owner)};
  Visitor visitor{site};
  const auto back = visitor.sign_in_as(owner, "/");
  const auto verifier = visitor.cookies[kBrowsersVerifier];
  expect(visitor.open(back), 303);
  expect(visitor.open("/"), 200);
  visitor.cookies[kBrowsersVerifier] = verifier;
  expect_problem(visitor.open(back), 400, "invalid_grant");
  // Whoever shows a used code may have stolen it: what it gave has ended.
  expect_problem(visitor.fetch("/"), 401, "unauthenticated");
  expect_problem(visitor.open("/_tenantd/callback?error=access_denied&state=x"), 400, "invalid_grant");
  expect_problem(visitor.open("/_tenantd/callback"), 422, "validation_failed");
}

Test(guard_browser, an_address_that_was_not_proven_is_told_to_no_application) {
  const auto owner = sign_up();
  const GrafanaSite site{guards_client(owner)};
  Visitor visitor{site};
  visitor.enter(owner, "/");
  require(expect(visitor.open("/"), 200).body.starts_with("user= role=Admin id=" + owner.user_id), "a name");
  const GrafanaSite bare{guards_client(owner, R"("openid")")};
  Visitor known{bare};
  verify(owner);
  known.enter(owner, "/");
  require(expect(known.open("/"), 200).body.starts_with("user= role=Viewer id=" + owner.user_id),
          "what the client has no scope for");
}

Test(guard_browser, permissions_are_what_client_and_person_have_in_common) {
  const auto owner = sign_up_verified();
  const auto client = guards_client(owner, R"("openid","org","projects:read","stats:read")");
  const GrafanaSite site{client};
  Visitor visitor{site};
  visitor.enter(owner, "/");
  require(has(expect(visitor.open("/"), 200).body, "may=[projects:read stats:read]"), "both");
  auto at_tenantd = Client{};
  at_tenantd.bearer(visitor.cookies[kSession]);
  const auto path = "/oauth2/guard?client_id=" + client.id;
  expect(at_tenantd.get(path), 204);
  expect(at_tenantd.get(path + "&permission=stats:read"), 204);
  expect(at_tenantd.get(path + "&permission=users:delete"), 403);
  expect(at_tenantd.get(path + "&permission=nonsense"), 403);
  expect(at_tenantd.get("/oauth2/guard?client_id=" + fresh_id()), 403);
  expect(owner.client().get(path), 403);
}

Test(guard_browser, what_the_organization_asks_of_a_sign_in_counts_here_too) {
  const auto owner = sign_up_verified();
  const GrafanaSite site{guards_client(owner)};
  Visitor visitor{site};
  visitor.enter(owner, "/");
  database().run("UPDATE organization SET require_passkey = TRUE WHERE id = " + binary(owner.org_id));
  // What was written past the service counts at the next change that was not.
  expect(super_admin().client().put("/api/v1/tenants/" + owner.org_id, object({{"name", fresh_name("org")}})),
         200);
  expect_problem(visitor.open("/"), 403, "forbidden");
}

Test(guard_browser, only_a_client_without_a_secret_and_its_own_address_begins) {
  const auto owner = sign_up_verified();
  const auto open = guards_client(owner);
  const auto secret = register_client(owner);
  const auto begin = [](const std::string& client, const std::string& address) {
    return Client{}.get("/oauth2/guard/sign-in?client_id=" + client + "&redirect_uri=" + address);
  };
  expect(begin(open.id, kReturn), 303);
  expect_problem(begin(open.id, "https://evil.example.com/_tenantd/callback"), 400, "invalid_request");
  expect_problem(begin(secret.id, kCallback), 400, "invalid_request");
  expect_problem(begin(fresh_id(), kReturn), 400, "invalid_request");
  expect_problem(begin("x", kReturn), 400, "invalid_request");
}

Test(guard_browser, while_tenantd_is_away_nobody_comes_in) {
  const auto owner = sign_up_verified();
  const GrafanaSite site{guards_client(owner), "/nonexistent/fast.sock"};
  Visitor visitor{site};
  expect_problem(visitor.open("/"), 503, "unavailable");
}
