#include "api/validation/texts.hpp"

#include <algorithm>
#include <array>

#include "api/validation/fault_words.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/name.hpp"

namespace tenantd::api {
namespace {

// Of a profile; what else it holds is its client's own.
constexpr std::array<std::string_view, 8> kProfileNames{
    "name", "first_name", "last_name", "given_name", "family_name", "full_name", "display_name", "nickname"};
// False if there is no composed form.
bool compose(JsonValue& text, Json::AllocatorType& memory) {
  const auto composed = to_nfc(view(text));
  if (composed && *composed != view(text)) text.SetString(*composed, memory);
  return composed.has_value();
}

void require_visible(const JsonValue& text, const std::string& pointer, ApiError& error) {
  if (text.GetStringLength() > 0 && !shows_something(view(text)))
    error.add_field(pointer, "must hold something that can be seen");
}

void compose_all(JsonValue& value, Json::AllocatorType& memory) {
  if (value.IsString()) compose(value, memory);
  if (value.IsArray())
    for (auto& item : value.GetArray()) compose_all(item, memory);
  if (value.IsObject())
    for (auto& item : value.GetObject()) compose_all(item.value, memory);
}

void tidy_profile(JsonValue& value, Json::AllocatorType& memory, const std::string& pointer,
                  ApiError& error) {
  compose_all(value, memory);
  if (!value.IsObject()) return;
  for (const auto& item : value.GetObject()) {
    const auto name = view(item.name);
    const bool is_name = std::find(kProfileNames.begin(), kProfileNames.end(), name) != kProfileNames.end();
    if (is_name && item.value.IsString())
      require_visible(item.value, pointer + '/' + std::string{name}, error);
  }
}

}  // namespace

Texts::Texts(const JsonValue& schema) {
  const auto format = maybe_text(schema, kFormatMember);
  if (format == "text") kind_ = Kind::text;
  if (format == "name") kind_ = Kind::name;
  if (format == "profile") kind_ = Kind::profile;
  max_length_ = maybe_integer(schema, "maxLength");
  has_any_ = kind_ != Kind::none;
  if (const auto* properties = member(schema, "properties"); properties != nullptr)
    for (const auto& item : properties->GetObject()) {
      Texts below{item.value};
      if (!below.has_any_) continue;
      has_any_ = true;
      properties_.emplace(std::string{view(item.name)}, std::move(below));
    }
  if (const auto* items = member(schema, "items"); items != nullptr && items->IsObject()) {
    auto below = std::make_unique<Texts>(*items);
    if (!below->has_any_) return;
    has_any_ = true;
    items_ = std::move(below);
  }
}

void Texts::tidy(JsonValue& value, Json::AllocatorType& memory, const std::string& pointer,
                 ApiError& error) const {
  if (kind_ == Kind::profile) return tidy_profile(value, memory, pointer, error);
  if (kind_ != Kind::none && value.IsString()) return tidy_text(value, memory, pointer, error);
  if (value.IsObject() && !properties_.empty())
    for (auto& item : value.GetObject())
      if (const auto known = properties_.find(view(item.name)); known != properties_.end())
        known->second.tidy(item.value, memory, pointer + '/' + known->first, error);
  if (value.IsArray() && items_)
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
      items_->tidy(value[i], memory, pointer + '/' + std::to_string(i), error);
}

void Texts::tidy_text(JsonValue& value, Json::AllocatorType& memory, const std::string& pointer,
                      ApiError& error) const {
  if (!compose(value, memory)) return error.add_field(pointer, "must hold at most 64 marks in a row");
  if (kind_ == Kind::name) require_visible(value, pointer, error);
  // Some characters have no composed form and fall apart.
  if (max_length_ && count_code_points(view(value)) > static_cast<std::size_t>(*max_length_))
    error.add_field(pointer, "must be at most " + std::to_string(*max_length_) + " characters long");
}

}  // namespace tenantd::api
