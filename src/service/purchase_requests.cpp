#include "tenantd/service/purchase_requests.hpp"

#include <algorithm>
#include <map>

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/service/approvals.hpp"
#include "tenantd/service/changes.hpp"
#include "tenantd/service/stock.hpp"
#include "tenantd/store/tenant/organizations.hpp"
#include "tenantd/store/tenant/warehouses.hpp"

namespace tenantd::service {
namespace {

[[noreturn]] void refuse(const std::string& pointer, const char* why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

std::string line_pointer(std::size_t i, const char* member) { return "/lines/" + std::to_string(i) + member; }

// The products that the lines name.
std::map<ProductId, store::Product> products_of(db::Txn& txn, const TenantScope& scope,
                                                const std::vector<store::PurchaseLine>& lines) {
  std::map<ProductId, store::Product> products;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (products.contains(lines[i].product)) continue;
    auto product = store::find_row(txn, scope, lines[i].product);
    if (!product) refuse(line_pointer(i, "/product_id"), "no such product");
    products.emplace(lines[i].product, *std::move(product));
  }
  return products;
}

std::optional<std::string> first_currency(const std::vector<store::PurchaseLine>& lines,
                                          const std::map<ProductId, store::Product>& products) {
  for (const auto& line : lines)
    if (const auto& currency = products.at(line.product).currency) return currency;
  return std::nullopt;
}

// Gives the row what the form says, and what follows from its lines, which are completed.
void fill(db::Txn& txn, const TenantScope& scope, PurchaseView& view, const PurchaseForm& form) {
  auto& row = view.row;
  row.title = form.title;
  row.warehouse = form.warehouse;
  row.note = form.note;
  if (form.warehouse && !store::find_row(txn, scope, *form.warehouse))
    refuse("/warehouse_id", "no such warehouse");
  view.lines = form.lines;
  const auto products = products_of(txn, scope, view.lines);
  row.currency = form.currency ? form.currency : first_currency(view.lines, products);
  row.total_minor = 0;
  for (std::size_t i = 0; i < view.lines.size(); ++i) {
    auto& line = view.lines[i];
    const auto& product = products.at(line.product);
    if (!line.unit_price_minor && product.currency == row.currency)
      line.unit_price_minor = product.price_minor;
    line.sku = product.sku;
    line.name = product.name;
    line.unit = product.unit;
    const auto total = add_line(row.total_minor, line.quantity, line.unit_price_minor);
    if (!total) refuse(line_pointer(i, ""), "makes the total too large");
    row.total_minor = *total;
  }
}

// Runs a write and says what the schema refuses: what the request names was removed meanwhile.
template <class Write>
void write_request(Write&& write) {
  try {
    write();
  } catch (const db::ForeignKeyError&) {
    refuse("/lines", "a product or the warehouse is not there any more");
  }
}

Values values_of(const PurchaseView& view) {
  const auto& row = view.row;
  std::string lines = "[";
  for (const auto& line : view.lines) {
    Values one;
    one.set("product_id", line.product).set("quantity", line.quantity);
    lines += (lines.size() > 1 ? "," : "") + one.set("unit_price_minor", line.unit_price_minor).json();
  }
  Values values;
  values.set("number", row.number)
      .set("title", row.title)
      .set("warehouse_id", row.warehouse)
      .set("note", row.note)
      .set("currency", row.currency)
      .set("total_minor", row.total_minor)
      .raw("lines", lines + ']');
  return values;
}

// What an event's readers learn.
Values told(const store::PurchaseRequest& row) {
  Values values;
  values.set("number", row.number)
      .set("title", row.title)
      .set("status", purchase_status_name(row.status))
      .set("currency", row.currency)
      .set("total_minor", row.total_minor)
      .set("requested_by", row.requested_by);
  return values;
}

// Writes down who took it to its status, and why.
void note(db::Txn& txn, const Context& context, const TenantScope& scope, PurchaseView& view,
          const std::string& reason) {
  store::PurchaseHistory entry{view.row.status, scope.user(), std::nullopt, reason, context.now};
  if (context.caller != nullptr && context.caller->actor) entry.acted_by = context.caller->actor->id;
  store::insert_history(txn, scope, view.row.id, entry);
  view.history.push_back(std::move(entry));
}

std::string_view action_of(PurchaseStep step) {
  switch (step) {
    case PurchaseStep::submit: return "purchase_request.submitted";
    case PurchaseStep::approve: return "purchase_request.approved";
    case PurchaseStep::reject: return "purchase_request.rejected";
    case PurchaseStep::receive: return "purchase_request.received";
  }
  return {};
}

void require_status_before(const PurchaseView& view, PurchaseStep step) {
  if (view.row.status == status_before(step)) return;
  throw ApiError(ErrorCode::invalid_transition,
                 "It is " + std::string{purchase_status_name(view.row.status)});
}

// Takes the step, unless somebody else took one since `view` was read.
void step_once(db::Txn& txn, const Context& context, const TenantScope& scope, PurchaseView& view,
               PurchaseStep step, const std::string& reason,
               const std::optional<WarehouseId>& warehouse = std::nullopt) {
  const auto id = view.row.id;
  if (!store::take_step(txn, scope, id, step, warehouse, context.now))
    throw ApiError(ErrorCode::invalid_transition, "Somebody else was faster");
  // Now that nobody else changes it. A draft may have changed until now.
  view = find_purchase_request(txn, scope, id);
  note(txn, context, scope, view, reason);
}

void tell_step(db::Txn& txn, const Context& context, const TenantScope& scope, const PurchaseView& view,
               PurchaseStep step, const std::string& reason) {
  Values before, after;
  before.set("status", purchase_status_name(status_before(step)));
  after.set("status", purchase_status_name(view.row.status)).set("number", view.row.number);
  auto data = told(view.row);
  if (!reason.empty()) {
    after.set("reason", reason);
    data.set("reason", reason);
  }
  record(txn, context, scope,
         {action_of(step), "purchase_request", view.row.id.bytes(), std::move(before), std::move(after),
          std::move(data)});
}

// True if this person, in whosever name, is one of those who asked for it.
bool has_asked(const Context& context, const TenantScope& scope, const PurchaseView& view) {
  const auto* caller = context.caller;
  const auto actor = caller != nullptr && caller->actor ? std::optional{caller->actor->id} : std::nullopt;
  return std::any_of(view.history.begin(), view.history.end(), [&](const auto& entry) {
    return entry.user == scope.user() && entry.acted_by == actor;
  });
}

// Whoever drafted it, changed the draft or had it submitted, also in another's name, does not decide on it.
bool is_own(const TenantScope& scope, const PurchaseView& view) {
  const auto me = scope.user();
  return view.row.requested_by == me ||
         std::any_of(view.history.begin(), view.history.end(), [&](const auto& entry) {
           // Not a decision that came in since the request itself was read.
           const bool asks =
               entry.status == PurchaseStatus::draft || entry.status == PurchaseStatus::submitted;
           return asks && (entry.user == me || entry.acted_by == me);
         });
}

void judge_decider(db::Txn& txn, const TenantScope& scope, const PurchaseView& view, PurchaseStep step) {
  if (is_own(scope, view)) {
    const auto organization = store::find_organization_form(txn, scope);
    if (!organization || !organization->business.self_approval) throw ApiError(ErrorCode::own_request);
  }
  if (step == PurchaseStep::approve && !scope.permissions().covers(wanted_permissions(txn, scope, view)))
    throw ApiError(ErrorCode::approval_limit);
}

// Where what was requested goes.
WarehouseId destination(const PurchaseView& view, const std::optional<WarehouseId>& named) {
  if (!view.row.warehouse && !named) refuse("/warehouse_id", "is required: the request names none");
  if (view.row.warehouse && named && *named != *view.row.warehouse)
    refuse("/warehouse_id", "the request names another");
  return view.row.warehouse ? *view.row.warehouse : *named;
}

// What the ledger refuses is not of the receiver's making: the body holds no quantity.
void post_line(db::Txn& txn, const Context& context, const TenantScope& scope, const MovementForm& form) {
  try {
    move_stock(txn, context, scope, form);
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::validation_failed) throw;
    throw ApiError(ErrorCode::conflict, "There would be more in stock than there can be");
  }
}

}  // namespace

