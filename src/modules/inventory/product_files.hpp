// Products as files of rows.
#pragma once

#include "tenantd/record/resource.hpp"

namespace tenantd::modules {

record::Response import_product_files(const record::Resource& products, const record::Request& request,
                                      const TenantScope& scope, db::Txn& txn);
record::Response export_product_files(const record::Resource& products, const record::Request& request,
                                      const TenantScope& scope, db::Txn& txn);

}  // namespace tenantd::modules
