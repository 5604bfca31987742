// The route table: one row an endpoint. Routing, authentication, authorization, validation, rate limits,
// metrics' labels and the documents about the API come from it.
//
// A handler's parameter type is its access level: (Request, Txn) is public, (Request, Session, Txn) signed
// in, (Request, Caller, Txn) signed in or by an API key, (Request, TenantScope, Txn) inside an organization,
// (Request, Subject, Txn) on oneself or, with the row's permission, on another member (the path's {user_id}),
// (Request, SuperAdmin, Txn) system-wide. Tenant handlers also get the Session where they ask for it; API
// keys have none and are refused there.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "tenantd/api/request.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission_set.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::api {

using http::Method;

enum class Access { anyone, user, caller, tenant, subject, super };

// Which limit counts a request.
enum class Rate { none, read, write, password, outbound };

// Which workers answer a request: those that hash passwords, and those that wait for others (identity
// providers, names to be resolved), are workers of their own.
enum class LaneKind { fast, hash, outbound };
std::string_view lane_name(LaneKind lane);

// The lane of a row that names none.
constexpr LaneKind usual_lane(Rate rate) {
  if (rate == Rate::password) return LaneKind::hash;
  return rate == Rate::outbound ? LaneKind::outbound : LaneKind::fast;
}

class Handler {
 public:
  using Public = Response (*)(const Request&, db::Txn&);
  using User = Response (*)(const Request&, const Session&, db::Txn&);
  using AnyCaller = Response (*)(const Request&, const Caller&, db::Txn&);
  using Tenant = Response (*)(const Request&, const TenantScope&, db::Txn&);
  using TenantWithSession = Response (*)(const Request&, const Session&, const TenantScope&, db::Txn&);
  using OfSubject = Response (*)(const Request&, const Subject&, db::Txn&);
  using Super = Response (*)(const Request&, const SuperAdmin&, db::Txn&);

  constexpr Handler(Public f) : access(Access::anyone), public_(f) {}                          // NOLINT
  constexpr Handler(User f) : access(Access::user), user_(f) {}                                // NOLINT
  constexpr Handler(AnyCaller f) : access(Access::caller), caller_(f) {}                       // NOLINT
  constexpr Handler(Tenant f) : access(Access::tenant), tenant_(f) {}                          // NOLINT
  constexpr Handler(TenantWithSession f) : access(Access::tenant), tenant_with_session_(f) {}  // NOLINT
  constexpr Handler(OfSubject f) : access(Access::subject), subject_(f) {}                     // NOLINT
  constexpr Handler(Super f) : access(Access::super), super_(f) {}                             // NOLINT

  Access access;
  Public public_ = nullptr;
  User user_ = nullptr;
  AnyCaller caller_ = nullptr;
  Tenant tenant_ = nullptr;
  TenantWithSession tenant_with_session_ = nullptr;
  OfSubject subject_ = nullptr;
  Super super_ = nullptr;
};

// True if the handler acts inside an organization, by a permission there.
constexpr bool needs_permission(Access access) {
  return access == Access::tenant || access == Access::subject;
}

// What a row answers when all is well: the status, and the schema of the body (schema/reply/ of a wing), or
// empty.
struct Reply {
  int status;
  std::string_view schema;
  int other = 0;  // a second status that is no refusal, with the same body or none (303); 0: none
  std::string_view media = "text/plain";  // of a body without a schema
};

// What a body may come as besides application/json.
enum class AlsoTakes {
  nothing,
  form,  // application/x-www-form-urlencoded: OAuth 2's password form
  text,  // text/plain, which is what Amazon SNS calls its JSON
  csv,   // text/csv: stands for {"csv": the body}
  // OAuth's own rows: forms with its parameters by their names, others being ignored (RFC 6749 section 3.2).
  // They refuse as OAuth does ({"error", "error_description"}, section 5.2), and pages of every origin may
  // read them, since they look at no cookie. One that takes a session takes it from a client's token too.
  oauth,
  // SCIM's own rows (RFC 7644): application/scim+json, of which SCIM's own table of attributes says what it
  // may hold, so that a row names no schema. They refuse as SCIM does (section 3.12).
  scim,
};

// True if the row takes a body that no schema of the documents describes.
constexpr bool takes_scim_body(AlsoTakes also, Method method) {
  return also == AlsoTakes::scim &&
         (method == Method::POST || method == Method::PUT || method == Method::PATCH);
}

// Throws ApiError for a request that a row which anybody may call does not take, whatever its body says: its
// signature is wrong, or what it reports to is not set up.
using Gate = void (*)(const http::Request&, const service::Context&);

// What a handler refuses with besides what its row implies. A row that says it has said all: the suite fails
// when it meets another code. One that does not is documented with "4XX".
class Refuses {
 public:
  constexpr Refuses() = default;
  constexpr Refuses(std::initializer_list<ErrorCode> codes) : said_(true) {
    for (const auto code : codes) add(code);
  }
  constexpr void add(ErrorCode code) { codes_.at(count_++) = code; }
  constexpr bool said() const { return said_; }
  constexpr std::span<const ErrorCode> codes() const { return {codes_.data(), count_}; }

 private:
  std::array<ErrorCode, 12> codes_{};
  std::size_t count_ = 0;
  bool said_ = false;
};

// What a row does with a pair of tokens. Rows that do anything with one take X-Session
// (api/browser_session.hpp).
enum class Pair {
  none,
  answered,   // the reply holds one
  exchanged,  // the same, for the refresh token in the body
  ended,      // its session ends
};

struct Route {
  Method method;
  std::string_view path;                         // "/api/v1/members/{user_id}/role"
  std::array<std::string_view, 3> also_at = {};  // other spellings of the path: rows of their own in routes()
  Handler handler;
  std::optional<Permission> permission = {};
  bool if_match = false;  // takes If-Match though it is no PUT
  bool super_too =
      false;  // a super-admin may call it too, in any organization: the path's {org_id}, member or not
  bool ends_impersonation = false;
  bool step_up = false;  // the person has shown in the last ten minutes who it is, or does so in the body;
                         // by itself where the permission is a guarded one (domain/guarded.hpp)
  bool changes_nothing = false;  // a try, or what was sent once more: wants no fresh proof
  Pair pair = Pair::none;
  Gate gate = nullptr;  // asked before the body is parsed
  Rate rate;
  LaneKind lane = usual_lane(rate);
  std::string_view body = {};  // schema of the request's body, or empty
  AlsoTakes also = AlsoTakes::nothing;
  std::string_view query = {};  // schema of its query, or empty: no parameters
  Reply reply;
  Refuses refuses = {};
  std::string_view name =
      {};  // operationId, where operation_id's rule makes none that a developer would choose
  std::string_view summary;
  std::string_view section = {};  // of the documents; the heading that the row stands under
};

// Every row, in the order of the documents. Each wing's rows stand beside their handlers. Throws
// std::logic_error when two rows have one method and path.
std::span<const Route> routes();

// Prints the nginx map from path to lane, for nginx/lanes.conf.
std::string nginx_lanes();

}  // namespace tenantd::api
