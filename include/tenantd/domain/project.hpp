// Projects and their documents: states and tags, pure rules.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenantd {

// As the database numbers them.
enum class ProjectStatus : std::int8_t { planned, active, on_hold, completed, archived };
inline constexpr int kProjectStatuses = 5;
inline constexpr std::array<std::string_view, kProjectStatuses> kProjectStatusNames{
    "planned", "active", "on_hold", "completed", "archived"};

std::string_view project_status_name(ProjectStatus status);
std::optional<ProjectStatus> parse_project_status(std::string_view name);

// Whether a document has a file: announced ones are still on their way.
enum class DocumentStatus : std::int8_t { none, announced, stored };
inline constexpr int kDocumentStatuses = 3;
inline constexpr std::array<std::string_view, kDocumentStatuses> kDocumentStatusNames{"none", "announced",
                                                                                      "stored"};

std::string_view document_status_name(DocumentStatus status);
std::optional<DocumentStatus> parse_document_status(std::string_view name);

inline constexpr std::size_t kMostTags = 20;
inline constexpr std::size_t kLongestTag = 40;  // code points

// Returns the tag as it is kept: without blanks at its ends, in lower case. nullopt if there is nothing left,
// or if it has a comma, a control character or more than kLongestTag code points.
std::optional<std::string> normalized_tag(std::string_view typed);

// Tags as the database keeps them: in their order, once each, with a comma between two.
std::string join_tags(std::vector<std::string> tags);
std::vector<std::string> split_tags(std::string_view joined);

}  // namespace tenantd
