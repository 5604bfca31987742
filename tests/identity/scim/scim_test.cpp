// SCIM through nginx: who is provisioned, who never is, and what follows at once.
#include <criterion/criterion.h>

#include "scim_fixture.hpp"
#include "support/mailbox.hpp"

using namespace tenantd::test;

Test(scim, a_person_of_a_proven_domain_is_made_told_found_and_removed, .timeout = 120) {
  const Directory directory;
  const auto name = directory.address();
  const auto person = directory.make(
      name,
      R"(,"externalId":"E-1","name":{"givenName":"Ann","familyName":"Lee"},"title":"Engineer","password":"never kept")");
  expect(person, 201);
  const auto id = person.text("/id");
  require_equal(person.header("content-type"), "application/scim+json");
  require(person.header("location").ends_with("/scim/v2/Users/" + id), person.describe());
  require(!person.header("etag").empty() && !person.has("/password"), person.body);
  require_equal(person.text("/emails/0/value"), name);
  require(person.at("/active").IsTrue(), person.body);
  require_equal(directory.role_of(id), "member");
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(name) +
                          " AND password IS NULL AND email_verified_at IS NOT NULL"),
                1);
  require_equal(newest_audit(directory.owner, "user.provisioned").text("/items/0/resource_id"), id);
  require_equal(count_mails(name, "account_created"), 0U);

  for (const auto& filter :
       {"userName eq " + Field{name}.json(), std::string{R"(externalId eq "E-1")"}, "id eq \"" + id + '"',
        "emails.value eq " + Field{name}.json(),
        "emails[type eq \"work\" and value eq " + Field{name}.json() + ']',
        "userName eq " + Field{name}.json() + " and active eq true", std::string{R"(title sw "engi")"}}) {
    const auto found = directory.get(filtered("/Users", filter));
    expect(found, 200);
    require(found.number("/totalResults") == 1 && found.text("/Resources/0/id") == id,
            filter + ": " + found.body);
  }
  require_equal(expect(directory.get(filtered("/Users", R"(userName eq "nobody@example.com")")), 200)
                    .number("/totalResults"),
                0);
  expect_scim(directory.make(name), 409, "uniqueness");
  std::string upper = name;
  upper[0] = 'A';
  expect_scim(directory.make(upper), 409, "uniqueness");

  expect(directory.del("/Users/" + id), 204);
  expect_scim(directory.get("/Users/" + id), 404);
  require_equal(directory.role_of(id), "");
  // The account is the person's.
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(name)), 1);
  expect_scim(directory.del("/Users/" + id), 404);
  require_equal(newest_audit(directory.owner, "member.removed").text("/items/0/resource_id"), id);
}

Test(scim, members_that_the_directory_has_not_made_are_told_and_taken_over_as_they_are, .timeout = 120) {
  const Directory directory;
  const auto member = invite_and_accept(directory.owner, "manager");
  const auto found = directory.get(filtered("/Users", "userName eq " + Field{member.email}.json()));
  require_equal(expect(found, 200).text("/Resources/0/id"), member.user_id);
  expect_scim(directory.make(member.email), 409, "uniqueness");
  const auto path = "/Users/" + member.user_id;
  const auto tag = expect(directory.get(path), 200).header("etag");
  const auto changed =
      directory.patch(path, R"([{"op":"Add","path":"externalId","value":"E-9"}])", {{"If-Match", tag}});
  require_equal(expect(changed, 200).text("/externalId"), "E-9");
  require_equal(directory.role_of(member.user_id), "manager");
  expect_scim(
      directory.patch(path, R"([{"op":"Add","path":"externalId","value":"E-10"}])", {{"If-Match", tag}}),
      412);
  require_equal(expect(directory.get(path), 200).text("/externalId"), "E-9");
  expect(directory.send("GET", path, {}, {{"If-None-Match", changed.header("etag")}}), 304);
}

