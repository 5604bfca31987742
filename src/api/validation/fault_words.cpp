#include "api/validation/fault_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tenantd/base/text.hpp"

namespace tenantd::api {
namespace {

using Words = std::pair<std::string_view, std::string_view>;

// The part of the schema that speaks about the value; none where alternatives do.
const JsonValue* part_at(const JsonValue& schema, const Steps& steps) {
  const JsonValue* at = &schema;
  for (const auto& step : steps) {
    const auto* properties = member(*at, "properties");
    const auto* next = properties != nullptr ? member(*properties, step) : nullptr;
    if (next == nullptr) next = member(*at, "items");
    if (next == nullptr || !next->IsObject()) return nullptr;
    at = next;
  }
  return at;
}

std::string_view kind(std::string_view type) {
  static constexpr std::array<Words, 6> kKinds{{{"string", "a string"},
                                                {"integer", "a whole number"},
                                                {"number", "a number"},
                                                {"boolean", "true or false"},
                                                {"array", "a list"},
                                                {"object", "an object"}}};
  const auto* found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Words& k) { return k.first == type; });
  return found == kKinds.end() ? type : found->second;
}

std::string list(const JsonValue& values, std::string_view between,
                 std::string_view (*say)(std::string_view)) {
  std::string out;
  for (const auto& value : values.GetArray())
    if (value.IsString()) out.append(out.empty() ? "" : between).append(say(view(value)));
  return out;
}

std::optional<std::string> type_words(const JsonValue* part) {
  const auto* type = part != nullptr ? member(*part, "type") : nullptr;
  if (type == nullptr) return std::nullopt;
  if (type->IsString()) return "must be " + std::string{kind(view(*type))};
  return "must be " + list(*type, " or ", kind);
}

std::optional<std::string> enum_words(const JsonValue* part) {
  const auto* values = part != nullptr ? member(*part, "enum") : nullptr;
  if (values == nullptr) return std::nullopt;
  return "must be one of: " + list(*values, ", ", [](std::string_view value) { return value; });
}

// "Expected number greater than or equal to 1.000000": Valijson counts in doubles, the API in whole numbers.
std::optional<std::string> bound_words(std::string_view fault) {
  static constexpr std::array<Words, 2> kBounds{
      {{"Expected number greater than or equal to ", "must be at least "},
       {"Expected number less than or equal to ", "must be at most "}}};
  for (const auto& [prefix, words] : kBounds)
    if (fault.starts_with(prefix)) {
      const auto number = fault.substr(prefix.size());
      return std::string{words}.append(number.substr(0, number.find('.')));
    }
  return std::nullopt;
}

// "String should be no fewer than 36 characters in length.": the number, or "" if the fault does not begin
// so.
std::string number_behind(std::string_view fault, std::string_view prefix) {
  if (!fault.starts_with(prefix)) return {};
  const auto rest = fault.substr(prefix.size());
  return std::string{rest.substr(0, rest.find_first_not_of("0123456789"))};
}

std::optional<std::string> length_words(std::string_view fault) {
  if (const auto least = number_behind(fault, "String should be no fewer than "); !least.empty())
    return least == "1" ? "must not be empty" : "must be at least " + least + " characters long";
  if (const auto most = number_behind(fault, "String should be no more than "); !most.empty())
    return "must be at most " + most + " characters long";
  if (const auto least = number_behind(fault, "Array should contain no fewer than "); !least.empty())
    return least == "1" ? "must not be empty" : "must hold at least " + least + " items";
  if (const auto most = number_behind(fault, "Array should contain no more than "); !most.empty())
    return "must hold at most " + most + " items";
  return std::nullopt;
}

// The name that says of what an id is: of a list's item, the list's.
std::string_view naming(const Steps& steps, std::string_view outer) {
  for (auto step = steps.rbegin(); step != steps.rend(); ++step)
    if (step->find_first_not_of("0123456789") != std::string::npos) return *step;
  return outer;
}

// What a text must look like: the schema's own words, where it has some.
std::optional<std::string> form_words(std::string_view fault, const JsonValue* part, std::string_view name) {
  const bool is_id = part != nullptr && maybe_text(*part, kFormatMember) == "uuid";
  if (is_id && fault.starts_with("Value type not permitted")) return id_words(name);
  const bool of_pattern = fault.starts_with("Failed to match regex");
  if (!of_pattern && !fault.starts_with("String should be no ")) return std::nullopt;
  if (is_id) return id_words(name);
  if (!of_pattern) return std::nullopt;
  const auto says = part != nullptr ? maybe_text(*part, "x-pattern-says") : std::nullopt;
  return says.value_or("does not have the right form");
}

std::optional<std::string> member_words(std::string_view fault) {
  constexpr std::string_view kUnknown = "Object contains a property that could not be validated ";
  if (!fault.starts_with(kUnknown)) return std::nullopt;
  const auto name = fault.find(": '");
  if (name == std::string_view::npos) return std::nullopt;
  return unknown_member_words(fault.substr(name + 3, fault.size() - name - 5));
}

std::optional<std::string> alternative_words(std::string_view fault) {
  if (fault.starts_with("Failed to validate against any "))
    return "one of the alternatives whose faults are listed must be met";
  if (fault.starts_with("Failed to validate against exactly one child schema"))
    return "must meet one of the alternatives, not several at once";
  return std::nullopt;
}

}  // namespace

std::string unknown_member_words(std::string_view name) {
  // Shown as far as a reader needs to find it, cut at a code point's start.
  const auto shown = cut_bytes(name, 100);
  const std::string_view rest = shown.size() < name.size() ? "…" : "";
  return "has a member that is not known here: '" + std::string{shown}.append(rest) + "'.";
}

std::optional<std::string> fault_words(std::string_view fault, const JsonValue& schema, const Steps& steps,
                                       std::string_view outer) {
  if (fault.starts_with("Failed to validate against child schema #")) return std::nullopt;
  if (fault.starts_with("Failed to validate item #")) return std::nullopt;
  const auto* part = part_at(schema, steps);
  std::optional<std::string> words;
  words = form_words(fault, part, naming(steps, outer));
  if (!words && fault.starts_with("Value type not permitted")) words = type_words(part);
  if (fault.starts_with("Failed to match against any enum values")) words = enum_words(part);
  if (!words) words = length_words(fault);
  if (!words) words = bound_words(fault);
  if (!words) words = member_words(fault);
  if (!words) words = alternative_words(fault);
  return words ? words : std::string{fault};
}

}  // namespace tenantd::api
