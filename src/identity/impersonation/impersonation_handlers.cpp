#include "identity/impersonation/impersonation_handlers.hpp"
#include "identity/impersonation/impersonation.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

Response impersonate(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto begun = service::Impersonation::begin(
      txn, request.context, admin,
      {id<OrgId>(request.body, "tenant_id"), maybe_id<UserId>(request.body, "user_id"),
       text(request.body, "reason")});
  JsonOut json;
  json.begin_object()
      .field("access_token", begun.access_token)
      .field("token_type", "Bearer")
      .field("expires_in", begun.expires_in)
      .key("user")
      .begin_object();
  put_user(json, begun.user);
  json.end_object().key("organization");
  put_organization(json, begun.organization, begun.role);
  json.key("impersonation").begin_object().key("actor");
  put_person(json, begun.actor.id, begun.actor.email);
  json.field("reason", begun.reason).field("expires_at", begun.expires_at).end_object().end_object();
  return token_response(json);
}

}  // namespace

Response end_impersonation(const Request& request, const Session& session, Txn& txn) {
  service::Impersonation::end(txn, request.context, session);
  return no_content();
}

namespace {

constexpr auto kImpersonationRows = section(
    "Impersonation", {
                         {.method = POST,
                          .path = "/api/v1/auth/impersonate",
                          .handler = impersonate,
                          .rate = Rate::write,
                          .body = "impersonate",
                          .reply = ok("impersonation"),
                          .refuses = {not_found, impersonation_refused, mfa_enrollment_required},
                          .summary = "Act as a member of a tenant, for a short time and for a reason"},
                         {.method = POST,
                          .path = "/api/v1/auth/end-impersonation",
                          .handler = end_impersonation,
                          .ends_impersonation = true,
                          .rate = Rate::write,
                          .reply = done(),
                          .refuses = {conflict},
                          .summary = "End the impersonation whose token this is"},
                     });

}  // namespace

std::span<const Route> impersonation_rows() { return kImpersonationRows; }

}  // namespace tenantd::api::handlers
