// Signing in by an organization's identity provider: the way there and back, and for whom it ends where.
#include <criterion/criterion.h>

#include <algorithm>
#include <functional>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/listener.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kOid = "6a7fbd2c-2b1f-4c8e-9a3e-0d6a4f6e5b11";

// An instance of its own that knows one provider, which the test holds.
struct World {
  FakeProvider idp;
  PrivateStack stack{idp.settings()};
  World() { stack.take_the_suites_place(); }
};

std::int64_t count(const std::string& table) { return number_of("SELECT COUNT(*) FROM " + table); }

Client with(const Response& tokens) { return std::move(Client{}.bearer(tokens.text("/access_token"))); }

}  // namespace

Test(sso, newcomers_get_an_account_and_are_known_the_next_time, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  make_provider(owner, "microsoft", true, R"(["example.com"])", "viewer");
  const auto slug = text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id));
  for (const std::string provider : {"google", "microsoft"}) {
    const auto email = fresh_email(provider);
    const std::string subject = provider == "google" ? "ann" : kOid;
    const auto begun = begin(provider, slug);
    require(begun.url.starts_with(world.idp.url() + "/authorize?p=1&response_type=code&"), begun.url);
    require(begun.state.starts_with(provider + '.' + owner.org_id + '.'), begun.state);
    require_equal(begun.redirect, setting("PUBLIC_URL") + "/sso");
    world.idp.grant("c", world.idp.key().token(payload_for(world.idp, begun, subject, email)));
    const auto first = come_back(begun, "c");
    expect(first, 200);
    // PKCE: what the provider gets is what the challenge was made of.
    const auto sent = '&' + world.idp.exchange();
    const auto at = sent.find("&code_verifier=") + 15;
    const auto verifier = sent.substr(at, sent.find('&', at) - at);
    require_equal(tenantd::base64url_encode(tenantd::crypto::sha256(verifier)), begun.challenge);
    require(sent.find("client_secret=not%20to%20be%20told") != std::string::npos, sent);
    require_equal(first.text("/organization/role"), provider == "google" ? "member" : "viewer");
    require_equal(first.text("/user/email"), email);
    // Google answers for the address, Entra for none.
    require_equal(first.at("/user/email_verified").GetBool(), provider == "google");
    const auto again = sign_on(world.idp, provider, owner.org_id, subject, fresh_email("renamed"));
    expect(again, 200);
    require_equal(again.text("/user/id"), first.text("/user/id"));
    const auto history = with(again).get("/api/v1/auth/history");
    require_equal(history.text("/items/0/method"), "sso");
    // Nothing goes to an address that nobody has proven.
    if (provider == "google") newest_mail(email, "login_alert");
    require_equal(count_mails(email, "login_alert"), provider == "google" ? 2U : 0U);
    expect_problem(with(again).post("/api/v1/auth/change-password",
                                    R"({"current_password":"x","new_password":"seven lanterns over water"})"),
                   403, "reauthentication_required");
  }
  require_equal(count("oauth_state"), 0);
  const auto told =
      "SELECT COUNT(*) FROM audit_log WHERE org_id = " + binary(owner.org_id) + " AND action = ";
  require_equal(number_of(told + "'user.provisioned'"), 2);
  require_equal(number_of(told + "'identity.linked'"), 2);
  require_equal(log_with(world.stack.dir(), "not to be told"), "", "the secret stands in a log");
}

