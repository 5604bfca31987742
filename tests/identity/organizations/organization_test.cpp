// Organizations: shown, changed, handed over and ended, each by those who may.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

std::string path_to(const Account& account) { return "/api/v1/organizations/" + account.org_id; }

std::string name_of(const Account& account) {
  return text_of("SELECT name FROM organization WHERE id = " + binary(account.org_id));
}

Response transfer(const Account& from, const Account& to, const std::string& password = kPassword) {
  return from.client().post(path_to(from) + "/transfer-ownership",
                            object({{"user_id", to.user_id}, {"password", password}}));
}

std::int64_t owners_of(const Account& account) {
  return number_of(
      "SELECT COUNT(*) FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
      "WHERE r.name = 'owner' AND m.status = 0 AND m.org_id = " +
      binary(account.org_id));
}

}  // namespace

Test(organization, any_member_sees_it_and_nobody_else) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto stranger = sign_up();
  const auto seen = viewer.client().get(path_to(owner));
  expect(seen, 200);
  require_equal(seen.text("/role"), "viewer");
  require(seen.at("/settings").IsObject(), seen.describe());
  Unchanged database;
  for (const auto& path :
       {path_to(owner), std::string{"/api/v1/organizations/x"}, "/api/v1/organizations/" + fresh_id()})
    expect_problem(stranger.client().get(path), 404, "not_found");
  database.check("somebody else's organization");
}

Test(organization, the_list_holds_mine_and_a_super_admins_holds_all) {
  const auto owner = sign_up();
  const auto other = sign_up();
  const auto mine = owner.client().get("/api/v1/organizations?include_total=true");
  expect(mine, 200);
  require_equal(mine.number("/total"), 1);
  require_equal(mine.text("/items/0/id"), owner.org_id);
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(owner.user_id));
  const auto again = account_of(sign_in(owner.email, kPassword), owner.email);
  auto client = again.client();
  const auto total = client.get("/api/v1/organizations?include_total=true&limit=1").number("/total");
  require(total >= 2, "only " + std::to_string(total) + " organizations");
  bool own = false;
  bool foreign = false;
  std::string cursor;
  do {
    const auto page =
        client.get("/api/v1/organizations?limit=200" + (cursor.empty() ? "" : "&cursor=" + cursor));
    expect(page, 200);
    for (const auto& item : page.at("/items").GetArray()) {
      own = own || (owner.org_id == item["id"].GetString() && item["role"] == "owner");
      foreign = foreign || (other.org_id == item["id"].GetString() && item["role"].IsNull());
    }
    cursor = page.at("/next_cursor").IsNull() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  require(own && foreign, "an organization is missing");
}

Test(organization, what_is_given_is_changed_and_nothing_else) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto before = client.get(path_to(owner));
  const auto slug = fresh_name("slug");
  const auto changed = client.put(path_to(owner), R"({"settings":{"locale":"en"}})");
  expect(changed, 200);
  require_equal(changed.text("/settings/locale"), "en");
  require_equal(changed.text("/name"), before.text("/name"));
  require_equal(changed.text("/slug"), before.text("/slug"));
  expect(client.put(path_to(owner), object({{"name", "Renamed"}, {"slug", slug}})), 200);
  const auto after = client.get(path_to(owner));
  require_equal(after.text("/name"), "Renamed");
  require_equal(after.text("/slug"), slug);
  require_equal(after.text("/settings/locale"), "en");
  // The session learns of it at once.
  require_equal(client.get("/users/me").text("/organization/slug"), slug);
  require_equal(client.header("X-Tenant-Id", slug).get("/users/me").text("/organization/id"), owner.org_id);
}

Test(organization, what_cannot_be_is_refused) {
  const auto owner = sign_up();
  const auto other = sign_up();
  auto client = owner.client();
  const auto taken = text_of("SELECT slug FROM organization WHERE id = " + binary(other.org_id));
  Unchanged database;
  expect_problem(client.put(path_to(owner), object({{"slug", taken}})), 409, "conflict");
  for (const char* slug : {"Upper", "-x", "x-", "a b", "a.b", "\u00fc\u00fc", "admin", "www", "sso"}) {
    const auto reply = client.put(path_to(owner), object({{"slug", slug}}));
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/slug");
  }
  for (const char* body : {"{}", R"({"status":"inactive"})", R"({"personal":true})", R"({"name":""})"})
    expect_problem(client.put(path_to(owner), body), 422, "validation_failed");
  const auto large = R"({"settings":{"x":")" + std::string(4096, 'x') + "\"}}";
  expect_pointer(client.put(path_to(owner), large), "/settings");
  expect_problem(client.put(path_to(owner), R"({"require_mfa":true})"), 409, "mfa_not_enabled");
  database.check("changes that are refused");
}

Test(organization, names_of_the_services_own_hosts_are_nobodys_slug) {
  const auto owner = sign_up();
  const auto named = owner.client().post("/api/v1/organizations", object({{"name", "Support"}}));
  const auto slug = expect(named, 201).text("/slug");
  require(slug.starts_with("support-") && slug.size() == 16, slug);
  const auto made =
      owner.client().post("/api/v1/organizations", object({{"name", "Mail"}, {"slug", "mail"}}));
  expect_problem(made, 422, "validation_failed");
  expect_pointer(made, "/slug");
  auto root = super_admin().client();
  const auto tenant = root.put("/api/v1/tenants/" + owner.org_id, object({{"slug", "status"}}));
  expect_problem(tenant, 422, "validation_failed");
  expect_pointer(tenant, "/slug");
  // One that has such a name since before keeps it through other changes.
  database().run("UPDATE organization SET slug = 'static' WHERE id = " + binary(owner.org_id));
  expect(owner.client().put(path_to(owner), object({{"name", "Helpers"}, {"slug", "static"}})), 200);
  expect(root.put("/api/v1/tenants/" + owner.org_id, object({{"name", "Support"}, {"slug", "static"}})), 200);
}

