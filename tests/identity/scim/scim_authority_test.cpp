// Nobody goes further by SCIM than by the rest of the service: callers whose role covers too little.
#include <criterion/criterion.h>

#include "scim_fixture.hpp"
#include "support/oauth.hpp"
#include "support/roles.hpp"
#include "tenantd/domain/permission.hpp"

using namespace tenantd::test;

namespace {

const std::string kOff = R"([{"op":"replace","path":"active","value":false}])";

std::string adding(const std::string& id) {
  return R"([{"op":"add","path":"members","value":[{"value":")" + id + "\"}]}]";
}

std::string replacing(const std::string& path, const std::string& text) {
  return R"([{"op":"replace","path":")" + path + R"(","value":")" + text + "\"}]";
}

// Somebody with a role of the organization's own.
Account with_role(const Account& owner, const std::string& permissions) {
  const auto name = fresh_name("role");
  expect(make_role(owner, name, permissions), 201);
  auto who = invite_and_accept(owner);
  expect(give(owner, who, name), 200);
  return account_of(expect(sign_in(who.email, who.password), 200), who.email, who.password);
}

std::string role_name_of(const Directory& directory, const Account& who) {
  return directory.role_of(who.user_id);
}

std::string service_account(const Account& who, const std::string& access) {
  const auto made = who.client().post("/api/v1/service-accounts",
                                      R"({"name":")" + fresh_name("robot") + "\"," + access + '}');
  return expect(made, 201).text("/id");
}

Response account_key(const Account& who, const std::string& account) {
  return who.client().post("/api/v1/service-accounts/" + account + "/keys", R"({"name":"first"})");
}

Response organization_key(const Account& who) {
  return who.client().post("/api/v1/api-keys",
                           R"({"name":"scim","permissions":["scim:provision"],"owner":"organization"})");
}

Directory calling(const Directory& directory, const std::string& key) {
  Directory caller{directory.owner};
  caller.domain = directory.domain;
  caller.key.key = key;
  return caller;
}

// An administrator whose address is the organization's, and groups that give that role.
struct Staffed {
  Directory directory;
  std::string boss = directory.made(directory.address("boss"));
  std::string admins;

  Staffed() {
    expect(directory.set_roles({{"Admins", "admin"}, {"Chiefs", "admin"}}), 200);
    admins = expect(directory.make_group("Admins", {boss}), 201).text("/id");
    require_equal(directory.role_of(boss), "admin");
  }
  std::string seen() const {
    const auto org = binary(directory.owner.org_id);
    return std::to_string(number_of("SELECT COUNT(*) FROM audit_log WHERE org_id = " + org)) +
           expect(directory.get("/Groups"), 200).body + expect(directory.get("/Users"), 200).body;
  }
};

const Response& expect_outranked(const Response& reply) {
  expect_scim(reply, 403);
  require_equal(reply.text("/code"), "role_outranks");
  return reply;
}

