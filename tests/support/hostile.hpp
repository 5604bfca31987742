// The largest and slowest values that a request can carry at each place of a schema, made from the schema
// itself: a place that is added is attacked as well.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

namespace tenantd::test {

// What nginx lets through (nginx/snippets/body.conf).
inline constexpr std::size_t kBodyBytes = 256 * 1024;

struct HostileBody {
  std::string what;  // "signup /email: a text that fills the body"
  std::string json;
  bool may_fit = false;  // the schema allows it: free-form data, or a text that may be as long as a body
};

// Of a schema by its name, references expanded.
rapidjson::Document schema_of(std::string_view name);

// Every place of the schema's body, each with every hostile value, the other members as in the schema's
// example.
std::vector<HostileBody> hostile_bodies(std::string_view schema);

// The schema's example with a text beyond ASCII in each place that takes a text, one after the other.
std::vector<std::string> foreign_bodies(std::string_view schema);

// Texts that cost a matcher that goes back most, of about this many bytes.
std::vector<std::string> regex_hostile(std::size_t bytes);

// `count` times `item`, with commas between.
std::string repeated(std::string_view item, std::size_t count);

}  // namespace tenantd::test
