// Every row of the route table that changes something leaves an audit row under the reply's X-Request-Id.
// Generated: the Postman collection asks for every row, in an order in which all of them succeed, so that a
// new row is tried here as soon as it exists. What the collection cannot do (a mail or an app knows the
// token) stands below by hand.
#include <criterion/criterion.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>

#include "support/audit.hpp"
#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/node.hpp"
#include "support/processes.hpp"
#include "support/purchasing.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/api/refusals.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/api/router.hpp"

using namespace tenantd::test;
using tenantd::api::Access;
using tenantd::api::Route;
using tenantd::api::routes;
using tenantd::http::Method;

namespace {

struct Exempt {
  std::string_view row;  // one of its spellings
  const char* reason;
};

// What changes no data that anybody owns: it is written down in the account's own history, or nowhere.
const std::vector<Exempt>& exempt() {
  static const std::vector<Exempt> kExempt = {
      {"POST /signin", "sign-in history"},
      {"POST /api/v1/auth/mfa/verify", "sign-in history; a recovery code that is used up is told"},
      {"POST /api/v1/auth/token", "as a sign-in or a refresh"},
      {"POST /refresh_token", "the session goes on; a token that comes twice is told"},
      {"POST /organization/select", "the session's own choice"},
      {"POST /api/v1/auth/password-reset/request", "a mail; the same for an address without an account"},
      {"POST /reset_password", "without a token it is request_reset; with one it is told, see below"},
      {"POST /api/v1/auth/verify-email/resend", "a mail"},
      {"POST /api/v1/auth/oauth/{provider}/callback/{tenant}", "takes a provider: sso_accounts_test"},
      {"POST /api/v1/auth/social/{provider}/callback", "takes a provider: social_test"},
      {"POST /api/v1/tenants/{org_id}/sign-in-tests/{provider}", "a state that nothing comes of"},
      {"POST /api/v1/tenants/{org_id}/sign-in-tests/{provider}/callback", "nothing is left of a test"},
      {"DELETE /api/v1/auth/identities/{identity_id}", "takes a provider: sso_accounts_test"},
      {"PUT /files/{document_id}", "bytes that mean nothing until the upload is complete"},
      {"POST /api/v1/webhooks/{webhook_id}/deliveries/{event_id}/replay",
       "takes a receiver: webhook_delivery_test"},
      {"POST /api/v1/admin/tenants/{tenant_id}/webhooks/{webhook_id}/deliveries/{event_id}/replay",
       "takes a receiver: webhook_delivery_test"},
      {"POST /api/v1/admin/mail/outbox/{mail_id}/replay", "takes a mail that was given up: outbox_test"},
      {"POST /api/v1/auth/codes", "a mail; the same for an address without an account"},
      {"POST /api/v1/auth/codes/verify", "sign-in history; what it proves is told: codes_test"},
      {"POST /api/v1/auth/step-up/codes", "a mail"},
      {"POST /api/v1/auth/passkey/options", "a challenge, which stands nowhere"},
      {"POST /api/v1/auth/passkey/verify", "sign-in history: passkeys_test"},
      {"POST /api/v1/auth/passkeys/options", "a challenge, which stands nowhere"},
      {"POST /api/v1/auth/passkeys", "takes an authenticator; it is told: passkeys_test"},
      {"PUT /api/v1/auth/passkeys/{passkey_id}", "takes an authenticator; it is told: passkeys_test"},
      {"POST /api/v1/auth/passkeys/{passkey_id}/remove", "takes an authenticator; it is told: passkeys_test"},
      {"POST /api/v1/auth/discover", "reads"},
      {"POST /api/v1/domains/{domain_id}/verify", "takes a name server; it is told: domains_test"},
      {"POST /api/v1/oauth/requests", "reads"},
      {"POST /api/v1/oauth/logouts", "reads"},
      {"POST /oauth2/logout", "leads a browser to a page"},
      {"POST /oauth2/authorize", "leads a browser to a page"},
      {"POST /oauth2/introspect", "reads"},
      {"POST /oauth2/userinfo", "reads"},
      {"POST /oauth2/register", "takes an initial access token; it is told: oauth_registration_test"},
      {"POST /oauth2/device_authorization", "a code that waits for a person's word"},
      {"POST /api/v1/oauth/device-decisions", "takes a device's code; it is told: oauth_device_test"},
      {"POST /api/v1/oauth/decisions", "takes a client's request; a consent is told: oauth_code_test"},
      {"DELETE /api/v1/oauth/consents/{client_id}", "takes a consent; its end is told: oauth_code_test"},
      {"POST /oauth2/token", "sign-in history; a code that comes twice is told: oauth_token_attack_test"},
      {"POST /oauth2/revoke", "a client ends its own session: oauth_token_attack_test"},
      {"POST /setup", "takes a service that nobody runs yet: setup_test"},
      {"POST /api/v1/projects/search", "reads"},
      {"POST /api/v1/invites/lookup", "reads"},
      {"POST /api/v1/mail/events", "takes a signature under a setting: mail_events_test"},
      {"POST /api/v1/mail/events/ses", "takes Amazon's signature: mail_events_test"},
  };
  return kExempt;
}

std::string label(const Route& route) {
  return std::string{tenantd::http::method_name(route.method)} + ' ' + std::string{route.path};
}

bool is_exempt(const Route& route) {
  return std::any_of(routes().begin(), routes().end(), [&](const Route& row) {
    return tenantd::api::same_handler(row, route) &&
           std::any_of(exempt().begin(), exempt().end(),
                       [&](const Exempt& e) { return e.row == label(row); });
  });
}

bool succeeded(int status) { return status >= 200 && status < 300; }

// Rows that succeeded, and whether a success left an audit row: one that changed nothing leaves none.
using Covered = std::map<std::string, bool>;

void note(Covered& covered, const std::string& method, const std::string& path,
          const std::string& request_id) {
  static const tenantd::api::Router router{routes()};
  const auto* row = router.find(tenantd::http::parse_method(method), path).route;
  require(row != nullptr, method + ' ' + path + " is no row");
  auto& told = covered[label(*row)];
  told = told || is_exempt(*row) ||
         number_of("SELECT COUNT(*) FROM audit_log WHERE request_id = " + literal(request_id)) > 0;
}

// The same for a reply of the suite's own client.
void note(Covered& covered, const Response& reply) {
  require(succeeded(reply.status), reply.describe());
  const auto blank = reply.request.find(' ');
  const auto target = reply.request.substr(blank + 1);
  note(covered, reply.request.substr(0, blank), target.substr(0, target.find('?')),
       reply.header("x-request-id"));
}

// What newman says of one request.
struct Execution {
  std::string method, path, body, request_id;
  int status = 0;
};

std::string text(const rapidjson::Value& object, const char* name) {
  return object.HasMember(name) && object[name].IsString() ? object[name].GetString() : "";
}

Execution execution_of(const rapidjson::Value& json) {
  const auto& request = json["request"];
  Execution execution;
  execution.method = text(request, "method");
  for (const auto& segment : request["url"]["path"].GetArray())
    execution.path += std::string{"/"} + segment.GetString();
  if (request.HasMember("body")) execution.body = text(request["body"], "raw");
  execution.status = json["response"]["code"].GetInt();
  for (const auto& header : json["response"]["header"].GetArray())
    if (text(header, "key") == "X-Request-Id") execution.request_id = text(header, "value");
  return execution;
}

// The collection without its last act, which ends the organization that the rows name.
std::string collection() {
  const auto path = printed({"postman"}, "audited.json");
  std::ifstream in{path, std::ios::binary};
  const std::string whole{std::istreambuf_iterator<char>{in}, {}};
  rapidjson::Document json;
  json.Parse(whole.data(), whole.size());
  for (auto& folder : json["item"].GetArray()) {
    auto& items = folder["item"];
    for (auto* item = items.Begin(); item != items.End();)
      item = text(*item, "name") == "DELETE /api/v1/organizations/{org_id}" ? items.Erase(item) : item + 1;
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  json.Accept(writer);
  std::ofstream{path, std::ios::binary} << buffer.GetString();
  return path;
}

std::vector<Execution> run_collection() {
  share_instance();
  const auto environment = printed({"postman", "--environment"}, "audited-environment.json");
  const auto report = run_dir() + "/documents/audited-report.json";
  const auto ran = run_program(
      {node_program("newman"), "run", collection(), "--environment", environment, "--env-var",
       "base_url=" + setting("TENANTD_URL"), "--reporters", "json", "--reporter-json-export", report},
      {"HOME=" + run_dir()}, std::chrono::seconds{240});
  require_equal(ran.status, 0, ran.output);
  std::ifstream in{report, std::ios::binary};
  const std::string whole{std::istreambuf_iterator<char>{in}, {}};
  rapidjson::Document json;
  json.Parse(whole.data(), whole.size());
  std::vector<Execution> executions;
  for (const auto& execution : json["run"]["executions"].GetArray())
    executions.push_back(execution_of(execution));
  return executions;
}

// The collection's account is no super-admin: what it was refused for that is asked for again by one.
void repeat_as_super_admin(const std::vector<Execution>& executions, Covered& covered) {
  static const tenantd::api::Router router{routes()};
  const auto email = setting("SUPER_ADMIN_EMAIL");
  const auto password = setting("SUPER_ADMIN_PASSWORD");
  auto client = account_of(expect(sign_in(email, password), 200), email, password).client();
  for (const auto& each : executions) {
    const auto* row = router.find(tenantd::http::parse_method(each.method), each.path).route;
    if (row == nullptr || row->handler.access != Access::super || row->method == Method::GET) continue;
    const auto body = each.body.empty() ? std::nullopt : std::optional{each.body};
    const auto reply = client.send({each.method, each.path, body, "application/json", {}});
    if (succeeded(reply.status)) note(covered, reply);
  }
}

// --- by hand
// -----------------------------------------------------------------------------------------------------------

void passwords_and_addresses(Covered& covered) {
  const auto person = sign_up();
  const auto told = [&](const std::string& path, const std::string& body) {
    note(covered, Client{}.post(path, body));
  };
  told("/api/v1/auth/verify-email",
       object({{"token", newest_mail(person.email, "verification").token()}, {"password", person.password}}));
  for (int i = 0; i < 5; ++i) sign_in(person.email, "wrong horse battery 13");
  wait_until("the mail", [&] { return count_mails(person.email, "account_locked") > 0; });
  told("/api/v1/auth/unlock", object({{"token", newest_mail(person.email, "account_locked").token()}}));
  // A row of the password, and one of each session that ends with the old one: the sign-up's, the first time.
  std::int64_t ending = 1;
  for (const char* path : {"/api/v1/auth/password-reset/confirm", "/reset_password"}) {
    expect(Client{}.post("/reset_password", object({{"email", person.email}})), 202);
    const auto token = newest_mail(person.email, "password_reset").token();
    const auto reply = Client{}.post(path, object({{"token", token}, {"new_password", kPassword}}));
    note(covered, reply);
    require_equal(audit_rows_of(reply), 1 + ending, path);
    ending = 0;
  }
}

void leaving(Covered& covered) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  note(covered,
       member.client().send(
           {"DELETE", "/api/v1/organizations/" + owner.org_id + "/members/me", std::nullopt, "", {}}));
}

void erasures(Covered& covered) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner), other = invite_and_accept(owner);
  note(covered, member.client().post("/api/v1/users/me/erase",
                                     object({{"email", member.email}, {"password", kPassword}})));
  auto client = new_super_admin().client();
  const auto path = "/api/v1/admin/users/" + other.user_id;
  note(covered, client.post(path + "/export"));
  note(covered, client.post(path + "/erase", object({{"email", other.email}})));
}

