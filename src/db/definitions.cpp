#include "definitions.hpp"

#include "tenantd/db/error.hpp"

namespace tenantd::db {
namespace {

constexpr Sql kFind{"definition.find",
                    "SELECT 1 FROM tenantd.definition WHERE kind = ? AND name = ? AND text_hash = "
                    "UNHEX(SHA2(?, 256)) AND shown_hash = UNHEX(SHA2(?, 256))"};
constexpr Sql kNote{"definition.note",
                    "REPLACE INTO tenantd.definition (kind, name, text_hash, shown_hash) VALUES (?, ?, "
                    "UNHEX(SHA2(?, 256)), UNHEX(SHA2(?, 256)))"};

}  // namespace

// The second column is the mode in which it was made, the third the text with its definer.
std::string Definitions::shown(const Definition& definition) {
  constexpr int kNoRoutine = 1305, kNoTrigger = 1360;
  try {
    auto rows = db_.run_query("SHOW CREATE " + definition.kind + ' ' + definition.name);
    return rows.next() ? rows.text(1) + '\n' + rows.text(2) : "";
  } catch (const StatementError& e) {
    if (e.number == kNoRoutine || e.number == kNoTrigger) return "";
    throw;
  }
}

bool Definitions::stands(const Definition& definition, const std::string& text) {
  const auto now = shown(definition);
  if (now.empty()) return false;
  auto rows = db_.query(kFind, definition.kind, definition.name, text, now);
  return rows.next();
}

void Definitions::note(const Definition& definition, const std::string& text) {
  db_.execute(kNote, definition.kind, definition.name, text, shown(definition));
}

bool Definitions::replace(const Definition& definition, const std::string& text, const Run& run) {
  const auto before = shown(definition);
  for (const auto& statement : replace_statements(db_.engine(), definition, text)) run(statement);
  return !before.empty() && loses_rights(db_.engine(), definition);
}

}  // namespace tenantd::db