Test(scim, nobodys_account_is_taken_over_an_invitation_is_sent, .timeout = 180) {
  const Directory directory;
  const auto stranger = sign_up_verified();
  // Of a domain that is not the organization's.
  const auto invited = directory.make(stranger.email, R"(,"externalId":"E-2")");
  expect(invited, 201);
  const auto path = "/Users/" + invited.text("/id");
  require(invited.text("/id") != stranger.user_id, "the account's id is not told");
  require_equal(directory.role_of(stranger.user_id), "");
  require_equal(count_mails(stranger.email, "invitation"), 1U);
  require_equal(expect(directory.get(filtered("/Users", "userName eq " + Field{stranger.email}.json())), 200)
                    .text("/Resources/0/id"),
                invited.text("/id"));
  // Neither by an id that is guessed, nor by another name, is the account reached.
  expect_scim(directory.get("/Users/" + stranger.user_id), 404);
  expect_scim(
      directory.patch("/Users/" + stranger.user_id, R"([{"op":"replace","path":"active","value":false}])"),
      404);
  expect_scim(directory.del("/Users/" + stranger.user_id), 404);
  expect(directory.patch(path, R"([{"op":"replace","path":"name.familyName","value":"Taken"}])"), 200);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE id = " + binary(stranger.user_id) +
                          " AND profile LIKE '%Taken%'"),
                0);
  expect(stranger.client().get("/api/v1/projects"), 200);
  // Inactive: the invitation is over. Active: there is another one.
  const auto first = invite_token(stranger.email);
  expect(directory.patch(path, R"([{"op":"replace","path":"active","value":false}])"), 200);
  require(Client{}.post("/accept_invite", object({{"token", first}})).status == 410, "a revoked invitation");
  expect(directory.patch(path, R"([{"op":"replace","path":"active","value":true}])"), 200);
  auto client = stranger.client();
  expect(client.post("/accept_invite", object({{"token", invite_token(stranger.email)}})), 200);
  // From then on the resource is the member's, by the same id.
  const auto joined = directory.get(path);
  require_equal(expect(joined, 200).text("/externalId"), "E-2");
  require_equal(directory.role_of(stranger.user_id), "member");
  require_equal(
      expect(directory.get(filtered("/Users", "emails.value eq " + Field{stranger.email}.json())), 200)
          .text("/Resources/0/id"),
      invited.text("/id"));
  expect(directory.patch(path, R"([{"op":"replace","path":"active","value":false}])"), 200);
  expect(directory.del(path), 204);
  require_equal(directory.role_of(stranger.user_id), "");
}

Test(scim, an_account_of_a_proven_domain_joins_if_its_owner_has_proven_the_address, .timeout = 180) {
  const Directory directory;
  auto known = sign_up_verified();
  known.email = directory.address();
  database().run("UPDATE user SET email = " + literal(known.email) + " WHERE id = " + binary(known.user_id));
  require_equal(directory.made(known.email), known.user_id);
  require_equal(directory.role_of(known.user_id), "member");
  // Somebody signed up with an address of the domain, and cannot read its mailbox.
  const auto squatted = directory.address();
  const auto squatter =
      account_of(expect(Client{}.post("/signup", sign_up_body(squatted, fresh_name("org"))), 201), squatted);
  expect(directory.make(squatted), 201);
  require_equal(directory.role_of(squatter.user_id), "");
  // A super-admin's account is nobody's to let in.
  auto root = sign_up_verified();
  root.email = directory.address();
  database().run("UPDATE user SET is_super = TRUE, email = " + literal(root.email) +
                 " WHERE id = " + binary(root.user_id));
  expect(directory.make(root.email), 201);
  require_equal(directory.role_of(root.user_id), "");
  database().run("UPDATE user SET is_super = FALSE WHERE id = " + binary(root.user_id));
}

Test(scim, without_a_proven_domain_a_new_account_is_mailed_its_link, .timeout = 120) {
  const Directory directory{false};
  const auto name = fresh_email();
  directory.made(name);
  require_equal(count_mails(name, "account_created"), 1U);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(name) +
                          " AND email_verified_at IS NULL AND password IS NULL"),
                1);
}

