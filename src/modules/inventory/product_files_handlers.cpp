#include <algorithm>
#include <set>

#include "modules/inventory/catalog_handlers.hpp"
#include "modules/inventory/products_handlers.hpp"
#include "modules/inventory/supplier.hpp"
#include "tenantd/api/csv_files.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/domain/money.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::array kColumns{Column{"sku", Cell::code},           Column{"name", Cell::text},
                              Column{"unit", Cell::code},          Column{"reorder_level", Cell::number},
                              Column{"supplier", Cell::name},      Column{"supplier_id", Cell::name},
                              Column{"price_minor", Cell::number}, Column{"price", Cell::typed},
                              Column{"currency", Cell::code},      Column{"quantity", Cell::ours},
                              Column{"low", Cell::ours},           Column{"id", Cell::ours}};
constexpr std::array<std::string_view, 1> kRequired{"sku"};

void add(Json& body, const rapidjson::Value::StringRefType& name, const std::optional<std::string>& value) {
  if (value) body.AddMember(name, JsonValue{*value, body.GetAllocator()}, body.GetAllocator());
}
void add(Json& body, const rapidjson::Value::StringRefType& name, const std::optional<std::int64_t>& value) {
  if (value) body.AddMember(name, JsonValue{*value}, body.GetAllocator());
}

// The body that would make this product.
Json body_of(const store::Product& p) {
  Json body;
  body.SetObject();
  add(body, "sku", std::optional{p.sku});
  add(body, "name", std::optional{p.name});
  add(body, "unit", std::optional{p.unit});
  add(body, "reorder_level", p.reorder_level);
  if (p.supplier) add(body, "supplier_id", std::optional{p.supplier->str()});
  add(body, "price_minor", p.price_minor);
  add(body, "currency", p.currency);
  return body;
}

class ProductImport {
 public:
  ProductImport(const Request& request, const TenantScope& scope, Txn& txn, const ImportFile& file)
      : request_(request), scope_(scope), txn_(txn), file_(file) {
    hold_products();
  }

  Imported take(const FileRow& row) {
    const auto sku = row.filled("sku").value_or("");
    if (!sku.empty() && !seen_.insert(sku).second) refuse_field("/sku", "stands in a row above");
    const auto found = products_.find(sku);
    return found == products_.end() ? make(row) : change(row, found->second);
  }

 private:
  // Locks those that the file names and that are there, in the order of their ids: two imports that name the
  // same ones wait for each other once.
  void hold_products() {
    std::set<ProductId> ids;
    for (const auto& row : file_.rows())
      if (const auto sku = row.filled("sku"))
        if (const auto id = store::find_sku(txn_, scope_, *sku)) ids.insert(*id);
    for (const auto& id : ids)
      if (const auto product = store::lock_row(txn_, scope_, id)) products_.emplace(product->sku, *product);
  }

  // The one of that name. Throws ApiError(validation_failed).
  SupplierId supplier_named(const std::string& name) {
    const auto [known, added] = suppliers_.try_emplace(name);
    if (added) known->second = modules::suppliers_named(txn_, scope_, name);
    if (known->second.empty()) refuse_field("/supplier", "no supplier has this name");
    if (known->second.size() > 1)
      refuse_field("/supplier", "several suppliers have this name: say which by supplier_id");
    return known->second.front();
  }

  // The row says whose id, by an id or a name, or takes the supplier away; or has neither column.
  void put_supplier(Json& body, const FileRow& row) {
    const bool by_id = row.cells.contains("supplier_id"), by_name = row.cells.contains("supplier");
    if (!by_id && !by_name) return;
    body.RemoveMember("supplier_id");
    auto id = row.filled("supplier_id");
    if (const auto name = row.filled("supplier")) {
      // With both, the id says which of several.
      const auto parsed = id ? SupplierId::parse(*id) : std::nullopt;
      const auto named = parsed ? modules::name_of_supplier(txn_, scope_, *parsed) : std::nullopt;
      if (id && named != *name) refuse_field("/supplier", "is not the name of supplier_id");
      if (!id) id = supplier_named(*name).str();
    }
    add(body, "supplier_id", id);
  }

