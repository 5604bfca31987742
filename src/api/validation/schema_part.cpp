#include "api/validation/schema_part.hpp"

// Without it Valijson aborts the process where it could throw. Its adapter would also redefine RapidJSON's
// assertions, in this file alone: so only here.
#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/exceptions.hpp>
#undef VALIJSON_USE_EXCEPTIONS

#include <valijson/adapters/rapidjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace tenantd::api {
namespace {

using valijson::adapters::RapidJsonAdapter;

// Valijson's context is "<root>", "[email]", "[0]", …
Steps steps_of(const std::vector<std::string>& context) {
  Steps steps;
  for (const auto& step : context)
    if (step.size() >= 2 && step.front() == '[') steps.push_back(step.substr(1, step.size() - 2));
  return steps;
}

std::string pointer_of(const Place& place, const Steps& steps, std::size_t from = 0) {
  if (from == steps.size()) return place.pointer();
  return pointer_of(Place{place, steps[from]}, steps, from + 1);
}

}  // namespace

struct SchemaPart::Compiled {
  valijson::Schema schema;
};

SchemaPart::SchemaPart(const JsonValue& schema, Lists lists) : compiled_(std::make_unique<Compiled>()) {
  document_.CopyFrom(schema, document_.GetAllocator());
  if (lists == Lists::apart) take_lists_apart(document_, {});
  valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
  parser.populateSchema(RapidJsonAdapter{document_}, compiled_->schema);
}

SchemaPart::~SchemaPart() = default;

void SchemaPart::take_lists_apart(JsonValue& schema, const Steps& steps) {
  if (const auto* items = member(schema, "items"); items != nullptr && items->IsObject()) {
    lists_.push_back({steps, std::make_unique<SchemaPart>(*items, Lists::apart)});
    schema.RemoveMember("items");
  }
  if (!schema.HasMember("properties")) return;
  for (auto& property : schema["properties"].GetObject()) {
    auto inner = steps;
    inner.emplace_back(property.name.GetString(), property.name.GetStringLength());
    take_lists_apart(property.value, inner);
  }
}

void SchemaPart::check(const JsonValue& value, const Place& place, Faults& faults) const {
  valijson::Validator validator{valijson::Validator::kStrongTypes};
  valijson::ValidationResults results;
  if (!validator.validate(compiled_->schema, RapidJsonAdapter{value}, &results)) {
    std::size_t seen = 0;
    valijson::ValidationResults::Error fault;
    // The last faults are the outermost, which only say that something inside is wrong.
    while (!faults.full() && results.popError(fault)) {
      const bool summary =
          fault.description.starts_with("Failed to validate against schema associated with property");
      if (summary && seen > 0) continue;
      auto steps = steps_of(fault.context);
      auto said = fault_words(fault.description, document_, steps, place.name());
      if (!said) continue;
      ++seen;
      if (!said->member.empty()) steps.push_back(std::move(said->member));
      faults.add(pointer_of(place, steps), std::move(said->words));
    }
  }
  for (const auto& list : lists_) check_list(list, value, place, faults);
}

void SchemaPart::check_list(const List& list, const JsonValue& value, const Place& place,
                            Faults& faults) const {
  const JsonValue* at = &value;
  std::vector<Place> way{place};
  way.reserve(list.steps.size() + 1);
  for (const auto& step : list.steps) {
    at = member(*at, step);
    if (at == nullptr) return;
    way.emplace_back(way.back(), step);
  }
  if (!at->IsArray()) return;
  for (rapidjson::SizeType i = 0; i < at->Size() && !faults.full(); ++i)
    list.item->check((*at)[i], Place{way.back(), i}, faults);
}

}  // namespace tenantd::api
