#include "modules/purchasing/purchase_requests.hpp"

#include <algorithm>
#include <map>

#include "modules/purchasing/approvals.hpp"
#include "modules/purchasing/purchase_steps.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/modules/inventory/stock.hpp"
#include "tenantd/modules/inventory/warehouse.hpp"

namespace tenantd::service {
namespace {

// The products that the lines name.
std::map<ProductId, store::Product> products_of(db::Txn& txn, const TenantScope& scope,
                                                const std::vector<store::PurchaseLine>& lines) {
  std::map<ProductId, store::Product> products;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (products.contains(lines[i].product)) continue;
    auto product = store::find_row(txn, scope, lines[i].product);
    if (!product) refuse_purchase(line_pointer(i, "/product_id"), "no such product");
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
  if (form.warehouse && !modules::name_of_warehouse(txn, scope, *form.warehouse))
    refuse_purchase("/warehouse_id", "no such warehouse");
  view.lines = form.lines;
  const auto products = products_of(txn, scope, view.lines);
  row.currency = form.currency ? form.currency : first_currency(view.lines, products);
  row.total_minor = row.unpriced_lines = 0;
  for (std::size_t i = 0; i < view.lines.size(); ++i) {
    auto& line = view.lines[i];
    const auto& product = products.at(line.product);
    if (!line.unit_price_minor && product.currency == row.currency)
      line.unit_price_minor = product.price_minor;
    if (!line.unit_price_minor) ++row.unpriced_lines;
    line.position = static_cast<std::int64_t>(i);
    line.sku = product.sku;
    line.name = product.name;
    line.unit = product.unit;
    const auto total = add_line(row.total_minor, line.quantity, line.unit_price_minor);
    if (!total) refuse_purchase(line_pointer(i, ""), "makes the total too large");
    row.total_minor = *total;
  }
}

json::Object values_of(const PurchaseView& view) {
  const auto& row = view.row;
  std::vector<json::Object> lines;
  for (const auto& line : view.lines)
    lines.emplace_back()
        .set("product_id", line.product)
        .set("quantity", line.quantity)
        .set("unit_price_minor", line.unit_price_minor);
  json::Object values;
  values.set("number", row.number)
      .set("title", row.title)
      .set("warehouse_id", row.warehouse)
      .set("note", row.note)
      .set("currency", row.currency)
      .set("total_minor", row.total_minor)
      .set("lines", lines);
  return values;
}

std::string_view action_of(PurchaseStep step) {
  switch (step) {
    case PurchaseStep::submit: return "purchase_request.submitted";
    case PurchaseStep::withdraw: return "purchase_request.withdrawn";
    case PurchaseStep::approve: return "purchase_request.approved";
    case PurchaseStep::reject: return "purchase_request.rejected";
    case PurchaseStep::receive: return "purchase_request.received";
  }
  return {};
}

// The request, which nobody else changes until the commit.
PurchaseView lock_purchase_request(const Work& work, PurchaseRequestId id) {
  auto row = store::lock_row(work.txn, work.scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  return {*std::move(row), store::purchase_lines(work.txn, work.scope, id),
          store::purchase_history(work.txn, work.scope, id)};
}

// Takes a step with a locked request.
void step_once(const Work& work, PurchaseView& view, PurchaseStep step, const std::string& reason) {
  const auto id = view.row.id;
  if (!store::take_step(work.txn, work.scope, id, step, work.context.now))
    throw ApiError(ErrorCode::invalid_transition, "Somebody else was faster");
  view.row = store::find_row(work.txn, work.scope, id).value();
  note(work, view, reason);
}

void tell_step(const Work& work, const PurchaseView& view, PurchaseStep step, PurchaseStatus was,
               const std::string& reason) {
  json::Object before, after;
  before.set("status", purchase_status_name(was));
  after.set("status", purchase_status_name(view.row.status)).set("number", view.row.number);
  auto data = told(view.row);
  if (!reason.empty()) {
    after.set("reason", reason);
    data.set("reason", reason);
  }
  record(work, {action_of(step), "purchase_request", view.row.id.bytes(), std::move(before), std::move(after),
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
           // Who decided did not ask for it.
           const bool asks =
               entry.status == PurchaseStatus::draft || entry.status == PurchaseStatus::submitted;
           return asks && (entry.user == me || entry.acted_by == me);
         });
}

// An OAuth client that acts for itself does so in the name of who registered it, and whoever administers it
// can have its secret: it is nobody's second pair of eyes.
bool is_client_itself(const Context& context) {
  return context.caller != nullptr && context.caller->client && context.caller->api_key;
}

void judge_decider(const Work& work, const PurchaseView& view, PurchaseStep step) {
  const auto& [txn, context, scope] = work;
  if (is_own(scope, view) || is_client_itself(context)) {
    const auto organization = store::find_organization_form(txn, scope);
    if (!organization || !organization->business.self_approval) throw ApiError(ErrorCode::own_request);
  }
  if (step == PurchaseStep::approve && !scope.permissions().covers(wanted_permissions(txn, scope, view)))
    throw ApiError(ErrorCode::approval_limit);
}

// Who asked for it takes it back, nobody else.
void require_requester(const TenantScope& scope, const PurchaseView& view) {
  if (view.row.requested_by != scope.user())
    throw ApiError(ErrorCode::forbidden, "Who asked for it takes it back");
}

}  // namespace

PurchaseView find_purchase_request(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id) {
  auto row = store::find_row(txn, scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  return {*std::move(row), store::purchase_lines(txn, scope, id), store::purchase_history(txn, scope, id)};
}

PurchaseView make_purchase_request(const Work& work, const PurchaseForm& form) {
  PurchaseView view;
  auto& row = view.row;
  row.id = crypto::new_id<PurchaseRequestId>();
  row.requested_by = work.scope.user();
  row.created_at = row.updated_at = work.context.now;
  fill(work.txn, work.scope, view, form);
  row.number = store::next_purchase_number(work.txn, work.scope);
  write_request([&] {
    store::insert_row(work.txn, work.scope, row);
    store::replace_lines(work.txn, work.scope, row.id, view.lines);
  });
  note(work, view, "");
  record(work,
         {"purchase_request.created", "purchase_request", row.id.bytes(), {}, values_of(view), told(row)});
  return view;
}

PurchaseView change_purchase_request(const Work& work, PurchaseRequestId id, const PurchaseForm& form) {
  auto view = lock_purchase_request(work, id);
  require_expected(work.context, view.row.revision);
  require_status_before(view, PurchaseStep::submit);
  const bool asks_first = !has_asked(work.context, work.scope, view);
  if (asks_first) require_room(view);
  auto before = values_of(view);
  fill(work.txn, work.scope, view, form);
  view.row.updated_at = work.context.now;
  write_request([&] {
    if (!store::update_draft(work.txn, work.scope, view.row)) throw ApiError(ErrorCode::invalid_transition);
    store::replace_lines(work.txn, work.scope, id, view.lines);
  });
  ++view.row.revision;
  if (asks_first) note(work, view, "");
  record(work, {"purchase_request.updated", "purchase_request", id.bytes(), std::move(before),
                values_of(view), told(view.row)});
  return view;
}

PurchaseView submit_purchase_request(const Work& work, PurchaseRequestId id) {
  auto view = lock_purchase_request(work, id);
  require_expected(work.context, view.row.revision);
  require_status_before(view, PurchaseStep::submit);
  require_room(view);
  step_once(work, view, PurchaseStep::submit, "");
  mail_approvers(work, view);
  tell_step(work, view, PurchaseStep::submit, PurchaseStatus::draft, "");
  return view;
}

PurchaseView withdraw_purchase_request(const Work& work, PurchaseRequestId id) {
  auto view = lock_purchase_request(work, id);
  require_requester(work.scope, view);
  require_expected(work.context, view.row.revision);
  require_status_before(view, PurchaseStep::withdraw);
  step_once(work, view, PurchaseStep::withdraw, "");
  tell_step(work, view, PurchaseStep::withdraw, PurchaseStatus::submitted, "");
  return view;
}

void delete_purchase_request(const Work& work, PurchaseRequestId id) {
  auto row = store::lock_row(work.txn, work.scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  const PurchaseView view{*std::move(row), store::purchase_lines(work.txn, work.scope, id), {}};
  require_requester(work.scope, view);
  require_expected(work.context, view.row.revision);
  require_status_before(view, PurchaseStep::submit);
  if (!store::delete_draft(work.txn, work.scope, id)) throw ApiError(ErrorCode::invalid_transition);
  record(work,
         {"purchase_request.deleted", "purchase_request", id.bytes(), values_of(view), {}, told(view.row)});
}

PurchaseView decide_purchase_request(const Work& work, PurchaseRequestId id, PurchaseStep step,
                                     const std::string& reason) {
  auto view = lock_purchase_request(work, id);
  require_status_before(view, step);
  require_expected(work.context, view.row.revision);
  judge_decider(work, view, step);
  step_once(work, view, step, reason);
  mail_requester(work, view, reason);
  tell_step(work, view, step, PurchaseStatus::submitted, reason);
  return view;
}

}  // namespace tenantd::service