Test(sso, a_state_is_good_once_in_its_browser_for_its_organization_and_provider, .timeout = 120) {
  World world;
  const auto ours = sign_up();
  const auto theirs = sign_up();
  for (const auto* owner : {&ours, &theirs}) {
    make_provider(*owner, "google");
    make_provider(*owner, "microsoft");
  }
  const auto granted = [&](const Begun& begun) {
    const auto code = fresh_name("code");
    world.idp.grant(code,
                    world.idp.key().token(payload_for(world.idp, begun, fresh_name("sub"), fresh_email())));
    return code;
  };
  const auto refused = [&](Begun begun, const std::string& what) {
    const auto code = granted(begun);
    const auto sessions = count("session");
    const auto reply = come_back(begun, code);
    require(reply.status == 400, what + ": " + reply.describe());
    expect_problem(reply, 400, "oauth_state_invalid");
    require_equal(count("session"), sessions, what);
    return code;
  };
  auto begun = begin("google", ours.org_id);
  const auto good = begun;
  begun.org_id = theirs.org_id;
  refused(begun, "another organization's callback");
  begun = good;
  begun.provider = "microsoft";
  refused(begun, "another provider's callback");  // and it is used up
  refused(good, "after that");
  begun = begin("google", ours.org_id);
  begun.cookie = begin("google", ours.org_id).cookie;
  refused(begun, "another browser");
  begun = begin("google", ours.org_id);
  begun.cookie.clear();
  refused(begun, "no browser");
  begun = begin("google", ours.org_id);
  begun.cookie.back() = begun.cookie.back() == 'A' ? 'B' : 'A';
  refused(begun, "a cookie that was changed");
  begun = begin("google", ours.org_id);
  database().run("UPDATE oauth_state SET expires_at = UNIX_TIMESTAMP()");
  refused(begun, "too late");
  begun = begin("google", ours.org_id);
  begun.state = "google." + ours.org_id + ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  refused(begun, "a state that never was");
  // Two at once in one browser do not disturb each other.
  const auto one = begin("google", ours.org_id);
  const auto two = begin("google", theirs.org_id);
  for (auto both : {two, one}) {
    both.cookie = one.cookie + "; " + two.cookie;
    const auto code = granted(both);
    expect(come_back(both, code), 200);
    expect_problem(come_back(both, code), 400, "oauth_state_invalid");
  }
  // Ten that bring one state.
  begun = begin("google", ours.org_id);
  const auto code = granted(begun);
  const auto sessions = count("session");
  const auto replies = at_once(10, [&](std::size_t) { return come_back(begun, code); });
  const auto won =
      std::count_if(replies.begin(), replies.end(), [](const auto& r) { return r.status == 200; });
  require_equal(won, 1);
  for (const auto& reply : replies)
    if (reply.status != 200 && reply.status != 503) expect_problem(reply, 400, "oauth_state_invalid");
  require_equal(count("session"), sessions + 1);
  // The same request again, by its key.
  begun = begin("google", ours.org_id);
  Call call{"POST",
            "/api/v1/auth/oauth/google/callback/" + ours.org_id,
            object({{"code", granted(begun)}, {"state", begun.state}}),
            "application/json",
            {{"Cookie", begun.cookie}, {"Idempotency-Key", fresh_name("key")}}};
  const auto first = Client{}.send(call);
  expect(first, 200);
  require_equal(Client{}.send(call).text("/access_token"), first.text("/access_token"));
  // And not in another browser, whatever it knows besides.
  call.headers.front().second = "tenantd_sso=x";
  expect_problem(Client{}.send(call), 400, "oauth_state_invalid");
}

// Kinds of providers that give ID tokens, by what begin() calls them.
constexpr const char* kTokenKinds[] = {"google", "microsoft", "own", "social/google", "social/microsoft"};

