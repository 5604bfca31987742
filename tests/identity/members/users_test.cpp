// Users of an organization: listed, made, changed and deactivated by those who may.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

std::string new_user(const std::string& email, const std::string& extra = "") {
  return R"({"email":)" + Field{email}.json() + R"(,"first_name":"Ada","last_name":"Lovelace")" + extra + '}';
}

Response create(const Account& by, const std::string& email, const std::string& extra = "") {
  return by.client().post("/api/v1/users", new_user(email, extra));
}

std::string path_of(const Account& account) { return "/api/v1/users/" + account.user_id; }

// "a@example.com b@example.com " in the order of the list.
std::string addresses(const Response& list) {
  expect(list, 200);
  std::string found;
  for (std::size_t i = 0; i < list.size("/items"); ++i)
    found += list.text("/items/" + std::to_string(i) + "/email") + ' ';
  return found;
}

std::string stored_profile(const Account& account) {
  return text_of("SELECT profile FROM user WHERE id = " + binary(account.user_id));
}

}  // namespace

Test(users, a_person_replaces_the_own_profile_and_nothing_else) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto before = client.get("/api/v1/users/me");
  const auto reply = client.put("/api/v1/users/me", R"({"profile":{"first_name":"Ada","langs":["en"]}})");
  expect(reply, 200);
  require_equal(reply.text("/profile/first_name"), "Ada");
  require_equal(reply.text("/organization/id"), owner.org_id);
  const auto after = client.get("/api/v1/users/me");
  require_equal(after.body, reply.body);
  require_equal(after.text("/email"), before.text("/email"));
  require_equal(stored_profile(owner), R"({"first_name":"Ada","langs":["en"]})");
  expect(client.put("/api/v1/users/me", R"({"profile":{}})"), 200);
  require_equal(stored_profile(owner), "{}");
}

Test(users, a_profile_too_large_or_with_other_members_beside_it_is_refused) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  const std::string large(4097, 'x');
  for (const std::string& body :
       {std::string{"{}"}, std::string{R"({"profile":[]})"}, R"({"profile":{"x":")" + large + "\"}}",
        std::string{R"({"profile":{},"status":"inactive"})"},
        std::string{R"({"profile":{},"is_super_admin":true})"},
        std::string{R"({"profile":{},"email":"x@example.com"})"}})
    expect_problem(client.put("/api/v1/users/me", body), 422, "validation_failed");
  expect_problem(Client{}.put("/api/v1/users/me", R"({"profile":{}})"), 401, "unauthenticated");
  database.check("refused profiles");
}

Test(users, the_list_finds_by_address_name_role_and_status) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto stem = fresh_name("Find");
  const auto one = stem + "-100%_a@example.com";
  const auto two = stem + "-1000xa@example.com";
  expect(create(owner, one), 201);
  expect(client.post("/api/v1/users", object({{"email", two},
                                              {"first_name", "Österreicher"},
                                              {"last_name", "O'Brien"},
                                              {"role", "viewer"}})),
         201);
  const auto lower = text_of("SELECT LOWER(" + literal(one) + ")") + ' ';
  const auto other = text_of("SELECT LOWER(" + literal(two) + ")") + ' ';
  require_equal(addresses(client.get("/api/v1/users?q=100%25_a")), lower, "literal signs");
  require_equal(addresses(client.get("/api/v1/users?q=%25")), lower, "a percent sign");
  require_equal(addresses(client.get("/api/v1/users?q=100_")), "", "an underscore");
  require_equal(addresses(client.get("/api/v1/users?q=ADA+love")), lower, "a name");
  require_equal(addresses(client.get("/api/v1/users?q=%C3%B6STER")), other, "a name beyond ASCII");
  require_equal(addresses(client.get("/api/v1/users?q=o%27brien")), other, "a quote");
  require_equal(addresses(client.get("/api/v1/users?q=%27%20OR%201=1")), "", "no statement");
  require_equal(addresses(client.get("/api/v1/users?role=viewer")), other);
  require_equal(addresses(client.get("/api/v1/users?role=VIEWER")), "");
  require_equal(addresses(client.get("/api/v1/users?q=" + stem + "&role=member")), lower);
  require_equal(addresses(client.get("/api/v1/users?status=inactive")), "");
  const auto found = client.get("/api/v1/users?include_total=true&limit=1&q=" + stem);
  require_equal(found.number("/total"), 2);
  require_equal(found.size("/items"), 1U);
  const auto rest = client.get("/api/v1/users?q=" + stem + "&cursor=" + found.text("/next_cursor"));
  const auto both = addresses(found) + addresses(rest);
  require(both == lower + other || both == other + lower, both);
  require_equal(client.get("/api/v1/users?include_total=true").number("/total"), 3);
  for (const char* query :
       {"limit=0", "limit=201", "status=gone", "sort=email", "cursor=x", "q=", "org_id=x"})
    expect_problem(client.get(std::string{"/api/v1/users?"} + query), 422, "validation_failed");
}

