// SCIM 2.0 (RFC 7644): people and groups of the organization whose key or token calls.
#include <algorithm>

#include "identity/scim/people_list.hpp"
#include "identity/scim/replies.hpp"
#include "identity/scim/resources.hpp"
#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::api::handlers {
namespace {

using service::Work;

Json shown_person(const Request& request, const TenantScope& scope, Txn& txn, const store::Person& person) {
  std::vector<store::Group> groups;
  for (const auto& [id, group] : store::groups_of(txn, scope, {person.id})) groups.push_back(group);
  return service::person_resource(request.context, person, groups);
}

Json shown_group(const Request& request, const TenantScope& scope, Txn& txn, const store::Group& group,
                 bool with_members) {
  if (!with_members) return service::group_resource(request.context, group, nullptr);
  const auto members = store::members_of_group(txn, scope, group.id, service::kMostMembersTold + 1);
  if (static_cast<std::int64_t>(members.size()) > service::kMostMembersTold)
    throw scim::Refusal("tooMany",
                        "The group has too many members to be told: name excludedAttributes=members");
  return service::group_resource(request.context, group, &members);
}

Response told_reply(Json resource, const std::string& tag, const scim::Projection& told, int status) {
  const std::string location = json::text_of(resource["meta"], "location");
  told.apply(resource);
  auto response = scim_reply(resource, status);
  response.header("ETag", tag);
  if (status == 201) response.header("Location", location);
  return response;
}

// Of one resource, as the row's method says; `part` is the path's part with its id.
template <const scim::ResourceType& type, http::Method method>
Response change(const Request& request, const TenantScope& scope, Txn& txn) {
  constexpr const char* part = &type == &scim::kUser ? "directory_id" : "group_id";
  return scim_answer([&] {
    const auto told = projection_of(request, type);
    ScimChanges changes{Work{txn, request.context, scope}};
    const auto outcome =
        changes.act(method, type, method == http::Method::POST ? "" : request.http.path_value(part),
                    request.http.if_match, request.body);
    const bool asks = query_text(request, "attributes").has_value();
    if (outcome.status == 204 && !(outcome.group && asks)) {
      auto response = no_content();
      if (!outcome.tag.empty()) response.header("ETag", outcome.tag);
      return response;
    }
    const int status = outcome.status == 204 ? 200 : outcome.status;
    if (outcome.person)
      return told_reply(shown_person(request, scope, txn, *outcome.person), outcome.tag, told, status);
    return told_reply(shown_group(request, scope, txn, *outcome.group, told.tells("members")), outcome.tag,
                      told, status);
  });
}

// --- people ---

Response show_person(const Request& request, const TenantScope& scope, Txn& txn) {
  return scim_answer([&] {
    const auto told = projection_of(request, scim::kUser);
    store::meet_newcomers(txn, scope, request.context.now);
    const auto person = store::find_person(txn, scope, path_id<DirectoryId>(request, "directory_id"));
    if (!person) throw ApiError(not_found);
    return told_reply(shown_person(request, scope, txn, *person), service::person_tag(*person), told, 200);
  });
}

// --- groups ---

Response show_group(const Request& request, const TenantScope& scope, Txn& txn) {
  return scim_answer([&] {
    const auto told = projection_of(request, scim::kGroup);
    const auto group = store::find_group(txn, scope, path_id<GroupId>(request, "group_id"));
    if (!group) throw ApiError(not_found);
    return told_reply(shown_group(request, scope, txn, *group, told.tells("members")), etag(group->revision),
                      told, 200);
  });
}

std::optional<std::vector<store::Group>> groups_by_index(const scim::Filter& filter, const TenantScope& scope,
                                                         Txn& txn) {
  const auto listed = [](std::optional<store::Group> group) {
    return group ? std::vector{*std::move(group)} : std::vector<store::Group>{};
  };
  for (const auto* part : joined_by_and(filter)) {
    if (const auto id = wanted_text(*part, "id")) {
      const auto parsed = GroupId::parse(*id);
      return listed(parsed ? store::find_group(txn, scope, *parsed) : std::nullopt);
    }
    if (const auto name = wanted_text(*part, "displayName"))
      return listed(store::find_group(txn, scope, *name));
    if (const auto member = wanted_text(*part, "members", "value")) {
      const auto parsed = DirectoryId::parse(*member);
      std::vector<store::Group> groups;
      if (parsed)
        for (auto& [id, group] : store::groups_of(txn, scope, {*parsed})) groups.push_back(group);
      return groups;
    }
  }
  return std::nullopt;
}

bool names_members(const scim::Filter& filter) {
  if (filter.path.attribute != nullptr && filter.path.attribute->name == "members") return true;
  return (filter.shape != scim::Shape::elements && filter.left && names_members(*filter.left)) ||
         (filter.right && names_members(*filter.right));
}

Response list_directory_groups(const Request& request, const TenantScope& scope, Txn& txn) {
  return scim_answer([&] {
    const auto page = scim_page(request, scim::kGroup);
    const auto told = projection_of(request, scim::kGroup);
    const auto typed = query_text(request, "filter");
    const auto filter = typed ? scim::read_filter(*typed, scim::kGroup) : nullptr;
    auto groups = filter ? groups_by_index(*filter, scope, txn) : std::nullopt;
    if (!groups) groups = store::list_groups(txn, scope, service::kMostGroups);
    const bool reads_members = filter && names_members(*filter);
    std::vector<Json> found;
    std::int64_t members = 0;
    const auto with_members = [&](const store::Group& group) {
      auto resource = shown_group(request, scope, txn, group, true);
      if (const auto* list = json::find(resource, "members")) members += list->Size();
      if (members > service::kMostMembersTold)
        throw scim::Refusal("tooMany",
                            "The groups have too many members to be told: name excludedAttributes=members");
      return resource;
    };
    for (const auto& each : *groups)
      found.push_back(reads_members ? with_members(each) : shown_group(request, scope, txn, each, false));
    if (filter)
      std::erase_if(found, [&](const Json& each) { return !scim::fits(*filter, each, scim::kGroup); });
    sort_resources(found, page, scim::kGroup);
    const auto total = static_cast<std::int64_t>(found.size());
    const auto from = std::min(page.start - 1, total), to = std::min(from + page.count, total);
    std::vector<Json> shown;
    for (auto i = from; i < to; ++i) {
      auto& each = found[static_cast<std::size_t>(i)];
      if (told.tells("members") && !reads_members) {
        const auto group = store::find_group(txn, scope, GroupId::parse(json::text_of(each, "id")).value());
        if (group) each = with_members(*group);
      }
      shown.push_back(std::move(each));
    }
    return scim_list_reply(shown, total, page.start, told);
  });
}

// What the change of one refuses with.
constexpr Refuses kPersonRefuses{not_found, role_outranks, last_owner, limit_reached, precondition_failed};
constexpr Refuses kGroupRefuses{not_found, role_outranks, limit_reached, precondition_failed};

constexpr auto kScimRows = section(
    "SCIM", {
                {.method = GET,
                 .path = "/scim/v2/Users",
                 .handler = list_scim_people,
                 .permission = scim_provision,
                 .rate = Rate::read,
                 .also = AlsoTakes::scim,
                 .query = "scim_list_query",
                 .reply = scim_ok("scim_users"),
                 .refuses = nothing,
                 .name = "listScimUsers",
                 .summary = "People of the organization, by a filter"},
                {.method = POST,
                 .path = "/scim/v2/Users",
                 .handler = change<scim::kUser, POST>,
                 .permission = scim_provision,
                 .rate = Rate::write,
                 .also = AlsoTakes::scim,
                 .query = "scim_attributes_query",
                 .reply = scim_made("scim_user"),
                 .refuses = {role_outranks, limit_reached},
                 .name = "createScimUser",
                 .summary = "Provision a person"},
                {.method = GET,
                 .path = "/scim/v2/Users/{directory_id}",
                 .handler = show_person,
                 .permission = scim_provision,
                 .rate = Rate::read,
                 .also = AlsoTakes::scim,
                 .query = "scim_attributes_query",
                 .reply = scim_ok("scim_user"),
                 .refuses = {not_found},
                 .name = "getScimUser",
                 .summary = "A person"},
                {.method = PUT,
                 .path = "/scim/v2/Users/{directory_id}",
                 .handler = change<scim::kUser, PUT>,
                 .permission = scim_provision,
                 .rate = Rate::write,
                 .also = AlsoTakes::scim,
                 .query = "scim_attributes_query",
                 .reply = scim_ok("scim_user"),
                 .refuses = kPersonRefuses,
                 .name = "updateScimUser",
                 .summary = "Replace what is known of a person; active false shuts the person out at once"},
                {.method = PATCH,
                 .path = "/scim/v2/Users/{directory_id}",
                 .handler = change<scim::kUser, PATCH>,
                 .permission = scim_provision,
                 .rate = Rate::write,
                 .also = AlsoTakes::scim,
                 .query = "scim_attributes_query",
                 .reply = scim_ok("scim_user"),
                 .refuses = kPersonRefuses,
                 .name = "patchScimUser",
                 .summary = "Change what is known of a person; active false shuts the person out at once"},
                {.method = DELETE_,
                 .path = "/scim/v2/Users/{directory_id}",
                 .handler = change<scim::kUser, DELETE_>,
                 .permission = scim_provision,
                 .rate = Rate::write,
                 .also = AlsoTakes::scim,
                 .reply = done(),
                 .refuses = kPersonRefuses,
                 .name = "deleteScimUser",
                 .summary = "End a person's membership; the account stays the person's"},
                {.method = GET,
                 .path = "/scim/v2/Groups",
                 .handler = list_directory_groups,
                 .permission = scim_provision,
                 .rate = Rate::read,
                 .also = AlsoTakes::scim,
                 .query = "scim_list_query",
                 .reply = scim_ok("scim_groups"),
                 .refuses = nothing,
                 .name = "listScimGroups",
                 .summary = "Groups of the organization's directory, by a filter"},
                {.method = POST,
                 .path = "/scim/v2/Groups",
                 .handler = change<scim::kGroup, POST>,
                 .permission = scim_provision,
                 .rate = Rate::write,
                 .also = AlsoTakes::scim,
                 .query = "scim_attributes_query",
                 .reply = scim_made("scim_group"),
                 .refuses = {role_outranks, limit_reached},
                 .name = "createScimGroup",
                 .summary = "Make a group; its members get the role that it gives"},
                {.method = GET,
                 .path = "/scim/v2/Groups/{group_id}",
                 .handler = show_group,
                 .permission = scim_provision,
                 .rate = Rate::read,
                 .also = AlsoTakes::scim,
                 .query = "scim_attributes_query",
                 .reply = scim_ok("scim_group"),
                 .refuses = {not_found},
                 .name = "getScimGroup",
                 .summary = "A group"},
                {.method = PUT,
                 .path = "/scim/v2/Groups/{group_id}",
                 .handler = change<scim::kGroup, PUT>,
                 .permission = scim_provision,
                 .rate = Rate::write,
                 .also = AlsoTakes::scim,
                 .query = "scim_attributes_query",
                 .reply = scim_ok("scim_group"),
                 .refuses = kGroupRefuses,
                 .name = "updateScimGroup",
                 .summary = "Replace a group, its members too"},
                {.method = PATCH,
                 .path = "/scim/v2/Groups/{group_id}",
                 .handler = change<scim::kGroup, PATCH>,
                 .permission = scim_provision,
                 .rate = Rate::write,
                 .also = AlsoTakes::scim,
                 .query = "scim_attributes_query",
                 .reply = scim_ok("scim_group", 204),
                 .refuses = kGroupRefuses,
                 .name = "patchScimGroup",
                 .summary = "Change a group: add members, remove them, rename it"},
                {.method = DELETE_,
                 .path = "/scim/v2/Groups/{group_id}",
                 .handler = change<scim::kGroup, DELETE_>,
                 .permission = scim_provision,
                 .rate = Rate::write,
                 .also = AlsoTakes::scim,
                 .reply = done(),
                 .refuses = kGroupRefuses,
                 .name = "deleteScimGroup",
                 .summary = "Remove a group; its members stay"},
            });

}  // namespace

std::span<const Route> scim_rows() { return kScimRows; }

}  // namespace tenantd::api::handlers
