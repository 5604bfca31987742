// The SQL of a record, made once from its field list.
#pragma once

#include <string>
#include <vector>

#include "tenantd/record/record.hpp"

namespace tenantd::record {

class Statements {
 public:
  explicit Statements(const Record& record);

  db::Sql insert() const { return sql_of(insert_); }
  db::Sql find() const { return sql_of(find_); }
  db::Sql lock() const { return sql_of(lock_); }
  db::Sql hold() const { return sql_of(hold_); }
  db::Sql named() const { return sql_of(named_); }
  db::Sql unique() const { return sql_of(unique_); }
  db::Sql update() const { return sql_of(update_); }
  db::Sql remove() const { return sql_of(remove_); }
  db::Sql list() const { return sql_of(list_); }
  // Of a record with a ranked field.
  db::Sql ranked() const { return sql_of(ranked_); }
  db::Sql count() const { return sql_of(count_); }

  // Fields that INSERT and UPDATE bind, in their order; those that a SELECT reads.
  const std::vector<const Field*>& made() const { return made_; }
  const std::vector<const Field*>& written() const { return written_; }
  const std::vector<const Field*>& read() const { return read_; }
  // How many fields list and count look into for a text, and how many they compare.
  std::size_t searches() const { return searches_; }
  std::size_t filters() const { return filters_; }

 private:
  // The statement's name and text; prepared statements are known by where the text stands.
  struct Text {
    std::string name, text;
  };
  static db::Sql sql_of(const Text& text) { return {text.name, text.text}; }
  void add(const Field& field);
  std::string wanted() const;
  std::string list_by(std::string_view time) const;

  std::vector<const Field*> made_, written_, read_;
  std::size_t searches_ = 0, filters_ = 0;
  std::string searched_, filtered_;
  Text insert_, find_, lock_, hold_, named_, unique_, update_, remove_, list_, ranked_, count_;
};

}  // namespace tenantd::record
