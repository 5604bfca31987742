#include "tenantd/domain/stock.hpp"

#include <array>

namespace tenantd {
namespace {

constexpr std::array<std::string_view, 4> kMovementNames{"in", "out", "adjust", "transfer"};

}  // namespace

std::string_view movement_type_name(MovementType type) {
  return kMovementNames.at(static_cast<std::size_t>(type));
}

std::optional<MovementType> parse_movement_type(std::string_view name) {
  for (std::size_t i = 0; i < kMovementNames.size(); ++i)
    if (kMovementNames[i] == name) return static_cast<MovementType>(i);
  return std::nullopt;
}

std::optional<std::int64_t> level_after(MovementType type, std::int64_t level, std::int64_t quantity) {
  if (quantity < 0 || quantity > kMostStock) return std::nullopt;
  std::int64_t after = 0;
  switch (type) {
    case MovementType::in: after = level + quantity; break;
    case MovementType::out:
    case MovementType::transfer: after = level - quantity; break;
    case MovementType::adjust: after = quantity; break;
  }
  if (after < 0 || after > kMostStock) return std::nullopt;
  return after;
}

}  // namespace tenantd