Test(scim, the_address_of_an_account_moves_within_proven_domains_alone, .timeout = 180) {
  const Directory directory;
  const auto name = directory.address();
  const auto path = "/Users/" + directory.made(name);
  const auto renamed = directory.address("renamed");
  const auto moved = directory.patch(
      path, R"([{"op":"Replace","path":"userName","value":")" + renamed +
                R"("},{"op":"Add","path":"emails[type eq \"work\"].value","value":")" + renamed + "\"}]");
  require_equal(expect(moved, 200).text("/userName"), renamed);
  require_equal(moved.text("/emails/0/value"), renamed);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(renamed)), 1);
  // To an address of somebody else's domain it does not.
  const auto foreign = fresh_email();
  const auto stays = directory.patch(
      path, R"([{"op":"replace","path":"emails[type eq \"work\"].value","value":")" + foreign + "\"}]");
  require_equal(expect(stays, 200).text("/emails/0/value"), renamed);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(foreign)), 0);
  // Nor that of an account which is a member elsewhere too.
  const auto member = invite_and_accept(directory.owner);
  const auto other = sign_up_verified();
  join(other, member);
  expect(
      directory.patch("/Users/" + member.user_id, R"([{"op":"replace","path":"emails","value":[{"value":")" +
                                                      directory.address() + R"(","type":"work"}]}])"),
      200);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(member.email)), 1);
  // Nor to an address that has an account.
  const auto taken = directory.address();
  directory.made(taken);
  expect_scim(directory.patch(path, R"([{"op":"replace","path":"userName","value":")" + taken + "\"}]"), 409,
              "uniqueness");
}

Test(scim, owners_are_an_owners_to_provision_and_one_stays, .timeout = 180) {
  Directory directory;
  const auto admin = invite_and_accept(directory.owner, "admin");
  const auto second = invite_and_accept(directory.owner, "member");
  expect(directory.owner.client().put("/api/v1/members/" + second.user_id + "/role",
                                      R"({"new_role_name":"owner"})"),
         200);
  const auto owners_key = directory.key;
  directory.key = make_api_key(admin, R"(["scim:provision"])");
  const auto off = R"([{"op":"replace","path":"active","value":false}])";
  const auto path = "/Users/" + second.user_id;
  expect_scim(directory.patch(path, off), 403);
  expect_scim(directory.del(path), 403);
  require_equal(directory.role_of(second.user_id), "owner");
  directory.key = owners_key;
  expect(directory.patch(path, off), 200);
  expect_scim(directory.patch("/Users/" + directory.owner.user_id, off), 409);
  expect_scim(directory.del("/Users/" + directory.owner.user_id), 409);
  require_equal(directory.role_of(directory.owner.user_id), "owner");
}

Test(scim, a_key_without_the_permission_is_refused_everywhere, .timeout = 120) {
  Directory directory;
  const auto id = directory.made(directory.address());
  directory.key = make_api_key(directory.owner, R"(["users:read","users:update","users:delete"])");
  const auto body = object({{"userName", directory.address()}});
  for (const auto& reply :
       {directory.get("/Users"), directory.get("/Users/" + id), directory.post("/Users", body),
        directory.put("/Users/" + id, body), directory.del("/Users/" + id), directory.get("/Groups"),
        directory.post("/Groups", R"({"displayName":"x"})"), directory.post("/Bulk", "{}"),
        directory.get("/Schemas")})
    expect_scim(reply, 403);
  directory.key.key = "tnd_nothing";
  expect_scim(directory.get("/Users"), 401);
  require_equal(directory.role_of(id), "member");
}