void expect_kept_out(const Staffed& staffed, const Directory& caller, const Account& self) {
  const auto& [directory, boss, admins] = staffed;
  const auto own = expect(caller.make_group(fresh_name("own"), {self.user_id}), 201).text("/id");
  const auto before = staffed.seen();
  const auto person = "/Users/" + boss, group = "/Groups/" + admins;
  const auto taken = caller.address("mailbox");
  const auto member = R"({"displayName":"Admins","members":[{"value":")" + self.user_id + "\"}]}";
  expect_outranked(caller.patch(group, adding(self.user_id)));
  expect_outranked(caller.put(group, member));
  expect_outranked(caller.patch(group, R"([{"op":"remove","path":"members"}])"));
  expect_outranked(caller.del(group));
  expect_outranked(caller.make_group("Chiefs", {self.user_id}));
  expect_outranked(caller.patch("/Groups/" + own, replacing("displayName", "Chiefs")));
  expect_outranked(caller.patch(person, kOff));
  expect_outranked(caller.del(person));
  expect_outranked(caller.patch(person, replacing(R"(emails[type eq \"work\"].value)", taken)));
  expect_outranked(caller.patch(person, replacing("userName", taken)));
  expect_outranked(caller.put(person, object({{"userName", taken}})));
  expect_outranked(caller.make(caller.address("new")));
  const auto bulk = caller.post("/Bulk", R"({"Operations":[{"method":"DELETE","path":")" + person + R"("},
      {"method":"PATCH","path":")" + person + R"(","data":{"Operations":)" +
                                             kOff + R"(}},
      {"method":"PATCH","path":")" + group + R"(","data":{"Operations":)" +
                                             adding(self.user_id) + "}}]}");
  expect(bulk, 200);
  for (const auto* at : {"0", "1", "2"})
    require_equal(bulk.text(std::string{"/Operations/"} + at + "/status"), "403", bulk.body);
  require_equal(staffed.seen(), before);
  require_equal(directory.role_of(boss), "admin");
}

void expect_let_in(const Staffed& staffed, const Directory& caller) {
  const auto& [directory, boss, admins] = staffed;
  const auto person = "/Users/" + boss, renamed = caller.address("renamed");
  const auto newcomer = caller.made(caller.address("new"));
  expect(caller.patch("/Groups/" + admins, adding(newcomer)), 204);
  require_equal(directory.role_of(newcomer), "admin");
  const auto chiefs = expect(caller.make_group("Chiefs", {newcomer}), 201).text("/id");
  expect(caller.del("/Groups/" + chiefs), 204);
  expect(caller.patch(person, kOff), 200);
  expect(caller.patch(person, R"([{"op":"replace","path":"active","value":true}])"), 200);
  require_equal(expect(caller.patch(person, replacing(R"(emails[type eq \"work\"].value)", renamed)), 200)
                    .text("/emails/0/value"),
                renamed);
  expect(caller.patch(person, replacing("userName", renamed)), 200);
  const auto bulk =
      caller.post("/Bulk", R"({"Operations":[{"method":"DELETE","path":"/Users/)" + newcomer + "\"}]}");
  require_equal(expect(bulk, 200).text("/Operations/0/status"), "204");
  require_equal(directory.role_of(newcomer), "");
}

}  // namespace

Test(scim, a_role_that_covers_less_than_a_person_holds_changes_and_gives_nothing, .timeout = 300) {
  const Staffed staffed;
  const auto& directory = staffed.directory;
  const auto low = with_role(directory.owner, R"(["scim:provision","api_keys:manage"])");
  const auto robot = service_account(low, R"("role":")" + role_name_of(directory, low) + '"');
  expect_kept_out(staffed, calling(directory, low.access_token), low);
  expect_kept_out(staffed, calling(directory, make_api_key(low, R"(["scim:provision"])").key), low);
  expect_kept_out(staffed, calling(directory, expect(account_key(low, robot), 201).text("/key")), low);
  // Whom the role covers it provisions.
  const auto peer = invite_and_accept(directory.owner);
  expect(give(directory.owner, peer, role_name_of(directory, low)), 200);
  expect(calling(directory, low.access_token).patch("/Users/" + peer.user_id, kOff), 200);
  expect(calling(directory, low.access_token).del("/Users/" + peer.user_id), 204);
}

Test(scim, an_invited_person_gets_into_no_group_that_gives_more_than_the_caller_holds, .timeout = 240) {
  const Staffed staffed;
  const auto& directory = staffed.directory;
  const auto low = with_role(directory.owner, R"(["scim:provision"])");
  const auto stranger = sign_up_verified();
  const auto invited = directory.made(stranger.email);
  const auto seen = [&] { return expect(directory.get("/Groups/" + staffed.admins), 200).body; };
  const auto before = seen();
  expect_outranked(calling(directory, low.access_token).patch("/Groups/" + staffed.admins, adding(invited)));
  require_equal(seen(), before);
}

Test(scim, nobody_comes_into_such_a_group_by_the_address_of_one_who_is_invited, .timeout = 240) {
  const Staffed staffed;
  const auto& directory = staffed.directory;
  std::string names = R"(["scim:provision")";
  for (const auto name : tenantd::permission_names(tenantd::find_system_role("member")->permissions))
    names += ",\"" + std::string{name} + '"';
  const auto low = with_role(directory.owner, names + ']');
  const auto invited = directory.made(sign_up_verified().email),
             other = directory.made(sign_up_verified().email);
  expect(directory.patch("/Groups/" + staffed.admins, adding(invited)), 204);
  const auto to = [&](const std::string& id, const std::string& email) {
    return calling(directory, low.access_token)
        .patch("/Users/" + id, replacing(R"(emails[type eq \"work\"].value)", email));
  };
  const auto mine = sign_up_verified().email;
  expect_outranked(to(invited, mine));
  require_equal(number_of("SELECT COUNT(*) FROM scim_user WHERE email = '" + mine + "'"), 0,
                "addresses moved");
  // Whom no group gives more is moved, and to no member's address.
  const auto taken = to(other, low.email);
  require_equal(taken.status, 409, taken.describe());
  expect(to(other, mine), 200);
}

