// A resource described once. From a record's field list come its SQL, the reading and binding of its columns
// by name, its JSON both ways, its audit values, and the schemas of its requests and replies with an example.
//
//   constexpr auto kWarehouse = record<Warehouse>("warehouse",
//       name<&Warehouse::name>("name").length(1, 200).searched().example("North"),
//       name<&Warehouse::address>("address").length(0, 500).example("2 Dock Road, Hull"));
//
// The row type has `id`, `revision`, `created_at` and `updated_at` besides; its table has these columns and
// `org_id`, in which every key begins. A row type without `revision` never changes: it has `id` besides, and
// its times are fields like the others.
#pragma once

#include <array>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/record/members.hpp"

namespace tenantd::record {

class Statements;

// What a write that a constraint of the schema forbids is refused with.
struct Refusal {
  std::string_view constraint;  // the name of the unique key or of the foreign key
  ErrorCode code;
  std::string_view pointer;  // of the member that is at fault; empty: none is
  std::string_view says;     // of it
  std::string_view text;     // of the whole refusal; empty: the code's own
};
constexpr Refusal refuses(std::string_view constraint, ErrorCode code, std::string_view pointer,
                          std::string_view says, std::string_view text = {}) {
  return {constraint, code, pointer, says, text};
}

// Examples of bodies as JSON arrays, where those of the fields do not say enough. With one for changes, a
// PUT changes what its body names and leaves the rest, by the schema "change_NAME".
struct Examples {
  std::string_view body = {}, change = {};
};

// A secret of the row that one reply shows, by the schema "reply/new_NAME".
struct ShownOnce {
  std::string_view name = {}, pattern = {}, says = {};
};

// What a record does that its fields do not say. Rows come as pointers to the row type.
struct Hooks {
  // After a body was read into the row: judges what its fields say together. Throws ApiError.
  void (*judge)(const void* row) = nullptr;
  // Before each write: sets what follows from the other fields.
  void (*settle)(void* row, TimePoint now) = nullptr;
  // After a change was told.
  void (*changed)(const service::Work&, const void* before, const void* after) = nullptr;
};

// A few items in an object that the compiler makes.
template <class T, std::size_t Most>
struct Few {
  std::array<T, Most> items{};
  std::size_t count = 0;
  constexpr void add(const T& item) { items.at(count++) = item; }
  constexpr const T* begin() const { return items.data(); }
  constexpr const T* end() const { return items.data() + count; }
};

struct Record {
  std::string_view name;  // "warehouse": the table, the schemas, the audit's resource
  Few<Field, 24> fields;
  Few<Refusal, 6> refusals;
  Hooks hooks;
  Examples examples;
  ShownOnce shown_once;
  Field id;
  Few<Field, 3> stamps;             // of a row that changes: revision, created_at, updated_at
  void* (*make)(const void* like);  // nullptr: one as the type makes it
  void (*destroy)(void* row);
  const Statements& (*statements)(const Record& record);

  constexpr bool changes() const { return stamps.count > 0; }
  constexpr const Field& revision() const { return stamps.items.at(0); }
  constexpr const Field& created_at() const { return stamps.items.at(1); }
  constexpr const Field& updated_at() const { return stamps.items.at(2); }
};

// Made for good: they last as long as the program.
const Statements& make_statements(const Record& record);

template <class Row>
const Statements& statements_of(const Record& record) {
  static const Statements& made = make_statements(record);
  return made;
}

constexpr void add(Record& record, const Field& field) { record.fields.add(field); }
constexpr void add(Record& record, const Refusal& refusal) { record.refusals.add(refusal); }
constexpr void add(Record& record, const Hooks& hooks) { record.hooks = hooks; }
constexpr void add(Record& record, const Examples& examples) { record.examples = examples; }
constexpr void add(Record& record, const ShownOnce& secret) { record.shown_once = secret; }

template <class Row>
constexpr void add_stamps(Record& record) {
  constexpr unsigned kTime = kReply | kStored | kMade;
  if constexpr (requires(Row row) { row.revision; })
    for (const auto& stamp :
         {number<&Row::revision>("revision").only(kStored), time<&Row::created_at>("created_at").only(kTime),
          time<&Row::updated_at>("updated_at").only(kTime)})
      record.stamps.add(stamp);
}

template <class Row, class... Parts>
constexpr Record record(std::string_view name, const Parts&... parts) {
  Record made{name,
              {},
              {},
              {},
              {},
              {},
              reference<&Row::id>("id").only(kReply | kStored | kMade),
              {},
              [](const void* like) -> void* {
                return like == nullptr ? new Row{} : new Row{*static_cast<const Row*>(like)};
              },
              [](void* row) { delete static_cast<Row*>(row); },
              &statements_of<Row>};
  add_stamps<Row>(made);
  (add(made, parts), ...);
  return made;
}

// The time by which a part of the list is ranked; nullptr if there is none.
constexpr const Field* ranked_field(const Record& record) {
  for (const auto& field : record.fields)
    if (!field.ranking.empty()) return &field;
  return nullptr;
}

// The field by which a file tells rows; nullptr if there is none.
constexpr const Field* unique_field(const Record& record) {
  for (const auto& field : record.fields)
    if (field.is_unique) return &field;
  return nullptr;
}

}  // namespace tenantd::record
