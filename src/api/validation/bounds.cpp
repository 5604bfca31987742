#include "api/validation/bounds.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "api/validation/fault_words.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::api {
namespace {

// minLength: Valijson counts to the first NUL.
constexpr std::array kJudged{"minLength", "maxLength", "maxItems", "maxProperties", "uniqueItems", "pattern"};
constexpr std::array kAlternatives{"oneOf", "anyOf", "allOf", "not", "if", "then", "else", "contains"};

std::optional<std::uint64_t> maybe_count(const JsonValue& schema, const char* name) {
  const auto* value = member(schema, name);
  return value != nullptr ? std::optional{value->GetUint64()} : std::nullopt;
}

bool takes_whole_numbers(const JsonValue& schema) {
  const auto* type = member(schema, "type");
  if (type == nullptr) return false;
  if (type->IsString()) return view(*type) == "integer";
  return std::any_of(type->Begin(), type->End(), [](const auto& each) { return view(each) == "integer"; });
}

std::int64_t whole_number(const JsonValue& schema, const char* name, std::int64_t otherwise) {
  const auto* value = member(schema, name);
  return value != nullptr && value->IsInt64() ? value->GetInt64() : otherwise;
}

// True if the schema, or one inside it, says something that Bounds judges or that leads to it.
bool has_bounds(const JsonValue& schema) {
  if (schema.IsArray())
    return std::any_of(schema.Begin(), schema.End(), [](const auto& each) { return has_bounds(each); });
  if (!schema.IsObject()) return false;
  const auto judged = [&](const char* name) { return schema.HasMember(name); };
  if (std::any_of(kJudged.begin(), kJudged.end(), judged)) return true;
  return std::any_of(schema.MemberBegin(), schema.MemberEnd(),
                     [](const auto& each) { return has_bounds(each.value); });
}

void refuse_bounds_in_alternatives(const JsonValue& schema) {
  for (const char* name : kAlternatives)
    if (const auto* part = member(schema, name); part != nullptr && has_bounds(*part))
      throw std::runtime_error(std::string{"a size or a pattern within "} + name + " is not judged");
  const auto* more = member(schema, "additionalProperties");
  if (more != nullptr && has_bounds(*more))
    throw std::runtime_error("a size or a pattern within additionalProperties is not judged");
  if (schema.HasMember("patternProperties") || schema.HasMember("propertyNames"))
    throw std::runtime_error("patterns of members' names are not judged");
}

bool is_of_texts(const JsonValue& schema) {
  const auto* items = member(schema, "items");
  return items != nullptr && maybe_text(*items, "type") == "string";
}

// Sorted, not hashed: no choice of texts makes it slower. An item that is no text is a fault of its own.
bool has_equal_items(const JsonValue& list) {
  std::vector<std::string_view> texts;
  texts.reserve(list.Size());
  for (const auto& item : list.GetArray())
    if (item.IsString()) texts.push_back(view(item));
  std::sort(texts.begin(), texts.end());
  return std::adjacent_find(texts.begin(), texts.end()) != texts.end();
}

std::unique_ptr<re2::RE2> compile(const std::string& pattern) {
  auto compiled = std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
  if (!compiled->ok())
    throw std::runtime_error("the pattern " + pattern + " cannot be read: " + compiled->error());
  return compiled;
}

}  // namespace

Bounds::~Bounds() = default;
Bounds::Bounds(Bounds&&) noexcept = default;

Bounds::Bounds(const JsonValue& schema)
    : min_length_(maybe_count(schema, "minLength")),
      max_length_(maybe_count(schema, "maxLength")),
      max_items_(maybe_count(schema, "maxItems")),
      max_properties_(maybe_count(schema, "maxProperties")),
      is_uuid_(maybe_text(schema, kFormatMember) == "uuid") {
  // The schema need not repeat for each id how long one is.
  if (is_uuid_ && !max_length_) max_length_ = 36;
  if (takes_whole_numbers(schema)) {
    using Limits = std::numeric_limits<std::int64_t>;
    least_ = whole_number(schema, "minimum", Limits::min());
    most_ = whole_number(schema, "maximum", Limits::max());
  }
  refuse_bounds_in_alternatives(schema);
  const auto* unique = member(schema, "uniqueItems");
  unique_items_ = unique != nullptr && unique->IsTrue();
  if (unique_items_ && !is_of_texts(schema)) throw std::runtime_error("uniqueItems is for texts");
  const auto* more = member(schema, "additionalProperties");
  closed_ = more != nullptr && more->IsFalse();
  if (const auto pattern = maybe_text(schema, "pattern")) pattern_ = compile(*pattern);
  pattern_says_ = maybe_text(schema, "x-pattern-says").value_or("does not have the right form");
  has_patterns_ = pattern_ != nullptr || min_length_;
  if (const auto* properties = member(schema, "properties"))
    for (const auto& property : properties->GetObject()) {
      const auto& made = properties_.emplace(view(property.name), Bounds{property.value}).first->second;
      has_patterns_ = has_patterns_ || made.has_patterns_;
    }
  if (const auto* items = member(schema, "items"); items != nullptr && items->IsObject()) {
    items_ = std::make_unique<Bounds>(*items);
    has_patterns_ = has_patterns_ || items_->has_patterns_;
  }
}