Test(scim, owners_and_administrators_provision_by_every_kind_of_key, .timeout = 300) {
  const Staffed staffed;
  const auto& directory = staffed.directory;
  const auto admin = invite_and_accept(directory.owner, "admin");
  const auto robot = service_account(admin, R"("role":"admin")");
  const auto lists = service_account(admin, R"("permissions":["scim:provision"])");
  expect_let_in(staffed, directory);
  expect_let_in(staffed, calling(directory, admin.access_token));
  expect_let_in(staffed, calling(directory, expect(organization_key(admin), 201).text("/key")));
  expect_let_in(staffed, calling(directory, expect(account_key(admin, robot), 201).text("/key")));
  expect_let_in(staffed, calling(directory, expect(account_key(admin, lists), 201).text("/key")));
}

Test(scim, a_directorys_key_is_set_up_by_those_alone_who_hold_an_administrators_permissions, .timeout = 300) {
  const Staffed staffed;
  const auto& owner = staffed.directory.owner;
  const auto low = with_role(owner, R"(["scim:provision","api_keys:manage","oauth_clients:manage"])");
  const std::map<std::string, std::string> machine{
      {"redirect_uris", "[]"}, {"client_credentials", R"("allowed")"}, {"scopes", R"(["scim:provision"])"}};
  const auto client = register_client(owner, machine);
  const auto robot = service_account(owner, R"("permissions":["scim:provision"])");
  const auto keys = [&] {
    return number_of(
        "SELECT (SELECT COUNT(*) FROM api_key WHERE org_id = " + binary(owner.org_id) +
        ") + (SELECT COUNT(*) FROM service_account WHERE org_id = " + binary(owner.org_id) +
        ") + (SELECT COUNT(*) FROM oauth_client WHERE org_id = " + binary(owner.org_id) +
        ") + (SELECT COUNT(*) FROM oauth_client WHERE previous_secret IS NOT NULL AND org_id = " +
        binary(owner.org_id) + ")");
  };
  const auto before = keys();
  expect_problem(organization_key(low), 403, "role_outranks");
  expect_problem(
      low.client().post("/api/v1/service-accounts", R"({"name":"robot","permissions":["scim:provision"]})"),
      403, "role_outranks");
  expect_problem(account_key(low, robot), 403, "role_outranks");
  expect_problem(low.client().post("/api/v1/service-accounts/" + robot + "/rotate-key", "{}"), 403,
                 "role_outranks");
  expect_problem(low.client().post("/api/v1/oauth/clients", client_body(machine)), 403, "role_outranks");
  expect_problem(low.client().post("/api/v1/oauth/clients/" + client.id + "/rotate-secret"), 403,
                 "role_outranks");
  require_equal(keys(), before);
}

// So it ends with the right of somebody who knows it, and goes on without its maker.
Test(scim, the_organizations_key_goes_no_further_than_a_maker_who_is_a_member, .timeout = 240) {
  const Staffed staffed;
  const auto& directory = staffed.directory;
  const auto admin = invite_and_accept(directory.owner, "admin");
  const auto caller = calling(directory, expect(organization_key(admin), 201).text("/key"));
  const auto person = "/Users/" + staffed.boss;
  expect(caller.patch(person, kOff), 200);
  expect(give(directory.owner, admin, "viewer"), 200);
  const auto before = staffed.seen();
  expect_outranked(caller.del(person));
  expect_outranked(caller.patch("/Groups/" + staffed.admins, adding(admin.user_id)));
  require_equal(staffed.seen(), before);
  require_equal(directory.role_of(admin.user_id), "viewer");
  expect(directory.owner.client().del("/delete", object({{"user_id", admin.user_id}})), 204);
  expect(caller.del(person), 204);
}
