#include "identity/members/users.hpp"

#include <map>

#include "identity/members/member_tag.hpp"
#include "identity/members/members.hpp"
#include "identity/members/new_user.hpp"
#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/encode.hpp"
#include "tenantd/identity/member_counts.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::size_t kMostProfile = 4096;

std::string profile_of(const JsonValue& body) {
  auto profile = json_text(body, "profile", "{}");
  if (profile.size() > kMostProfile) refuse_field("/profile", "must not exceed 4096 bytes");
  return profile;
}

UserId user_in_path(const Request& request) {
  for (const auto& [name, value] : request.http.path_values)
    if (name == "user_id") {
      if (const auto user = UserId::parse(value)) return *user;
    }
  throw ApiError(ErrorCode::not_found);
}

Response record(const store::Member& member) {
  JsonOut json;
  put_member_user(json, member);
  auto response = reply(json);
  return tagged(response, member);
}

void put_role_counts(JsonOut& json, const std::vector<store::RoleStatusCount>& counts) {
  std::int64_t active = 0;
  std::int64_t total = 0;
  std::map<std::string, std::int64_t> by_role;
  for (const auto& count : counts) {
    total += count.members;
    if (count.status == Status::active) active += count.members;
    by_role[count.role] += count.members;
  }
  json.field("total", total).key("by_status").begin_object();
  json.field("active", active).field("inactive", total - active).end_object();
  json.key("by_role").begin_array();
  for (const auto& [role, members] : by_role)
    json.begin_object().field("role", role).field("users", members).end_object();
  json.end_array();
}

}  // namespace

std::string named_profile(const JsonValue& object, const std::string& prefix) {
  JsonOut profile;
  profile.begin_object();
  bool named = false;
  for (const std::string name : {"first_name", "last_name"}) {
    const auto typed = maybe_text(object, prefix + name);
    if (!typed || typed->empty()) continue;
    profile.field(name, *typed);
    named = true;
  }
  if (!named) refuse_field('/' + prefix + "first_name", "is required, or " + prefix + "last_name is");
  return profile.end_object().text();
}

service::NewUserForm new_user_form(const JsonValue& object, Email email) {
  service::NewUserForm form{std::move(email), named_profile(object)};
  if (auto role = maybe_text(object, "role")) form.role = *std::move(role);
  if (const auto* mail = member(object, "send_welcome_email")) form.send_welcome_email = mail->GetBool();
  return form;
}

namespace {

Response update_me(const Request& request, const Session& session, Txn& txn) {
  service::require_whole_account(txn, session.principal());
  Principal principal = session.principal();
  principal.user.profile = profile_of(request.body);
  principal.user.updated_at = request.context.now;
  service::set_own_profile(txn, request.context, session, principal.user.profile);
  JsonOut json;
  put_me(json, principal);
  return reply(json);
}

Response list_users(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  store::MemberFilter filter;
  if (const auto status = maybe_text(request.query, "status")) filter.status = parse_status(*status);
  filter.role = maybe_text(request.query, "role");
  filter.q = maybe_text(request.query, "q");
  return page_reply(
      page, store::list_members(txn, scope, filter, page.from, page.limit + 1),
      [](JsonOut& json, const auto& row) { put_member_user(json, row); },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.user.bytes()};
      },
      [&] { return store::count_members(txn, scope, filter); });
}

Response create_user(const Request& request, const TenantScope& scope, Txn& txn) {
  auto email = email_in(request.body, "email");
  service::UserMaker maker{{txn, request.context, scope}};
  const auto made = maker.make(new_user_form(request.body, std::move(email)));
  JsonOut json;
  put_member_user(json, made);
  auto response = created(json, "/api/v1/users/" + made.user.str());
  return tagged(response, made);
}

Response get_user(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto found = store::find_member(txn, scope, user_in_path(request));
  if (!found) throw ApiError(ErrorCode::not_found);
  return record(*found);
}

