// Members of a row type as fields: name<&Warehouse::name>("name"). What a member's type says, such as that it
// may be absent, the field knows from there.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "tenantd/base/time.hpp"
#include "tenantd/domain/permission_set.hpp"
#include "tenantd/record/field.hpp"

namespace tenantd::record {

// --- between members and values ---

inline Value value_of(const std::string& v) { return std::string_view{v}; }
inline Value value_of(std::string&& v) { return std::move(v); }
inline Value value_of(const PermissionSet& v) { return format_permissions(v); }
inline Value value_of(std::int64_t v) { return v; }
inline Value value_of(bool v) { return v; }
template <class Enum>
requires std::is_enum_v<Enum> Value value_of(Enum v) { return static_cast<std::int64_t>(v); }
inline Value value_of(TimePoint v) { return unix_seconds(v); }
template <class Tag>
Value value_of(const Id<Tag>& v) {
  return v.bytes();
}
template <class T>
Value value_of(const std::optional<T>& v) {
  return v ? value_of(*v) : Value{nullptr};
}

inline void assign(std::string& to, const Value& v) { to = text_of(v).value(); }
inline void assign(PermissionSet& to, const Value& v) { to = parse_permissions(text_of(v).value()); }
inline void assign(std::int64_t& to, const Value& v) { to = std::get<std::int64_t>(v); }
inline void assign(bool& to, const Value& v) { to = std::get<bool>(v); }
template <class Enum>
requires std::is_enum_v<Enum>
void assign(Enum& to, const Value& v) { to = static_cast<Enum>(std::get<std::int64_t>(v)); }
inline void assign(TimePoint& to, const Value& v) { to = from_unix(std::get<std::int64_t>(v)); }
template <class Tag>
void assign(Id<Tag>& to, const Value& v) {
  to = Id<Tag>{std::get<UuidBytes>(v)};
}
template <class T>
void assign(std::optional<T>& to, const Value& v) {
  if (std::holds_alternative<std::nullptr_t>(v)) return to.reset();
  assign(to.emplace(), v);
}

template <class T>
inline constexpr bool kMaybe = false;
template <class T>
inline constexpr bool kMaybe<std::optional<T>> = true;

template <auto Member>
struct Access;
template <class Row, class T, T Row::*Member>
struct Access<Member> {
  static constexpr bool maybe = kMaybe<T>;
  static Value get(const void* row) { return value_of(static_cast<const Row*>(row)->*Member); }
  static void set(void* row, const Value& v) { assign(static_cast<Row*>(row)->*Member, v); }
};

template <auto Member>
constexpr Field field(std::string_view name, Kind kind) {
  using Of = Access<Member>;
  return {name, kind, Of::maybe, Of::get, Of::set};
}

// A function of the row, which replies show.
template <auto Function>
struct Computed;
template <class Row, class T, T (*Function)(const Row&)>
struct Computed<Function> {
  static constexpr bool maybe = kMaybe<T>;
  static Value get(const void* row) { return value_of(Function(*static_cast<const Row*>(row))); }
  static void set(void*, const Value&) {}
};

// --- what stands in a field list: text<&Warehouse::name>("name") ---

template <auto Member>
constexpr Field name(std::string_view n) {
  return field<Member>(n, Kind::name);
}
template <auto Member>
constexpr Field text(std::string_view n) {
  return field<Member>(n, Kind::text);
}
template <auto Member>
constexpr Field code(std::string_view n) {
  return field<Member>(n, Kind::code);
}
template <auto Member>
constexpr Field email(std::string_view n) {
  return field<Member>(n, Kind::email).length(0, 320);
}
template <auto Member>
constexpr Field number(std::string_view n) {
  return field<Member>(n, Kind::number);
}
template <auto Member>
constexpr Field flag(std::string_view n) {
  return field<Member>(n, Kind::flag);
}
template <auto Function>
constexpr Field computed(std::string_view n, Kind kind) {
  using Of = Computed<Function>;
  return Field{n, kind, Of::maybe, Of::get, Of::set}.derived();
}
template <auto Member>
constexpr Field time(std::string_view n) {
  return field<Member>(n, Kind::time);
}
template <auto Member>
constexpr Field choice(std::string_view n, std::span<const std::string_view> names) {
  return field<Member>(n, Kind::choice).one_of(names);
}
template <auto Member>
constexpr Field names(std::string_view n) {
  return field<Member>(n, Kind::names);
}
// Names of permissions, of a PermissionSet.
inline std::string_view fault_of_permission(std::string_view name, std::size_t) {
  return parse_permission(name) ? "" : "is no permission";
}
template <auto Member>
constexpr Field permissions(std::string_view n) {
  return names<Member>(n).judged_by(fault_of_permission);
}
template <auto Member>
constexpr Field digest(std::string_view n) {
  return field<Member>(n, Kind::digest);
}
template <auto Member>
constexpr Field tags(std::string_view n) {
  return field<Member>(n, Kind::tags);
}
template <auto Member>
constexpr Field reference(std::string_view n) {
  return field<Member>(n, Kind::id);
}

}  // namespace tenantd::record