PurchaseView find_purchase_request(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id) {
  auto row = store::find_row(txn, scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  return {*std::move(row), store::purchase_lines(txn, scope, id), store::purchase_history(txn, scope, id)};
}

PurchaseView make_purchase_request(db::Txn& txn, const Context& context, const TenantScope& scope,
                                   const PurchaseForm& form) {
  PurchaseView view;
  auto& row = view.row;
  row.id = crypto::new_id<PurchaseRequestId>();
  row.requested_by = scope.user();
  row.created_at = row.updated_at = context.now;
  fill(txn, scope, view, form);
  row.number = store::next_purchase_number(txn, scope);
  write_request([&] {
    store::insert_row(txn, scope, row);
    store::replace_lines(txn, scope, row.id, view.lines);
  });
  note(txn, context, scope, view, "");
  record(txn, context, scope,
         {"purchase_request.created", "purchase_request", row.id.bytes(), {}, values_of(view), told(row)});
  return view;
}

PurchaseView change_purchase_request(db::Txn& txn, const Context& context, const TenantScope& scope,
                                     PurchaseRequestId id, const PurchaseForm& form,
                                     const std::function<bool(std::int64_t revision)>& is_expected) {
  auto row = store::lock_row(txn, scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  if (!is_expected(row->revision)) throw ApiError(ErrorCode::precondition_failed);
  PurchaseView view{*std::move(row), store::purchase_lines(txn, scope, id),
                    store::purchase_history(txn, scope, id)};
  require_status_before(view, PurchaseStep::submit);
  auto before = values_of(view);
  fill(txn, scope, view, form);
  view.row.updated_at = context.now;
  write_request([&] {
    if (!store::update_draft(txn, scope, view.row)) throw ApiError(ErrorCode::invalid_transition);
    store::replace_lines(txn, scope, id, view.lines);
  });
  ++view.row.revision;
  if (!has_asked(context, scope, view)) note(txn, context, scope, view, "");
  record(txn, context, scope,
         {"purchase_request.updated", "purchase_request", id.bytes(), std::move(before), values_of(view),
          told(view.row)});
  return view;
}

PurchaseView submit_purchase_request(db::Txn& txn, const Context& context, const TenantScope& scope,
                                     PurchaseRequestId id) {
  auto view = find_purchase_request(txn, scope, id);
  require_status_before(view, PurchaseStep::submit);
  step_once(txn, context, scope, view, PurchaseStep::submit, "");
  mail_approvers(txn, context, scope, view);
  tell_step(txn, context, scope, view, PurchaseStep::submit, "");
  return view;
}

PurchaseView decide_purchase_request(db::Txn& txn, const Context& context, const TenantScope& scope,
                                     PurchaseRequestId id, PurchaseStep step, const std::string& reason) {
  auto view = find_purchase_request(txn, scope, id);
  require_status_before(view, step);
  judge_decider(txn, scope, view, step);
  step_once(txn, context, scope, view, step, reason);
  mail_requester(txn, context, scope, view, reason);
  tell_step(txn, context, scope, view, step, reason);
  return view;
}

PurchaseView receive_purchase_request(db::Txn& txn, const Context& context, const TenantScope& scope,
                                      PurchaseRequestId id, const std::optional<WarehouseId>& warehouse) {
  auto view = find_purchase_request(txn, scope, id);
  require_status_before(view, PurchaseStep::receive);
  const auto to = destination(view, warehouse);
  if (!store::find_row(txn, scope, to)) refuse("/warehouse_id", "no such warehouse");
  write_request([&] { step_once(txn, context, scope, view, PurchaseStep::receive, "", to); });
  // The rows of the products are locked in one order by all.
  auto lines = view.lines;
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.product < b.product; });
  const auto reason = "Purchase request " + std::to_string(view.row.number);
  for (const auto& line : lines) {
    MovementForm form;
    form.product = line.product;
    form.warehouse = to;
    form.quantity = line.quantity;
    form.reason = reason;
    post_line(txn, context, scope, form);
  }
  tell_step(txn, context, scope, view, PurchaseStep::receive, "");
  return view;
}

}  // namespace tenantd::service
