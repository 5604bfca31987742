// A field of a record: one name for its column, its JSON member and its audit value, how it is read from a
// row in memory and written back, and what a request may hold there.
//
// A field is plain data: one engine (src/record) walks lists of them, and no template grows with a record.
// What the compiler adds for each member is two functions.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "tenantd/base/value.hpp"

namespace tenantd::record {

// What a value is. `name` is one line in which something can be seen; `text` may be anything; `code` has a
// pattern of its own; `choice` is one of some names, whose number is stored; `tags` are several, in one text
// (domain/project.hpp); `names` are several of a known set, stored with commas between them and shown as a
// list; `digest` is bytes, shown in hexadecimal digits, which no request brings.
enum class Kind { name, text, code, email, number, flag, time, id, choice, tags, names, digest };

inline constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999

// A part of the record's life that a field takes part in.
enum Part : unsigned {
  kBody = 1,      // a request may hold it
  kReply = 2,     // a reply shows it
  kStored = 4,    // a column is read into it
  kWritten = 8,   // the column is written when the row is made or changed
  kAudited = 16,  // the audit row has it
  kMade = 32,     // the column is written when the row is made
  kEverywhere = kBody | kReply | kStored | kWritten | kAudited
};

// Returns what is wrong with a text, or with one of `count` names; empty: nothing is.
using Fault = std::string_view (*)(std::string_view text, std::size_t count);

struct Field {
  std::string_view name;
  Kind kind;
  bool maybe;  // absence (null) is a value
  Value (*get)(const void* row);
  void (*set)(void* row, const Value& value);
  unsigned parts = kEverywhere;
  std::string_view column_name = {};  // empty: the name
  std::int64_t least = 0;             // characters, names, or the number itself
  std::int64_t most = 0;              // 0: without a bound
  std::int64_t each_least = 0;        // characters of each name
  std::int64_t each_most = 0;
  std::string_view each_description = {};
  Fault fault = nullptr;
  std::string_view pattern = {};
  std::string_view pattern_says = {};  // what a refusal says of the pattern
  std::string_view description = {};
  std::string_view example_text = {};
  std::optional<std::int64_t> example_number = {};
  std::optional<std::string_view> otherwise = {};  // what a request that leaves it out means
  std::span<const std::string_view> choices = {};
  bool is_numbered = false;
  bool is_searched = false;
  bool is_unique = false;
  bool is_filter = false;
  bool is_live = false;
  std::string_view ranking = {};  // the flag of a query that asks for the rows which have it

  // Characters of a text.
  constexpr Field length(std::int64_t min, std::int64_t max) const { return range(min, max); }
  constexpr Field range(std::int64_t min, std::int64_t max) const {
    return with(&Field::least, min).with(&Field::most, max);
  }
  constexpr Field matches(std::string_view regex, std::string_view says_of_it) const {
    return with(&Field::pattern, regex).with(&Field::pattern_says, says_of_it);
  }
  constexpr Field says(std::string_view sentence) const { return with(&Field::description, sentence); }
  constexpr Field example(std::string_view text) const { return with(&Field::example_text, text); }
  constexpr Field example(std::int64_t number) const { return with(&Field::example_number, number); }
  constexpr Field unless_given(std::string_view text) const { return with(&Field::otherwise, text); }
  constexpr Field one_of(std::span<const std::string_view> names) const {
    return with(&Field::choices, names);
  }
  constexpr Field each_length(std::int64_t min, std::int64_t max) const {
    return with(&Field::each_least, min).with(&Field::each_most, max);
  }
  // What the schema of a reply says of each name.
  constexpr Field each_says(std::string_view sentence) const {
    return with(&Field::each_description, sentence);
  }
  constexpr Field judged_by(Fault what_is_wrong) const { return with(&Field::fault, what_is_wrong); }
  // A request may name the choice by its number, as a text.
  constexpr Field numbered() const { return with(&Field::is_numbered, true); }
  constexpr Field stored_as(std::string_view column) const { return with(&Field::column_name, column); }
  // What is read or filled in is more than the member's value.
  constexpr Field set_by(void (*setter)(void* row, const Value& value)) const {
    return with(&Field::set, setter);
  }
  // A list's `q` looks into it.
  constexpr Field searched() const { return with(&Field::is_searched, true); }
  // Of a reference: a query of the list may ask for the rows with this id alone.
  constexpr Field filtered() const { return with(&Field::is_filter, true); }
  // A time that not every row has. A list whose query says `flag`=true has only rows that have it, in its
  // order.
  constexpr Field ranks(std::string_view flag) const { return with(&Field::ranking, flag); }
  // No two rows of an organization have the same: in a file it says which row is meant, and so the list has
  // files of rows. The schema keeps it so (UNIQUE (org_id, name)), and a refusal says what happens otherwise.
  constexpr Field unique() const { return with(&Field::is_unique, true); }
  // Replies show it, requests cannot hold it, and other statements keep its column.
  constexpr Field kept_elsewhere() const { return only(kReply | kStored); }
  // Replies show it, and it stays as it was made.
  constexpr Field kept() const { return only(kReply | kStored | kMade); }
  // The service's own: a column and nothing else.
  constexpr Field hidden() const { return only(kStored | kWritten); }
  // Written when the row is made and never read back: a hash, a sealed secret.
  constexpr Field written_once() const { return only(kMade); }
  // The audit row has it not, or has it alone.
  constexpr Field unaudited() const { return only(parts & ~kAudited); }
  constexpr Field audited_alone() const { return only(kAudited); }
  // Replies alone have it: it is derived from the rest.
  constexpr Field derived() const { return only(kReply); }
  // It moves while nobody changes the row. A PUT that sends back what GET gave of it is not refused for that.
  constexpr Field live() const { return with(&Field::is_live, true); }
  constexpr Field only(unsigned some) const { return with(&Field::parts, some); }

  template <class Member, class Given>
  constexpr Field with(Member Field::*member, Given given) const {
    Field f = *this;
    return f.*member = given, f;
  }

  // The name of a choice.
  std::string_view chosen(const Value& value) const {
    return choices[static_cast<std::size_t>(std::get<std::int64_t>(value))];
  }
  constexpr std::string_view column() const { return column_name.empty() ? name : column_name; }
  constexpr bool in(Part part) const { return (parts & part) != 0; }
  constexpr bool is_text() const {
    return kind == Kind::name || kind == Kind::text || kind == Kind::code || kind == Kind::email;
  }
  constexpr bool is_required() const { return !maybe && !otherwise && kind != Kind::tags; }
};

}  // namespace tenantd::record
