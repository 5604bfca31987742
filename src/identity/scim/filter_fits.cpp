#include <algorithm>

#include "identity/scim/filter.hpp"

namespace tenantd::scim {
namespace {

bool holds(Operator op, int order) {
  switch (op) {
    case Operator::eq: return order == 0;
    case Operator::ne: return order != 0;
    case Operator::gt: return order > 0;
    case Operator::ge: return order >= 0;
    case Operator::lt: return order < 0;
    case Operator::le: return order <= 0;
    case Operator::co:
    case Operator::sw:
    case Operator::ew:
    case Operator::pr: break;
  }
  return false;
}

bool is_present(const json::Value* value) {
  if (value == nullptr || value->IsNull()) return false;
  if (value->IsString()) return value->GetStringLength() > 0;
  if (value->IsArray())
    return std::any_of(value->Begin(), value->End(), [](const auto& each) { return is_present(&each); });
  if (value->IsObject())
    return std::any_of(value->MemberBegin(), value->MemberEnd(),
                       [](const auto& each) { return is_present(&each.value); });
  return true;
}

char folded(char c, bool case_exact) {
  return !case_exact && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// <0, 0, >0, in the order of bytes.
int compare_folded(std::string_view one, std::string_view other, bool case_exact) {
  const auto common = std::min(one.size(), other.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto a = static_cast<unsigned char>(folded(one[i], case_exact));
    const auto b = static_cast<unsigned char>(folded(other[i], case_exact));
    if (a != b) return a < b ? -1 : 1;
  }
  return one.size() < other.size() ? -1 : one.size() > other.size() ? 1 : 0;
}

// Knuth, Morris and Pratt: each byte of the value is looked at twice at most, whatever both are, where
// std::string::find compares the whole of what is wanted at each place.
bool contains(std::string_view value, std::string_view wanted, bool case_exact) {
  if (wanted.empty()) return true;
  if (wanted.size() > value.size()) return false;
  std::vector<std::size_t> border(wanted.size());  // of each beginning: its longest end that begins it
  const auto advance = [&](std::size_t matched, char next) {
    while (matched > 0 && folded(wanted[matched], case_exact) != next) matched = border[matched - 1];
    return folded(wanted[matched], case_exact) == next ? matched + 1 : matched;
  };
  for (std::size_t i = 1; i < wanted.size(); ++i)
    border[i] = advance(border[i - 1], folded(wanted[i], case_exact));
  std::size_t matched = 0;
  for (const char c : value) {
    matched = advance(matched, folded(c, case_exact));
    if (matched == wanted.size()) return true;
  }
  return false;
}

bool fits_text(Operator op, std::string_view value, std::string_view wanted, bool case_exact) {
  if (op == Operator::co) return contains(value, wanted, case_exact);
  if (op == Operator::sw || op == Operator::ew) {
    if (wanted.size() > value.size()) return false;
    const auto part =
        op == Operator::sw ? value.substr(0, wanted.size()) : value.substr(value.size() - wanted.size());
    return compare_folded(part, wanted, case_exact) == 0;
  }
  return holds(op, compare_folded(value, wanted, case_exact));
}

bool fits_flag(Operator op, bool value, const Literal& literal) {
  // Entra asks for active eq "true".
  if (const auto* text = std::get_if<std::string>(&literal))
    return (op == Operator::ne) != same_name(*text, value ? "true" : "false");
  const auto* wanted = std::get_if<bool>(&literal);
  return (op == Operator::ne) != (wanted != nullptr && *wanted == value);
}

bool fits_leaf(const Filter& filter, const Attribute& of, const json::Value& value) {
  if (value.IsBool()) return fits_flag(filter.op, value.GetBool(), filter.literal);
  if (value.IsNumber()) {
    const auto* wanted = std::get_if<double>(&filter.literal);
    if (wanted == nullptr) return filter.op == Operator::ne;
    const double number = value.GetDouble();
    return holds(filter.op, number < *wanted ? -1 : number > *wanted ? 1 : 0);
  }
  if (!value.IsString()) return filter.op == Operator::ne;
  const auto* wanted = std::get_if<std::string>(&filter.literal);
  if (wanted == nullptr) return filter.op == Operator::ne;
  return fits_text(filter.op, json::view(value), *wanted, of.case_exact);
}

const json::Value* part_of(const json::Value& value, const Attribute* part) {
  if (!value.IsObject()) return &value;
  return json::find(value, part != nullptr ? part->name : std::string_view{"value"});
}

// Of a list, any element that fits (RFC 7644: "if any"); ne holds where none is equal.
bool fits_value(const Filter& filter, const json::Value* value) {
  const auto& attribute = *filter.path.attribute;
  if (filter.op == Operator::pr) {
    if (value == nullptr || filter.path.part == nullptr || !value->IsArray()) return is_present(value);
    return std::any_of(value->Begin(), value->End(),
                       [&](const auto& each) { return is_present(part_of(each, filter.path.part)); });
  }
  if (std::holds_alternative<std::nullptr_t>(filter.literal))
    return (filter.op == Operator::ne) == is_present(value) && filter.op <= Operator::ne;
  if (filter.op == Operator::ne) {
    Filter equal;
    equal.path = filter.path;
    equal.op = Operator::eq;
    equal.literal = filter.literal;
    return !fits_value(equal, value);
  }
  if (value == nullptr || value->IsNull()) return false;
  const auto fits_one = [&](const json::Value& each) {
    const auto* leaf = part_of(each, filter.path.part);
    if (leaf == nullptr || leaf->IsNull()) return false;
    const auto* of = filter.path.part;
    if (of == nullptr && each.IsObject()) of = find_attribute(attribute.parts, "value");
    return fits_leaf(filter, of != nullptr ? *of : attribute, *leaf);
  };
  if (value->IsArray()) return std::any_of(value->Begin(), value->End(), fits_one);
  return fits_one(*value);
}

template <class Find>
bool judge_filter(const Filter& filter, const Find& find) {
  switch (filter.shape) {
    case Shape::both: return judge_filter(*filter.left, find) && judge_filter(*filter.right, find);
    case Shape::either: return judge_filter(*filter.left, find) || judge_filter(*filter.right, find);
    case Shape::negated: return !judge_filter(*filter.left, find);
    case Shape::compare: return fits_value(filter, find(filter.path));
    case Shape::elements: {
      const auto* value = find(filter.path);
      if (value == nullptr) return false;
      if (value->IsObject()) return fits_element(*filter.left, *value);
      return value->IsArray() && std::any_of(value->Begin(), value->End(), [&](const auto& each) {
               return fits_element(*filter.left, each);
             });
    }
  }
  return false;
}

}  // namespace

int compare_texts(std::string_view one, std::string_view other, bool case_exact) {
  return compare_folded(one, other, case_exact);
}

const json::Value* value_at(const AttributePath& path, const json::Value& resource,
                            const ResourceType& type) {
  const auto* from = path.extended ? json::find(resource, type.extension) : &resource;
  if (from == nullptr || !from->IsObject() || path.attribute == nullptr) return from;
  const auto* value = json::find(*from, path.attribute->name);
  if (value == nullptr || path.part == nullptr || value->IsArray()) return value;
  return json::find(*value, path.part->name);
}

bool fits(const Filter& filter, const json::Value& resource, const ResourceType& type) {
  return judge_filter(filter, [&](const AttributePath& path) { return value_at(path, resource, type); });
}

bool fits_element(const Filter& filter, const json::Value& element) {
  return judge_filter(filter, [&](const AttributePath& path) { return part_of(element, path.attribute); });
}

}  // namespace tenantd::scim
