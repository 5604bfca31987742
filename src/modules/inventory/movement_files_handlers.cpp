#include <set>

#include "modules/inventory/stock_handlers.hpp"
#include "tenantd/api/collection.hpp"
#include "tenantd/api/csv_files.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/modules/inventory/warehouse.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::array kColumns{Column{"sku", Cell::name},          Column{"product_id", Cell::name},
                              Column{"warehouse", Cell::name},    Column{"warehouse_id", Cell::name},
                              Column{"to_warehouse", Cell::name}, Column{"to_warehouse_id", Cell::name},
                              Column{"type", Cell::code},         Column{"quantity", Cell::number},
                              Column{"reason", Cell::text},       Column{"change", Cell::ours},
                              Column{"level_after", Cell::ours},  Column{"created_by", Cell::ours},
                              Column{"created_at", Cell::ours},   Column{"id", Cell::name}};
constexpr std::array<std::string_view, 4> kRequired{"sku or product_id", "warehouse or warehouse_id", "type",
                                                    "quantity"};

template <class AnyId>
std::optional<AnyId> id_in(const FileRow& row, std::string_view column) {
  const auto typed = row.filled(column);
  if (!typed) return std::nullopt;
  const auto id = AnyId::parse(*typed);
  if (!id) refuse_field('/' + std::string{column}, id_words(column));
  return id;
}

bool same(const store::Movement& a, const service::MovementForm& b) {
  return a.product == b.product && a.warehouse == b.warehouse && a.to_warehouse == b.to_warehouse &&
         a.type == b.type && a.quantity == b.quantity;
}

class MovementImport {
 public:
  MovementImport(const Request& request, const TenantScope& scope, Txn& txn, const ImportFile& file)
      : request_(request), scope_(scope), txn_(txn), file_(file) {
    hold_products();
    hold_warehouses();
  }

  Imported take(const FileRow& row) {
    auto form = read(row);
    if (form.id)
      if (const auto known = store::find_movement(txn_, scope_, *form.id)) {
        // The file, or one that has it as well, was imported before: nothing moves twice.
        if (!same(*known, form))
          throw ApiError(ErrorCode::conflict).field("/id", "another movement of the ledger has it");
        return {Imported::Status::unchanged, known->id.str()};
      }
    if (!form.id) form.id = next_id();
    const auto moved = service::move_held({txn_, request_.context, scope_}, products_.at(form.product), form);
    return {Imported::Status::created, moved.id.str()};
  }

 private:
  // Locks what the file moves in the order of the ids, as everybody does who moves several products.
  void hold_products() {
    std::set<ProductId> ids;
    for (const auto& row : file_.rows()) {
      if (const auto id = ProductId::parse(row.filled("product_id").value_or(""))) ids.insert(*id);
      if (const auto sku = row.filled("sku"))
        if (!skus_.contains(*sku))
          if (const auto id = store::find_sku(txn_, scope_, *sku)) {
            skus_.emplace(*sku, *id);
            ids.insert(*id);
          }
    }
    for (const auto& id : ids)
      if (const auto product = store::lock_row(txn_, scope_, id)) products_.emplace(id, *product);
  }

  // Those that the file names stay there, so that a row that is begun can be ended.
  void hold_warehouses() {
    std::set<WarehouseId> ids;
    for (const auto& row : file_.rows())
      for (const std::string column : {"warehouse", "to_warehouse"}) {
        if (const auto id = WarehouseId::parse(row.filled(column + "_id").value_or(""))) ids.insert(*id);
        const auto name = row.filled(column);
        if (!name) continue;
        const auto [known, added] = warehouses_.try_emplace(*name);
        if (added) known->second = modules::warehouses_named(txn_, scope_, *name);
        ids.insert(known->second.begin(), known->second.end());
      }
    for (const auto& id : ids)
      if (modules::hold_warehouse(txn_, scope_, id)) held_.insert(id);
  }

  ProductId product_of(const FileRow& row) const {
    auto id = id_in<ProductId>(row, "product_id");
    if (id && !products_.contains(*id)) refuse_field("/product_id", "no such product");
    const auto sku = row.filled("sku");
    if (!sku && !id) refuse_field("/sku", "no product is named");
    if (!sku) return *id;
    const auto known = skus_.find(*sku);
    if (known == skus_.end() || !products_.contains(known->second))
      refuse_field("/sku", "no product has this SKU");
    if (id && *id != known->second) refuse_field("/sku", "is not the SKU of product_id");
    return known->second;
  }

