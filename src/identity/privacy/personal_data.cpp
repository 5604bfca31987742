#include "tenantd/identity/personal_data.hpp"

#include <array>
#include <string_view>
#include <vector>

#include "tenantd/base/json.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/accounts_store.hpp"

namespace tenantd::service {
namespace {

constexpr db::Sql kPart{"privacy.export_part", "CALL export_part(?, ?, ?)"};

// The lists, in the document's order.
constexpr std::array<std::string_view, 13> kParts = {
    "memberships", "sessions",          "second_factors", "passkeys",   "identities", "consents", "api_keys",
    "invitations", "directory_entries", "account_events", "audit_rows", "documents",  "mails"};

std::vector<std::string> rows_of(db::Txn& txn, UserId user, std::string_view part, std::int64_t most) {
  return txn.call(
      kPart,
      [](db::Rows& rows) {
        std::vector<std::string> found;
        while (rows.next()) found.push_back(rows.text(0));
        return found;
      },
      user, std::string{part}, most);
}

}  // namespace

std::string personal_data(db::Txn& txn, const Context& context, UserId user, std::int64_t most) {
  json::Writer out;
  std::vector<std::string> truncated;
  out.begin_object().field("exported_at", context.now);
  for (const auto& row : rows_of(txn, user, "account", 1)) out.key("account").raw(row);
  for (const auto part : kParts) {
    auto rows = rows_of(txn, user, part, most + 1);
    if (static_cast<std::int64_t>(rows.size()) > most) {
      rows.pop_back();
      truncated.emplace_back(part);
    }
    out.key(part).begin_array();
    for (const auto& row : rows) out.raw(row);
    out.end_array();
  }
  return out.field("truncated", truncated).end_object().text();
}

std::optional<std::string> personal_data_for_operator(db::Txn& txn, const Context& context,
                                                      const Email& email, std::int64_t most) {
  const auto account = store::find_account(txn, email);
  if (!account) return std::nullopt;
  auto data = personal_data(txn, context, account->user.id, most);
  record_for_system(txn, context,
                    {"account.exported",
                     "user",
                     account->user.id.bytes(),
                     {},
                     std::move(json::Object{}.set("by", "operator"))});
  return data;
}

}  // namespace tenantd::service
