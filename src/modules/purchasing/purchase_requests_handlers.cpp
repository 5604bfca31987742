#include "modules/purchasing/purchase_requests.hpp"
#include "tenantd/api/rows.hpp"

#include "modules/purchasing/approvals.hpp"
#include "tenantd/api/collection.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kPath = "/api/v1/purchase-requests";

void put_fields(JsonOut& json, const store::PurchaseRequest& r) {
  json.field("id", r.id)
      .field("number", r.number)
      .field("title", r.title)
      .field("warehouse_id", r.warehouse)
      .field("note", r.note)
      .field("currency", r.currency)
      .field("total_minor", r.total_minor)
      .field("unpriced_lines", r.unpriced_lines)
      .field("status", purchase_status_name(r.status))
      .field("requested_by", r.requested_by)
      .field("submitted_at", r.submitted_at)
      .field("decided_at", r.decided_at)
      .field("received_at", r.received_at)
      .field("created_at", r.created_at)
      .field("updated_at", r.updated_at);
}

void put_item(JsonOut& json, const store::PurchaseRequest& r) {
  json.begin_object();
  put_fields(json, r);
  json.end_object();
}

void put_line(JsonOut& json, const store::PurchaseLine& line) {
  const auto total = line.unit_price_minor ? add_line(0, line.quantity, line.unit_price_minor) : std::nullopt;
  json.begin_object()
      .field("product_id", line.product)
      .field("sku", line.sku)
      .field("name", line.name)
      .field("unit", line.unit)
      .field("quantity", line.quantity)
      .field("unit_price_minor", line.unit_price_minor)
      .field("total_minor", total)
      .field("received_quantity", line.received)
      .end_object();
}

void put_history(JsonOut& json, const store::PurchaseHistory& entry) {
  json.begin_object()
      .field("status", purchase_status_name(entry.status))
      .field("user_id", entry.user)
      .field("acted_by", entry.acted_by)
      .field("reason", entry.reason)
      .field("created_at", entry.created_at)
      .end_object();
}

Response view_reply(const service::PurchaseView& view, int status = 200) {
  JsonOut json;
  json.begin_object();
  put_fields(json, view.row);
  json.key("lines").begin_array();
  for (const auto& line : view.lines) put_line(json, line);
  json.end_array().key("history").begin_array();
  for (const auto& entry : view.history) put_history(json, entry);
  json.end_array().end_object();
  auto response =
      status == 201 ? created(json, std::string{kPath} + '/' + view.row.id.str()) : reply(json, status);
  response.header("ETag", etag(view.row.revision));
  return response;
}

PurchaseRequestId request_id(const Request& request) {
  return path_id<PurchaseRequestId>(request, "request_id");
}

service::PurchaseForm form_of(const JsonValue& body) {
  service::PurchaseForm form;
  form.title = text(body, "title");
  form.warehouse = maybe_id<WarehouseId>(body, "warehouse_id");
  form.note = maybe_text(body, "note").value_or("");
  form.currency = maybe_text(body, "currency");
  for (const auto& line : member(body, "lines")->GetArray()) {
    const auto product = ProductId::parse(text(line, "product_id"));
    if (!product)
      refuse_field("/lines/" + std::to_string(form.lines.size()) + "/product_id", id_words("product_id"));
    form.lines.push_back(
        {*product, maybe_number(line, "quantity").value(), maybe_number(line, "unit_price_minor")});
  }
  return form;
}

service::ReceiptForm receipt_of(const JsonValue& body) {
  service::ReceiptForm form;
  if (!body.IsObject()) return form;
  form.warehouse = maybe_id<WarehouseId>(body, "warehouse_id");
  const auto* lines = member(body, "lines");
  if (lines == nullptr) return form;
  form.arrived.emplace();
  for (const auto& line : lines->GetArray()) {
    const auto product = ProductId::parse(text(line, "product_id"));
    if (!product)
      refuse_field("/lines/" + std::to_string(form.arrived->size()) + "/product_id", id_words("product_id"));
    form.arrived->push_back({*product, maybe_number(line, "quantity").value()});
  }
  return form;
}

