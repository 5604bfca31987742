#include "tenantd/api/refusals.hpp"

#include <algorithm>

#include "impersonation.hpp"
#include "tenantd/api/lasting.hpp"
#include "tenantd/api/openapi.hpp"

namespace tenantd::api {
namespace {

using enum ErrorCode;

bool same(const Handler& a, const Handler& b) {
  return a.public_ == b.public_ && a.user_ == b.user_ && a.caller_ == b.caller_ && a.tenant_ == b.tenant_ &&
         a.tenant_with_session_ == b.tenant_with_session_ && a.subject_ == b.subject_ && a.super_ == b.super_;
}

// What dispatch and the authorizer refuse with on their own.
std::vector<ErrorCode> implied(const Route& route) {
  std::vector<ErrorCode> codes{bad_request,         malformed_query,   duplicate_parameter,
                               too_many_parameters, validation_failed, unavailable};
  const auto add = [&](std::initializer_list<ErrorCode> more) { codes.insert(codes.end(), more); };
  const Access access = route.handler.access;
  if (route.rate != Rate::none || access != Access::anyone) add({rate_limited});
  if (access != Access::anyone)
    add({unauthenticated, invalid_token, tenant_ambiguous, session_bound, network_refused, not_found, busy});
  if (access == Access::caller || needs_permission(access))
    add({mfa_enrollment_required, sign_in_way_refused});
  if (access != Access::anyone) add({sso_required});
  if (route.step_up) add({reauthentication_required});
  if (needs_permission(access)) add({forbidden});
  if (takes_lasting_right(route)) add({temporary_right});
  if (access == Access::super) add({forbidden});
  if (access == Access::super || route.super_too) add({mfa_enrollment_required, mfa_session_required});
  if (!open_to_impersonation(route)) add({impersonating});
  if (access == Access::user || access == Access::super || route.handler.tenant_with_session_ != nullptr)
    add({session_required});
  if (route.path.find('{') != std::string_view::npos) add({not_found});
  if (!route.body.empty() || route.method != Method::GET)
    add({malformed_json, body_too_large, unsupported_media_type});
  if (route.also == AlsoTakes::form || route.also == AlsoTakes::oauth) add({malformed_form});
  if (access != Access::anyone) add({insufficient_scope});
  if (route.lane == LaneKind::outbound) add({busy});
  if (route.method != Method::GET) add({conflict, contended});
  if (takes_if_match(route)) add({precondition_failed});
  if (route.pair != Pair::none) add({origin_refused});
  if (route.method == Method::POST) add({idempotency_in_progress, idempotency_mismatch});
  return codes;
}

}  // namespace

bool same_handler(const Route& a, const Route& b) { return same(a.handler, b.handler); }

bool may_always_occur(ErrorCode code) {
  return code == internal || code == unavailable || code == rate_limited || code == busy ||
         code == contended || (code >= bad_content_length && code <= headers_too_large);
}

Refusals refusals_of(const Route& route) {
  Refusals refusals{implied(route), route.refuses.said()};
  auto& codes = refusals.codes;
  const auto own = route.refuses.codes();
  codes.insert(codes.end(), own.begin(), own.end());
  std::sort(codes.begin(), codes.end(), [](ErrorCode a, ErrorCode b) {
    return std::pair{http_status(a), a} < std::pair{http_status(b), b};
  });
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return refusals;
}

}  // namespace tenantd::api