void Bounds::check_text(const JsonValue& value, const Place& place, Faults& faults) const {
  // Bytes are never fewer than characters: mostly there is nothing to count.
  if (!max_length_ || value.GetStringLength() <= *max_length_) return;
  if (count_code_points(view(value)) <= *max_length_) return;
  faults.add(place.pointer(), is_uuid_
                                  ? id_words(place.name())
                                  : "must be at most " + std::to_string(*max_length_) + " characters long");
}

// Valijson counts in 64 bits, and a larger number turns negative there.
void Bounds::check_number(const JsonValue& value, const Place& place, Faults& faults) const {
  if (!most_ || value.IsInt64()) return;
  const double number = value.GetDouble();
  if (number != std::trunc(number)) return;
  if (number > static_cast<double>(*most_))
    faults.add(place.pointer(), "must be at most " + std::to_string(*most_));
  else if (number < static_cast<double>(*least_))
    faults.add(place.pointer(), "must be at least " + std::to_string(*least_));
}

void Bounds::check_items(const JsonValue& value, const Place& place, Faults& faults) const {
  if (max_items_ && value.Size() > *max_items_)
    return faults.add(place.pointer(), "must hold at most " + std::to_string(*max_items_) + " items");
  if (unique_items_ && has_equal_items(value))
    return faults.add(place.pointer(), "must not hold the same item twice");
  descend(value, place, faults, [&](const Bounds& inner, const JsonValue& each, const Place& at) {
    inner.check_sizes(each, at, faults);
  });
}

void Bounds::check_members(const JsonValue& value, const Place& place, Faults& faults) const {
  if (max_properties_ && value.MemberCount() > *max_properties_)
    return faults.add(place.pointer(), "must hold at most " + std::to_string(*max_properties_) + " members");
  if (closed_ && value.MemberCount() > properties_.size()) {
    const auto unknown = std::find_if(value.MemberBegin(), value.MemberEnd(), [&](const auto& item) {
      return properties_.find(view(item.name)) == properties_.end();
    });
    auto said = unknown_member_words(view(unknown->name));
    return faults.add(Place{place, said.member}.pointer(), std::move(said.words));
  }
  descend(value, place, faults, [&](const Bounds& inner, const JsonValue& each, const Place& at) {
    inner.check_sizes(each, at, faults);
  });
}

// Members that the schema does not name have no bounds but the body's own.
template <class Visit>
void Bounds::descend(const JsonValue& value, const Place& place, Faults& faults, Visit visit) const {
  if (value.IsArray() && items_ != nullptr) {
    for (rapidjson::SizeType i = 0; i < value.Size() && !faults.full(); ++i)
      visit(*items_, value[i], Place{place, i});
  } else if (value.IsObject() && !properties_.empty()) {
    for (const auto& item : value.GetObject()) {
      if (faults.full()) return;
      const auto known = properties_.find(view(item.name));
      if (known != properties_.end()) visit(known->second, item.value, Place{place, view(item.name)});
    }
  }
}

void Bounds::check_sizes(const JsonValue& value, const Place& place, Faults& faults) const {
  if (value.IsNumber()) return check_number(value, place, faults);
  if (value.IsString()) return check_text(value, place, faults);
  if (value.IsArray()) return check_items(value, place, faults);
  if (value.IsObject()) return check_members(value, place, faults);
}

// "" if the text looks as it must.
std::string Bounds::fault_of(const JsonValue& text, const Place& place) const {
  if (min_length_ && count_code_points(view(text)) < *min_length_) {
    if (is_uuid_) return id_words(place.name());
    return *min_length_ == 1 ? "must not be empty"
                             : "must be at least " + std::to_string(*min_length_) + " characters long";
  }
  const re2::StringPiece piece{text.GetString(), text.GetStringLength()};
  return pattern_ == nullptr || re2::RE2::PartialMatch(piece, *pattern_) ? "" : pattern_says_;
}

void Bounds::check_patterns(const JsonValue& value, const Place& place, Faults& faults) const {
  if (!has_patterns_ || faults.full()) return;
  if (value.IsString()) {
    auto words = fault_of(value, place);
    if (words.empty()) return;
    auto pointer = place.pointer();
    if (!faults.names(pointer)) faults.add(std::move(pointer), std::move(words));
    return;
  }
  descend(value, place, faults, [&](const Bounds& inner, const JsonValue& each, const Place& at) {
    inner.check_patterns(each, at, faults);
  });
}

void drop_bounds(JsonValue& schema) {
  if (schema.IsArray()) {
    for (auto& item : schema.GetArray()) drop_bounds(item);
  } else if (schema.IsObject()) {
    for (const char* name : kJudged)
      if (const auto found = schema.FindMember(name); found != schema.MemberEnd() && !found->value.IsObject())
        schema.RemoveMember(found);
    for (auto& item : schema.GetObject()) drop_bounds(item.value);
  }
}

}  // namespace tenantd::api
