#include "tenantd/service/organizations.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/handlers/handlers.hpp"

namespace tenantd::api::handlers {

Response list_my_organizations(const Request& request, const Session& session, Txn& txn) {
  const Page page = page_of(request.query);
  auto rows = store::list_memberships(txn, session.user(), page.from, page.limit + 1);
  const bool more = static_cast<std::int64_t>(rows.size()) > page.limit;
  if (more) rows.pop_back();
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : rows) put_organization(json, row.organization, row.role);
  json.end_array().key("next_cursor");
  if (more) {
    json.value(make_cursor(rows.back().member_since, rows.back().organization.id.bytes()));
  } else {
    json.value(nullptr);
  }
  if (page.include_total) json.field("total", store::count_memberships(txn, session.user()));
  json.end_object();
  return reply(json);
}

Response register_organization(const Request& request, const Session& session, Txn& txn) {
  const auto made =
      service::Founding::found(txn, request.context, session.user(),
                               {text(request.body, "name"), maybe_text(request.body, "slug"), false});
  JsonOut json;
  put_organization(json, made.organization, made.role);
  return created(json, "/api/v1/organizations/" + made.organization.id.str());
}

Response select_organization(const Request& request, const Session& session, Txn& txn) {
  JsonOut json;
  json.begin_object();
  put_tokens(json,
             service::select_organization(txn, request.context, session, id<OrgId>(request.body, "org_id")));
  json.end_object();
  return token_response(json);
}

}  // namespace tenantd::api::handlers
