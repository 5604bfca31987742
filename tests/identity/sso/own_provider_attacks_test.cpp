// How far a provider of an organization's own choice is believed, and what it can cost.
#include <criterion/criterion.h>

#include "own_providers_fixture.hpp"
#include "support/listener.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

Test(own_providers, an_address_counts_where_it_is_verified_or_trusted_and_leads_to_no_account,
     .timeout = 120) {
  ProviderWorld world;
  const auto& owner = world.owner;
  const auto provider = make_own_provider(world.idp, owner);
  const auto one = path(owner.org_id, '/' + provider.text("/id"));
  const auto sign = [&](const std::string& email, const Members& changes) {
    return sign_on(world.idp, "own", owner.org_id, fresh_name("sub"), email, changes);
  };
  {
    const auto before = count("user") + count("identity");
    for (const char* verified : {"", "false", "null", "1", "\"true\"", "[true]"})
      expect_problem(sign(fresh_email(), {{"email_verified", verified}}), 403, "domain_not_allowed");
    expect_problem(sign("eve@sub.example.com", {}), 403, "domain_not_allowed");
    // Of an account, a member's too: verified or not, the address alone leads nowhere.
    const auto member = invite_and_accept(owner);
    const auto stranger = sign_up_verified();
    for (const auto* who : {&member, &stranger, &owner}) {
      expect_problem(sign(who->email, {}), 409, "email_taken");
      expect_problem(sign(who->email, {{"email_verified", "false"}}), 403, "domain_not_allowed");
    }
    require_equal(count("user") + count("identity"), before + 2);
  }
  const auto made = sign(fresh_email("verified"), {});
  expect(made, 200);
  // What an organization's provider says proves nothing to anybody else.
  require(!made.at("/user/email_verified").GetBool(), made.body);
  expect(owner.client().put(one, R"({"trust_addresses":true})"), 200);
  const auto trusted = sign(fresh_email("trusted"), {{"email_verified", ""}});
  expect(trusted, 200);
  require(!trusted.at("/user/email_verified").GetBool(), trusted.body);
  expect_problem(sign("eve@evilexample.com", {{"email_verified", "true"}}), 403, "domain_not_allowed");
  expect_problem(sign(owner.email, {{"email_verified", "true"}}), 409, "email_taken");
  // Another claim than email is not what email_verified speaks of.
  expect(owner.client().put(one, R"({"trust_addresses":false,"email_claim":"upn"})"), 200);
  expect_problem(sign(fresh_email(), {{"upn", quoted("upn@example.com")}}), 403, "domain_not_allowed");
  expect(owner.client().put(one, R"({"trust_addresses":true})"), 200);
  require_equal(sign(fresh_email(), {{"upn", quoted("upn@example.com")}}).text("/user/email"),
                "upn@example.com");
}

Test(own_providers, a_reply_of_another_provider_is_taken_nowhere, .timeout = 120) {
  ProviderWorld world;
  FakeProvider evil;
  const auto& owner = world.owner;
  make_own_provider(world.idp, owner);
  make_own_provider(evil, owner, {{"slug", quoted("evil")}});
  const auto sessions = count("session");
  const auto token = [&](FakeProvider& by, const Begun& begun) {
    return by.key().token(payload_for(by, begun, "ann", "ann@example.com"));
  };
  // The state of one at the callback of the other; and it is used up.
  auto begun = begin("own", owner.org_id);
  auto crossed = begun;
  crossed.provider = "evil";
  expect_problem(bring(evil, crossed, token(evil, begun)), 400, "oauth_state_invalid");
  expect_problem(bring(world.idp, begun, token(world.idp, begun)), 400, "oauth_state_invalid");
  // A token of the other, with its own key and either issuer.
  begun = begin("own", owner.org_id);
  expect_problem(bring(world.idp, begun, token(evil, begun)), 401, "oauth_token_refused");
  begun = begin("own", owner.org_id);
  expect_problem(
      bring(world.idp, begun, evil.key().token(payload_for(world.idp, begun, "ann", "ann@example.com"))), 401,
      "oauth_token_refused");
  // The reply names the other; its code goes nowhere.
  begun = begin("own", owner.org_id);
  const auto asked = world.idp.count("/token");
  expect_problem(bring(world.idp, begun, token(world.idp, begun), evil.issuer("own")), 401,
                 "oauth_token_refused");
  expect_problem(bring(world.idp, begun, token(world.idp, begun)), 400, "oauth_state_invalid");
  require_equal(world.idp.count("/token"), asked);
  begun = begin("own", owner.org_id);
  expect(bring(world.idp, begun, token(world.idp, begun), world.idp.issuer("own")), 200);
  require_equal(count("session"), sessions + 1);
  // One that says that it names itself always must.
  FakeProvider naming;
  naming.announce({{"authorization_response_iss_parameter_supported", "true"}});
  make_own_provider(naming, owner, {{"slug", quoted("naming")}});
  begun = begin("naming", owner.org_id);
  expect_problem(bring(naming, begun, token(naming, begun)), 401, "oauth_token_refused");
  begun = begin("naming", owner.org_id);
  const auto signed_on =
      bring(naming, begun, naming.key().token(payload_for(naming, begun, "ann", "other@example.com")),
            naming.issuer("own"));
  expect(signed_on, 200);
  // The same subject at two providers is two people.
  require_equal(count("identity"), 2);
  require_equal(number_of("SELECT COUNT(DISTINCT user_id) FROM identity WHERE subject = 'ann'"), 2);
}

