#include "modules/administration/all_users_store.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::api::handlers {
namespace {

std::optional<store::UserState> state_of(const JsonValue& query) {
  const auto typed = maybe_text(query, "status");
  if (typed == "locked") return store::UserState::locked;
  if (typed == "unverified") return store::UserState::unverified;
  if (typed == "bouncing") return store::UserState::bouncing;
  return std::nullopt;
}

void put_any_user(JsonOut& json, const store::AnyUser& user, TimePoint now) {
  const auto live = [&](const std::optional<TimePoint>& until) {
    return until && *until > now ? until : std::nullopt;
  };
  json.begin_object()
      .field("user_id", user.id)
      .field("email", user.email)
      .key("profile")
      .raw(user.profile)
      .field("status", status_name(user.status))
      .field("is_super_admin", user.is_super)
      .field("email_verified", user.email_verified_at.has_value())
      .field("mfa_enabled", user.mfa_enabled)
      .field("failed_sign_ins", user.failed_signins)
      .field("locked_until", live(user.locked_until))
      .field("second_factor_locked_until", live(user.factor_locked_until))
      .field("suppression", user.suppression)
      .field("last_signin_at", user.last_signin_at)
      .field("created_at", user.created_at)
      .end_object();
}

// Not counted: no index knows how many there are.
Response list_any_users(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const Page page = page_of(request.query);
  const auto now = request.context.now;
  const store::AnyUserFilter filter{state_of(request.query),
                                    ascii_lower(maybe_text(request.query, "q").value_or(""))};
  return page_reply(
      page, store::list_any_users(txn, admin, filter, now, page.from, page.limit + 1),
      [&](JsonOut& json, const auto& user) { put_any_user(json, user, now); },
      [&](const auto& user) {
        return filter.prefix.empty() || filter.state == store::UserState::locked
                   ? user.place
                   : store::Keyset{user.created_at, user.id.bytes()};
      },
      [] { return std::int64_t{0}; });
}

constexpr auto kAllUsersRows = section(
    "Administration", {
                          {.method = GET,
                           .path = "/api/v1/admin/users",
                           .handler = list_any_users,
                           .rate = Rate::read,
                           .query = "all_users_query",
                           .reply = ok("all_users"),
                           .refuses = nothing,
                           .summary = "Every account, the newest first, or by the beginning of its address"},
                      });

}  // namespace

std::span<const Route> all_users_rows() { return kAllUsersRows; }

}  // namespace tenantd::api::handlers
