// Taking the audit log away as JSON Lines, and what is never in it.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/audit.hpp"
#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/roles.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;

namespace {

const std::string kExport = "/api/v1/audit-logs/export";

std::vector<rapidjson::Document> rows_of(const Response& reply) {
  std::vector<rapidjson::Document> rows;
  for (const auto line : tenantd::split(reply.body, '\n')) {
    if (line.empty()) continue;
    rows.emplace_back().Parse(line.data(), line.size());
    require(rows.back().IsObject(), "no JSON object: " + std::string{line});
  }
  return rows;
}

// The path in Link: <…>; rel="next", or "".
std::string next_of(const Response& reply) {
  const auto link = reply.header("link");
  if (link.empty()) return {};
  require(link.starts_with('<') && link.ends_with(">; rel=\"next\""), link);
  return link.substr(1, link.find('>') - 1);
}

std::int64_t exports_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'audit.exported' AND org_id = " +
                   binary(account.org_id));
}

}  // namespace

Test(audit_export, the_lines_come_oldest_first_as_a_file_and_the_rest_behind_a_link) {
  const auto owner = sign_up();
  for (int i = 0; i < 6; ++i) expect(make_role(owner, "role " + std::to_string(i), "[]"), 201);
  auto client = owner.client();
  std::vector<std::int64_t> numbers;
  std::string path = kExport + "?limit=3";
  int replies = 0;
  while (!path.empty()) {
    const auto reply = client.get(path);
    expect(reply, 200);
    require_equal(reply.header("content-type"), "application/x-ndjson");
    require_equal(reply.header("content-disposition"),
                  "attachment; filename=\"audit-" + owner.org_id + ".jsonl\"");
    require_equal(reply.header("cache-control"), "no-store");
    for (const auto& row : rows_of(reply)) numbers.push_back(row["seq"].GetInt64());
    path = next_of(reply);
    ++replies;
    // What happens meanwhile, the export's own rows above all, is not in it.
    expect(make_role(owner, "meanwhile " + std::to_string(replies), "[]"), 201);
  }
  require_equal(replies, 3);
  require_equal(numbers.size(), 8U);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    require_equal(numbers[i], static_cast<std::int64_t>(i + 1));
  require_equal(exports_of(owner), 3, "each reply is told");
}

Test(audit_export, it_takes_the_lists_filters_and_keeps_them_in_its_link) {
  const auto owner = sign_up();
  for (int i = 0; i < 4; ++i) expect(make_role(owner, "role " + std::to_string(i), "[]"), 201);
  auto client = owner.client();
  auto reply = client.get(kExport + "?action=role.created&from_time=1&limit=3");
  require_equal(rows_of(expect(reply, 200)).size(), 3U);
  const auto next = next_of(reply);
  require(next.starts_with(kExport + "?action=role.created&from_time=1&limit=3&cursor="), next);
  reply = client.get(next);
  const auto last = rows_of(expect(reply, 200));
  require_equal(last.size(), 1U);
  require_equal(std::string{last[0]["new_values"]["name"].GetString()}, "role 3");
  require_equal(next_of(reply), "");
  reply = client.get(kExport + "?to_time=1");
  require_equal(expect(reply, 200).body, "");
  for (const char* wrong :
       {"limit=1001", "limit=0", "cursor=x", "cursor=AAAA", "include_total=true", "actor=1"})
    expect_problem(client.get(kExport + '?' + wrong), 422, "validation_failed");
}

Test(audit_export, who_exported_what_is_written_down_and_head_writes_nothing) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto rows = audit_rows_of(owner);
  expect(admin.client().get(kExport + "?resource=organization"), 200);
  const auto told = newest_audit(owner, "audit.exported");
  require_equal(told.text("/items/0/actor/email"), admin.email);
  require_equal(told.number("/items/0/new_values/rows"), 1);
  require_equal(told.text("/items/0/new_values/resource"), "organization");
  require_equal(audit_rows_of(owner), rows + 1);
  expect(admin.client().send({"HEAD", kExport, std::nullopt, "", {}}), 200);
  require_equal(audit_rows_of(owner), rows + 1);
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'audit.exported' AND org_id = " +
                          binary(owner.org_id)),
                0);
}

Test(audit_export, no_secret_is_in_any_row) {
  std::vector<std::string> secrets;
  const auto keep = [&](const std::string& secret) {
    require(secret.size() >= 8, "too short to look for");
    secrets.push_back(secret);
    return secret;
  };
  const auto keep_tokens = [&](const Account& account) {
    keep(account.access_token);
    keep(account.refresh_token);
    keep(account.access_token.substr(account.access_token.rfind('.') + 1));
  };
  auto owner = sign_up();
  keep(kPassword);
  keep_tokens(owner);
  keep(newest_mail(owner.email, "verification").token());
  const auto factor = enable_factor(owner);
  keep(factor.secret);
  for (const auto& code : factor.recovery_codes) keep(code);
  auto key = make_api_key(owner, R"(["users:read"])");
  keep(key.key);
  keep(key.key.substr(4, 12));

  const auto guest = fresh_email();
  expect(invite(owner, guest), 201);
  const auto token = keep(invite_token(guest));
  const auto accepted = Client{}.post(
      "/accept_invite", object({{"token", token}, {"password", keep("indigo kettle sails 9")}}));
  keep_tokens(account_of(expect(accepted, 200), guest));

  const auto person = sign_up();
  keep_tokens(person);
  expect(Client{}.post("/reset_password", object({{"email", person.email}})), 202);
  const auto reset = keep(newest_mail(person.email, "password_reset").token());
  const auto chosen = keep("seven lanterns over quiet water");
  expect(Client{}.post("/api/v1/auth/password-reset/confirm",
                       object({{"token", reset}, {"new_password", chosen}})),
         204);
  auto client = account_of(expect(sign_in(person.email, chosen), 200), person.email).client();
  const auto wanted = fresh_email("wanted");
  expect(client.post("/api/v1/auth/change-email", object({{"new_email", wanted}, {"password", chosen}})),
         202);
  keep(newest_mail(wanted, "email_change").token());

  auto hashes = database().run_query("SELECT password FROM user WHERE email IN (" + literal(owner.email) +
                                     ", " + literal(guest) + ", " + literal(person.email) + ")");
  while (hashes.next()) keep(hashes.text(0));
  auto rows = database().run_query(
      "SELECT CONCAT_WS(' ', action, old_values, new_values, agent, request_id) FROM audit_log");
  std::size_t looked_at = 0;
  for (; rows.next(); ++looked_at) {
    const auto row = rows.text(0);
    for (const auto& secret : secrets)
      require(row.find(secret) == std::string::npos, "a secret in an audit row: " + row);
    require(row.find(wanted) == std::string::npos, "an address that was not confirmed: " + row);
  }
  require(looked_at > 10, "too few rows");
}