  // By its id or its name; nullopt if the row names none.
  std::optional<WarehouseId> warehouse_of(const FileRow& row, const std::string& column) const {
    const auto id = id_in<WarehouseId>(row, column + "_id");
    if (id && !held_.contains(*id)) refuse_field('/' + column + "_id", "no such warehouse");
    const auto name = row.filled(column);
    if (!name) return id;
    const auto& named = warehouses_.at(*name);
    if (id) {
      // With both, the id says which of several; they are two at most here.
      if (modules::name_of_warehouse(txn_, scope_, *id) != *name)
        refuse_field('/' + column, "is not the name of " + column + "_id");
      return id;
    }
    if (named.empty() || !held_.contains(named.front()))
      refuse_field('/' + column, "no warehouse has this name");
    if (named.size() > 1)
      refuse_field('/' + column, "several warehouses have this name: say which by " + column + "_id");
    return named.front();
  }

  // The row as the body that asks for the same.
  service::MovementForm read(const FileRow& row) const {
    const auto product = product_of(row);
    const auto warehouse = warehouse_of(row, "warehouse");
    if (!warehouse) refuse_field("/warehouse", "no warehouse is named");
    const auto to_warehouse = warehouse_of(row, "to_warehouse");
    Json body;
    body.SetObject();
    auto& memory = body.GetAllocator();
    body.AddMember("product_id", JsonValue{product.str(), memory}, memory);
    body.AddMember("warehouse_id", JsonValue{warehouse->str(), memory}, memory);
    if (to_warehouse) body.AddMember("to_warehouse_id", JsonValue{to_warehouse->str(), memory}, memory);
    file_.fill(body, row);
    request_.schemas->take("stock_movement", body);
    auto form = form_of(body);
    form.id = id_in<MovementId>(row, "id");
    if (form.id && form.id->is_nil()) refuse_field("/id", "is no movement's");
    return form;
  }

  // Ids of one moment are in no order by themselves; the ledger's are in that of the file.
  MovementId next_id() {
    auto bytes = crypto::new_id<MovementId>().bytes();
    if (bytes <= last_) {
      bytes = last_;
      for (std::size_t i = bytes.size(); i-- > 9;)
        if (++bytes[i] != 0) break;
    }
    last_ = bytes;
    return MovementId{bytes};
  }

  const Request& request_;
  const TenantScope& scope_;
  Txn& txn_;
  const ImportFile& file_;
  std::map<std::string, ProductId> skus_;
  std::map<ProductId, store::Product> products_;  // with the quantities that the rows so far have made
  std::map<std::string, std::vector<WarehouseId>> warehouses_;  // by name
  std::set<WarehouseId> held_;
  UuidBytes last_{};
};

void put(ExportFile& file, const store::NamedMovement& row) {
  const auto& m = row.movement;
  file.text(row.sku)
      .text(m.product.str())
      .text(row.warehouse)
      .text(m.warehouse.str())
      .maybe(row.to_warehouse)
      .id(m.to_warehouse)
      .text(movement_type_name(m.type))
      .number(m.quantity)
      .text(m.reason)
      .number(m.change)
      .number(m.level_after)
      .id(m.created_by)
      .number(unix_seconds(m.created_at))
      .text(m.id.str());
}

Response import_movements(const Request& request, const TenantScope& scope, Txn& txn) {
  const ImportFile file{request.body, kColumns, kRequired};
  MovementImport import{request, scope, txn, file};
  return import_reply(request, txn, file, [&](const FileRow& row) { return import.take(row); });
}

Response export_movements(const Request& request, const TenantScope& scope, Txn& txn) {
  ExportFile file{request, kColumns};
  const store::MovementFilter filter{maybe_id<ProductId>(request.query, "product_id"),
                                     maybe_id<WarehouseId>(request.query, "warehouse_id"), std::nullopt};
  put_rows(file, store::export_movements(txn, scope, filter, file.from(), file.wanted()), put,
           [](const auto& row) { return kKeysetInTime(row.movement); });
  return std::move(file).reply("stock-movements", "/api/v1/stock-movements/export");
}

constexpr auto kMovementFilesRows =
    section("Inventory", {
                             {.method = POST,
                              .path = "/api/v1/stock-movements/import",
                              .handler = import_movements,
                              .permission = stock_create,
                              .rate = Rate::write,
                              .body = "movement_import",
                              .also = AlsoTakes::csv,
                              .query = "import_query",
                              .reply = ok("import_report"),
                              .refuses = {limit_reached},
                              .summary = "Move stock by a CSV file"},
                             {.method = GET,
                              .path = "/api/v1/stock-movements/export",
                              .handler = export_movements,
                              .permission = stock_read,
                              .rate = Rate::read,
                              .query = "movement_export_query",
                              .reply = csv(),
                              .refuses = nothing,
                              .summary = "Movements as CSV, oldest first, in files that an import takes"},
                         });

}  // namespace

std::span<const Route> movement_files_rows() { return kMovementFilesRows; }

}  // namespace tenantd::api::handlers
