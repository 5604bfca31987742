// operationIds: what a generated client calls its functions. A row's own name counts; without one the path
// and the method make it, so that rows of the usual form need none.
#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "api/schema_files.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::api {
namespace {

using Words = std::vector<std::string>;

// A literal segment of a path: "api-keys", and whether a {part} follows it.
struct Noun {
  Words words;
  bool one = false;
};

Words words_of(std::string_view segment) {
  Words words{""};
  for (const char c : segment) {
    if (c != '-' && c != '_' && c != '.') {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// "api", "v1", "auth" and ".well-known" only say where the path lies.
bool says_nothing(std::string_view segment) {
  return segment.empty() || segment.starts_with('.') || segment == "api" || segment == "v1" ||
         segment == "auth";
}

std::vector<Noun> nouns_of(std::string_view path) {
  std::vector<Noun> nouns;
  for (const auto segment : split(path, '/')) {
    if (segment.starts_with('{')) {
      if (!nouns.empty()) nouns.back().one = true;
    } else if (!says_nothing(segment)) {
      nouns.push_back({words_of(segment)});
    }
  }
  return nouns;
}

// "identity" for "identities"; words that are no plural stay.
std::string singular(const std::string& word) {
  constexpr std::array<std::string_view, 11> kSame = {"access",  "activity", "address",     "limits",
                                                      "metrics", "options",  "preferences", "settings",
                                                      "stats",   "status",   "thresholds"};
  if (std::find(kSame.begin(), kSame.end(), word) != kSame.end()) return word;
  if (word.ends_with("ies")) return word.substr(0, word.size() - 3) + 'y';
  if (word.ends_with('s') && !word.ends_with("ss")) return word.substr(0, word.size() - 1);
  return word;
}

std::string pascal(const Words& words) {
  std::string text;
  for (const auto& word : words) {
    text += static_cast<char>(std::toupper(static_cast<unsigned char>(word.front())));
    text += word.substr(1);
  }
  return text;
}

std::string named(const Noun& noun, bool one) {
  auto words = noun.words;
  if (one) words.back() = singular(words.back());
  return pascal(words);
}

// What stands before the last `count` nouns, each as one: "WebhookDelivery".
std::string before(const std::vector<Noun>& nouns, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i + count < nouns.size(); ++i) text += named(nouns[i], true);
  return text;
}

bool answers_a_list(const Route& route) {
  if (route.reply.schema.empty()) return false;
  const Json schema = schema_document(schema_of_reply(route.reply.schema));
  const auto* properties = member(schema, "properties");
  return properties != nullptr && properties->HasMember("items");
}

// "resend" + "Invite" for /invites/{id}/resend, "transfer" + "Organization" + "Ownership".
std::string verb_first(const std::vector<Noun>& nouns) {
  const Words& words = nouns.back().words;
  std::string text = words.front();
  if (nouns.size() > 1) {
    const auto& acted_on = nouns[nouns.size() - 2];
    text += before(nouns, 2) + named(acted_on, acted_on.one);
  }
  return text + pascal({words.begin() + 1, words.end()});
}

std::string by_rule(const Route& route) {
  const auto nouns = nouns_of(route.path);
  if (nouns.empty()) return ascii_lower(http::method_name(route.method));
  const auto& last = nouns.back();
  const auto what = before(nouns, 1) + named(last, last.one);
  switch (route.method) {
    case Method::GET:
      if (last.words.front() == "export") return verb_first(nouns);
      return (answers_a_list(route) && !last.one ? "list" : "get") + what;
    case Method::PUT: return "update" + what;
    case Method::DELETE_: return "delete" + what;
    case Method::POST:
      if (route.reply.status == 201) return "create" + before(nouns, 1) + named(last, true);
      return verb_first(nouns);
    default: return ascii_lower(http::method_name(route.method)) + what;
  }
}

}  // namespace

std::string operation_id(const Route& route) {
  const Route& canonical = canonical_row(route);
  const auto name = canonical.name.empty() ? by_rule(canonical) : std::string{canonical.name};
  if (&canonical == &route) return name;
  if (!route.name.empty() && route.name != canonical.name) return std::string{route.name};
  std::string place;
  for (const auto segment : split(route.path, '/'))
    if (!says_nothing(segment) && !segment.starts_with('{')) place += pascal(words_of(segment));
  return name + "At" + place;
}

}  // namespace tenantd::api
