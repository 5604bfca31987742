// What moves stock, and by how much: pure rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenantd {

// As the ledger numbers them.
enum class MovementType { in, out, adjust, transfer };

std::string_view movement_type_name(MovementType type);
std::optional<MovementType> parse_movement_type(std::string_view name);

// No level goes above this, so that sums over warehouses and products stay far from 2^63.
inline constexpr std::int64_t kMostStock = 1'000'000'000'000'000;

// The level at the movement's warehouse after it, or nullopt where it would fall below zero or rise above
// kMostStock. An adjustment sets it to what was counted.
std::optional<std::int64_t> level_after(MovementType type, std::int64_t level, std::int64_t quantity);

}  // namespace tenantd
