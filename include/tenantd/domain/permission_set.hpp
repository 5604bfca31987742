// Sets of permissions and the five system roles, whatever permissions there are: those who name one include
// permission.hpp, and only they are compiled again when there is another.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenantd::json {
class Writer;
}

namespace tenantd {

enum class Permission : std::uint8_t;

std::string_view permission_name(Permission permission);
std::optional<Permission> parse_permission(std::string_view name);

class PermissionSet {
 public:
  static constexpr std::size_t kCapacity = 256;
  using Words = std::array<std::uint64_t, kCapacity / 64>;

 private:
  // Before who uses it: clang 14 evaluates a member template at compile time only behind its definition.
  static constexpr std::size_t word(Permission p) { return static_cast<std::size_t>(p) / 64; }
  static constexpr std::uint64_t bit(Permission p) {
    return std::uint64_t{1} << (static_cast<unsigned>(p) % 64);
  }
  template <class Joins>
  constexpr PermissionSet each(const PermissionSet& other, Joins joined) const {
    PermissionSet result;
    for (std::size_t i = 0; i < words_.size(); ++i) result.words_[i] = joined(words_[i], other.words_[i]);
    return result;
  }

  Words words_{};

 public:
  constexpr PermissionSet() = default;
  // As words() gave them: permission p is bit p % 64 of word p / 64.
  explicit constexpr PermissionSet(const Words& words) : words_(words) {}

  constexpr bool has(Permission p) const { return (words_[word(p)] & bit(p)) != 0; }
  constexpr PermissionSet with(Permission p) const {
    auto more = *this;
    return more.words_[word(p)] |= bit(p), more;
  }
  constexpr PermissionSet without(Permission p) const { return without(PermissionSet{}.with(p)); }
  constexpr PermissionSet without(const PermissionSet& other) const {
    return each(other, [](std::uint64_t mine, std::uint64_t others) { return mine & ~others; });
  }
  // True if every permission of `other` is held here: a holder may grant `other`, and may act on its holders.
  constexpr bool covers(const PermissionSet& other) const { return other.without(*this) == PermissionSet{}; }
  constexpr const Words& words() const { return words_; }

  friend constexpr PermissionSet operator|(const PermissionSet& a, const PermissionSet& b) {
    return a.each(b, [](std::uint64_t mine, std::uint64_t others) { return mine | others; });
  }
  friend constexpr PermissionSet operator&(const PermissionSet& a, const PermissionSet& b) {
    return a.each(b, [](std::uint64_t mine, std::uint64_t others) { return mine & others; });
  }
  friend constexpr bool operator==(const PermissionSet&, const PermissionSet&) = default;
};

PermissionSet every_permission();

// Comma-separated names, as custom roles store them. Unknown names are skipped: they grant nothing.
PermissionSet parse_permissions(std::string_view comma_separated);
std::string format_permissions(const PermissionSet& set);
std::vector<std::string_view> permission_names(const PermissionSet& set);
// An array of names.
void write_json(json::Writer& writer, const PermissionSet& set);

struct SystemRole {
  std::string_view name;
  std::string_view description;
  PermissionSet permissions;
};

inline constexpr std::string_view kOwnerRole = "owner";
inline constexpr std::string_view kDefaultInviteRole = "member";

// owner, admin, manager, member, viewer: every organization is made with these.
const std::array<SystemRole, 5>& system_roles();
const SystemRole* find_system_role(std::string_view name);

}  // namespace tenantd
