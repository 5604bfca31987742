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

std::optional<Said> unknown_words(std::string_view fault) {
  constexpr std::string_view kUnknown = "Object contains a property that could not be validated ";
  if (!fault.starts_with(kUnknown)) return std::nullopt;
  const auto name = fault.find(": '");
  if (name == std::string_view::npos) return std::nullopt;
  return unknown_member_words(fault.substr(name + 3, fault.size() - name - 5));
}

// "email or user_id", where the part's alternatives say of members that they must be there, and no more.
std::optional<std::string> members_to_choose(const JsonValue* part) {
  const JsonValue* all = nullptr;
  for (const char* name : {"oneOf", "anyOf"})
    if (part != nullptr && all == nullptr) all = member(*part, name);
  if (all == nullptr) return std::nullopt;
  std::string names;
  for (const auto& each : all->GetArray()) {
    const auto* required = member(each, "required");
    if (required == nullptr || each.MemberCount() != 1) return std::nullopt;
    names.append(names.empty() ? "" : " or ");
    names += list(*required, " and ", [](std::string_view name) { return name; });
  }
  return names;
}

bool is_required(const JsonValue* part, std::string_view name) {
  const auto* required = part != nullptr ? member(*part, "required") : nullptr;
  if (required == nullptr) return false;
  return std::any_of(required->Begin(), required->End(),
                     [&](const auto& each) { return view(each) == name; });
}

std::optional<std::string_view> missing_member(std::string_view fault) {
  constexpr std::string_view kMissing = "Missing required property '";
  if (!fault.starts_with(kMissing)) return std::nullopt;
  const auto rest = fault.substr(kMissing.size());
  return rest.substr(0, rest.rfind('\''));
}

std::optional<std::string> alternative_words(std::string_view fault, const JsonValue* part) {
  const bool several = fault.starts_with("Failed to validate against exactly one child schema");
  if (!several && !fault.starts_with("Failed to validate against any ")) return std::nullopt;
  if (const auto names = members_to_choose(part))
    return (several ? "give only one of them: " : "give ") + *names;
  return several ? "must meet one of the alternatives, not several at once"
                 : "one of the alternatives whose faults are listed must be met";
}

}  // namespace

Said unknown_member_words(std::string_view name) {
  // Named as far as a reader needs to find it, cut at a code point's start.
  const auto shown = cut_bytes(name, 100);
  return {"is not known here", std::string{shown}.append(shown.size() < name.size() ? "…" : "")};
}

std::optional<Said> fault_words(std::string_view fault, const JsonValue& schema, const Steps& steps,
                                std::string_view outer) {
  if (fault.starts_with("Failed to validate against child schema #")) return std::nullopt;
  if (fault.starts_with("Failed to validate item #")) return std::nullopt;
  const auto* part = part_at(schema, steps);
  if (const auto name = missing_member(fault)) {
    if (!is_required(part, *name) && members_to_choose(part)) return std::nullopt;
    return Said{"is required", std::string{*name}};
  }
  if (auto unknown = unknown_words(fault)) return unknown;
  std::optional<std::string> words;
  words = form_words(fault, part, naming(steps, outer));
  if (!words && fault.starts_with("Value type not permitted")) words = type_words(part);
  if (fault.starts_with("Failed to match against any enum values")) words = enum_words(part);
  if (!words) words = length_words(fault);
  if (!words) words = bound_words(fault);
  if (!words) words = alternative_words(fault, part);
  return Said{words.value_or(std::string{fault})};
}

}  // namespace tenantd::api