Test(sso, no_forged_token_signs_anybody_in, .timeout = 240) {
  FakeProvider idp;
  const PrivateStack stack{idp.settings(true)};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  make_provider(owner, "google");
  make_provider(owner, "microsoft");
  make_own_provider(idp, owner);
  const ForgeKey other{"key-1"};
  const ForgeKey unknown{"key-2"};
  const auto users = count("user");
  const auto email = fresh_email();
  // A forgery: its name, what refuses it, and how it is made.
  struct Forgery {
    std::string what;
    std::function<std::string(const Begun&)> make;
    int status = 401;
    std::string code = "oauth_token_refused";
    std::string only = "";  // for the kinds whose name ends so
  };
  const auto payload = [&](const Begun& b) { return payload_for(idp, b, kOid, email); };
  const auto claim = [&](const std::string& name, const std::string& value, const std::string& only = "",
                         int status = 401, const std::string& code = "oauth_token_refused") {
    return Forgery{name + ' ' + value,
                   [&idp, email, name, value](const Begun& b) {
                     return idp.key().token(payload_for(idp, b, kOid, email, {{name, value}}));
                   },
                   status, code, only};
  };
  const auto text = [&](const std::string& header, const Begun& b) {
    return tenantd::base64url_encode(header) + '.' + tenantd::base64url_encode(payload(b));
  };
  const auto by_public_key = [&](const Begun& b) {
    const auto signed_text = text(R"({"alg":"HS256","kid":"key-1"})", b);
    return signed_text + '.' +
           tenantd::base64url_encode(tenantd::crypto::hmac_sha256(idp.key().pem(), signed_text));
  };
  const std::vector<Forgery> forgeries = {
      claim("iss", quoted("https://accounts.google.com")),
      claim("aud", quoted("other")),
      claim("aud", R"(["client","other"])"),
      claim("azp", quoted("other")),
      claim("nonce", quoted("other")),
      claim("nonce", ""),
      claim("exp", "1700000000"),
      claim("nbf", "4000000000"),
      claim("iat", "4000000000"),
      claim("sub", ""),
      claim("tid", quoted(fresh_id()), "microsoft"),
      claim("hd", "", "google", 403, "domain_not_allowed"),
      claim("hd", quoted("evilexample.com"), "google", 403, "domain_not_allowed"),
      claim("email_verified", "false", "google", 403, "domain_not_allowed"),
      claim("email_verified", "false", "own", 403, "domain_not_allowed"),
      claim("email", quoted("eve@evilexample.com"), "own", 403, "domain_not_allowed"),
      {"unknown kid", [&](const Begun& b) { return unknown.token(payload(b)); }},
      {"another key", [&](const Begun& b) { return other.token(payload(b)); }},
      {"alg none", [&](const Begun& b) { return text(R"({"alg":"none","kid":"key-1"})", b) + '.'; }},
      {"EdDSA by an RSA key",
       [&](const Begun& b) { return idp.key().token(R"({"alg":"EdDSA","kid":"key-1"})", payload(b)); }},
      {"HS256 by the public key", by_public_key},
      {"a key that it brings along",
       [&](const Begun& b) {
         return other.token(R"({"alg":"RS256","kid":"key-1","jwk":)" + other.jwk() + '}', payload(b));
       }},
  };
  for (const std::string kind : kTokenKinds) {
    const bool social = kind.starts_with("social/");
    for (const auto& forgery : forgeries) {
      if (!kind.ends_with(forgery.only) || (social && forgery.status == 403)) continue;
      const auto begun = begin(kind, owner.org_id);
      const auto granted = fresh_name("code");
      idp.grant(granted, forgery.make(begun));
      const auto reply = come_back(begun, granted);
      const auto what = kind + ": " + forgery.what;
      require(reply.status == forgery.status && reply.text("/code") == forgery.code,
              what + ": " + reply.describe());
      require_equal(count("identity") + count("user"), users, what);
    }
    expect_problem(come_back(begin(kind, owner.org_id), "unknown"), 401, "oauth_token_refused");
  }
  // Each of them would have been believed otherwise.
  for (const std::string kind : kTokenKinds) {
    const Members proven{{"xms_edov", "true"}};
    expect(sign_on(idp, kind, owner.org_id, kOid, fresh_email(), proven), 200);
  }
}