void second_factor(Covered& covered) {
  const auto person = sign_up();
  verify(person);
  auto client = person.client();
  const auto mfa = [&](const std::string& what, const std::string& body) {
    auto reply = client.post("/api/v1/auth/mfa/" + what, body);
    note(covered, reply);
    return reply;
  };
  const auto secret = mfa("enroll", object({{"password", kPassword}})).text("/secret");
  // A step is good once.
  const auto proof = [&] {
    forget_steps(person);
    return object({{"password", kPassword}, {"code", totp_code(secret, 1)}});
  };
  mfa("confirm", proof());
  mfa("recovery-codes", proof());
  mfa("disable", proof());
}

void invitations(Covered& covered) {
  const auto owner = sign_up();
  const auto token_for = [&](const std::string& email) {
    expect(invite(owner, email), 201);
    return invite_token(email);
  };
  note(covered, Client{}.post("/accept_invite",
                              object({{"token", token_for(fresh_email())}, {"password", kPassword}})));
  const auto known = sign_up();
  verify(known);
  note(covered, Client{}.get("/accept_invite?token=" + token_for(known.email)));
  const auto email = fresh_email();
  const auto sent = invite(owner, email);
  note(covered, Client{}.post("/api/v1/invites/" + sent.text("/id") + "/decline",
                              object({{"token", invite_token(email)}})));
  const auto late = fresh_email();
  const auto token = token_for(late);
  note(covered, Client{}.post("/api/v1/invites/lookup", object({{"token", token}})));
  database().run("UPDATE invite SET expires_at = UNIX_TIMESTAMP() WHERE email = " + literal(late));
  note(covered, Client{}.post("/api/v1/invites/ask-again", object({{"token", token}})));
}

