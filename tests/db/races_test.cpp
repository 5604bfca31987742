// Many at once: each effect happens once, whoever asks how often, and nobody is told 5xx.
#include <criterion/criterion.h>

#include <map>
#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

// Throws unless the replies' statuses are exactly these, so many of each.
void expect_statuses(const std::vector<Response>& replies, const std::map<int, int>& expected,
                     const std::source_location& at = std::source_location::current()) {
  std::map<int, int> found;
  std::string text;
  for (const auto& reply : replies) ++found[reply.status];
  for (const auto& [status, count] : found) {
    text += std::to_string(status) + " × " + std::to_string(count);
    for (const auto& reply : replies)
      if (reply.status == status) {
        text += " (" + reply.describe() + "); ";
        break;
      }
  }
  require(found == expected, text, at);
}

std::int64_t members_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM member WHERE org_id = " + binary(owner.org_id));
}

// The counted members agree with the members.
void require_counts_agree(const Account& owner) {
  const auto org = binary(owner.org_id);
  const auto counted =
      number_of("SELECT COALESCE(SUM(members), 0) FROM member_count WHERE block = -1 AND org_id = " + org);
  require_equal(counted, members_of(owner), "member_count");
}

}  // namespace

Test(races, a_hundred_sign_ups_at_once_make_a_hundred_organizations) {
  const auto stem = fresh_name("crowd");
  const auto replies = at_once(100, [&](std::size_t i) {
    return Client{}.post("/signup", sign_up_body(stem + '-' + std::to_string(i) + "@example.com", stem));
  });
  expect_statuses(replies, {{201, 100}});
  std::set<std::string> slugs;
  for (const auto& reply : replies) slugs.insert(reply.text("/organization/slug"));
  require_equal(slugs.size(), 100U, "slugs");
  require_equal(number_of("SELECT COUNT(*) FROM organization WHERE name = " + literal(stem)), 100);
  require_equal(
      number_of("SELECT COUNT(*) FROM member m JOIN organization o ON o.id = m.org_id WHERE o.name = " +
                literal(stem)),
      100);
}

Test(races, a_hundred_sign_ups_of_one_address_make_one_account) {
  const auto email = fresh_email();
  const auto name = fresh_name("once");
  const auto replies =
      at_once(100, [&](std::size_t) { return Client{}.post("/signup", sign_up_body(email, name)); });
  expect_statuses(replies, {{201, 1}, {409, 99}});
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(email)), 1);
  require_equal(number_of("SELECT COUNT(*) FROM organization WHERE name = " + literal(name)), 1);
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE recipient = " + literal(email)), 1);
}

Test(races, a_hundred_invitations_of_one_address_make_one) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  const auto replies = at_once(100, [&](std::size_t) { return invite(owner, email); });
  expect_statuses(replies, {{201, 1}, {409, 99}});
  require_equal(number_of("SELECT COUNT(*) FROM invite WHERE org_id = " + binary(owner.org_id)), 1);
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE recipient = " + literal(email)), 1);
}

Test(races, a_hundred_invitations_of_a_hundred_addresses_make_a_hundred) {
  const auto owner = sign_up();
  const auto stem = fresh_name("guest");
  const auto replies =
      at_once(100, [&](std::size_t i) { return invite(owner, stem + std::to_string(i) + "@example.com"); });
  expect_statuses(replies, {{201, 100}});
  require_equal(number_of("SELECT COUNT(*) FROM invite WHERE org_id = " + binary(owner.org_id)), 100);
}

Test(races, a_hundred_acceptances_of_one_invitation_make_one_member) {
  for (const bool has_account : {false, true}) {
    const auto owner = sign_up();
    const auto email = has_account ? sign_up().email : fresh_email();
    expect(invite(owner, email), 201);
    const auto body = object({{"token", invite_token(email)}, {"password", kPassword}});
    const auto replies = at_once(100, [&](std::size_t) { return Client{}.post("/accept_invite", body); });
    expect_statuses(replies, {{200, 1}, {409, 99}});
    require_equal(members_of(owner), 2);
    require_counts_agree(owner);
    require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(email)), 1);
  }
}

Test(races, a_hundred_people_join_one_organization_at_once) {
  const auto owner = sign_up();
  std::vector<std::string> bodies;
  for (int i = 0; i < 100; ++i) {
    const auto email = fresh_email();
    expect(invite(owner, email), 201);
    bodies.push_back(object({{"token", invite_token(email)}, {"password", kPassword}}));
  }
  const auto replies =
      at_once(100, [&](std::size_t i) { return Client{}.post("/accept_invite", bodies[i]); });
  expect_statuses(replies, {{200, 100}});
  require_equal(members_of(owner), 101);
  require_counts_agree(owner);
}

