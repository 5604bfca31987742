// The words that follow from a record's name.
#pragma once

#include <string>

#include "tenantd/record/resource.hpp"

namespace tenantd::record {

// "PurchaseRequest" for "purchase_request".
std::string camel_case(std::string_view name);
// "purchase request"
std::string spoken(std::string_view name);
// "Purchase request"
std::string sentence(std::string words);
// "a warehouse", "an api key"
std::string with_article(std::string_view name);
// The names that a field of them holds.
std::vector<std::string_view> names_in(std::string_view joined);
inline std::vector<std::string_view> names_in(const Value& value) { return names_in(text_of(value).value()); }
// "warehouses", unless the options say it.
std::string many_of(const Resource& resource);

}  // namespace tenantd::record
