// OpenID Connect providers of an organization's own choice: who sets them up, and what they give.
#include <criterion/criterion.h>

#include "own_providers_fixture.hpp"
#include "support/clock.hpp"
#include "support/roles.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jose.hpp"

using namespace tenantd::test;

Test(own_providers, are_made_listed_changed_and_removed_and_their_secret_is_told_to_nobody) {
  ProviderWorld world;
  const auto& owner = world.owner;
  auto client = owner.client();
  const auto made = make_own_provider(world.idp, owner,
                                      {{"groups_claim", quoted("groups")},
                                       {"group_roles", R"([{"group":"it","role_name":"admin"}])"},
                                       {"scopes", quoted("openid groups")}});
  const auto one = path(owner.org_id, '/' + made.text("/id"));
  require_equal(made.header("location"), one);
  require_equal(made.text("/scopes"), "groups");
  require_equal(made.text("/redirect_uri"), setting("PUBLIC_URL") + "/sso/" + owner.org_id + "/own");
  require(made.at("/client_jwk").IsNull(), made.body);
  require_equal(client.get(one).header("etag"), made.header("etag"));
  require_equal(client.get(path(owner.org_id)).size("/items"), 1U);
  // Those of the fixed kinds are listed as ever.
  require_equal(client.get("/api/v1/tenants/" + owner.org_id + "/identity-providers").size("/items"), 0U);
  const auto config =
      Client{}.get("/api/v1/config?organization=" +
                   text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id)));
  require_equal(config.text("/organization/sign_in/ways/0/id"), "own");
  require_equal(config.text("/organization/sign_in/ways/0/kind"), "oidc");
  require_equal(config.text("/organization/sign_in/ways/0/name"), "Our Provider");
  require_equal(config.size("/organization/sign_in/providers"), 0U);

  const auto changed = client.put(
      one, R"({"name":"Another","groups_claim":"roles","group_roles":[{"group":"a","role_name":"viewer"},)"
           R"({"group":"b","role_name":"member"}],"client_auth":"private_key_jwt"})");
  expect(changed, 200);
  require_equal(changed.text("/group_roles/1/role_name"), "member");
  require_equal(changed.text("/client_jwk/alg"), "ES256");
  const auto renewed = client.put(one, R"({"renew_key":true})");
  require(renewed.text("/client_jwk/kid") != changed.text("/client_jwk/kid"), "the same key");
  {
    Unchanged database;
    Call stale{"PUT", one, R"({"name":"x"})", "application/json", {}};
    stale.headers.emplace_back("If-Match", made.header("etag"));
    expect_problem(client.send(stale), 412, "precondition_failed");
    database.check("a stale If-Match");
  }
  for (const auto& reply :
       {client.get(one).body, client.get(path(owner.org_id)).body, made.body, changed.body})
    require(reply.find("not to be told") == std::string::npos && reply.find("\"d\"") == std::string::npos,
            reply);
  const auto in_org = " WHERE org_id = " + binary(owner.org_id);
  for (const char* text :
       {"SELECT GROUP_CONCAT(COALESCE(old_values, ''), COALESCE(new_values, '')) FROM audit_log",
        "SELECT GROUP_CONCAT(data) FROM event",
        "SELECT GROUP_CONCAT(client_secret_sealed) FROM identity_provider"}) {
    const auto found = text_of(text + in_org);
    require(found.find("not to be told") == std::string::npos && found.find("PRIVATE") == std::string::npos,
            text);
  }
  require_equal(log_with(world.stack.dir(), "not to be told"), "", "the secret stands in a log");
  // A role that a group would get stays.
  expect(make_role(owner, "helper", R"(["users:read"])"), 201);
  expect(client.put(one, R"({"group_roles":[{"group":"a","role_name":"helper"}]})"), 200);
  const auto role = text_of(
      "SELECT LOWER(INSERT(INSERT(INSERT(INSERT(HEX(id),9,0,'-'),14,0,'-'),19,0,'-'),24,0,'-')) "
      "FROM role WHERE name = 'helper' AND org_id = " +
      binary(owner.org_id));
  expect_problem(client.del("/api/v1/roles/" + role, ""), 409, "role_in_use");
  expect(client.del(one, ""), 204);
  expect(client.del("/api/v1/roles/" + role, ""), 204);
  expect_problem(client.get(one), 404, "not_found");
  require_equal(number_of("SELECT COUNT(*) FROM event" + in_org + " AND type LIKE 'identity\\_provider.%'"),
                5);
}

