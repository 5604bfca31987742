// The types of domain events: one table, so that a webhook for a type that nobody records is refused.
#pragma once

#include <span>
#include <string_view>

namespace tenantd {

struct EventType {
  std::string_view name;   // "member.removed"
  std::string_view tells;  // what it says
};

// In the order of their names.
std::span<const EventType> event_types();
bool is_event_type(std::string_view name);

// Stands for every type, also those of later releases.
inline constexpr std::string_view kEveryEvent = "*";

}  // namespace tenantd
