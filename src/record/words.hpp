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
// "warehouses", unless the options say it.
std::string many_of(const Resource& resource);

}  // namespace tenantd::record
