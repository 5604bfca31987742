// Which routines and triggers stand in the database as the files define them: they are left alone, since
// MySQL cannot replace one without a moment in which it is not there.
#pragma once

#include <functional>
#include <string>

#include "dialect.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::db {

class Definitions {
 public:
  // The administrator's connection.
  explicit Definitions(Connection& db) : db_(db) {}

  // True if `text` made what bears the name now, and nobody has changed it since.
  bool stands(const Definition& definition, const std::string& text);

  // Puts it in the place of what bears its name. Returns true if the rights to it are gone with that.
  using Run = std::function<void(const std::string&)>;
  bool replace(const Definition& definition, const std::string& text, const Run& run);
  // Remembers that `text` made it.
  void note(const Definition& definition, const std::string& text);

 private:
  std::string shown(const Definition& definition);  // what the server says of it; "" if there is none

  Connection& db_;
};

}  // namespace tenantd::db
