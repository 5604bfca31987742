#include "support/fake_provider.hpp"

#include <ctime>

#include "support/check.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {
namespace {

std::string parameter(const std::string& url, const std::string& name) {
  const auto query = url.substr(url.find('?') + 1);
  for (const auto pair : split(query, '&')) {
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) return url_decode(pair.substr(equals + 1)).value();
  }
  return "";
}

std::string object_of(Members members, const Members& changes) {
  for (const auto& [name, value] : changes) {
    bool known = false;
    for (auto& member : members) {
      if (member.first != name) continue;
      member.second = value;
      known = true;
    }
    if (!known) members.emplace_back(name, value);
  }
  std::string text;
  for (const auto& [name, value] : members)
    if (!value.empty()) text += (text.empty() ? "\"" : ",\"") + name + "\":" + value;
  return '{' + text + '}';
}

}  // namespace

namespace {

std::string path_of(const std::string& provider, const std::string& step, const std::string& org_id) {
  if (provider.starts_with("social/")) return "/api/v1/auth/" + provider + '/' + step;
  return "/api/v1/auth/oauth/" + provider + '/' + step + '/' + org_id;
}

}  // namespace

std::string quoted(const std::string& text) { return Field{text}.json(); }

FakeProvider::FakeProvider()
    : server_([this](const StubRequest& request) { return answer(request); }, "127.0.0.2") {}

std::vector<std::string> FakeProvider::settings(bool social) const {
  std::vector<std::string> all = {"OAUTH_GOOGLE_URL=" + url(), "OAUTH_MICROSOFT_URL=" + url(),
                                  "OAUTH_GITHUB_URL=" + url(), "OAUTH_GITHUB_API_URL=" + url(),
                                  "OUTBOUND_ALLOW=127.0.0.2",  "OUTBOUND_HTTP=true",
                                  "OUTBOUND_SECONDS=2",        "OUTBOUND_WORKERS=1",
                                  "LIMIT_OUTBOUND=0"};
  for (const char* name : {"GOOGLE", "MICROSOFT", "GITHUB"}) {
    if (!social) continue;
    all.push_back(name + std::string{"_CLIENT_ID=client"});
    all.push_back(name + std::string{"_CLIENT_SECRET=social-secret"});
  }
  return all;
}

std::string FakeProvider::issuer(const std::string& provider) const {
  if (provider.ends_with("google")) return url();
  return url() + (provider.ends_with("microsoft") ? '/' + std::string{kDirectory} + "/v2.0" : "/own");
}

void FakeProvider::grant_user(const std::string& code, const std::string& user, const std::string& emails) {
  const std::lock_guard lock{mutex_};
  users_[code] = {user, emails};
}

void FakeProvider::tell(const std::string& userinfo) {
  const std::lock_guard lock{mutex_};
  userinfo_ = userinfo;
}

void FakeProvider::announce(Members members) {
  const std::lock_guard lock{mutex_};
  announced_ = std::move(members);
}

std::string FakeProvider::exchange_header() const {
  const std::lock_guard lock{mutex_};
  return exchange_header_;
}

void FakeProvider::grant(const std::string& code, const std::string& id_token) {
  const std::lock_guard lock{mutex_};
  tokens_[code] = id_token;
}

std::string FakeProvider::exchange() const {
  const std::lock_guard lock{mutex_};
  return exchange_;
}

void FakeProvider::misbehave(std::function<std::optional<StubReply>(const StubRequest&)> answer) {
  const std::lock_guard lock{mutex_};
  misbehaves_ = std::move(answer);
}

std::string FakeProvider::discovery(const std::string& issuer, const Members& changes) const {
  return object_of({{"issuer", quoted(issuer)},
                    {"authorization_endpoint", quoted(url() + "/authorize?p=1")},
                    {"token_endpoint", quoted(url() + "/token")},
                    {"jwks_uri", quoted(url() + "/keys")},
                    {"token_endpoint_auth_methods_supported", R"(["client_secret_post"])"}},
                   changes);
}

StubReply FakeProvider::answer(const StubRequest& request) {
  std::unique_lock lock{mutex_};
  if (misbehaves_) {
    const auto misbehaves = misbehaves_;
    lock.unlock();
    if (auto reply = misbehaves(request)) return *reply;
    lock.lock();
  }
  const std::string well_known = "/.well-known/openid-configuration";
  if (request.path.ends_with(well_known)) {
    const auto mount = request.path.substr(0, request.path.size() - well_known.size());
    // Microsoft's document for all tenants names them by a pattern.
    if (mount == "/common/v2.0") return {200, discovery(url() + "/{tenantid}/v2.0")};
    return {200, discovery(url() + mount, mount == "/own" ? announced_ : Members{})};
  }
  if (request.path == "/keys") return {200, jwks({&key_})};
  if (request.path == "/userinfo") return {200, userinfo_};
  if (request.path == "/user" || request.path == "/user/emails") {
    const auto at = request.header.find("Bearer ");
    const auto code = request.header.substr(at + 7, request.header.find("\r\n", at) - at - 7);
    const auto user = users_.find(code);
    if (user == users_.end()) return {401, "{}"};
    return {200, request.path == "/user" ? user->second.first : user->second.second};
  }
  if (request.path != "/token" && request.path != "/login/oauth/access_token") return {404, "{}"};
  exchange_ = request.body;
  exchange_header_ = request.header;
  const auto code = parameter('?' + request.body, "code");
  if (request.path != "/token") {
    if (!users_.contains(code)) return {200, R"({"error":"bad_verification_code"})"};
    return {200, R"({"token_type":"bearer","access_token":)" + quoted(code) + '}'};
  }
  const auto token = tokens_.find(code);
  if (token == tokens_.end()) return {400, R"({"error":"invalid_grant"})"};
  return {200, R"({"access_token":"x","token_type":"Bearer","id_token":")" + token->second + "\"}"};
}