// Its own authorization endpoint sends people on to another one, with a sign-in that somebody else has begun
// there: the code comes back with this one's state, and would be handed to it.
Test(own_providers, a_code_that_another_provider_gave_is_not_handed_to_one, .timeout = 120) {
  ProviderWorld world;
  FakeProvider evil;
  const auto mallory = sign_up_verified();
  const auto& owner = world.owner;
  make_provider(owner, "google");
  make_own_provider(world.idp, owner);
  make_own_provider(evil, mallory, {{"slug", quoted("evil")}});
  const auto common = setting("PUBLIC_URL") + "/sso";
  const auto sessions = count("session");
  for (const std::string& where :
       {common, begin("own", owner.org_id).redirect, common + '/' + mallory.org_id + "/other",
        common + '/' + owner.org_id + "/evil", std::string{"https://evil.example"}, std::string{}}) {
    auto begun = begin("evil", mallory.org_id);
    require_equal(begun.redirect, common + '/' + mallory.org_id + "/evil");
    begun.redirect = where;
    expect_problem(bring(evil, begun, evil.key().token(payload_for(evil, begun, "x", "x@example.com"))), 401,
                   "oauth_token_refused");
  }
  require_equal(evil.count("/token"), 0U);
  // Nor does what came back to it go to those whose address all others share.
  auto begun = begin("google", owner.org_id);
  require_equal(begun.redirect, common);
  begun.redirect = common + '/' + mallory.org_id + "/evil";
  expect_problem(bring(world.idp, begun, "x"), 401, "oauth_token_refused");
  require_equal(count("session"), sessions);
  // Its own address does, also with a slash more, and its own name without one.
  for (const std::string& where : {common + '/' + mallory.org_id + "/evil/", std::string{}}) {
    begun = begin("evil", mallory.org_id);
    begun.redirect = where;
    const auto token = evil.key().token(payload_for(evil, begun, "x", "x@example.com"));
    expect(bring(evil, begun, token, where.empty() ? evil.issuer("evil") : ""), 200);
  }
}

Test(own_providers, no_document_leads_elsewhere_or_costs_more_than_it_may, .timeout = 180) {
  ProviderWorld world;
  const auto& owner = world.owner;
  make_own_provider(world.idp, owner);
  const auto path = "/api/v1/auth/oauth/own/login/" + owner.org_id;
  const Listener inside;
  const auto port = inside.url().substr(inside.url().rfind(':'));
  const auto issuer = world.idp.issuer("own");
  const auto with_reply = [&](const StubReply& reply) {
    world.idp.misbehave([=](const StubRequest&) { return std::optional{reply}; });
    const auto started = tenantd::monotonic_microseconds();
    auto answer = Client{}.impatient().get(path);
    require(tenantd::monotonic_microseconds() - started < 6'000'000, "it took too long");
    return answer;
  };
  for (const char* other : {"https://accounts.google.com", "", "http://127.0.0.2"})
    expect_problem(with_reply({200, world.idp.discovery(issuer, {{"issuer", quoted(other)}})}), 502,
                   "provider_unavailable");
  expect_problem(with_reply({200, world.idp.discovery(issuer + "/")}), 502, "provider_unavailable");
  for (const char* member : {"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"})
    for (const auto& url :
         {"http://127.1" + port + "/", "http://[::1]" + port + "/",
          std::string{"http://169.254.169.254/latest/meta-data"}, std::string{"file:///etc/passwd"}})
      expect_problem(with_reply({200, world.idp.discovery(issuer, {{member, quoted(url)}})}), 422,
                     "url_refused");
  expect_problem(with_reply({302, "", "Location: " + inside.url() + "/\r\n"}), 502, "provider_unavailable");
  // More than 64 KB is not read, and one that hangs is left.
  expect_problem(
      with_reply({200, world.idp.discovery(issuer), "Content-Type: application/json\r\n", false, 70000}), 502,
      "provider_unavailable");
  StubReply hangs;
  hangs.hang = true;
  expect_problem(with_reply(hangs), 502, "provider_unavailable");
  require(!inside.was_knocked_at(0), "somebody knocked");
  require_equal(count("oauth_state"), 0);
  world.idp.misbehave(nullptr);
  expect(sign_on(world.idp, "own", owner.org_id, "ann", "ann@example.com"), 200);
}

Test(own_providers, providers_that_hang_hold_up_nobody_elses, .timeout = 180) {
  ProviderWorld world;
  const auto& owner = world.owner;
  make_own_provider(world.idp, owner);
  expect(sign_on(world.idp, "own", owner.org_id, "ann", "ann@example.com"), 200);
  // Four other organizations, each with providers that never answer.
  FakeProvider stuck;
  StubReply hangs;
  hangs.hang = true;
  stuck.misbehave([&](const StubRequest&) { return std::optional{hangs}; });
  std::vector<std::string> paths;
  for (int i = 0; i < 4; ++i) {
    const auto other = sign_up();
    for (const char* slug : {"a", "b", "c"}) {
      make_own_provider(stuck, other,
                        {{"slug", quoted(slug)}, {"issuer", quoted(stuck.url() + "/own/" + slug)}});
      paths.push_back("/api/v1/auth/oauth/" + std::string{slug} + "/login/" + other.org_id);
    }
  }
  const auto replies = at_once(paths.size() + 1, [&](std::size_t i) {
    if (i < paths.size()) return Client{}.impatient().get(paths[i]);
    wait_until("one hangs", [&] { return stuck.count("/own/") > 0; });
    return sign_on(world.idp, "own", owner.org_id, "ann", "ann@example.com");
  });
  for (std::size_t i = 0; i < paths.size(); ++i)
    require(replies[i].status == 502 || replies[i].status == 429, replies[i].describe());
  expect(replies.back(), 200);
}
