// Lists of users: each row is done or refused by itself.
#include <criterion/criterion.h>

#include <chrono>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

std::string row(const std::string& email, const std::string& role = "member", const std::string& extra = "") {
  return R"({"email":)" + Field{email}.json() + R"(,"first_name":"A","last_name":"B","role":)" +
         Field{role}.json() + extra + '}';
}

std::string list(const std::string& name, const std::vector<std::string>& parts,
                 const std::string& more = "") {
  std::string body = "{\"" + name + "\":[";
  for (std::size_t i = 0; i < parts.size(); ++i) body += (i == 0 ? "" : ",") + parts[i];
  return body + ']' + more + '}';
}

Response create_all(const Account& by, const std::vector<std::string>& rows) {
  return by.client().post("/api/v1/users/bulk/create", list("users", rows));
}

Response act(const Account& by, const std::string& action, const std::vector<std::string>& ids,
             const std::string& role = "") {
  std::vector<std::string> parts;
  for (const auto& id : ids) parts.push_back(Field{id}.json());
  const auto more = role.empty() ? "" : R"(,"role":)" + Field{role}.json();
  return by.client().post("/api/v1/users/bulk/action",
                          list("user_ids", parts, R"(,"action":)" + Field{action}.json() + more));
}

// "created refused/email_taken " in the order of the rows.
std::string results(const Response& reply) {
  expect(reply, 200);
  std::string found;
  for (std::size_t i = 0; i < reply.size("/items"); ++i) {
    const auto at = "/items/" + std::to_string(i);
    require_equal(reply.number(at + "/index"), static_cast<std::int64_t>(i));
    found += reply.text(at + "/result");
    if (reply.has(at + "/code")) found += '/' + reply.text(at + "/code");
    found += ' ';
  }
  return found;
}

// The reply once it comes within the request's deadline: a machine too busy for that answers 503.
Response in_time(const auto& send) {
  Response reply;
  for (int tries = 0; tries < 5 && reply.status != 200; ++tries) {
    reply = send();
    if (reply.status != 200) expect_problem(reply, 503, "unavailable");
  }
  expect(reply, 200);
  return reply;
}

double seconds_of(const auto& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

std::int64_t members_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM member WHERE org_id = " + binary(owner.org_id));
}

std::int64_t counted_members_of(const Account& owner) {
  return number_of("SELECT SUM(members) FROM member_count WHERE block = -1 AND org_id = " +
                   binary(owner.org_id));
}

}  // namespace

Test(bulk, each_row_is_created_or_refused_by_itself) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto stranger = sign_up();
  const auto first = fresh_email("z");
  const auto last = fresh_email("a");
  const auto reply =
      create_all(admin, {row(first), row(stranger.email), row("no address"), row(fresh_email(), "no such"),
                         row(fresh_email(), "owner"), row(last, "viewer", R"(,"send_welcome_email":false)")});
  require_equal(results(reply),
                "created refused/email_taken refused/validation_failed refused/validation_failed "
                "refused/role_outranks created ");
  require_equal(reply.text("/items/0/email"), first);
  require_equal(reply.text("/items/2/email"), "no address");
  require_equal(members_of(owner), 4);
  require_equal(stored_role(owner.org_id, reply.text("/items/5/id")), "viewer");
  newest_mail(first, "account_created");
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE recipient = " + literal(last)), 0);
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE template = 'account_created' AND recipient = " +
                          literal(stranger.email)),
                0);
}

Test(bulk, a_list_of_refused_rows_changes_nothing) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto manager = invite_and_accept(owner, "manager");
  Unchanged database;
  require_equal(results(create_all(admin, {row(owner.email), row(fresh_email(), "owner"), row("x y z")})),
                "refused/email_taken refused/role_outranks refused/validation_failed ");
  expect_problem(create_all(manager, {row(fresh_email())}), 403, "forbidden");
  const auto one = row(fresh_email());
  for (const auto& body :
       {list("users", {}), list("users", std::vector<std::string>(501, one)), std::string{"{}"},
        list("users", {"{}"}), list("users", {one}, R"(,"org_id":)" + Field{owner.org_id}.json()),
        list("users", {one, row(fresh_email(), "member", R"(,"status":"active")")}),
        list("users", {row(fresh_email(), "member", R"(,"password":"x")")}), list("users", {"1"})})
    expect_problem(admin.client().post("/api/v1/users/bulk/create", body), 422, "validation_failed");
  database.check("refused lists");
}

Test(bulk, an_address_twice_in_a_list_is_one_account_the_first_time) {
  const auto owner = sign_up();
  const auto email = fresh_email("twice");
  std::string shouted = email;
  for (char& c : shouted) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  require_equal(results(create_all(owner, {row(email, "viewer"), row(fresh_email()), row(shouted)})),
                "created created refused/email_taken ");
  require_equal(members_of(owner), 3);
  require_equal(counted_members_of(owner), 3);
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE recipient = " + literal(email)), 1);
}