store::PurchaseRequestFilter filter_of(const JsonValue& query, const TenantScope& scope) {
  store::PurchaseRequestFilter filter;
  if (const auto status = maybe_text(query, "status")) filter.status = parse_purchase_status(*status);
  filter.q = maybe_text(query, "q");
  if (const auto whose = maybe_text(query, "requested_by")) {
    filter.requested_by = *whose == "me" ? scope.user() : UserId::parse(*whose);
    if (!filter.requested_by) refuse_field("?requested_by", "must be me or a UUID");
  }
  return filter;
}

Response decision_reply(const Request& request, const TenantScope& scope, Txn& txn, PurchaseStep step) {
  const auto reason = request.body.IsObject() ? maybe_text(request.body, "reason") : std::nullopt;
  return view_reply(service::decide_purchase_request({txn, request.context, scope}, request_id(request), step,
                                                     reason.value_or("")));
}

Response thresholds_reply(const std::vector<ApprovalThreshold>& thresholds) {
  JsonOut json;
  json.begin_object().key("thresholds").begin_array();
  for (const auto& threshold : thresholds)
    json.begin_object()
        .field("currency", threshold.currency)
        .field("above_minor", threshold.above_minor)
        .field("role_id", threshold.role)
        .end_object();
  json.end_array().end_object();
  return reply(json);
}

Response list_purchase_requests(const Request& request, const TenantScope& scope, Txn& txn) {
  return list_reply(request, scope, txn, filter_of(request.query, scope), put_item);
}

Response make_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  return view_reply(service::make_purchase_request({txn, request.context, scope}, form_of(request.body)),
                    201);
}

Response show_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  return view_reply(service::find_purchase_request(txn, scope, request_id(request)));
}

Response change_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  return view_reply(service::change_purchase_request({txn, request.context, scope}, request_id(request),
                                                     form_of(request.body)));
}

Response submit_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  return view_reply(service::submit_purchase_request({txn, request.context, scope}, request_id(request)));
}

Response approve_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  return decision_reply(request, scope, txn, PurchaseStep::approve);
}

Response reject_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  return decision_reply(request, scope, txn, PurchaseStep::reject);
}

Response withdraw_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  return view_reply(service::withdraw_purchase_request({txn, request.context, scope}, request_id(request)));
}

Response delete_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  service::delete_purchase_request({txn, request.context, scope}, request_id(request));
  return no_content();
}

Response receive_purchase_request(const Request& request, const TenantScope& scope, Txn& txn) {
  return view_reply(service::receive_purchase_request({txn, request.context, scope}, request_id(request),
                                                      receipt_of(request.body)));
}

Response list_approval_thresholds(const Request&, const TenantScope& scope, Txn& txn) {
  return thresholds_reply(store::list_thresholds(txn, scope));
}

Response change_approval_thresholds(const Request& request, const TenantScope& scope, Txn& txn) {
  std::vector<ApprovalThreshold> thresholds;
  for (const auto& each : member(request.body, "thresholds")->GetArray()) {
    const auto role = RoleId::parse(text(each, "role_id"));
    if (!role)
      refuse_field("/thresholds/" + std::to_string(thresholds.size()) + "/role_id", id_words("role_id"));
    thresholds.push_back({text(each, "currency"), maybe_number(each, "above_minor").value(), *role});
  }
  return thresholds_reply(service::replace_thresholds({txn, request.context, scope}, thresholds));
}