void rejections(Covered& covered) {
  const Purchasing shop;
  note(covered, take(shop.manager, submitted(shop.member, shop.body()), "reject"));
  note(covered, take(shop.member, submitted(shop.member, shop.body()), "withdraw"));
  note(covered, shop.member.client().del(draft(shop.member, shop.body()), ""));
}

// Nobody listens there: what is sent is refused at once.
void tried_webhook(Covered& covered) {
  auto client = sign_up().client();
  const auto made =
      client.post("/api/v1/webhooks", R"({"url":"https://127.9.9.9/hooks","events":["role.created"]})");
  expect(made, 201);
  const auto path = "/api/v1/webhooks/" + made.text("/id");
  note(covered, client.post(path + "/test"));
  expect(client.del(path, ""), 204);
}

// Nobody listens there: what is sent is refused at once.
void streams(Covered& covered) {
  const std::string body = R"({"name":"SIEM","carries":["audit"],"url":"https://127.9.9.9/siem"})";
  for (const auto& [account, list] : {std::pair{sign_up(), std::string{"/api/v1/streams"}},
                                      {new_super_admin(), std::string{"/api/v1/admin/streams"}}}) {
    auto client = account.client();
    const auto made = client.post(list, body);
    note(covered, made);
    const auto path = list + '/' + made.text("/id");
    note(covered, client.post(path + "/test"));
    note(covered, client.post(path + "/rotate-secret"));
    note(covered, client.put(path, R"({"status":"paused"})"));
    note(covered, client.del(path, ""));
  }
}

void service_accounts(Covered& covered) {
  auto client = sign_up().client();
  const auto made =
      client.post("/api/v1/service-accounts", R"({"name":"Robot","permissions":["products:read"]})");
  note(covered, made);
  const auto path = "/api/v1/service-accounts/" + made.text("/id");
  const auto key = client.post(path + "/keys", R"({"name":"First"})");
  note(covered, key);
  note(covered, client.post(path + "/rotate-key", "{}"));
  note(covered, client.put(path, R"({"status":"disabled"})"));
  note(covered, client.del(path + "/keys/" + key.text("/id"), ""));
  note(covered, client.del(path, ""));
}

void enforcement(Covered& covered) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto name = fresh_name("audited") + ".example.com";
  expect(client.post("/api/v1/domains", object({{"domain", name}})), 201);
  database().run("UPDATE domain SET proven_at = 1 WHERE domain = " + literal(name));
  expect(client.post("/api/v1/tenants/" + owner.org_id + "/identity-providers/google",
                     R"({"client_id":"c","client_secret":"s","auto_provision_users":false,)"
                     R"("allowed_domains":["example.com"],"default_role_name":"member"})"),
         201);
  note(covered, client.put("/api/v1/domains/enforcement", R"({"enforced":true})"));
}

