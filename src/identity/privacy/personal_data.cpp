#include "tenantd/identity/personal_data.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "tenantd/base/json.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/accounts_store.hpp"

namespace tenantd::service {
namespace {

constexpr db::Sql kPart{"privacy.export_part", "CALL export_part(?, ?, ?)"};
constexpr db::Sql kFiles{"privacy.files", "CALL tenantd.list_personal_files(?)"};

// The lists, in the document's order.
constexpr std::array<std::string_view, 13> kParts = {
    "memberships", "sessions",          "second_factors", "passkeys",   "identities", "consents", "api_keys",
    "invitations", "directory_entries", "account_events", "audit_rows", "documents",  "mails"};

struct Part {
  std::vector<std::string> rows;
  bool is_whole = true;
};

// The first rows, within both bounds.
Part part_of(db::Txn& txn, UserId user, std::string_view name, std::int64_t most, std::size_t most_bytes) {
  return txn.call(
      kPart,
      [&](db::Rows& rows) {
        Part part;
        for (std::size_t bytes = 0; rows.next();) {
          auto row = rows.text(0);
          bytes += row.size();
          part.is_whole =
              part.is_whole && static_cast<std::int64_t>(part.rows.size()) < most && bytes <= most_bytes;
          if (part.is_whole) part.rows.push_back(std::move(row));
        }
        return part;
      },
      user, std::string{name}, most + 1);
}

std::vector<PersonalFile> files_of(db::Txn& txn, UserId user) {
  return txn.call(
      kFiles,
      [](db::Rows& rows) {
        std::vector<PersonalFile> files;
        while (rows.next())
          files.push_back({rows.id<DocumentId>(0), rows.text(1), rows.text(2), rows.integer(3)});
        return files;
      },
      user);
}

}  // namespace

std::string personal_data(db::Txn& txn, const Context& context, UserId user, std::int64_t most,
                          std::size_t most_bytes) {
  json::Writer out;
  std::vector<std::string> truncated;
  out.begin_object().field("exported_at", context.now);
  for (const auto& row : part_of(txn, user, "account", 1, most_bytes).rows) out.key("account").raw(row);
  for (const auto name : kParts) {
    const auto part = part_of(txn, user, name, most, most_bytes);
    if (!part.is_whole) truncated.emplace_back(name);
    out.key(name).begin_array();
    for (const auto& row : part.rows) out.raw(row);
    out.end_array();
  }
  return out.field("truncated", truncated).end_object().text();
}

std::optional<PersonalData> personal_data_for_operator(db::Txn& txn, const Context& context,
                                                       const Email& email, std::int64_t most) {
  const auto account = store::find_account(txn, email);
  if (!account) return std::nullopt;
  PersonalData data{personal_data(txn, context, account->user.id, most), files_of(txn, account->user.id)};
  record_for_system(txn, context,
                    {"account.exported",
                     "user",
                     account->user.id.bytes(),
                     {},
                     std::move(json::Object{}.set("by", "operator"))});
  return data;
}

}  // namespace tenantd::service