  // A price in the currency's main unit, beside the one in its smallest: together they must say the same.
  static void put_price(Json& body, const FileRow& row) {
    if (!row.cells.contains("price")) return;
    const auto typed = row.filled("price");
    if (!row.cells.contains("price_minor")) body.RemoveMember("price_minor");
    if (!typed) return;
    const auto currency = maybe_text(body, "currency");
    if (!currency) refuse_field("/price", "needs a currency beside it");
    const auto [minor, problem] = parse_price(*typed, *currency);
    if (!problem.empty()) refuse_field("/price", problem);
    const auto* other = member(body, "price_minor");
    if (other == nullptr) return add(body, "price_minor", std::optional{minor});
    if (!other->IsInt64() || other->GetInt64() != minor) refuse_field("/price", "differs from price_minor");
  }

  // What the product becomes by the row. Throws ApiError(validation_failed).
  void edit(store::Product& product, Json body, const FileRow& row) {
    file_.fill(body, row);
    put_price(body, row);
    put_supplier(body, row);
    request_.schemas->take("product", body);
    fill(product, body);
  }

  Imported make(const FileRow& row) {
    store::Product product;
    Json body;
    body.SetObject();
    edit(product, std::move(body), row);
    try {
      return {Imported::Status::created,
              service::make_row(txn_, request_.context, scope_, std::move(product)).id.str()};
    } catch (const ApiError& e) {
      // Somebody else has made it meanwhile: then it is there to be changed.
      if (e.code() == ErrorCode::sku_taken) throw db::RetryableError("an imported SKU was taken meanwhile");
      throw;
    }
  }

  Imported change(const FileRow& row, const store::Product& held) {
    auto product = held;
    edit(product, body_of(held), row);
    if (service::values_of(product).text() == service::values_of(held).text())
      return {Imported::Status::unchanged, held.id.str()};
    if (!scope_.permissions().has(Permission::products_update)) throw ApiError(ErrorCode::forbidden);
    service::change_row<store::Product>(
        txn_, request_.context, scope_, held.id, [](std::int64_t) { return true; },
        [&](store::Product& p) { p = product; });
    return {Imported::Status::updated, held.id.str()};
  }

  const Request& request_;
  const TenantScope& scope_;
  Txn& txn_;
  const ImportFile& file_;
  std::map<std::string, store::Product> products_;  // that are there, by SKU
  std::map<std::string, std::vector<SupplierId>> suppliers_;
  std::set<std::string> seen_;
};

void put(ExportFile& file, const store::NamedProduct& row) {
  const auto& [p, supplier] = row;
  file.text(p.sku)
      .text(p.name)
      .text(p.unit)
      .number(p.reorder_level)
      .maybe(supplier)
      .id(p.supplier)
      .number(p.price_minor)
      .maybe(p.currency)
      .number(p.quantity)
      .text(p.low_since ? "true" : "false")
      .text(p.id.str());
}

Response import_products(const Request& request, const TenantScope& scope, Txn& txn) {
  const ImportFile file{request.body, kColumns, kRequired};
  ProductImport import{request, scope, txn, file};
  return import_reply(request, txn, file, [&](const FileRow& row) { return import.take(row); });
}

Response export_products(const Request& request, const TenantScope& scope, Txn& txn) {
  ExportFile file{request, kColumns};
  put_rows(file, store::export_products(txn, scope, file.from(), file.wanted()), put,
           [](const auto& row) { return store::place_of(row.product); });
  return std::move(file).reply("products", "/api/v1/products/export");
}

constexpr auto kRows = section("Inventory", {
                                                {.method = POST,
                                                 .path = "/api/v1/products/import",
                                                 .handler = import_products,
                                                 .permission = products_create,
                                                 .rate = Rate::write,
                                                 .body = "product_import",
                                                 .also = AlsoTakes::csv,
                                                 .query = "import_query",
                                                 .reply = ok("import_report"),
                                                 .refuses = {limit_reached},
                                                 .summary = "Add and change products by a CSV file"},
                                                {.method = GET,
                                                 .path = "/api/v1/products/export",
                                                 .handler = export_products,
                                                 .permission = products_read,
                                                 .rate = Rate::read,
                                                 .query = "product_export_query",
                                                 .reply = csv(),
                                                 .refuses = nothing,
                                                 .summary = "Products as CSV, in files that an import takes"},
                                            });

}  // namespace

std::span<const Route> product_files_rows() { return kRows; }

}  // namespace tenantd::api::handlers