// The bodies of SCIM are in no schema, which the collection could take an example of.
void directories(Covered& covered) {
  auto client = make_api_key(sign_up(), R"(["scim:provision"])").client();
  const std::string users = "/scim/v2/Users", groups = "/scim/v2/Groups";
  const auto ann = object({{"userName", fresh_email()}});
  const auto made = client.post(users, ann);
  note(covered, made);
  const auto path = users + '/' + made.text("/id");
  note(covered, client.put(path, R"({"title":"Boss",)" + ann.substr(1)));
  note(covered, client.send({"PATCH",
                             path,
                             R"({"Operations":[{"op":"replace","path":"active","value":false}]})",
                             "application/scim+json",
                             {}}));
  const auto group = client.post(groups, R"({"displayName":"Staff"})");
  note(covered, group);
  const auto group_path = groups + '/' + group.text("/id");
  note(covered, client.put(group_path, R"({"displayName":"Crew"})"));
  note(covered, client.send({"PATCH",
                             group_path,
                             R"({"Operations":[{"op":"replace","path":"displayName","value":"Staff"}]})",
                             "application/scim+json",
                             {}}));
  note(covered, client.send({"DELETE", group_path, std::nullopt, "", {}}));
  note(covered, client.send({"DELETE", path, std::nullopt, "", {}}));
  note(covered, client.post("/scim/v2/Bulk", R"({"Operations":[{"method":"POST","path":"/Groups",)"
                                             R"("data":{"displayName":"Bulk"}}]})"));
}

