#include "modules/administration/problem_users_store.hpp"

#include <array>
#include <map>

#include "modules/administration/administration.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

using store::Problem;

constexpr std::int64_t kDays = 7;  // in which an account should be verified and used
constexpr std::array<std::pair<Problem, std::string_view>, 4> kProblems = {{
    {Problem::locked, "locked"},
    {Problem::bouncing, "bouncing"},
    {Problem::unverified, "unverified"},
    {Problem::never_signed_in, "never_signed_in"},
}};

std::optional<Problem> kind_of(const JsonValue& query) {
  const auto typed = maybe_text(query, "kind");
  for (const auto& [problem, name] : kProblems)
    if (typed == name) return problem;
  return std::nullopt;
}

std::int64_t number(const JsonValue& query, std::string_view name, std::int64_t fallback) {
  const auto* typed = member(query, name);
  return typed == nullptr ? fallback : typed->GetInt64();
}

void put_problem_user(JsonOut& json, const store::ProblemUser& user, TimePoint now, TimePoint before) {
  const auto problems = store::problems_of(user, now, before);
  json.begin_object()
      .field("user_id", user.id)
      .field("email", user.email)
      .field("status", status_name(user.status))
      .key("problems")
      .begin_array();
  for (const auto problem : problems) json.value(kProblems.at(static_cast<std::size_t>(problem)).second);
  const auto live = [&](const std::optional<TimePoint>& until) {
    return until && *until > now ? until : std::nullopt;
  };
  json.end_array()
      .field("failed_sign_ins", user.failed_signins)
      .field("locked_until", live(user.locked_until))
      .field("second_factor_locked_until", live(user.factor_locked_until))
      .field("email_verified", user.email_verified_at.has_value())
      .field("suppression", user.suppression)
      .field("bounced_at", user.bounced_at)
      .field("last_signin_at", user.last_signin_at)
      .field("created_at", user.created_at)
      .end_object();
}

service::ThreatBounds bounds_of(const JsonValue& query) {
  service::ThreatBounds bounds;
  bounds.window = Seconds{number(query, "window_seconds", bounds.window.count())};
  bounds.failures = number(query, "min_failures", bounds.failures);
  bounds.accounts = number(query, "min_accounts", bounds.accounts);
  bounds.networks = number(query, "min_addresses", bounds.networks);
  bounds.signed_in = number(query, "min_signed_in", bounds.signed_in);
  bounds.codes = number(query, "min_codes", bounds.codes);
  bounds.limit = number(query, "limit", bounds.limit);
  return bounds;
}

// Writes accounts by id and address, each address read once.
class People {
 public:
  People(Txn& txn, const SuperAdmin& admin) : txn_(txn), admin_(admin) {}
  void put(JsonOut& json, UserId user) {
    auto known = emails_.find(user);
    if (known == emails_.end()) known = emails_.emplace(user, store::find_email(txn_, admin_, user)).first;
    json.begin_object().field("user_id", user).field("email", known->second).end_object();
  }

 private:
  Txn& txn_;
  const SuperAdmin& admin_;
  std::map<UserId, std::optional<std::string>> emails_;
};

void put_threat(JsonOut& json, const service::Threat& threat, People& people) {
  const auto& events = threat.events;
  json.begin_object()
      .field("kind", threat.kind)
      .field("address", threat.address.empty() ? std::nullopt : std::optional{threat.address})
      .key("user");
  if (events.user) {
    people.put(json, *events.user);
  } else {
    json.value(nullptr);
  }
  json.field("events", events.events)
      .field("accounts", events.accounts)
      .field("addresses", events.addresses)
      .field("first_at", events.first_at)
      .field("last_at", events.last_at)
      .key("users")
      .begin_array();
  for (const auto& user : events.users) people.put(json, user);
  json.end_array().end_object();
}

Response list_threats(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto bounds = bounds_of(request.query);
  People people{txn, admin};
  JsonOut json;
  json.begin_object()
      .field("from_time", request.context.now - bounds.window)
      .field("to_time", request.context.now)
      .key("items")
      .begin_array();
  for (const auto& threat : service::find_threats(txn, request.context, admin, bounds))
    put_threat(json, threat, people);
  json.end_array().end_object();
  return reply(json);
}

Response list_problem_users(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const Page page = page_of(request.query);
  const auto kind = kind_of(request.query);
  const auto now = request.context.now;
  const auto before = now - Seconds{86400} * number(request.query, "days", kDays);
  return page_reply(
      page, store::list_problem_users(txn, admin, kind, now, before, page.from, page.limit + 1),
      [&](JsonOut& json, const auto& user) { put_problem_user(json, user, now, before); },
      [](const auto& user) {
        return store::Keyset{user.created_at, user.id.bytes()};
      },
      [&] { return total_up_to(store::count_problem_users(txn, admin, kind, now, before)); });
}

Response unlock_any_user(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto user = UserId::parse(request.http.path_value("user_id"));
  if (!user) throw ApiError(ErrorCode::not_found);
  service::unlock_account(txn, request.context, admin, *user);
  return no_content();
}

constexpr auto kProblemUsersRows =
    section("Administration",
            {
                {.method = GET,
                 .path = "/api/v1/admin/security/threats",
                 .handler = list_threats,
                 .rate = Rate::read,
                 .query = "threats_query",
                 .reply = ok("threats"),
                 .refuses = nothing,
                 .name = "listSecurityThreats",
                 .summary = "What looks like an attack on accounts"},
                {.method = GET,
                 .path = "/api/v1/admin/users/problematic",
                 .handler = list_problem_users,
                 .rate = Rate::read,
                 .query = "problem_users_query",
                 .reply = ok("problem_users"),
                 .refuses = nothing,
                 .name = "listProblemUsers",
                 .summary = "Accounts that are locked, bounce mail, or were never verified or used"},
                {.method = POST,
                 .path = "/api/v1/admin/users/{user_id}/unlock",
                 .handler = unlock_any_user,
                 .rate = Rate::write,
                 .reply = done(),
                 .refuses = {forbidden, not_found},
                 .summary = "Forget an account's wrong passwords and codes"},
            });

}  // namespace

std::span<const Route> problem_users_rows() { return kProblemUsersRows; }

}  // namespace tenantd::api::handlers
