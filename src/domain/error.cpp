#include "tenantd/domain/error.hpp"

#include <array>

namespace tenantd {
namespace {

struct Row {
  int status;
  std::string_view name;
  std::string_view title;
};

constexpr std::array kRows = {
#define X(code, status, title) Row{status, #code, title},
    TENANTD_ERRORS(X)
#undef X
};

const Row& row(ErrorCode code) { return kRows.at(static_cast<std::size_t>(code)); }

}  // namespace

int http_status(ErrorCode code) { return row(code).status; }
std::string_view error_name(ErrorCode code) { return row(code).name; }
std::string_view error_title(ErrorCode code) { return row(code).title; }

std::optional<ErrorCode> find_error(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].name == name) return static_cast<ErrorCode>(i);
  return std::nullopt;
}

}  // namespace tenantd