Test(users, one_user_is_shown_with_role_and_membership) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto reply = owner.client().get(path_of(viewer));
  expect(reply, 200);
  require_equal(reply.text("/id"), viewer.user_id);
  require_equal(reply.text("/role"), "viewer");
  require_equal(reply.text("/status"), "active");
  require(reply.at("/role_expires_at").IsNull() && reply.at("/email_verified").GetBool(), reply.body);
  require(reply.number("/member_since") > 0, reply.body);
  for (const char* secret : {"/password", "/is_super", "/is_super_admin", "/settings"})
    require(!reply.has(secret), secret);
  for (const char* id : {"x", "0", "me2"})
    expect_problem(owner.client().get(std::string{"/api/v1/users/"} + id), 404, "not_found");
}

Test(users, a_created_account_chooses_its_password_by_the_mailed_link) {
  const auto owner = sign_up();
  for (const char* path : {"/api/v1/users", "/api/v1/auth/create-user"}) {
    const auto email = fresh_email();
    const auto made = owner.client().post(path, new_user(email, R"(,"role":"manager")"));
    expect(made, 201);
    require_equal(made.header("location"), "/api/v1/users/" + made.text("/id"));
    require_equal(made.body, owner.client().get(made.header("location")).body);
    require_equal(made.text("/role"), "manager");
    require_equal(made.text("/profile/last_name"), "Lovelace");
    require_equal(made.at("/email_verified").GetBool(), false);
    expect_problem(sign_in(email, ""), 422, "validation_failed");
    expect_problem(sign_in(email, kPassword), 401, "invalid_credentials");
    const auto mail = newest_mail(email, "account_created");
    require(mail.text.find(owner.email) != std::string::npos &&
                mail.link().find("/reset#token=") != std::string::npos,
            mail.text);
    const auto body = object({{"token", mail.token()}, {"new_password", kPassword}});
    expect(Client{}.post("/reset_password", body), 204);
    expect_problem(Client{}.post("/reset_password", body), 400, "token_invalid");
    const auto signed_in = sign_in(email, kPassword);
    expect(signed_in, 200);
    require_equal(signed_in.text("/organization/id"), owner.org_id);
    require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'user.created' AND subject_id = " +
                            binary(made.text("/id")) + " AND actor_id = " + binary(owner.user_id)),
                  1);
  }
}

Test(users, an_account_made_without_a_welcome_mail_has_no_link_either) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  const auto made = create(owner, email, R"(,"send_welcome_email":false)");
  expect(made, 201);
  require_equal(made.text("/role"), "member");
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE recipient = " + literal(email)), 0);
  require_equal(number_of("SELECT COUNT(*) FROM one_time_token WHERE user_id = " + binary(made.text("/id"))),
                0);
  expect(Client{}.post("/reset_password", object({{"email", email}})), 202);
  newest_mail(email, "password_reset");
}

Test(users, an_account_is_made_only_for_a_new_address_and_within_the_makers_rights) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto manager = invite_and_accept(owner, "manager");
  const auto stranger = sign_up();
  std::string shouted = stranger.email;
  for (char& c : shouted) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  Unchanged database;
  for (const auto& taken : {stranger.email, shouted, admin.email, owner.email})
    expect_problem(create(owner, taken), 409, "email_taken");
  expect_problem(create(owner, fresh_email(), R"(,"role":"no such")"), 422, "validation_failed");
  expect_problem(create(admin, fresh_email(), R"(,"role":"owner")"), 403, "role_outranks");
  expect_problem(create(manager, fresh_email()), 403, "forbidden");
  for (const char* extra :
       {R"(,"status":"active")", R"(,"password":"plum orbit canyon 42")", R"(,"profile":{})",
        R"(,"is_super_admin":true)", R"(,"email_verified":true)", R"(,"role":"")"})
    expect_problem(create(owner, fresh_email(), extra), 422, "validation_failed");
  expect_problem(create(owner, fresh_email(), R"(,"org_id":)" + Field{owner.org_id}.json()), 422,
                 "validation_failed");
  for (const char* email :
       {"no address", "a@b@c", "Ada <a@example.com>", "a@example.com\\r\\nBcc: x@example.com"})
    expect_problem(owner.client().post("/api/v1/users", std::string{R"({"email":")"} + email +
                                                            R"(","first_name":"A","last_name":"B"})"),
                   422, "validation_failed");
  expect_problem(owner.client().post("/api/v1/users", object({{"email", fresh_email()}})), 422,
                 "validation_failed");
  database.check("refused accounts");
}

Test(users, one_address_asked_for_at_once_becomes_one_account) {
  const auto owner = sign_up();
  const auto other = sign_up();
  const auto email = fresh_email();
  const auto replies = at_once(20, [&](std::size_t i) { return create(i % 2 == 0 ? owner : other, email); });
  int made = 0;
  for (const auto& reply : replies) {
    made += reply.status == 201 ? 1 : 0;
    if (reply.status != 201) expect_problem(reply, 409, "email_taken");
  }
  require_equal(made, 1);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(email)), 1);
  require_equal(number_of("SELECT COUNT(*) FROM member m JOIN user u ON u.id = m.user_id WHERE u.email = " +
                          literal(email)),
                1);
}
