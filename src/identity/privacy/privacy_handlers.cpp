#include "identity/factors/proof_in.hpp"
#include "identity/privacy/erasure.hpp"
#include "tenantd/api/disposition.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/personal_data.hpp"

namespace tenantd::api::handlers {
namespace {

Response erase_me(const Request& request, const Session& session, Txn& txn) {
  service::erase_own_account(txn, request.context, session, text(request.body, "email"),
                             proof_in(request.body));
  return no_content();
}

Response erase_user(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto user = UserId::parse(request.http.path_value("user_id"));
  if (!user) throw ApiError(ErrorCode::not_found);
  service::erase_account(txn, request.context, admin, *user, text(request.body, "email"));
  return no_content();
}

// Nobody keeps a copy on the way.
Response data_reply(Txn& txn, const service::Context& context, UserId user) {
  JsonOut json;
  json.raw(service::personal_data(txn, context, user, service::kExportedRows, service::kExportedBytes));
  auto response = reply(json);
  return response.header("Content-Disposition", attachment("personal-data.json"))
      .header("Cache-Control", "no-store");
}

Response export_me(const Request& request, const Session& session, Txn& txn) {
  service::require_unbound(session.principal());
  service::reauthenticate(txn, request.context, session.user(), proof_in(request.body));
  service::record_account_change(txn, request.context, session.user(), {"account.exported", session.id()});
  return data_reply(txn, request.context, session.user());
}

Response export_user(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto user = UserId::parse(request.http.path_value("user_id"));
  txn.enter(admin);
  if (!user || !store::find_account(txn, *user)) throw ApiError(ErrorCode::not_found);
  service::record_for_system(txn, request.context, {"account.exported", "user", user->bytes()});
  return data_reply(txn, request.context, *user);
}

constexpr auto kPrivacyRows =
    join(section("Users",
                 {
                     {.method = POST,
                      .path = "/api/v1/users/me/export",
                      .handler = export_me,
                      .step_up = true,
                      .rate = Rate::password,
                      .body = "mfa_code",
                      .reply = ok("personal_data"),
                      .refuses = {reauthentication_required, session_bound},
                      .name = "exportMyData",
                      .summary = "All that is kept of me, as one document"},
                     {.method = POST,
                      .path = "/api/v1/users/me/erase",
                      .handler = erase_me,
                      .step_up = true,
                      .rate = Rate::password,
                      .body = "erase_me",
                      .reply = done(),
                      .refuses = {reauthentication_required, confirmation_mismatch, last_owner, conflict,
                                  contended, session_bound, not_found},
                      .name = "eraseMyAccount",
                      .summary = "Erase my account, for good"},
                 }),
         section("Administration",
                 {
                     {.method = POST,
                      .path = "/api/v1/admin/users/{user_id}/export",
                      .handler = export_user,
                      .step_up = true,
                      .rate = Rate::write,
                      .reply = ok("personal_data"),
                      .refuses = {not_found},
                      .summary = "All that is kept of a person, as one document"},
                     {.method = POST,
                      .path = "/api/v1/admin/users/{user_id}/erase",
                      .handler = erase_user,
                      .step_up = true,
                      .rate = Rate::write,
                      .body = "erase_user",
                      .reply = done(),
                      .refuses = {not_found, confirmation_mismatch, last_owner, conflict, contended},
                      .summary = "Erase an account, for good"},
                 }));

}  // namespace

std::span<const Route> privacy_rows() { return kPrivacyRows; }

}  // namespace tenantd::api::handlers