Test(bulk, the_same_addresses_in_lists_at_once_become_one_account_each) {
  const auto one = sign_up();
  const auto two = sign_up();
  std::vector<std::string> forward;
  for (int i = 0; i < 40; ++i) forward.push_back(row(fresh_email("both")));
  const std::vector<std::string> backward{forward.rbegin(), forward.rend()};
  const auto replies = at_once(
      6, [&](std::size_t i) { return create_all(i % 2 == 0 ? one : two, i % 3 == 0 ? forward : backward); });
  for (const auto& reply : replies) {
    const auto found = results(reply);
    require(found.find("refused/") == std::string::npos || found.find("created") == std::string::npos, found);
  }
  require_equal(members_of(one) + members_of(two), 42);
  require_equal(counted_members_of(one), members_of(one));
  require_equal(counted_members_of(two), members_of(two));
}

Test(bulk, five_hundred_rows_fit_and_cost_no_more_each_than_one_alone) {
  const auto owner = sign_up();
  const auto stem = fresh_name("crowd");
  const std::string name(100, 'n');
  const auto row_of = [&](const std::string& number) {
    return object({{"email", stem + number + "@a-rather-long-name-of-a-company.example.com"},
                   {"first_name", name},
                   {"last_name", name},
                   {"role", "viewer"}});
  };
  std::vector<std::string> rows;
  for (int i = 0; i < 500; ++i) rows.push_back(row_of(std::to_string(i)));
  // Half of those alone before and half after, so that what else the machine does weighs on both alike.
  double alone = 0;
  const auto create_alone = [&](const std::string& prefix) {
    alone += seconds_of([&] {
      for (int i = 0; i < 10; ++i) expect(create_all(owner, {row_of(prefix + std::to_string(i))}), 200);
    });
  };
  create_alone("before");
  double together = 0;
  const auto made = in_time([&] {
    Response reply;
    together = seconds_of([&] { reply = create_all(owner, rows); });
    require_equal(members_of(owner), reply.status == 200 ? 511 : 11);
    return reply;
  });
  create_alone("after");
  std::vector<std::string> ids;
  for (int i = 0; i < 500; ++i) ids.push_back(made.text("/items/" + std::to_string(i) + "/id"));
  for (const auto& [action, role] : {std::pair{"assign_role", "member"}, {"deactivate", ""}})
    require_equal(results(in_time([&] { return act(owner, action, ids, role); })).find("refused"),
                  std::string::npos);
  require_equal(number_of("SELECT COUNT(*) FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = "
                          "m.role_id WHERE m.status = 1 AND r.name = 'member' AND m.org_id = " +
                          binary(owner.org_id)),
                500);
  require_equal(counted_members_of(owner), 521);
  require(together / 500 < alone / 20,
          std::to_string(together / 500) + " s a row, alone " + std::to_string(alone / 20));
}

Test(bulk, each_user_is_acted_on_or_refused_by_itself) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto member = invite_and_accept(owner);
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto stranger = sign_up();
  const std::vector<std::string> ids{member.user_id, owner.user_id, stranger.user_id, fresh_id(),
                                     viewer.user_id};
  const std::string expected = "done refused/role_outranks refused/not_found refused/not_found done ";
  require_equal(results(act(admin, "deactivate", ids)), expected);
  expect_problem(member.client().get("/api/v1/users/stats"), 401, "invalid_token");
  expect(owner.client().get("/api/v1/users/stats"), 200);
  require_equal(results(act(admin, "activate", ids)), expected);
  expect_problem(member.client().get("/api/v1/users/stats"), 403, "forbidden");
  require_equal(results(act(admin, "assign_role", ids, "manager")), expected);
  require_equal(stored_role(owner.org_id, viewer.user_id), "manager");
  expect(stranger.client().get("/api/v1/users/stats"), 200);
  // Who has gone acts no more.
  require_equal(results(act(admin, "deactivate", {admin.user_id, viewer.user_id})),
                "done refused/forbidden ");
}

Test(bulk, an_action_beyond_the_callers_rights_or_out_of_shape_is_refused_whole) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto manager = invite_and_accept(owner, "manager");
  database().run("INSERT INTO role (org_id, id, name, permissions, created_at, updated_at) VALUES (" +
                 binary(owner.org_id) + ", " + binary(fresh_id()) + ", 'editor', 'users:update', 1, 1)");
  const auto editor = invite_and_accept(owner, "editor");
  Unchanged database;
  expect_problem(act(manager, "deactivate", {editor.user_id}), 403, "forbidden");
  expect_problem(act(editor, "assign_role", {editor.user_id}, "editor"), 403, "forbidden");
  require_equal(results(act(admin, "assign_role", {admin.user_id}, "owner")), "refused/role_outranks ");
  expect_problem(act(owner, "assign_role", {editor.user_id}, "no such"), 422, "validation_failed");
  expect_problem(act(owner, "assign_role", {editor.user_id}), 422, "validation_failed");
  expect_problem(act(owner, "activate", {editor.user_id}, "viewer"), 422, "validation_failed");
  expect_problem(act(owner, "delete", {editor.user_id}), 422, "validation_failed");
  expect_problem(act(owner, "activate", {}), 422, "validation_failed");
  expect_problem(act(owner, "activate", {std::string(36, 'x')}), 422, "validation_failed");
  expect_problem(act(owner, "activate", std::vector<std::string>(501, editor.user_id)), 422,
                 "validation_failed");
  database.check("refused actions");
}
