#include "tenantd/service/impersonation.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/handlers/handlers.hpp"

namespace tenantd::api::handlers {

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

Response end_impersonation(const Request& request, const Session& session, Txn& txn) {
  service::Impersonation::end(txn, request.context, session);
  return no_content();
}

}  // namespace tenantd::api::handlers