Test(own_providers, what_cannot_be_meant_is_refused) {
  ProviderWorld world;
  const auto& owner = world.owner;
  auto client = owner.client();
  const auto at = [&](const Members& changes) {
    return client.post(path(owner.org_id), own_provider_body(world.idp, changes));
  };
  const auto refused = [&](const Members& changes, const std::string& pointer) {
    const auto reply = at(changes);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  };
  {
    Unchanged database;
    for (const char* slug :
         {"google", "microsoft", "github", "Own", "-own", "own-", "o wn", "own.x", "", "../own"})
      expect_problem(at({{"slug", quoted(slug)}}), 422, "validation_failed");
    refused({{"slug", quoted("google")}}, "/slug");
    for (const char* issuer :
         {"http://id.example.com", "https://id.example.com/?x=1", "https://id.example.com/#x",
          "https://id.example.com/ x", "ftp://id.example.com"})
      refused({{"issuer", quoted(issuer)}}, "/issuer");
    for (const char* issuer : {"https://127.0.0.1/", "https://10.1.2.3", "https://169.254.169.254/latest",
                               "https://[::1]/", "https://0x7f000001/", "https://user:word@id.example.com"})
      expect_problem(at({{"issuer", quoted(issuer)}}), 422, "url_refused");
    refused({{"allowed_domains", "[]"}}, "/allowed_domains");
    refused({{"allowed_domains", "[]"}, {"auto_provision_users", "false"}, {"trust_addresses", "true"}},
            "/allowed_domains");
    refused({{"group_roles", R"([{"group":"it","role_name":"member"}])"}}, "/groups_claim");
    refused({{"groups_claim", quoted("groups")}, {"group_roles", R"([{"group":"it","role_name":"owner"}])"}},
            "/group_roles/0/role_name");
    refused({{"groups_claim", quoted("groups")},
             {"group_roles", R"([{"group":"it","role_name":"member"},{"group":"it","role_name":"admin"}])"}},
            "/group_roles/1/group");
    refused({{"default_role_name", quoted("owner")}}, "/default_role_name");
    refused({{"client_secret", ""}}, "/client_secret");
    refused({{"client_auth", quoted("private_key_jwt")}}, "/client_secret");
    database.check("refused providers");
  }
  // Nobody gives by a group what they do not hold.
  expect(make_role(owner, "gatekeeper", R"(["identity_providers:manage"])"), 201);
  const auto keeper = invite_and_accept(owner, "gatekeeper");
  {
    Unchanged database;
    expect_problem(
        keeper.client().post(
            path(owner.org_id),
            own_provider_body(world.idp, {{"default_role_name", quoted("gatekeeper")},
                                          {"groups_claim", quoted("groups")},
                                          {"group_roles", R"([{"group":"it","role_name":"admin"}])"}})),
        403, "role_outranks");
    database.check("a role above one's own");
  }
  // Ten, each of its own slug.
  for (int i = 0; i < 10; ++i) expect(at({{"slug", quoted("own-" + std::to_string(i))}}), 201);
  {
    Unchanged database;
    expect_problem(at({{"slug", quoted("own-10")}}), 409, "limit_reached");
    database.check("an eleventh");
  }
  const auto first = client.get(path(owner.org_id)).text("/items/0/id");
  expect(client.del(path(owner.org_id, '/' + first), ""), 204);
  expect_problem(at({{"slug", quoted("own-1")}}), 409, "conflict");
  // Of nobody else.
  const auto stranger = sign_up();
  const auto second = client.get(path(owner.org_id)).text("/items/0/id");
  expect_problem(stranger.client().get(path(owner.org_id)), 404, "not_found");
  expect_problem(stranger.client().get(path(stranger.org_id, '/' + second)), 404, "not_found");
}

