// Purchase requests: drafted, submitted, decided by somebody else, received into stock. Each step is one
// conditional UPDATE: of two that race, its row count lets one through.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "modules/purchasing/purchase_requests_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

struct PurchaseForm {
  std::string title;
  std::optional<WarehouseId> warehouse;
  std::string note;
  std::optional<std::string> currency;     // else that of the first line's product that has one
  std::vector<store::PurchaseLine> lines;  // a price that is not given is the product's, in that currency
};

// A request as it is read.
struct PurchaseView {
  store::PurchaseRequest row;
  std::vector<store::PurchaseLine> lines;
  std::vector<store::PurchaseHistory> history;
};

// Throws ApiError(not_found).
PurchaseView find_purchase_request(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id);

// Makes a draft of the caller's; an API key's is its maker's. Throws ApiError(validation_failed).
PurchaseView make_purchase_request(const Work& work, const PurchaseForm& form);
// Replaces a draft, whosever. Throws ApiError: not_found, precondition_failed, invalid_transition,
// validation_failed, limit_reached (the caller's is a step more than its history takes).
PurchaseView change_purchase_request(const Work& work, PurchaseRequestId id, const PurchaseForm& form);

// Asks for a decision; whoever may give one learns of it by mail. Throws ApiError: not_found,
// invalid_transition, limit_reached.
PurchaseView submit_purchase_request(const Work& work, PurchaseRequestId id);
// Approves or rejects; the requester learns of it by mail. Throws ApiError: not_found, invalid_transition,
// own_request (the caller requested or submitted it), approval_limit (on approval), precondition_failed (it
// is not as the caller has seen it).
PurchaseView decide_purchase_request(const Work& work, PurchaseRequestId id, PurchaseStep step,
                                     const std::string& reason);
// Makes a submitted request a draft again. Throws ApiError: not_found, invalid_transition, forbidden
// (somebody else asked for it).
PurchaseView withdraw_purchase_request(const Work& work, PurchaseRequestId id);
// Removes a draft. Throws as withdraw_purchase_request.
void delete_purchase_request(const Work& work, PurchaseRequestId id);

// What has arrived of a product, over all of the request's lines that name it.
struct Receipt {
  ProductId product;
  std::int64_t quantity = 0;
};
struct ReceiptForm {
  std::optional<WarehouseId> warehouse;         // where to, if the request names none
  std::optional<std::vector<Receipt>> arrived;  // else all that is still to come
};
// Posts a movement in for each line of which something arrives. Of receipts at the same time each sees the
// one before. Throws ApiError: not_found, invalid_transition, validation_failed, conflict (more than is still
// to come, or too much for a level).
PurchaseView receive_purchase_request(const Work& work, PurchaseRequestId id, const ReceiptForm& form);

}  // namespace tenantd::service