void sessions(Covered& covered) {
  const auto owner = sign_up();
  const auto path = "/api/v1/users/" + invite_and_accept(owner).user_id + "/sessions";
  note(covered, owner.client().send({"DELETE", path, std::nullopt, "", {}}));
}

void ends_of_organizations(Covered& covered) {
  const auto owner = sign_up();
  const auto heir = invite_and_accept(owner, "admin");
  const auto path = "/api/v1/organizations/" + owner.org_id;
  note(covered, owner.client().post(path + "/transfer-ownership",
                                    object({{"user_id", heir.user_id}, {"password", kPassword}})));
  note(covered, heir.client().del(path, object({{"name", name_of(owner)}})));
}

void administration(Covered& covered) {
  const auto admin = new_super_admin();
  auto client = admin.client();
  const auto owner = sign_up();
  const auto acting = acting_as(admin, owner, owner);
  note(covered, impersonate(admin, owner.org_id, owner.user_id));
  note(covered, acting.client().post("/api/v1/auth/end-impersonation"));
  const auto tenant = "/api/v1/tenants/" + owner.org_id;
  note(covered, client.put(tenant + "/settings", R"({"require_mfa":false})"));
  note(covered, client.post(tenant + "/deactivate", "{}"));
  note(covered, client.post(tenant + "/activate"));
  note(covered, client.del(tenant, object({{"name", name_of(owner)}})));
  const auto silent = fresh_email();
  database().run(
      "INSERT INTO suppression (id, email, reason, source, created_at, updated_at) VALUES "
      "(RANDOM_BYTES(16), " +
      literal(silent) + ", 'bounce', 'operator', 1, 1)");
  note(covered, client.del("/api/v1/admin/mail/suppressions/" + silent, ""));
  const std::string clients = "/api/v1/admin/oauth/clients";
  const std::string body =
      R"({"name":"Reports","redirect_uris":["https://reports.example.com/callback"],"scopes":["openid"]})";
  const auto software = clients + '/' + expect(client.post(clients, body), 201).text("/id");
  note(
      covered,
      client.put(
          software,
          R"({"name":"Figures","redirect_uris":["https://reports.example.com/callback"],"scopes":["openid"]})"));
  note(covered, client.post(software + "/rotate-secret"));
  note(covered, client.del(software, ""));
  const std::string tokens = "/api/v1/admin/oauth/registration-tokens";
  const auto opening =
      tokens + '/' + expect(client.post(tokens, R"({"name":"Assistants"})"), 201).text("/id");
  note(covered, client.del(opening, ""));
}

}  // namespace

Test(audit_rows, every_row_that_changes_something_is_told) {
  Covered covered;
  const auto executions = run_collection();
  for (const auto& each : executions)
    if (each.method != "GET" && succeeded(each.status))
      note(covered, each.method, each.path, each.request_id);
  repeat_as_super_admin(executions, covered);
  for (const auto& by_hand :
       {passwords_and_addresses, leaving, erasures, second_factor, invitations, rejections, tried_webhook,
        streams, service_accounts, enforcement, directories, sessions, ends_of_organizations, administration})
    by_hand(covered);
  std::string faults;
  for (const auto& route : routes()) {
    if (route.method == Method::GET || is_exempt(route)) continue;
    const auto found = covered.find(label(route));
    if (found == covered.end()) faults += "\n  " + label(route) + " did not succeed: do it by hand";
    if (found != covered.end() && !found->second)
      faults += "\n  " + label(route) +
                " left no audit row: tell of the change (effects/changes.hpp), do by hand what does change "
                "something, or exempt its handler and say why";
  }
  require(faults.empty(), faults);
  std::printf("audit: %zu rows of the table succeeded\n", covered.size());
}