Test(own_providers, groups_give_roles_and_never_the_owners, .timeout = 120) {
  ProviderWorld world;
  const auto& owner = world.owner;
  const auto provider = make_own_provider(
      world.idp, owner,
      {{"default_role_name", quoted("viewer")},
       {"groups_claim", quoted("realm.groups")},
       {"group_roles", R"([{"group":"it","role_name":"admin"},{"group":"staff","role_name":"member"}])"}});
  const auto one = path(owner.org_id, '/' + provider.text("/id"));
  const auto sign = [&](const std::string& subject, const std::string& groups) {
    auto reply =
        sign_on(world.idp, "own", owner.org_id, subject, subject + "@example.com",
                {{"realm", "{\"groups\":" + groups + "}"}, {"owner", "true"}, {"role", quoted("owner")}});
    expect(reply, 200);
    return reply;
  };
  // The first that fits, in the table's order; a list, a text or an object.
  require_equal(sign("ann", R"(["staff","it"])").text("/organization/role"), "admin");
  require_equal(sign("bob", quoted("staff")).text("/organization/role"), "member");
  require_equal(sign("cid", R"({"it":{}})").text("/organization/role"), "admin");
  for (const char* groups : {R"(["owner"])", R"(["IT"])", "[]", "7", R"([["it"]])"})
    require_equal(sign(fresh_name("dan"), groups).text("/organization/role"), "viewer", groups);
  // At the first sign-in alone, unless the terms say otherwise.
  require_equal(sign("bob", R"(["it"])").text("/organization/role"), "member");
  expect(owner.client().put(one, R"({"groups_each_time":true})"), 200);
  const auto bob = sign("bob", R"(["it"])");
  require_equal(bob.text("/organization/role"), "admin");
  require_equal(sign("bob", R"([])").text("/organization/role"), "viewer");
  require_equal(
      number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'member.role_changed' AND org_id = " +
                binary(owner.org_id)),
      2);
  // Who names no groups at all says nothing of them.
  expect(sign_on(world.idp, "own", owner.org_id, "ann", "ann@example.com"), 200);
  require_equal(sign("ann", R"(["it"])").text("/organization/role"), "admin");
  // An owner stays one.
  verify(owner);
  const auto begun = begin("own", owner.org_id, owner.client());
  expect(bring(world.idp, begun, world.idp.key().token(payload_for(world.idp, begun, "boss", owner.email))),
         200);
  require_equal(sign("boss", R"(["staff"])").text("/organization/role"), "owner");
  // Whoever answers for the provider could change it: else it stays.
  expect(make_role(owner, "gatekeeper", R"(["identity_providers:manage","users:read"])"), 201);
  const auto keeper = invite_and_accept(owner, "admin");
  expect(keeper.client().put(one, R"({"name":"Kept"})"), 200);
  expect(give(owner, keeper, "gatekeeper"), 200);
  require_equal(sign("bob", R"(["it"])").text("/organization/role"), "viewer");
  require_equal(sign("ann", R"([])").text("/organization/role"), "admin");
  expect_problem(
      sign_on(world.idp, "own", owner.org_id, "eve", "eve@example.com", {{"realm", R"({"groups":["it"]})"}}),
      403, "not_provisioned");
}