Response update_user(const Request& request, const TenantScope& scope, Txn& txn) {
  service::UserChange change;
  if (member(request.body, "profile") != nullptr) change.profile = profile_of(request.body);
  change.role = maybe_text(request.body, "role");
  if (const auto status = maybe_text(request.body, "status")) change.status = parse_status(*status);
  const auto user = user_in_path(request);
  require_expected(request, scope, txn, user);
  return record(service::update_user({txn, request.context, scope}, user, change));
}

// Done twice it is done: whoever repeats a request that got no answer is told the same.
Response deactivate_user(const Request& request, const TenantScope& scope, Txn& txn) {
  service::set_member_status({txn, request.context, scope}, user_in_path(request), Status::inactive);
  return no_content();
}

Response unlock_user(const Request& request, const TenantScope& scope, Txn& txn) {
  service::unlock_member({txn, request.context, scope}, user_in_path(request));
  return no_content();
}

Response user_stats(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto range = range_of(request.query, request.context.now);
  JsonOut json;
  json.begin_object();
  put_role_counts(json, store::count_members_by_role(txn, scope));
  json.key("by_day").begin_array();
  for (const auto& count : store::count_members_by_day(txn, scope, range.from, range.to))
    json.begin_object().field("day", date_of(count.day)).field("users", count.members).end_object();
  json.end_array().end_object();
  return reply(json);
}

constexpr auto kUsersRows =
    section("Users",
            {
                {.method = PUT,
                 .path = "/api/v1/users/me",
                 .handler = update_me,
                 .rate = Rate::write,
                 .body = "update_me",
                 .reply = ok("me"),
                 .refuses = {session_bound},
                 .name = "updateMe",
                 .summary = "Replace one's own profile"},
                {.method = GET,
                 .path = "/api/v1/users",
                 .handler = list_users,
                 .permission = users_read,
                 .rate = Rate::read,
                 .query = "users_query",
                 .reply = ok("member_users"),
                 .refuses = nothing,
                 .summary = "Users of the organization"},
                {.method = POST,
                 .path = "/api/v1/users",
                 .also_at = {"/api/v1/auth/create-user"},
                 .handler = create_user,
                 .permission = users_create,
                 .rate = Rate::write,
                 .body = "create_user",
                 .reply = made("member_user"),
                 .refuses = {role_outranks, not_found, email_taken, limit_reached, reauthentication_required},
                 .summary = "Create an account in the organization"},
                {.method = GET,
                 .path = "/api/v1/users/stats",
                 .handler = user_stats,
                 .permission = stats_read,
                 .rate = Rate::read,
                 .query = "user_stats_query",
                 .reply = ok("user_stats"),
                 .refuses = nothing,
                 .summary = "Users by status, role and day of joining"},
                {.method = GET,
                 .path = "/api/v1/users/{user_id}",
                 .handler = get_user,
                 .permission = users_read,
                 .rate = Rate::read,
                 .reply = ok("member_user"),
                 .refuses = {not_found},
                 .summary = "One user"},
                {.method = PUT,
                 .path = "/api/v1/users/{user_id}",
                 .handler = update_user,
                 .permission = users_update,
                 .rate = Rate::write,
                 .body = "update_user",
                 .reply = ok("member_user"),
                 .refuses = {account_shared, role_outranks, not_found, last_owner, limit_reached,
                             account_unverified, temporary_right, reauthentication_required},
                 .summary = "Change a user's profile, role or status; If-Match takes the ETag"},
                {.method = DELETE_,
                 .path = "/api/v1/users/{user_id}",
                 .handler = deactivate_user,
                 .permission = users_delete,
                 .rate = Rate::write,
                 .reply = done(),
                 .refuses = {role_outranks, not_found, last_owner},
                 .summary = "Deactivate a user in the organization"},
                {.method = POST,
                 .path = "/api/v1/users/{user_id}/unlock",
                 .handler = unlock_user,
                 .permission = users_update,
                 .rate = Rate::write,
                 .reply = done(),
                 .refuses = {account_shared, role_outranks, not_found},
                 .summary = "Let a locked user sign in again"},
            });

}  // namespace

std::span<const Route> users_rows() { return kUsersRows; }

}  // namespace tenantd::api::handlers
