// What MariaDB and MySQL say otherwise where no form is known to both; each text is tried on both by the
// suite.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/db/engine.hpp"

namespace tenantd::db {

// `version` is what VERSION() says: "10.11.14-MariaDB-0+deb12u2", "9.7.4".
Engine engine_of(std::string_view version);

// What follows the name in CREATE USER for an account that signs in as the system's user of its name.
std::string_view socket_login(Engine engine);

// True for what a statement meets while MySQL puts another routine in the place of one that it calls: MySQL
// knows no CREATE OR REPLACE, and takes the rights to a routine away with it (1305, 1370, 1356).
bool is_replacement(Engine engine, int error);

// True if a statement that met that with this message has changed nothing and can be sent again: any but a
// CALL whose procedure had begun, and met it further in.
bool changed_nothing(std::string_view statement, std::string_view message);

// True for what ALTER TABLE says whose whole change is there already: MySQL knows no IF NOT EXISTS in it.
// (Neither server carries out a part of one statement.)
bool was_done_before(int error);

// A routine or trigger, as the head of its CREATE names it.
struct Definition {
  std::string kind;   // "PROCEDURE", "FUNCTION", "TRIGGER"
  std::string name;   // "tenantd_app.authenticate"
  std::string table;  // whose trigger it is
};

// Of "CREATE DEFINER = owner KIND name …"; nullopt for any other statement.
std::optional<Definition> parse_definition(std::string_view statement);

// The statements that put `statement`, which defines `definition`, in the place of what bears its name.
std::vector<std::string> replace_statements(Engine engine, const Definition& definition,
                                            const std::string& statement);

// True if the rights to a routine are gone once it was replaced.
bool loses_rights(Engine engine, const Definition& definition);

}  // namespace tenantd::db