Test(scim, another_organizations_people_and_groups_are_not_found, .timeout = 180) {
  const Directory ours, theirs;
  const auto person = theirs.made(theirs.address(), R"(,"externalId":"E-3")");
  const auto member = invite_and_accept(theirs.owner);
  const auto group = expect(theirs.make_group("Staff", {person}), 201).text("/id");
  const auto own_group = expect(ours.make_group("Staff"), 201).text("/id");
  const auto off = R"([{"op":"replace","path":"active","value":false}])";
  for (const auto& id : {person, member.user_id, theirs.owner.user_id}) {
    const auto path = "/Users/" + id;
    expect_scim(ours.get(path), 404);
    expect_scim(ours.put(path, object({{"userName", ours.address()}})), 404);
    expect_scim(ours.patch(path, off), 404);
    expect_scim(ours.del(path), 404);
    expect_scim(ours.make_group(fresh_name("x"), {id}), 400, "invalidValue");
    expect_scim(ours.patch("/Groups/" + own_group,
                           R"([{"op":"add","path":"members","value":[{"value":")" + id + "\"}]}]"),
                400, "invalidValue");
    for (const auto& filter :
         {"id eq \"" + id + '"', std::string{R"(externalId eq "E-3")"}, "members.value eq \"" + id + '"'}) {
      const bool of_group = filter.starts_with("members");
      require_equal(
          expect(ours.get(filtered(of_group ? "/Groups" : "/Users", filter)), 200).number("/totalResults"),
          0);
    }
  }
  expect_scim(ours.get("/Groups/" + group), 404);
  expect_scim(ours.patch("/Groups/" + group, R"([{"op":"replace","path":"displayName","value":"x"}])"), 404);
  expect_scim(ours.put("/Groups/" + group, R"({"displayName":"x"})"), 404);
  expect_scim(ours.del("/Groups/" + group), 404);
  // Naming the other organization does not help either.
  for (const auto& header : {Header{"X-Tenant-Id", theirs.owner.org_id}})
    expect_scim(ours.send("GET", "/Users", {}, {header}), 404);
  // The same names and ids of the directory are each organization's own.
  require_equal(expect(ours.get("/Users"), 200).number("/totalResults"), 1);
  const auto kept = theirs.get("/Users/" + person);
  require(expect(kept, 200).at("/active").IsTrue(), kept.body);
  require_equal(expect(theirs.get("/Groups/" + group), 200).text("/members/0/value"), person);
  require_equal(theirs.role_of(member.user_id), "member");
}

Test(scim, people_are_told_by_pages_orders_and_parts, .timeout = 180) {
  const Directory directory;
  std::vector<std::string> names;
  for (const auto* stem : {"c", "a", "b"}) {
    names.push_back(directory.address(stem));
    directory.made(names.back(), std::string{R"(,"title":")"} + stem + '"');
  }
  const auto all = directory.get("/Users");
  require_equal(expect(all, 200).number("/totalResults"), 4);
  require_equal(all.text("/Resources/0/id"), directory.owner.user_id);
  const auto second = directory.get("/Users?startIndex=2&count=2");
  require_equal(expect(second, 200).number("/itemsPerPage"), 2);
  require_equal(second.number("/totalResults"), 4);
  require_equal(second.text("/Resources/0/userName"), names[0]);
  require_equal(expect(directory.get("/Users?count=0"), 200).size("/Resources"), 0U);
  require_equal(expect(directory.get("/Users?startIndex=-3&count=1"), 200).number("/startIndex"), 1);
  expect_scim(directory.get("/Users?count=x"), 400, "invalidValue");
  const auto sorted = directory.get("/Users?sortBy=title&sortOrder=descending");
  require_equal(expect(sorted, 200).text("/Resources/0/title"), "c");
  require_equal(sorted.text("/Resources/2/title"), "a");
  const auto part = directory.get("/Users?attributes=userName&startIndex=2");
  require(!expect(part, 200).has("/Resources/0/title") && part.has("/Resources/0/id"), part.body);
  require(!expect(directory.get("/Users?excludedAttributes=title,meta&startIndex=2"), 200)
               .has("/Resources/0/meta"),
          "excluded");
  expect_scim(directory.get(filtered("/Users", "userName eq")), 400, "invalidFilter");
  expect_scim(directory.get("/Users?sortBy=shoeSize"), 400, "invalidPath");
}

Test(scim, what_cannot_be_read_is_refused_and_changes_nothing, .timeout = 120) {
  const Directory directory;
  const auto path = "/Users/" + directory.made(directory.address());
  const auto before = expect(directory.get(path), 200).body;
  expect_scim(directory.post("/Users", "{"), 400, "invalidSyntax");
  expect_scim(directory.post("/Users", "[]"), 400, "invalidSyntax");
  expect_scim(directory.post("/Users", "{}"), 400, "invalidValue");
  expect_scim(directory.post("/Users", R"({"userName":"no address"})"), 400, "invalidValue");
  expect_scim(directory.post("/Users", R"({"userName":{"x":1}})"), 400, "invalidValue");
  expect_scim(directory.send("POST", "/Users", "userName=x", {{"Accept", "x"}}), 400, "invalidSyntax");
  expect_scim(directory.patch(path, "[]"), 400, "invalidSyntax");
  expect_scim(directory.patch(path, R"([{"op":"replace","path":"active","value":"maybe"}])"), 400,
              "invalidValue");
  expect_scim(
      directory.patch(
          path, R"([{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"id","value":"x"}])"),
      400, "mutability");
  expect_scim(directory.patch(path, R"([{"op":"remove","path":"userName"}])"), 400, "mutability");
  expect_scim(directory.get("/Users/x"), 404);
  require_equal(expect(directory.get(path), 200).body, before);
}

Test(scim, many_changes_in_one_request_stand_each_by_itself, .timeout = 180) {
  const Directory directory;
  const auto name = directory.address();
  const auto body = R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
      {"method":"POST","path":"/Users","bulkId":"ann","data":{"userName":")" +
                    name + R"("}},
      {"method":"POST","path":"/Users","bulkId":"again","data":{"userName":")" +
                    name + R"("}},
      {"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"Bulk","members":[{"value":"bulkId:ann"}]}},
      {"method":"PATCH","path":"/Users/bulkId:ann","data":{"Operations":[{"op":"add","path":"title","value":"Boss"}]}},
      {"method":"DELETE","path":"/Users/)" +
                    fresh_id() + R"("},
      {"method":"GET","path":"/Users"},
      {"method":"POST","path":"/Groups","data":{"displayName":"Lost","members":[{"value":"bulkId:nobody"}]}}]})";
  const auto reply = directory.post("/Bulk", body);
  expect(reply, 200);
  const char* const statuses[] = {"201", "409", "201", "200", "404", "400", "400"};
  for (std::size_t i = 0; i < 7; ++i)
    require_equal(reply.text("/Operations/" + std::to_string(i) + "/status"), statuses[i], reply.body);
  require_equal(reply.text("/Operations/1/response/scimType"), "uniqueness");
  require_equal(expect(directory.get("/Users?filter=" + tenantd::percent_encode("title eq \"boss\"")), 200)
                    .text("/Resources/0/groups/0/display"),
                "Bulk");
  require_equal(expect(directory.get("/Groups"), 200).number("/totalResults"), 1);
  const auto stopped =
      directory.post("/Bulk", R"({"failOnErrors":1,"Operations":[{"method":"DELETE","path":"/Users/x"},
      {"method":"POST","path":"/Groups","data":{"displayName":"Never"}}]})");
  require_equal(expect(stopped, 200).size("/Operations"), 1U);
  std::string many;
  for (int i = 0; i < 251; ++i)
    many += std::string{i == 0 ? "" : ","} + R"({"method":"DELETE","path":"/Users/x"})";
  expect_scim(directory.post("/Bulk", R"({"Operations":[)" + many + "]}"), 413);
}