Test(races, two_owners_who_remove_or_demote_each_other_leave_one) {
  for (int round = 0; round < 20; ++round) {
    const auto one = sign_up();
    const auto two = invite_and_accept(one, "owner");
    const bool remove = round % 2 == 0;
    const auto strike = [&](const Account& by, const Account& at) {
      auto client = by.client();
      if (remove) return client.del("/delete", object({{"user_id", at.user_id}}));
      return client.post("/update_member_role",
                         object({{"user_id", at.user_id}, {"new_role_name", "viewer"}}));
    };
    const auto replies =
        at_once(2, [&](std::size_t i) { return i == 0 ? strike(one, two) : strike(two, one); });
    int won = 0;
    for (const auto& reply : replies) {
      won += reply.status < 300 ? 1 : 0;
      require(reply.status < 500, reply.describe());
    }
    require_equal(won, 1, "strikes that hit");
    const int owners =
        (stored_role(one.org_id, one.user_id) == "owner") + (stored_role(one.org_id, two.user_id) == "owner");
    require_equal(owners, 1, "owners left");
    require_counts_agree(one);
  }
}

Test(races, an_owner_who_leaves_twice_at_once_while_another_leaves_too_leaves_one) {
  for (int round = 0; round < 10; ++round) {
    const auto one = sign_up();
    const auto two = invite_and_accept(one, "owner");
    const auto replies = at_once(6, [&](std::size_t i) {
      const auto& self = i % 2 == 0 ? one : two;
      return self.client().del("/delete", object({{"user_id", self.user_id}}));
    });
    for (const auto& reply : replies) require(reply.status < 500, reply.describe());
    require_equal(members_of(one), 1);
  }
}

Test(races, one_idempotency_key_on_parallel_sign_ups_has_one_effect_and_one_reply) {
  const auto body = sign_up_body(fresh_email(), "Acme");
  const auto key = fresh_name("key");
  const auto replies =
      at_once(20, [&](std::size_t) { return Client{}.header("Idempotency-Key", key).post("/signup", body); });
  std::set<std::string> bodies;
  for (const auto& reply : replies) {
    require(reply.status == 201 || reply.status == 409, reply.describe());
    if (reply.status == 409) expect_problem(reply, 409, "idempotency_in_progress");
    if (reply.status == 201) bodies.insert(reply.body);
  }
  require_equal(bodies.size(), 1U, "different replies");
  const auto again = Client{}.header("Idempotency-Key", key).post("/signup", body);
  expect(again, 201);
  require(again.body == *bodies.begin(), again.describe());
  require_equal(again.header("idempotency-replayed"), "true");
  require_equal(again.header("cache-control"), "no-store");
}

// Nobody knows who an anonymous caller is: whoever sends something else is somebody else.
Test(races, anonymous_callers_who_chose_one_idempotency_key_do_not_meet) {
  const auto key = fresh_name("key");
  const auto sign_in_with = [&](const Account& account, const std::string& password) {
    return Client{}
        .header("Idempotency-Key", key)
        .post("/signin", object({{"email", account.email}, {"password", password}}));
  };
  const auto ada = sign_up();
  const auto bob = sign_up();
  const auto first = sign_in_with(ada, ada.password);
  expect(first, 200);
  const auto second = sign_in_with(bob, bob.password);
  expect(second, 200);
  require_equal(second.text("/user/id"), bob.user_id);
  require_equal(second.header("idempotency-replayed"), "");
  expect_problem(sign_in_with(ada, "wrong orchard lantern 9"), 401, "invalid_credentials");
  const auto repeated = sign_in_with(ada, ada.password);
  expect(repeated, 200);
  require_equal(repeated.body, first.body);
  // Another browser's cookie is another caller too.
  const auto elsewhere = Client{}
                             .header("Idempotency-Key", key)
                             .header("Cookie", "a=b")
                             .post("/signin", object({{"email", ada.email}, {"password", ada.password}}));
  expect(elsewhere, 200);
  require(elsewhere.body != first.body, "a sign-in was given to another caller");
}

Test(races, one_idempotency_key_on_parallel_invitations_has_one_effect_and_one_reply) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  const auto key = fresh_name("key");
  const auto body = object({{"email", email}});
  const auto call = [&](const Account& by) {
    return by.client().header("Idempotency-Key", key).post("/invite_member", body);
  };
  const auto replies = at_once(20, [&](std::size_t) { return call(owner); });
  std::set<std::string> bodies;
  for (const auto& reply : replies) {
    if (reply.status == 409) {
      expect_problem(reply, 409, "idempotency_in_progress");
    } else {
      expect(reply, 201);
      bodies.insert(reply.body);
    }
  }
  require_equal(bodies.size(), 1U, "different replies");
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE recipient = " + literal(email)), 1);
  // The key is the caller's own: the same one of somebody else is another.
  const auto other = sign_up();
  const auto reply = call(other);
  expect(reply, 201);
  require_equal(reply.text("/org_id"), other.org_id);
}

Test(races, correct_sign_ins_at_once_all_succeed) {
  const auto owner = sign_up();
  const auto replies = at_once(20, [&](std::size_t) { return sign_in(owner.email, owner.password); });
  expect_statuses(replies, {{200, 20}});
}
