#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "identity/members/members.hpp"
#include "identity/members/new_user.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

// What became of a row.
struct Outcome {
  std::optional<ErrorCode> refusal;
  std::string detail;
};

// Runs one row so that a refusal undoes it alone. A failure of the service undoes them all.
template <class Work>
Outcome run_row(Txn& txn, Work&& work) {
  try {
    txn.savepoint(work);
    return {};
  } catch (const ApiError& e) {
    if (http_status(e.code()) >= 500) throw;
    return {e.code(), e.public_text().empty() ? std::string{error_title(e.code())} : e.public_text()};
  } catch (const db::LimitReached& e) {
    return {ErrorCode::limit_reached, "The organization's limit of " + e.limit + " is reached"};
  }
}

void put_refusal(JsonOut& json, const Outcome& outcome) {
  json.field("result", "refused")
      .field("code", error_name(outcome.refusal.value()))
      .field("detail", outcome.detail);
}

struct NewRow {
  std::size_t index = 0;
  std::optional<Email> email;
  std::optional<UserId> made;
  Outcome outcome;
};

std::vector<NewRow> rows_of(const JsonValue& users) {
  std::vector<NewRow> rows(users.Size());
  for (rapidjson::SizeType i = 0; i < users.Size(); ++i) {
    rows[i].index = i;
    auto typed = Email::read(text(users[i], "email"));
    if (typed.problem.empty()) {
      rows[i].email = std::move(typed.email);
    } else {
      rows[i].outcome = {ErrorCode::validation_failed, "email " + typed.problem};
    }
  }
  return rows;
}

// In the order of their addresses, so that lists of different organizations that share some wait for each
// other and do not meet in a deadlock.
std::vector<NewRow*> by_address(std::vector<NewRow>& rows) {
  std::vector<NewRow*> order;
  for (auto& row : rows)
    if (row.email) order.push_back(&row);
  std::stable_sort(order.begin(), order.end(),
                   [](const NewRow* a, const NewRow* b) { return a->email->str() < b->email->str(); });
  return order;
}

enum class Action { activate, deactivate, assign_role };

Action action_of(const JsonValue& body) {
  const auto name = text(body, "action");
  if (name == "activate") return Action::activate;
  return name == "deactivate" ? Action::deactivate : Action::assign_role;
}

std::vector<UserId> users_of(const JsonValue& ids) {
  std::vector<UserId> users;
  for (rapidjson::SizeType i = 0; i < ids.Size(); ++i) {
    const auto user = UserId::parse(ids[i].GetString());
    if (!user) refuse_field("/user_ids/" + std::to_string(i), id_words("user_id"));
    users.push_back(*user);
  }
  return users;
}

Response create_users(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto& users = *member(request.body, "users");
  auto rows = rows_of(users);
  service::UserMaker maker{{txn, request.context, scope}};
  for (NewRow* row : by_address(rows)) {
    const auto& object = users[static_cast<rapidjson::SizeType>(row->index)];
    row->outcome = run_row(txn, [&] { row->made = maker.make(new_user_form(object, *row->email)).user; });
  }
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : rows) {
    json.begin_object().field("index", row.index);
    json.field("email", row.email ? row.email->str()
                                  : text(users[static_cast<rapidjson::SizeType>(row.index)], "email"));
    if (row.outcome.refusal) {
      put_refusal(json, row.outcome);
    } else {
      json.field("result", "created").field("id", row.made.value());
    }
    json.end_object();
  }
  json.end_array().end_object();
  return reply(json);
}

Response act_on_users(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto action = action_of(request.body);
  const auto role = maybe_text(request.body, "role");
  if ((action == Action::assign_role) != role.has_value())
    refuse_field("/role", role ? "goes with assign_role alone" : "is required to assign one");
  const auto users = users_of(*member(request.body, "user_ids"));
  if (role) service::require_assignable(txn, scope, *role);
  // What is nobody here costs no statement of its own.
  const auto members = store::members_among(txn, scope, users);
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto act = [&] {
      if (role) {
        service::assign_role({txn, request.context, scope}, users[i], *role);
      } else {
        service::set_member_status({txn, request.context, scope}, users[i],
                                   action == Action::activate ? Status::active : Status::inactive);
      }
    };
    const auto outcome = members.contains(users[i])
                             ? run_row(txn, act)
                             : Outcome{ErrorCode::not_found, std::string{error_title(ErrorCode::not_found)}};
    json.begin_object().field("index", i).field("user_id", users[i]);
    if (outcome.refusal) {
      put_refusal(json, outcome);
    } else {
      json.field("result", "done");
    }
    json.end_object();
  }
  json.end_array().end_object();
  return reply(json);
}

constexpr auto kBulkUsersRows =
    section("Users", {
                         {.method = POST,
                          .path = "/api/v1/users/bulk/create",
                          .handler = create_users,
                          .permission = users_create,
                          .rate = Rate::write,
                          .body = "create_users",
                          .reply = ok("created_users"),
                          .refuses = nothing,
                          .name = "createUsers",
                          .summary = "Create several accounts"},
                         {.method = POST,
                          .path = "/api/v1/users/bulk/action",
                          .handler = act_on_users,
                          .permission = users_update,
                          .rate = Rate::write,
                          .body = "user_action",
                          .reply = ok("user_actions"),
                          .refuses = {not_found},
                          .name = "changeUsers",
                          .summary = "Activate, deactivate, or give a role to several users"},
                     });

}  // namespace

std::span<const Route> bulk_users_rows() { return kBulkUsersRows; }

}  // namespace tenantd::api::handlers
