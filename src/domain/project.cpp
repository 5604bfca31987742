#include "tenantd/domain/project.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

template <class Status, std::size_t N>
std::optional<Status> parse(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto* found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Status>(found - names.begin());
}

bool is_control(utf8proc_int32_t c) {
  return c == ',' || utf8proc_category(c) == UTF8PROC_CATEGORY_CC ||
         utf8proc_category(c) == UTF8PROC_CATEGORY_ZL || utf8proc_category(c) == UTF8PROC_CATEGORY_ZP;
}

}  // namespace

std::string_view project_status_name(ProjectStatus status) {
  return kProjectStatusNames.at(static_cast<std::size_t>(status));
}

std::optional<ProjectStatus> parse_project_status(std::string_view name) {
  return parse<ProjectStatus>(kProjectStatusNames, name);
}

std::string_view document_status_name(DocumentStatus status) {
  return kDocumentStatusNames.at(static_cast<std::size_t>(status));
}

std::optional<DocumentStatus> parse_document_status(std::string_view name) {
  return parse<DocumentStatus>(kDocumentStatusNames, name);
}

std::optional<std::string> normalized_tag(std::string_view typed) {
  const auto text = trim(typed);
  if (text.empty() || !is_utf8(text) || count_code_points(text) > kLongestTag) return std::nullopt;
  std::string tag;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t c = 0;
    const auto length = utf8proc_iterate(at, left, &c);
    if (length <= 0 || is_control(c)) return std::nullopt;
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto written = utf8proc_encode_char(utf8proc_tolower(c), bytes.data());
    tag.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(written));
    at += length;
    left -= length;
  }
  return tag;
}

std::string join_tags(std::vector<std::string> tags) {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  std::string joined;
  for (const auto& tag : tags) joined += (joined.empty() ? "" : ",") + tag;
  return joined;
}

std::vector<std::string> split_tags(std::string_view joined) {
  if (joined.empty()) return {};
  const auto parts = split(joined, ',');
  return {parts.begin(), parts.end()};
}

}  // namespace tenantd
