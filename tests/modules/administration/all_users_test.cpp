// Every account of the service, as super-admins find them.
#include <criterion/criterion.h>

#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/private_stack.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kUsers = "/api/v1/admin/users";

// The addresses of all pages of two.
std::vector<std::string> found(Client& client, const std::string& query) {
  std::vector<std::string> emails;
  std::string cursor;
  do {
    const auto page =
        client.get(std::string{kUsers} + "?limit=2" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
    expect(page, 200);
    require(page.size("/items") <= 2, page.describe());
    for (std::size_t i = 0; i < page.size("/items"); ++i)
      emails.push_back(page.text("/items/" + std::to_string(i) + "/email"));
    cursor = page.at("/next_cursor").IsNull() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  return emails;
}

void lock(const Account& account, std::int64_t until) {
  database().run("UPDATE user SET failed_signins = 5, locked_until = " + std::to_string(until) +
                 " WHERE id = " + binary(account.user_id));
}

}  // namespace

Test(all_users, a_page_says_what_an_operator_wants_to_know) {
  const auto person = sign_up();
  auto client = signed_in_super_admin().client();
  const auto page = client.get(std::string{kUsers} + "?q=" + person.email);
  expect(page, 200);
  require_equal(page.size("/items"), 1U);
  require_equal(page.text("/items/0/user_id"), person.user_id);
  require_equal(page.text("/items/0/status"), "active");
  require(!page.at("/items/0/email_verified").GetBool() && !page.at("/items/0/is_super_admin").GetBool(),
          page.describe());
  for (const char* member : {"/locked_until", "/second_factor_locked_until", "/suppression"})
    require(page.at(std::string{"/items/0"} + member).IsNull(), member);
  require(page.at("/next_cursor").IsNull() && !page.has("/total"), page.describe());
}

Test(all_users, the_newest_come_first_and_every_account_once) {
  const Alone alone;
  const auto first = sign_up();
  const auto second = sign_up();
  auto client = signed_in_super_admin().client();
  const auto all = found(client, "");
  require_equal(static_cast<std::int64_t>(all.size()), number_of("SELECT COUNT(*) FROM user"));
  require_equal(std::set<std::string>(all.begin(), all.end()).size(), all.size(), "each once");
  const auto place = [&](const Account& account) { return std::find(all.begin(), all.end(), account.email); };
  require(place(second) != all.end() && place(second) < place(first), "the newer one first");
}

Test(all_users, the_beginning_of_an_address_finds_it_and_nothing_else) {
  const auto stem = fresh_name("find");
  std::vector<std::string> mine;
  for (const char* name : {".a", ".b", ".c", ".d", ".e"}) {
    const auto email = stem + name + "@example.com";
    expect(Client{}.post("/signup", sign_up_body(email, "Found")), 201);
    mine.push_back(email);
  }
  auto client = signed_in_super_admin().client();
  require(found(client, "&q=" + stem) == mine, "in the order of addresses");
  require(found(client, "&q=" + stem + ".C") == std::vector<std::string>{mine[2]}, "in either case");
  // Nothing in it is a pattern.
  for (const char* pattern : {"%25", "_", "%5C", "find%25", "%27"})
    require(found(client, std::string{"&q="} + pattern + stem).empty(), pattern);
}

Test(all_users, states_are_found_with_and_without_an_address) {
  const Alone alone;
  const auto now = number_of("SELECT UNIX_TIMESTAMP()");
  const auto longer = sign_up();
  const auto shorter = sign_up();
  const auto ended = sign_up();
  const auto coded = sign_up();
  const auto bounced = sign_up();
  verify(bounced);
  lock(longer, now + 900);
  lock(shorter, now + 600);
  lock(ended, now - 10);
  database().run("INSERT INTO totp (user_id, locked_until, created_at, updated_at) VALUES (" +
                 binary(coded.user_id) + ", " + std::to_string(now + 700) + ", 1, 1)");
  // Locked in both ways it stands in the list once.
  database().run("INSERT INTO totp (user_id, locked_until, created_at, updated_at) VALUES (" +
                 binary(shorter.user_id) + ", " + std::to_string(now + 500) + ", 1, 1)");
  database().run("INSERT INTO suppression (email, id, reason, source, created_at, updated_at) VALUES (" +
                 literal(bounced.email) + ", RANDOM_BYTES(16), 'bounce', 'smtp', " + std::to_string(now) +
                 ", 1)");
  auto client = signed_in_super_admin().client();
  const auto has = [](const std::vector<std::string>& list, const Account& account) {
    return std::count(list.begin(), list.end(), account.email);
  };
  const auto locked = found(client, "&status=locked");
  for (const auto& account : {longer, shorter, coded}) require_equal(has(locked, account), 1, account.email);
  for (const auto& account : {ended, bounced}) require_equal(has(locked, account), 0, account.email);
  const auto place = [&](const Account& account) {
    return std::find(locked.begin(), locked.end(), account.email);
  };
  require(place(longer) < place(coded) && place(coded) < place(shorter), "the longest lock first");
  const auto unverified = found(client, "&status=unverified");
  require_equal(has(unverified, longer), 1);
  require_equal(has(unverified, bounced), 0, "verified");
  const auto bouncing = found(client, "&status=bouncing");
  require_equal(has(bouncing, bounced), 1);
  require_equal(has(bouncing, longer), 0);
  for (const auto& [status, account] :
       {std::pair{"locked", coded}, {"unverified", ended}, {"bouncing", bounced}}) {
    const auto query = std::string{"&status="} + status + "&q=";
    require(found(client, query + account.email) == std::vector<std::string>{account.email}, status);
    require(found(client, query + "zz-nobody").empty(), status);
  }
  const auto seen = client.get(std::string{kUsers} + "?q=" + bounced.email);
  require_equal(seen.text("/items/0/suppression"), "bounce");
  database().run("DELETE FROM suppression WHERE email = " + literal(bounced.email));
}

Test(all_users, what_is_no_question_is_refused) {
  auto client = signed_in_super_admin().client();
  for (const char* query :
       {"?status=gone", "?q=", "?limit=0", "?limit=201", "?cursor=x", "?include_total=true", "?name=x"})
    expect_problem(client.get(std::string{kUsers} + query), 422, "validation_failed");
  const auto person = sign_up();
  expect_problem(person.client().get(kUsers), 403, "forbidden");
  expect_problem(make_api_key(person, R"(["users:read"])").client().get(kUsers), 403, "session_required");
  expect_problem(Client{}.get(kUsers), 401, "unauthenticated");
}

// Counting stops, and the reply says so.
Test(all_users, problematic_ones_are_counted_up_to_a_bound) {
  const std::string root = "root@example.com";
  const PrivateStack stack{{"SUPER_ADMIN_EMAIL=" + root, std::string{"SUPER_ADMIN_PASSWORD="} + kPassword}};
  stack.take_the_suites_place();
  auto client = signed_in_super_admin(root, kPassword).client();
  const auto ask = [&] {
    return client.get(std::string{kUsers} + "/problematic?kind=locked&limit=1&include_total=true");
  };
  const std::string row = id_of("CONCAT('crowd', seq)");
  database().run(
      "INSERT INTO user (id, email, password, profile, locked_until, created_at, updated_at) SELECT " + row +
      ", CONCAT('crowd', seq, '@crowd.example'), '', '{}', UNIX_TIMESTAMP() + 600, 0, 0 FROM " +
      series(10000));
  const auto whole = ask();
  require_equal(expect(whole, 200).number("/total"), 10000);
  require(!whole.has("/total_is_exact"), whole.body);
  const auto one_more = sign_up();
  lock(one_more, 4000000000);
  const auto stopped = ask();
  require_equal(expect(stopped, 200).number("/total"), 10000);
  require(!stopped.at("/total_is_exact").GetBool(), stopped.body);
}
