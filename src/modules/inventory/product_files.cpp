// Products as files of rows: a supplier may be named, and a price be in the currency's main unit.
#include "modules/inventory/product_files.hpp"

#include <map>

#include "modules/inventory/product.hpp"
#include "modules/inventory/supplier.hpp"
#include "tenantd/domain/money.hpp"
#include "tenantd/record/files.hpp"

namespace tenantd::modules {
namespace {

using api::Json;
using api::refuse_field;
using api::handlers::Cell;
using api::handlers::Column;
using api::handlers::ExportFile;
using api::handlers::FileRow;
using record::Object;

const std::vector<Column> kColumns{{"sku", Cell::code},           {"name", Cell::text},
                                   {"unit", Cell::code},          {"reorder_level", Cell::number},
                                   {"supplier", Cell::name},      {"supplier_id", Cell::name},
                                   {"price_minor", Cell::number}, {"price", Cell::typed},
                                   {"currency", Cell::code},      {"quantity", Cell::ours},
                                   {"low", Cell::ours},           {"id", Cell::ours}};

// Suppliers by their names, each looked for once.
class Suppliers {
 public:
  Suppliers(db::Txn& txn, const TenantScope& scope) : txn_(txn), scope_(scope) {}

  // Whose id the row says, by an id or a name; nullopt if it takes the supplier away. Throws
  // ApiError(validation_failed).
  std::optional<std::string> id_in(const FileRow& row) {
    const auto id = row.filled("supplier_id");
    const auto name = row.filled("supplier");
    if (!name) return id;
    if (!id) return named(*name).str();
    // With both, the id says which of several.
    const auto parsed = SupplierId::parse(*id);
    if (!parsed || name_of_supplier(txn_, scope_, *parsed) != *name)
      refuse_field("/supplier", "is not the name of supplier_id");
    return id;
  }

 private:
  SupplierId named(const std::string& name) {
    const auto [known, added] = named_.try_emplace(name);
    if (added) known->second = suppliers_named(txn_, scope_, name);
    if (known->second.empty()) refuse_field("/supplier", "no supplier has this name");
    if (known->second.size() > 1)
      refuse_field("/supplier", "several suppliers have this name: say which by supplier_id");
    return known->second.front();
  }

  db::Txn& txn_;
  const TenantScope& scope_;
  std::map<std::string, std::vector<SupplierId>> named_;
};

void put_supplier(Json& body, const FileRow& row, Suppliers& suppliers) {
  if (!row.cells.contains("supplier_id") && !row.cells.contains("supplier")) return;
  body.RemoveMember("supplier_id");
  if (const auto id = suppliers.id_in(row))
    body.AddMember("supplier_id", api::JsonValue{*id, body.GetAllocator()}, body.GetAllocator());
}

// A price in the currency's main unit, beside the one in its smallest: together they must say the same.
void put_price(Json& body, const FileRow& row) {
  if (!row.cells.contains("price")) return;
  const auto typed = row.filled("price");
  if (!row.cells.contains("price_minor")) body.RemoveMember("price_minor");
  if (!typed) return;
  const auto currency = api::maybe_text(body, "currency");
  if (!currency) refuse_field("/price", "needs a currency beside it");
  const auto [minor, problem] = parse_price(*typed, *currency);
  if (!problem.empty()) refuse_field("/price", problem);
  const auto* other = api::member(body, "price_minor");
  if (other != nullptr && (!other->IsInt64() || other->GetInt64() != minor))
    refuse_field("/price", "differs from price_minor");
  if (other == nullptr) body.AddMember("price_minor", api::JsonValue{minor}, body.GetAllocator());
}

constexpr db::Sql kSuppliersOfExport{
    "product.export_suppliers",
    "SELECT p.id, s.name FROM product p "
    "JOIN supplier s ON s.org_id = ? AND s.id = p.supplier_id "
    "WHERE p.org_id = ? AND p.created_at >= ? AND (p.created_at > ? OR p.id > ?) "
    "ORDER BY p.created_at, p.id LIMIT ?"};

// The names of the suppliers of these products.
std::map<UuidBytes, std::string> suppliers_of(db::Txn& txn, const TenantScope& scope,
                                              const std::optional<store::Keyset>& from, std::int64_t limit) {
  const auto start = from.value_or(store::Keyset{from_unix(-1), {}});
  auto rows = txn.query(kSuppliersOfExport, scope.org(), scope.org(), start.time, start.time,
                        ProductId{start.id}, limit);
  std::map<UuidBytes, std::string> names;
  while (rows.next()) names.emplace(rows.id<ProductId>(0).bytes(), rows.text(1));
  return names;
}

}  // namespace

record::Response import_product_files(const record::Resource& resource, const record::Request& request,
                                      const TenantScope& scope, db::Txn& txn) {
  Suppliers suppliers{txn, scope};
  record::FileForm form{kColumns};
  form.read = [&](Json& body, const FileRow& row) {
    put_price(body, row);
    put_supplier(body, row, suppliers);
  };
  return record::import_rows(resource, form, request, scope, txn);
}

record::Response export_product_files(const record::Resource& resource, const record::Request& request,
                                      const TenantScope& scope, db::Txn& txn) {
  ExportFile file{request, kColumns};
  const auto rows = record::list(products, txn, scope, {}, file.from(), file.wanted());
  const auto names = suppliers_of(txn, scope, file.from(), file.wanted());
  record::FileForm form{kColumns};
  form.cell = [&](std::string_view, const Object& row) {
    const auto name = names.find(row.id());
    return name == names.end() ? std::string{} : name->second;
  };
  return record::export_rows(resource, form, rows, std::move(file));
}

}  // namespace tenantd::modules