Test(scim, the_service_says_what_it_does, .timeout = 120) {
  const Directory directory;
  const auto config = directory.get("/ServiceProviderConfig");
  require(expect(config, 200).at("/patch/supported").IsTrue() && config.at("/etag/supported").IsTrue(),
          config.body);
  require_equal(expect(directory.get("/ResourceTypes"), 200).number("/totalResults"), 2);
  require_equal(expect(directory.get("/ResourceTypes/User"), 200).text("/endpoint"), "/Users");
  expect_scim(directory.get("/ResourceTypes/Nothing"), 404);
  require_equal(expect(directory.get("/Schemas"), 200).number("/totalResults"), 3);
  require_equal(expect(directory.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"), 200)
                    .text("/attributes/0/name"),
                "userName");
}

Test(scim, the_organizations_own_key_goes_on_when_its_maker_has_gone, .timeout = 180) {
  Directory directory;
  const auto admin = invite_and_accept(directory.owner, "admin");
  const auto made = admin.client().post(
      "/api/v1/api-keys", R"({"name":"scim","permissions":["scim:provision"],"owner":"organization"})");
  directory.key.key = expect(made, 201).text("/key");
  expect(directory.owner.client().del("/delete", object({{"user_id", admin.user_id}})), 204);
  const auto id = directory.made(directory.address());
  require_equal(directory.role_of(id), "member");
  expect(directory.patch("/Users/" + id, R"([{"op":"replace","path":"active","value":false}])"), 200);
  expect_scim(directory.patch("/Users/" + directory.owner.user_id,
                              R"([{"op":"replace","path":"active","value":false}])"),
              403);
}
