#include "identity/scim/replies.hpp"

#include <algorithm>

#include "identity/scim/people.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

std::int64_t number_in(const Request& request, const char* name, std::int64_t otherwise) {
  const auto typed = query_text(request, name);
  if (!typed) return otherwise;
  const auto number = parse_int(*typed);
  if (!number) throw scim::Refusal("invalidValue", std::string{name} + " is a number");
  return *number;
}

// Absent values come last, whatever the order (RFC 7644 section 3.4.2.3).
const JsonValue* sorted_value(const Json& resource, const ScimPage& page, const scim::ResourceType& type) {
  const auto* value = scim::value_at(*page.sort_by, resource, type);
  if (value == nullptr || !value->IsArray()) return value;
  if (value->Empty()) return nullptr;
  const auto& main = (*value)[scim::main_element(*value)];
  const auto* part = page.sort_by->part;
  return main.IsObject() ? json::find(main, part != nullptr ? part->name : std::string_view{"value"}) : &main;
}

}  // namespace

Response scim_answer(const std::function<Response()>& work) {
  try {
    return work();
  } catch (const scim::Refusal& refusal) {
    service::refuse_scim(refusal.type(), refusal.what());
  }
}

Response scim_reply(const JsonValue& resource, int status) {
  Response response;
  response.status = status;
  response.content_type = "application/scim+json";
  response.body = json::compact(resource);
  return response;
}

std::optional<std::string> query_text(const Request& request, const char* name) {
  return maybe_text(request.query, name);
}

scim::Projection projection_of(const Request& request, const scim::ResourceType& type) {
  return {query_text(request, "attributes").value_or(""),
          query_text(request, "excludedAttributes").value_or(""), type};
}

ScimPage scim_page(const Request& request, const scim::ResourceType& type) {
  ScimPage page;
  page.start = std::clamp<std::int64_t>(number_in(request, "startIndex", 1), 1, kFarthest);
  page.count = std::clamp<std::int64_t>(number_in(request, "count", page.count), 0, kMostTold);
  page.descending = scim::same_name(query_text(request, "sortOrder").value_or(""), "descending");
  if (const auto by = query_text(request, "sortBy")) {
    page.sort_by = scim::read_attribute_path(*by, type);
    if (!page.sort_by || page.sort_by->attribute == nullptr)
      throw scim::Refusal("invalidPath", "There is no attribute to sort by: " + *by);
  }
  return page;
}

void sort_resources(std::vector<Json>& resources, const ScimPage& page, const scim::ResourceType& type) {
  if (!page.sort_by) return;
  const auto* of = page.sort_by->part != nullptr ? page.sort_by->part : page.sort_by->attribute;
  std::stable_sort(resources.begin(), resources.end(), [&](const Json& a, const Json& b) {
    const auto* one = sorted_value(a, page, type);
    const auto* other = sorted_value(b, page, type);
    const bool has_one = one != nullptr && !one->IsNull(), has_other = other != nullptr && !other->IsNull();
    if (!has_one || !has_other) return has_one && !has_other;
    int order = 0;
    if (one->IsString() && other->IsString())
      order = scim::compare_texts(json::view(*one), json::view(*other), of->case_exact);
    else if (one->IsBool() && other->IsBool())
      order = static_cast<int>(one->GetBool()) - static_cast<int>(other->GetBool());
    return page.descending ? order > 0 : order < 0;
  });
}

Response scim_list_reply(std::vector<Json>& page, std::int64_t total, std::int64_t start,
                         const scim::Projection& told) {
  JsonOut json;
  json.begin_object().key("schemas").begin_array();
  json.value("urn:ietf:params:scim:api:messages:2.0:ListResponse").end_array();
  json.field("totalResults", total).field("startIndex", start).field("itemsPerPage", page.size());
  json.key("Resources").begin_array();
  for (auto& each : page) {
    told.apply(each);
    json.raw(json::compact(each));
  }
  json.end_array().end_object();
  Response response;
  response.content_type = "application/scim+json";
  response.body = json.text();
  return response;
}

Response scim_list(std::vector<Json>& found, const ScimPage& page, const scim::Projection& told) {
  const auto total = static_cast<std::int64_t>(found.size());
  const auto from = std::min(page.start - 1, total);
  const auto to = std::min(from + page.count, total);
  std::vector<Json> shown;
  for (auto i = from; i < to; ++i) shown.push_back(std::move(found[static_cast<std::size_t>(i)]));
  return scim_list_reply(shown, total, page.start, told);
}

std::vector<const scim::Filter*> joined_by_and(const scim::Filter& filter) {
  if (filter.shape != scim::Shape::both) return {&filter};
  auto parts = joined_by_and(*filter.left);
  for (const auto* each : joined_by_and(*filter.right)) parts.push_back(each);
  return parts;
}

std::optional<std::string> wanted_text(const scim::Filter& part, std::string_view attribute,
                                       std::string_view inner) {
  if (part.path.extended || part.path.attribute == nullptr || part.path.attribute->name != attribute)
    return std::nullopt;
  if (part.shape == scim::Shape::elements && !inner.empty()) {
    for (const auto* each : joined_by_and(*part.left))
      if (auto text = wanted_text(*each, inner)) return text;
    return std::nullopt;
  }
  if (part.shape != scim::Shape::compare || part.op != scim::Operator::eq) return std::nullopt;
  if (part.path.part != nullptr && part.path.part->name != (inner.empty() ? "value" : inner))
    return std::nullopt;
  const auto* text = std::get_if<std::string>(&part.literal);
  return text != nullptr ? std::optional{*text} : std::nullopt;
}

}  // namespace tenantd::api::handlers
