// Strong identifiers: 16 bytes, UUIDv7 (RFC 9562) when made by crypto::new_id.
// Construction is explicit, so an OrgId is never passed where a UserId belongs.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tenantd {

using UuidBytes = std::array<std::uint8_t, 16>;

// Returns the 36-character lower-case text form.
std::string format_uuid(const UuidBytes& bytes);

// Returns the bytes of a 36-character UUID in either case, or nullopt if `text` is anything else.
std::optional<UuidBytes> parse_uuid(std::string_view text);

template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  explicit constexpr Id(const UuidBytes& bytes) : bytes_(bytes) {}

  // Returns the id that `text` spells, or nullopt if it is no UUID.
  static std::optional<Id> parse(std::string_view text) {
    const auto bytes = parse_uuid(text);
    if (!bytes) return std::nullopt;
    return Id{*bytes};
  }

  // Returns the id held by a BINARY(16) column, or nullopt if `raw` is not 16 bytes (NULL).
  static std::optional<Id> from_raw(std::string_view raw) {
    if (raw.size() != 16) return std::nullopt;
    Id id;
    std::memcpy(id.bytes_.data(), raw.data(), 16);
    return id;
  }

  std::string str() const { return format_uuid(bytes_); }
  std::string_view raw() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  const UuidBytes& bytes() const { return bytes_; }
  bool is_nil() const { return bytes_ == UuidBytes{}; }

  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  UuidBytes bytes_{};
};

using OrgId = Id<struct OrgTag>;
using UserId = Id<struct UserTag>;
using RoleId = Id<struct RoleTag>;
using InviteId = Id<struct InviteTag>;
using SessionId = Id<struct SessionTag>;
using EventId = Id<struct EventTag>;
using ApiKeyId = Id<struct ApiKeyTag>;
using ClientId = Id<struct ClientTag>;
using DomainId = Id<struct DomainTag>;
using MailId = Id<struct MailTag>;
using IdentityId = Id<struct IdentityTag>;
using ProviderId = Id<struct ProviderTag>;
using SupplierId = Id<struct SupplierTag>;
using WarehouseId = Id<struct WarehouseTag>;
using ProductId = Id<struct ProductTag>;
using MovementId = Id<struct MovementTag>;
using PurchaseRequestId = Id<struct PurchaseRequestTag>;
using ProjectId = Id<struct ProjectTag>;
using DocumentId = Id<struct DocumentTag>;

}  // namespace tenantd