Test(sso, a_provider_that_fails_fails_its_own_users_and_in_time, .timeout = 180) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  auto& idp = world.idp;
  const auto failing = [&](const std::string& what, int status, const std::string& code,
                           const StubReply& reply, const std::string& path) {
    idp.misbehave(nullptr);
    const auto begun = begin("google", owner.org_id);
    idp.grant("c", idp.key().token(payload_for(idp, begun, "ann", fresh_email())));
    idp.misbehave([&](const StubRequest& request) {
      return request.path == path ? std::optional{reply} : std::nullopt;
    });
    const auto started = tenantd::monotonic_microseconds();
    const auto answer = come_back(begun, "c");
    require(answer.status == status && answer.text("/code") == code, what + ": " + answer.describe());
    require(tenantd::monotonic_microseconds() - started < 6'000'000, what + " took too long");
  };
  StubReply hangs;
  hangs.hang = true;
  const Listener inside;
  const StubReply redirect{302, "", "Location: " + inside.url() + "/\r\n"};
  for (const std::string path : {"/token", "/keys"}) {
    // Keys are asked for once; here each time anew.
    failing(path + " hangs", 502, "provider_unavailable", hangs, path);
    failing(path + " answers 10 MB", 502, "provider_unavailable", {200, "{}", "", false, 10U << 20U}, path);
    failing(path + " answers 500", 502, "provider_unavailable", {500, "{}"}, path);
    failing(path + " answers nonsense", 502, "provider_unavailable", {200, "<html>"}, path);
    failing(path + " redirects", 502, "provider_unavailable", redirect, path);
  }
  require(!inside.was_knocked_at(0), "a redirect was followed");
  // While some wait for one that hangs, the turn of others does not come; who is told so finds the state
  // unused.
  idp.misbehave(nullptr);
  std::vector<Begun> begun;
  constexpr std::size_t kCodes = 12;
  for (std::size_t i = 0; i < kCodes; ++i) begun.push_back(begin("google", owner.org_id));
  idp.misbehave([&](const StubRequest& request) {
    return request.path == "/token" ? std::optional{hangs} : std::nullopt;
  });
  const auto replies = at_once(kCodes, [&](std::size_t i) { return come_back(begun[i], "c"); });
  idp.misbehave(nullptr);
  std::size_t later = 0;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].status == 502) continue;
    expect_problem(replies[i], 429, "busy");
    require_equal(replies[i].header("retry-after"), "1");
    ++later;
    const auto code = fresh_name("code");
    idp.grant(code, idp.key().token(payload_for(idp, begun[i], "ann", fresh_email())));
    expect(come_back(begun[i], code), 200);
  }
  require(later > 0 && later < kCodes, std::to_string(later) + " of them were told to come again");
}

Test(sso, a_flood_of_unknown_keys_is_no_flood_of_requests, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  expect(sign_on(world.idp, "google", owner.org_id, "ann", fresh_email()), 200);
  const auto before = world.idp.count("/keys");
  for (int i = 0; i < 20; ++i) {
    const ForgeKey forged{fresh_name("kid"), 0};
    const auto begun = begin("google", owner.org_id);
    world.idp.grant("c", forged.token(payload_for(world.idp, begun, "eve", fresh_email())));
    expect_problem(come_back(begun, "c"), 401, "oauth_token_refused");
  }
  require(world.idp.count("/keys") <= before + 1,
          std::to_string(world.idp.count("/keys")) + " requests for keys");
  require_equal(world.idp.count("/.well-known"), 1U);
}

Test(sso, no_discovery_document_leads_inside) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  const auto path = "/api/v1/auth/oauth/google/login/" + owner.org_id;
  const Listener listener;
  const auto port = listener.url().substr(listener.url().rfind(':'));
  const auto issuer = world.idp.issuer("google");
  const auto with_document = [&](const std::string& document) {
    world.idp.misbehave([=](const StubRequest&) { return std::optional{StubReply{200, document}}; });
    return Client{}.get(path);
  };
  for (const char* member : {"authorization_endpoint", "token_endpoint", "jwks_uri"})
    for (const auto& url :
         {"http://127.1" + port + "/", "http://[::1]" + port + "/", "http://0x7f000001" + port + "/",
          std::string{"http://169.254.169.254/latest/meta-data"}, std::string{"file:///etc/passwd"},
          std::string{"gopher://127.0.0.2/"}, std::string{}, std::string{"http://user:word@127.0.0.2/"}})
      expect_problem(with_document(world.idp.discovery(issuer, {{member, quoted(url)}})), 422, "url_refused");
  for (const char* other : {"https://accounts.google.com", "", "http://127.0.0.2"})
    expect_problem(with_document(world.idp.discovery(issuer, {{"issuer", quoted(other)}})), 502,
                   "provider_unavailable");
  world.idp.misbehave([&](const StubRequest&) {
    return std::optional{StubReply{302, "", "Location: " + listener.url() + "/\r\n"}};
  });
  expect_problem(Client{}.get(path), 502, "provider_unavailable");
  // A name that leads inside is noticed when it is called.
  world.idp.misbehave([&, document = world.idp.discovery(
                              issuer, {{"token_endpoint", quoted("http://localhost" + port + "/")}})](
                          const StubRequest& request) {
    return request.path == "/token" ? std::nullopt : std::optional{StubReply{200, document}};
  });
  const auto begun = begin("google", owner.org_id);
  expect_problem(come_back(begun, "c"), 422, "url_refused");
  require(!listener.was_knocked_at(0), "somebody knocked");
  require_equal(count("session"), 1);
}