Test(organization, it_ends_by_its_name_and_its_tokens_with_it) {
  const Alone alone;
  const auto owner = sign_up("Ending");
  const auto member = invite_and_accept(owner);
  const auto guest = sign_up();
  join(owner, guest, "viewer");
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto token = invite_token(email);
  auto client = owner.client();
  auto colleague = member.client();
  expect(colleague.get("/users/me"), 200);
  {
    Unchanged database;
    for (const auto& name : {std::string{"x"}, name_of(owner) + ' ', name_of(owner).substr(1)})
      expect_problem(client.del(path_to(owner), object({{"name", name}})), 422, "confirmation_mismatch");
    database.check("other names");
  }
  expect(client.del(path_to(owner), object({{"name", name_of(owner)}})), 204);
  expect_problem(client.get("/api/v1/members"), 401, "invalid_token");
  expect_problem(colleague.get("/api/v1/members"), 401, "invalid_token");
  expect_problem(client.get(path_to(owner)), 404, "not_found");
  expect_problem(Client{}.post("/accept_invite", object({{"token", token}, {"password", kPassword}})), 410,
                 "invite_gone");
  require_equal(run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}).status, 0);
  for (const char* table : {"member", "role", "invite", "event", "member_total", "member_count", "api_key"})
    require_equal(
        number_of(std::string{"SELECT COUNT(*) FROM "} + table + " WHERE org_id = " + binary(owner.org_id)),
        0, table);
  // Its people keep their accounts and their other organizations.
  const auto back = sign_in(member.email, kPassword);
  expect(back, 200);
  require(back.at("/organization").IsNull(), back.describe());
  require_equal(guest.client().get("/users/me").text("/organization/id"), guest.org_id);
}

Test(organization, ownership_passes_to_an_active_member_who_is_told) {
  const auto owner = sign_up();
  verify(owner);
  const auto heir = invite_and_accept(owner, "viewer");
  const auto reply = transfer(owner, heir);
  expect(reply, 200);
  require_equal(reply.text("/role"), "admin");
  require_equal(stored_role(owner.org_id, heir.user_id), "owner");
  require_equal(stored_role(owner.org_id, owner.user_id), "admin");
  for (const auto& account : {owner, heir})
    require(newest_mail(account.email, "ownership_transferred").text.find(heir.email) != std::string::npos,
            "the mail names the owner");
  // At once, in both directions.
  expect_problem(transfer(owner, heir), 403, "forbidden");
  require_equal(heir.client().get("/users/me").text("/organization/role"), "owner");
}

Test(organization, ownership_passes_only_with_the_password_and_to_a_member) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto stranger = sign_up();
  const auto gone = invite_and_accept(owner);
  database().run("UPDATE member SET status = 1 WHERE user_id = " + binary(gone.user_id));
  Unchanged database;
  expect_problem(transfer(owner, admin, "wrong"), 403, "reauthentication_required");
  expect_problem(
      owner.client().post(path_to(owner) + "/transfer-ownership", object({{"user_id", admin.user_id}})), 403,
      "reauthentication_required");
  expect_problem(transfer(admin, admin), 403, "forbidden");
  expect_problem(transfer(owner, stranger), 404, "not_found");
  expect_problem(transfer(owner, gone), 404, "not_found");
  expect_problem(transfer(owner, owner), 422, "validation_failed");
  database.check("transfers that are refused");
}

Test(organization, of_two_transfers_at_once_one_happens) {
  for (int round = 0; round < 6; ++round) {
    const auto owner = sign_up();
    const auto one = invite_and_accept(owner);
    const auto two = invite_and_accept(owner);
    const auto replies = at_once(2, [&](std::size_t i) { return transfer(owner, i == 0 ? one : two); });
    require_equal((replies[0].status == 200) + (replies[1].status == 200), 1, "transfers");
    const auto& heir = replies[0].status == 200 ? one : two;
    expect_problem(replies[0].status == 200 ? replies[1] : replies[0], 403, "forbidden");
    require_equal(owners_of(owner), 1);
    require_equal(stored_role(owner.org_id, heir.user_id), "owner");
  }
}

Test(organization, an_owner_is_left_whatever_owners_do_to_each_other_at_once) {
  for (int round = 0; round < 6; ++round) {
    const auto one = sign_up();
    const auto two = invite_and_accept(one, "owner");
    const auto third = invite_and_accept(one, "viewer");
    const auto replies = at_once(6, [&](std::size_t i) {
      const auto& self = i % 2 == 0 ? one : two;
      const auto& other = i % 2 == 0 ? two : one;
      if (i < 2)
        return self.client().del("/delete", object({{"user_id", other.user_id}, {"org_id", one.org_id}}));
      if (i < 4) return give(self, other, "viewer");
      return i == 4 ? self.client().del("/api/v1/users/" + other.user_id, "")
                    : self.client().post(path_to(one) + "/transfer-ownership",
                                         object({{"user_id", third.user_id}, {"password", kPassword}}));
    });
    for (const auto& reply : replies) require(reply.status < 500, reply.describe());
    require(owners_of(one) >= 1, "no owner is left");
  }
}
