#include "record/words.hpp"

#include <cctype>

#include "tenantd/base/text.hpp"

namespace tenantd::record {
namespace {

char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }

}  // namespace

std::string camel_case(std::string_view name) {
  std::string camel;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') camel += begins ? upper(c) : c;
    begins = c == '_';
  }
  return camel;
}

std::string spoken(std::string_view name) {
  std::string words{name};
  for (char& c : words)
    if (c == '_') c = ' ';
  return words;
}

std::string sentence(std::string words) {
  words.front() = upper(words.front());
  return words;
}

std::string with_article(std::string_view name) {
  const bool vowel = std::string_view{"aeiou"}.find(name.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + spoken(name);
}

std::vector<std::string_view> names_in(std::string_view joined) {
  return joined.empty() ? std::vector<std::string_view>{} : split(joined, ',');
}

std::string many_of(const Resource& resource) {
  const auto& many = resource.options.many;
  return many.empty() ? std::string{resource.record.name} + 's' : std::string{many};
}

}  // namespace tenantd::record
