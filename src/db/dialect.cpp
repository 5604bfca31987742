#include "dialect.hpp"

#include <regex>

namespace tenantd::db {

Engine engine_of(std::string_view version) {
  return version.find("MariaDB") == std::string_view::npos ? Engine::mysql : Engine::mariadb;
}

std::string_view socket_login(Engine engine) {
  return engine == Engine::mysql ? " IDENTIFIED WITH auth_socket" : " IDENTIFIED VIA unix_socket";
}

bool is_replacement(Engine engine, int error) {
  constexpr int kNoRoutine = 1305, kNoRight = 1370, kInvalidView = 1356;
  return engine == Engine::mysql && (error == kNoRoutine || error == kNoRight || error == kInvalidView);
}

bool changed_nothing(std::string_view statement, std::string_view message) {
  constexpr std::string_view kCall = "CALL ";
  if (!statement.starts_with(kCall)) return true;
  auto name = statement.substr(kCall.size(), statement.find('(') - kCall.size());
  if (const auto dot = name.find('.'); dot != std::string_view::npos) name.remove_prefix(dot + 1);
  const std::string named = '.' + std::string{name};
  return message.find(named + ' ') != std::string_view::npos ||
         message.find(named + '\'') != std::string_view::npos;
}

bool was_done_before(int error) {
  switch (error) {
    case 1060:  // the column is there
    case 1061:  // the key
    case 1091:  // what would be dropped is not
    case 1826:  // the constraint is there
    case 3822:  // the same of MySQL's, for a CHECK
    case 3821:  // the constraint that would be dropped is not (MySQL: CHECK, any)
    case 3940: return true;
    default: return false;
  }
}

std::optional<Definition> parse_definition(std::string_view statement) {
  static const std::regex kHead{
      R"(CREATE DEFINER = \S+ (PROCEDURE|FUNCTION|TRIGGER) ([a-z_0-9.]+)\b(?: (?:BEFORE|AFTER) [A-Z]+ ON ([a-z_0-9.]+))?)"};
  std::match_results<std::string_view::const_iterator> found;
  if (!std::regex_search(statement.begin(), statement.end(), found, kHead,
                         std::regex_constants::match_continuous))
    return std::nullopt;
  return Definition{found[1], found[2], found[3]};
}

std::vector<std::string> replace_statements(Engine engine, const Definition& definition,
                                            const std::string& statement) {
  if (engine == Engine::mariadb) return {"CREATE OR REPLACE" + statement.substr(6)};
  const std::string drop = "DROP " + definition.kind + " IF EXISTS " + definition.name;
  if (definition.kind != "TRIGGER") return {drop, statement};
  // Nobody changes the table while it has no trigger.
  return {"LOCK TABLES " + definition.table + " WRITE", drop, statement, "UNLOCK TABLES"};
}

bool loses_rights(Engine engine, const Definition& definition) {
  return engine == Engine::mysql && definition.kind != "TRIGGER";
}

}  // namespace tenantd::db
