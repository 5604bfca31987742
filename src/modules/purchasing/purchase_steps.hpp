// What each step of a purchase request does besides its own.
#pragma once

#include <string>
#include <utility>

#include "modules/purchasing/purchase_requests.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {

// Throws ApiError(validation_failed) about the member of the body.
[[noreturn]] void refuse_purchase(const std::string& pointer, const char* why);
std::string line_pointer(std::size_t i, const char* member);

// Runs a write and says what the schema refuses: what the request names was removed meanwhile.
template <class Write>
void write_request(Write&& write) {
  try {
    write();
  } catch (const db::ForeignKeyError&) {
    refuse_purchase("/lines", "a product or the warehouse is not there any more");
  }
}

// What an event's readers learn.
json::Object told(const store::PurchaseRequest& row);
// Writes down who took the request to its status, and why.
void note(const Work& work, PurchaseView& view, const std::string& reason);
// All of a request's history is read with it, under its row's lock. What would go on without end is refused
// from here on: a step that can be taken back or again. What ends it is not, and adds two entries at most.
inline constexpr std::size_t kMostSteps = 200;
// Throws ApiError(limit_reached).
void require_room(const PurchaseView& view);
// Throws ApiError(invalid_transition) if the step cannot be taken from the request's status.
void require_status_before(const PurchaseView& view, PurchaseStep step);

}  // namespace tenantd::service
