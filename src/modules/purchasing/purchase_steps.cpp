#include "modules/purchasing/purchase_steps.hpp"

namespace tenantd::service {

[[noreturn]] void refuse_purchase(const std::string& pointer, const char* why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

std::string line_pointer(std::size_t i, const char* member) { return "/lines/" + std::to_string(i) + member; }

json::Object told(const store::PurchaseRequest& row) {
  json::Object values;
  values.set("number", row.number)
      .set("title", row.title)
      .set("status", purchase_status_name(row.status))
      .set("currency", row.currency)
      .set("total_minor", row.total_minor)
      .set("requested_by", row.requested_by);
  return values;
}

void note(const Work& work, PurchaseView& view, const std::string& reason) {
  store::PurchaseHistory entry{view.row.status, work.scope.user(), std::nullopt, reason, work.context.now};
  if (work.context.caller != nullptr && work.context.caller->actor)
    entry.acted_by = work.context.caller->actor->id;
  store::insert_history(work.txn, work.scope, view.row.id, entry);
  view.history.push_back(std::move(entry));
}

void require_room(const PurchaseView& view) {
  if (view.history.size() < kMostSteps) return;
  throw ApiError(ErrorCode::limit_reached, "Its history is full, with " + std::to_string(kMostSteps) +
                                               " steps: make another purchase request");
}

void require_status_before(const PurchaseView& view, PurchaseStep step) {
  if (may_take(step, view.row.status)) return;
  throw ApiError(ErrorCode::invalid_transition,
                 "It is " + std::string{purchase_status_name(view.row.status)});
}

}  // namespace tenantd::service