Test(own_providers, keys_that_change_are_found_and_eddsa_is_one_of_them, .timeout = 120) {
  ProviderWorld world{{"CLOCK_OFFSET_FILE=" + setting("CLOCK_OFFSET_FILE")}};
  const auto& owner = world.owner;
  make_own_provider(world.idp, owner);
  auto& idp = world.idp;
  expect(sign_on(idp, "own", owner.org_id, "ann", "ann@example.com"), 200);
  const ForgeKey next{"key-2", ForgeKey::kEd25519};
  idp.misbehave([&](const StubRequest& request) {
    return request.path == "/keys" ? std::optional{StubReply{200, jwks({&next})}} : std::nullopt;
  });
  const MovedClock clock;
  clock.set(61);
  auto begun = begin("own", owner.org_id);
  const Members later{{"exp", "4000000000"}};
  expect(bring(idp, begun, next.token(payload_for(idp, begun, "ann", "ann@example.com", later))), 200);
  // The one before is gone with the provider's document.
  begun = begin("own", owner.org_id);
  expect_problem(bring(idp, begun, idp.key().token(payload_for(idp, begun, "ann", "ann@example.com", later))),
                 401, "oauth_token_refused");
}

Test(own_providers, the_service_shows_who_it_is_by_a_secret_or_a_key_of_its_own, .timeout = 120) {
  ProviderWorld world;
  const auto& owner = world.owner;
  auto& idp = world.idp;
  // In the header, unless the provider takes the body alone.
  idp.announce(
      {{"token_endpoint_auth_methods_supported", R"(["client_secret_post","client_secret_basic"])"}});
  const auto provider = make_own_provider(idp, owner);
  const auto one = path(owner.org_id, '/' + provider.text("/id"));
  expect(sign_on(idp, "own", owner.org_id, "ann", "ann@example.com"), 200);
  require(idp.exchange_header().find("Authorization: Basic ") != std::string::npos, idp.exchange_header());
  require(idp.exchange().find("client_secret") == std::string::npos, idp.exchange());

  const auto changed = owner.client().put(one, R"({"client_auth":"private_key_jwt"})");
  expect(changed, 200);
  expect(sign_on(idp, "own", owner.org_id, "ann", "ann@example.com"), 200);
  const auto form = "?" + idp.exchange();
  const auto at = form.find("client_assertion=") + 17;
  const auto assertion = tenantd::url_decode(form.substr(at, form.find('&', at) - at)).value();
  const auto& jwk = changed.at("/client_jwk");
  const auto keys = tenantd::crypto::ForeignKeys::parse(
      R"({"keys":[{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":")" +
      std::string{jwk["kid"].GetString()} + R"(","x":")" + jwk["x"].GetString() + R"(","y":")" +
      jwk["y"].GetString() + "\"}]}");
  const auto token = tenantd::crypto::read_foreign_token(assertion);
  require(token && keys && keys->verify(*token), assertion);
  require(token->payload.find("\"aud\":\"" + idp.url() + "/token\"") != std::string::npos, token->payload);
  require(form.find("client_secret") == std::string::npos, form);
  require(idp.exchange_header().find("Authorization:") == std::string::npos, idp.exchange_header());
}

Test(own_providers, what_the_token_leaves_out_userinfo_says_of_the_same_person, .timeout = 120) {
  ProviderWorld world;
  const auto& owner = world.owner;
  auto& idp = world.idp;
  idp.announce({{"userinfo_endpoint", quoted(idp.url() + "/userinfo")}});
  make_own_provider(
      idp, owner,
      {{"groups_claim", quoted("groups")}, {"group_roles", R"([{"group":"it","role_name":"viewer"}])"}});
  const Members bare{{"email", ""}, {"email_verified", ""}};
  idp.tell(R"({"sub":"bob","email":"ann@example.com","email_verified":true,"groups":["it"]})");
  expect_problem(sign_on(idp, "own", owner.org_id, "ann", "ann@example.com", bare), 401,
                 "oauth_token_refused");
  require_equal(count("identity"), 0);
  idp.tell(R"({"sub":"ann","email":"ann@example.com","email_verified":true,"groups":["it"],"name":"Ann"})");
  const auto signed_on = sign_on(idp, "own", owner.org_id, "ann", "ann@example.com", bare);
  expect(signed_on, 200);
  require_equal(signed_on.text("/user/email"), "ann@example.com");
  require_equal(signed_on.text("/organization/role"), "viewer");
}
