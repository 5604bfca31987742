// How long each table's rows are kept: one list for the sweeper's guide, the API, the console and doctor. A
// test holds it against the tables that there are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tenantd/base/time.hpp"
#include "tenantd/config/settings.hpp"

namespace tenantd {

// Not settings: what others rely on. No session is older than a year (SESSION_MAX_SECONDS), so that a note
// of its end is not needed for longer.
inline constexpr Seconds kSessionCutsKept{366 * 86400};

// By what a row goes.
enum class Keeping {
  after_making,       // its age
  after_use,          // the time since it was used last
  after_end,          // the time since its own end, often none
  with_organization,  // with its organization
  with_account,       // with its account or session
  bounded,            // of few rows, or in use until it is done
  for_ever,           // by nothing but somebody's hand
};
std::string_view name_of(Keeping keeping);

struct Retained {
  std::string_view name;  // the sweeper's task, or the table where no task removes from it
  std::string_view table;
  Keeping keeping = Keeping::bounded;
  std::string_view setting = {};  // says how long, or, of what goes at its end, when that is
  std::int64_t Settings::*seconds = nullptr;
  Seconds fixed{0};           // without `seconds`
  bool zero_is_ever = false;  // 0 of the setting = for ever

  bool goes_by_time() const;
  // How long after the time that it goes by; nullopt: by no time, or for ever.
  std::optional<Seconds> kept(const Settings& settings) const;
};

// Every table of the database, those that the sweeper removes from by a time first.
std::span<const Retained> retained();

}  // namespace tenantd
