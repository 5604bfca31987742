#include "tenantd/db/inspection.hpp"

#include <algorithm>
#include <set>

#include "definitions.hpp"
#include "sql_text.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/db/migrate.hpp"

namespace tenantd::db {
namespace {

// The name behind `head` in a statement: "tenantd_app.member".
std::string name_behind(const std::string& statement, std::string_view head) {
  const auto at = statement.find(head);
  if (at == std::string::npos) return "";
  const auto rest = std::string_view{statement}.substr(at + head.size());
  const auto end = rest.find_first_of(" (\n\r\t");
  return std::string{rest.substr(0, end)};
}

std::set<std::string> tables_of(const std::string& dir) {
  std::set<std::string> tables;
  for (const auto& migration : find_migrations(dir))
    for (const auto& statement : read_statements(migration.path))
      if (const auto name = name_behind(statement, "CREATE TABLE IF NOT EXISTS "); !name.empty())
        tables.insert(name);
  return tables;
}

struct View {
  std::string name, text;
};

std::vector<View> views_of(const std::string& dir) {
  std::vector<View> views;
  for (const auto& statement : read_statements(dir + "/views.sql"))
    if (const auto name = name_behind(statement, " SQL SECURITY DEFINER VIEW "); !name.empty())
      views.push_back({name, statement});
  return views;
}

bool answers(Connection& db, const std::string& query) {
  try {
    auto rows = db.run_query(query);
    return rows.next() && rows.flag(0);
  } catch (const AccessError&) {
    return false;
  } catch (const StatementError&) {
    return false;  // no such table: an older one, or a newer
  }
}

bool may_read(const Grants& grants, const std::string& table) {
  return std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
    return grant.object == table && grant.kind.empty() && grant.privilege != "DELETE" &&
           grant.privilege != "INSERT";
  });
}

// As the server says of a view, which names who defines it.
bool has_view(Connection& db, const std::string& name) {
  static constexpr Sql kView{"inspection.view",
                             "SELECT 1 FROM information_schema.views WHERE table_schema = ? AND table_name "
                             "= ? AND definer = 'tenantd_owner@localhost' AND security_type = 'DEFINER'"};
  const auto dot = name.find('.');
  return db.query(kView, name.substr(0, dot), name.substr(dot + 1)).next();
}

}  // namespace

std::vector<std::string> readable_beyond(Connection& db, const std::string& dir, const Grants& wanted) {
  std::vector<std::string> found;
  for (const auto& table : tables_of(dir))
    if (!may_read(wanted, table) &&
        answers(db, "SELECT COUNT(*) >= 0 FROM (SELECT 1 FROM " + table + " LIMIT 1) probe"))
      found.push_back(table);
  return found;
}

std::vector<std::string> views_without_scope(Connection& db, const std::string& dir) {
  std::vector<std::string> found;
  for (const auto& view : views_of(dir))
    if (view.text.find("= tenantd_app.current_org()") != std::string::npos &&
        answers(db, "SELECT EXISTS (SELECT 1 FROM " + view.name + ")"))
      found.push_back(view.name);
  return found;
}

std::vector<std::string> changed_definitions(Connection& administrator, const std::string& dir) {
  std::vector<std::string> found;
  Definitions definitions{administrator};
  for (const char* file : {"/routines.sql", "/views.sql"})
    for (const auto& statement : read_statements(dir + file))
      if (const auto definition = parse_definition(statement);
          definition && !definitions.stands(*definition, statement))
        found.push_back(ascii_lower(definition->kind) + ' ' + definition->name);
  for (const auto& view : views_of(dir))
    if (!has_view(administrator, view.name)) found.push_back("view " + view.name);
  return found;
}

}  // namespace tenantd::db