std::string own_provider_body(const FakeProvider& idp, const Members& changes) {
  return object_of({{"slug", quoted("own")},
                    {"name", quoted("Our Provider")},
                    {"issuer", quoted(idp.issuer("own"))},
                    {"client_id", quoted("client")},
                    {"client_secret", quoted("not to be told")},
                    {"auto_provision_users", "true"},
                    {"allowed_domains", R"(["example.com"])"},
                    {"default_role_name", quoted("member")}},
                   changes);
}

Response make_own_provider(const FakeProvider& idp, const Account& admin, const Members& changes) {
  auto made = admin.client().post("/api/v1/tenants/" + admin.org_id + "/oidc-providers",
                                  own_provider_body(idp, changes));
  expect(made, 201);
  return made;
}

std::string provider_body(const std::string& provider, bool automatic, const std::string& domains,
                          const std::string& role) {
  const std::string azure =
      provider == "microsoft" ? "\"azure_tenant_id\":\"" + std::string{kDirectory} + "\"," : "";
  return '{' + azure + R"("client_id":"client","client_secret":"not to be told","auto_provision_users":)" +
         (automatic ? "true" : "false") + ",\"allowed_domains\":" + domains +
         ",\"default_role_name\":" + quoted(role) + '}';
}

Response make_provider(const Account& admin, const std::string& provider, bool automatic,
                       const std::string& domains, const std::string& role) {
  auto made = admin.client().post("/api/v1/tenants/" + admin.org_id + "/identity-providers/" + provider,
                                  provider_body(provider, automatic, domains, role));
  expect(made, 201);
  return made;
}

Begun begin(const std::string& provider, const std::string& org_id, Client client) {
  return begun_of(client.get(path_of(provider, "login", org_id)), provider, org_id);
}

Begun begun_of(const Response& reply, const std::string& provider, const std::string& org_id) {
  expect(reply, 200);
  Begun begun{provider, org_id, reply.text("/authorization_url"), {}, {}, {}, {}, {}};
  begun.state = parameter(begun.url, "state");
  begun.nonce = parameter(begun.url, "nonce");
  begun.challenge = parameter(begun.url, "code_challenge");
  begun.redirect = parameter(begun.url, "redirect_uri");
  const auto cookie = reply.header("set-cookie");
  begun.cookie = cookie.substr(0, cookie.find(';'));
  return begun;
}

std::string payload_for(const FakeProvider& idp, const Begun& begun, const std::string& subject,
                        const std::string& email, const Members& changes) {
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  Members members = {{"iss", quoted(idp.issuer(begun.provider))},
                     {"aud", quoted("client")},
                     {"nonce", quoted(begun.nonce)},
                     {"iat", std::to_string(now)},
                     {"exp", std::to_string(now + 300)},
                     {"email", quoted(email)}};
  if (!begun.provider.ends_with("microsoft")) {
    members.emplace_back("sub", quoted(subject));
    members.emplace_back("hd", quoted(email.substr(email.find('@') + 1)));
    members.emplace_back("email_verified", "true");
  } else {
    members.emplace_back("sub", quoted("pairwise"));
    members.emplace_back("tid", quoted(kDirectory));
    members.emplace_back("oid", quoted(subject));
  }
  return object_of(std::move(members), changes);
}

Response come_back(const Begun& begun, const std::string& code, const std::string& issuer) {
  Client client;
  client.impatient();
  if (!begun.cookie.empty()) client.header("Cookie", begun.cookie);
  const auto path = path_of(begun.provider, "callback", begun.org_id);
  Members members{{"code", quoted(code)}, {"state", quoted(begun.state)}};
  if (!begun.redirect.empty()) members.emplace_back("redirect_uri", quoted(begun.redirect));
  if (!issuer.empty()) members.emplace_back("iss", quoted(issuer));
  return client.post(path, object_of(std::move(members), {}));
}

Response sign_on(FakeProvider& idp, const std::string& provider, const std::string& org_id,
                 const std::string& subject, const std::string& email, const Members& changes) {
  const auto begun = begin(provider, org_id);
  const auto code = fresh_name("code");
  idp.grant(code, idp.key().token(payload_for(idp, begun, subject, email, changes)));
  return come_back(begun, code);
}

}  // namespace tenantd::test