constexpr auto kPurchaseRequestsRows =
    section("Purchasing", {
                              {.method = GET,
                               .path = "/api/v1/purchase-requests",
                               .handler = list_purchase_requests,
                               .permission = purchase_requests_read,
                               .rate = Rate::read,
                               .query = "purchase_requests_query",
                               .reply = ok("purchase_requests"),
                               .refuses = nothing,
                               .summary = "Purchase requests, newest first"},
                              {.method = POST,
                               .path = "/api/v1/purchase-requests",
                               .handler = make_purchase_request,
                               .permission = purchase_requests_create,
                               .rate = Rate::write,
                               .body = "purchase_request",
                               .reply = made("purchase_request"),
                               .refuses = {limit_reached},
                               .summary = "Draft a purchase request"},
                              {.method = GET,
                               .path = "/api/v1/purchase-requests/thresholds",
                               .handler = list_approval_thresholds,
                               .permission = tenant_manage,
                               .rate = Rate::read,
                               .reply = ok("approval_thresholds"),
                               .refuses = nothing,
                               .summary = "Amounts from which an approval takes a higher role"},
                              {.method = PUT,
                               .path = "/api/v1/purchase-requests/thresholds",
                               .handler = change_approval_thresholds,
                               .permission = tenant_manage,
                               .rate = Rate::write,
                               .body = "approval_thresholds",
                               .reply = ok("approval_thresholds"),
                               .refuses = nothing,
                               .summary = "Replace these amounts"},
                              {.method = GET,
                               .path = "/api/v1/purchase-requests/{request_id}",
                               .handler = show_purchase_request,
                               .permission = purchase_requests_read,
                               .rate = Rate::read,
                               .reply = ok("purchase_request"),
                               .refuses = {not_found},
                               .summary = "A purchase request, with its lines and who decided what and why"},
                              {.method = PUT,
                               .path = "/api/v1/purchase-requests/{request_id}",
                               .handler = change_purchase_request,
                               .permission = purchase_requests_update,
                               .rate = Rate::write,
                               .body = "purchase_request",
                               .reply = ok("purchase_request"),
                               .refuses = {not_found, invalid_transition, limit_reached},
                               .summary = "Replace a draft; If-Match takes its ETag"},
                              {.method = DELETE_,
                               .path = "/api/v1/purchase-requests/{request_id}",
                               .handler = delete_purchase_request,
                               .permission = purchase_requests_create,
                               .if_match = true,
                               .rate = Rate::write,
                               .reply = done(),
                               .refuses = {not_found, invalid_transition},
                               .summary = "Remove a draft of one's own"},
                              {.method = POST,
                               .path = "/api/v1/purchase-requests/{request_id}/withdraw",
                               .handler = withdraw_purchase_request,
                               .permission = purchase_requests_submit,
                               .if_match = true,
                               .rate = Rate::write,
                               .reply = ok("purchase_request"),
                               .refuses = {not_found, invalid_transition},
                               .summary = "Take a submitted request of one's own back: it is a draft again"},
                              {.method = POST,
                               .path = "/api/v1/purchase-requests/{request_id}/submit",
                               .handler = submit_purchase_request,
                               .permission = purchase_requests_submit,
                               .if_match = true,
                               .rate = Rate::write,
                               .reply = ok("purchase_request"),
                               .refuses = {not_found, invalid_transition, limit_reached},
                               .summary = "Ask for a decision"},
                              {.method = POST,
                               .path = "/api/v1/purchase-requests/{request_id}/approve",
                               .handler = approve_purchase_request,
                               .permission = purchase_requests_approve,
                               .if_match = true,
                               .rate = Rate::write,
                               .body = "purchase_approval",
                               .reply = ok("purchase_request"),
                               .refuses = {not_found, invalid_transition, own_request, approval_limit},
                               .summary = "Approve what was submitted"},
                              {.method = POST,
                               .path = "/api/v1/purchase-requests/{request_id}/reject",
                               .handler = reject_purchase_request,
                               .permission = purchase_requests_approve,
                               .if_match = true,
                               .rate = Rate::write,
                               .body = "purchase_rejection",
                               .reply = ok("purchase_request"),
                               .refuses = {not_found, invalid_transition, own_request},
                               .summary = "Reject what was submitted, for a reason"},
                              {.method = POST,
                               .path = "/api/v1/purchase-requests/{request_id}/receive",
                               .handler = receive_purchase_request,
                               .permission = stock_create,
                               .if_match = true,
                               .rate = Rate::write,
                               .body = "purchase_receipt",
                               .reply = ok("purchase_request"),
                               .refuses = {not_found, invalid_transition, limit_reached},
                               .summary = "Put what has arrived into stock: all that is still to come, or "
                                          "the lines that the body names; a movement in for each"},
                          });

}  // namespace

std::span<const Route> purchase_requests_rows() { return kPurchaseRequestsRows; }

}  // namespace tenantd::api::handlers
