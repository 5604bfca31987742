#include "identity/scim/groups.hpp"

#include <algorithm>
#include <set>

#include "identity/scim/authority.hpp"
#include "identity/scim/group_roles.hpp"
#include "identity/scim/people.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/name.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

using Ids = std::vector<DirectoryId>;

constexpr std::size_t kMostGroupNameBytes = 255;

json::Object told_of_group(const store::Group& group) {
  json::Object values;
  return std::move(values.set("name", group.name).set("external_id", group.external_id));
}

std::string group_name(const std::optional<std::string>& typed) {
  const std::string name{trim(typed.value_or(""))};
  if (name.empty() || !shows_something(name)) refuse_scim("invalidValue", "displayName is required");
  if (name.size() > kMostGroupNameBytes) refuse_scim("invalidValue", "displayName is longer than 255 bytes");
  return name;
}

std::optional<std::string> external_id(const std::optional<std::string>& typed) {
  if (typed && typed->size() > kMostGroupNameBytes)
    refuse_scim("invalidValue", "externalId is longer than 255 bytes");
  return typed;
}

// The people that a value of members names. `strict`: all of them must be ids.
Ids people_in(const json::Value* value, bool strict) {
  Ids ids;
  if (value == nullptr || value->IsNull()) return ids;
  const auto add = [&](const json::Value& each) {
    const auto text = each.IsString() ? std::optional{std::string{json::view(each)}} : [&] {
      std::optional<std::string> found;
      if (each.IsObject())
        for (const auto& member : each.GetObject())
          if (scim::same_name(json::view(member.name), "value") && member.value.IsString())
            found = json::view(member.value);
      return found;
    }();
    const auto id = text ? DirectoryId::parse(*text) : std::nullopt;
    if (id)
      ids.push_back(*id);
    else if (strict)
      refuse_scim("invalidValue", "A member is named by the id of a user of this organization");
  };
  if (value->IsArray())
    for (const auto& each : value->GetArray()) add(each);
  else
    add(*value);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// The ids of `value eq "…"`, alone or several joined by or; nullopt for any other filter.
std::optional<Ids> ids_in(const scim::Filter& filter) {
  if (filter.shape == scim::Shape::either) {
    auto left = ids_in(*filter.left);
    const auto right = ids_in(*filter.right);
    if (!left || !right) return std::nullopt;
    left->insert(left->end(), right->begin(), right->end());
    return left;
  }
  if (filter.shape != scim::Shape::compare || filter.op != scim::Operator::eq ||
      filter.path.attribute->name != "value")
    return std::nullopt;
  const auto* text = std::get_if<std::string>(&filter.literal);
  const auto id = text != nullptr ? DirectoryId::parse(*text) : std::nullopt;
  return id ? Ids{*id} : Ids{};
}

// One group while it changes, and whose roles that may change. Its members are read once, if at all; what is
// asked for is written by settle().
class GroupChange {
 public:
  GroupChange(const Work& work, store::Group group, MemberBudget& budget)
      : work_(work), before_(group), group_(std::move(group)), budget_(budget) {}

  store::Group& group() { return group_; }
  bool moved_anybody() const { return !moved_.empty(); }

  void add(const Ids& people) { want(people, true); }
  void take(const Ids& people) { want(people, false); }

  void set(const Ids& people) {
    budget_.spend(people.size());
    const std::set<DirectoryId> wanted{people.begin(), people.end()};
    Ids gone, fresh;
    for (const auto& id : all())
      if (!wanted.contains(id)) gone.push_back(id);
    std::copy_if(people.begin(), people.end(), std::back_inserter(fresh),
                 [&](const auto& id) { return !is_in(id); });
    take(gone);
    add(fresh);
  }

  void take_fitting(const scim::Filter& filter) {
    settle();
    Ids meant;
    for (const auto& [id, name] : members()) {
      json::Document element;
      element.SetObject();
      auto& memory = element.GetAllocator();
      element.AddMember("value", json::Value{id.str(), memory}, memory);
      element.AddMember("display", json::Value{name, memory}, memory);
      if (scim::fits_element(filter, element)) meant.push_back(id);
    }
    budget_.spend(members().size());
    take(meant);
  }

  Ids all() {
    Ids ids;
    for (const auto& [id, name] : members())
      if (is_in(id)) ids.push_back(id);
    for (const auto& [id, in] : wanted_)
      if (in && !members().contains(id)) ids.push_back(id);
    budget_.spend(ids.size());
    return ids;
  }

  // Writes what was asked for since.
  void settle() {
    Ids in, out;
    for (const auto& [id, is_wanted] : wanted_) (is_wanted ? in : out).push_back(id);
    wanted_.clear();
    if (!in.empty()) write_in(in);
    if (!out.empty()) write_out(out);
  }

  const Ids& moved() const { return moved_; }
  const store::Group& before() const { return before_; }

 private:
  void want(const Ids& people, bool in) {
    require_bound(people);
    budget_.spend(people.size());
    for (const auto& id : people) wanted_[id] = in;
  }

  bool is_in(const DirectoryId& id) {
    const auto wanted = wanted_.find(id);
    return wanted == wanted_.end() ? members().contains(id) : wanted->second;
  }

  // Names by ids, as they are written.
  const std::map<DirectoryId, std::string>& members() {
    if (members_) return *members_;
    const auto read = store::members_of_group(work_.txn, work_.scope, group_.id, kMostMembersTold + 1);
    budget_.spend(read.size());
    if (static_cast<std::int64_t>(read.size()) > kMostMembersTold)
      refuse_scim("tooMany", "The group is too large for this: add and remove members by PATCH");
    members_.emplace();
    for (const auto& each : read) members_->emplace(each.id, each.user_name);
    return *members_;
  }

  void write_in(const Ids& people) {
    require_bound(people);
    require_known(people);
    const auto there = store::members_among(work_.txn, work_.scope, group_.id, people);
    const std::set<DirectoryId> present{there.begin(), there.end()};
    Ids fresh;
    std::copy_if(people.begin(), people.end(), std::back_inserter(fresh),
                 [&](const auto& id) { return !present.contains(id); });
    if (fresh.empty()) return;
    if (store::any_in_groups(work_.txn, work_.scope, fresh, kMostGroupsOfPerson))
      throw db::LimitReached{"groups of a person", "groups"};
    store::add_to_group(work_.txn, work_.scope, group_.id, fresh);
    if (members_) members_->merge(store::names_among(work_.txn, work_.scope, fresh));
    note(fresh);
  }

  void write_out(const Ids& people) {
    const auto there = store::members_among(work_.txn, work_.scope, group_.id, people);
    if (there.empty()) return;
    store::remove_from_group(work_.txn, work_.scope, group_.id, there);
    if (members_)
      for (const auto& id : there) members_->erase(id);
    note(there);
  }

  void note(const Ids& people) {
    moved_.insert(moved_.end(), people.begin(), people.end());
    require_bound(moved_);
  }

  static void require_bound(const Ids& people) {
    if (static_cast<std::int64_t>(people.size()) > kMostMembersChanged)
      refuse_scim("tooMany", "One request changes at most 5000 members of a group");
  }

  // Of members of whom the directory has not spoken it speaks from now on.
  void require_known(const Ids& people) {
    const auto known = store::names_among(work_.txn, work_.scope, people);
    for (const auto& id : people) {
      if (known.contains(id)) continue;
      const auto person = store::find_person(work_.txn, work_.scope, id);
      if (!person) refuse_scim("invalidValue", "There is no user " + id.str() + " in this organization");
      store::write_person(work_.txn, work_.scope, *person, work_.context.now);
    }
  }

  Work work_;
  store::Group before_;
  store::Group group_;
  MemberBudget& budget_;
  std::map<DirectoryId, bool> wanted_;  // true: is to be in it
  std::optional<std::map<DirectoryId, std::string>> members_;
  Ids moved_;
};

void lock(const Work& work) {
  store::enter(work.txn, work.scope);
  if (!store::lock_organization(work.txn, work.scope)) throw ApiError(ErrorCode::not_found);
  store::meet_newcomers(work.txn, work.scope, work.context.now);
}

store::Group group_under_lock(const Work& work, GroupId id, const std::string& if_match) {
  lock(work);
  auto group = store::lock_group(work.txn, work.scope, id);
  if (!group) throw ApiError(ErrorCode::not_found);
  if (!api::if_match_allows(if_match, group->revision)) throw ApiError(ErrorCode::precondition_failed);
  return *std::move(group);
}

void write_group(const Work& work, store::Group& group) {
  group.updated_at = work.context.now;
  ++group.revision;
  try {
    store::update_group(work.txn, work.scope, group);
  } catch (const db::DuplicateKey&) {
    refuse_duplicate("Another group of the organization has this displayName");
  }
}

// What follows when the change is made.
store::Group settle(const Work& work, GroupChange& change) {
  change.settle();
  auto& group = change.group();
  const auto& before = change.before();
  const bool renamed = group.name != before.name;
  if (!renamed && group.external_id == before.external_id && !change.moved_anybody()) return group;
  write_group(work, group);
  auto after = told_of_group(group);
  after.set("members_changed", static_cast<std::int64_t>(change.moved().size()));
  record(work,
         {"scim_group.updated", "scim_group", group.id.bytes(), told_of_group(before), std::move(after)});
  const auto setup = store::find_scim_setup(work.txn, work.scope);
  if (!setup || (!gives_role(*setup, group.name) && !gives_role(*setup, before.name))) return group;
  follow_groups(work, *setup, renamed ? change.all() : change.moved(), provisioning_authority(work));
  if (renamed) follow_groups(work, *setup, change.moved(), provisioning_authority(work));
  return group;
}

void apply_to_members(GroupChange& change, const scim::Operation& operation) {
  const auto* elements = operation.path.elements.get();
  if (elements != nullptr) {
    const auto ids = ids_in(*elements);
    if (operation.change != scim::Change::remove) {
      if (!ids) refuse_scim("invalidPath", "Members are added by their ids");
      return change.add(*ids);
    }
    if (ids) return change.take(*ids);
    return change.take_fitting(*elements);
  }
  switch (operation.change) {
    case scim::Change::add: return change.add(people_in(operation.value, true));
    case scim::Change::replace: return change.set(people_in(operation.value, true));
    case scim::Change::remove: {
      const bool names = operation.value != nullptr && !operation.value->IsNull();
      return change.take(names ? people_in(operation.value, false) : change.all());
    }
  }
}

void apply_operation(GroupChange& change, const scim::Operation& operation) {
  const auto& attribute = *operation.path.path.attribute;
  if (attribute.mutability != scim::Mutability::read_write)
    refuse_scim("mutability", std::string{attribute.name} + " cannot be changed");
  if (attribute.name == "members") return apply_to_members(change, operation);
  const bool removes =
      operation.change == scim::Change::remove || operation.value == nullptr || operation.value->IsNull();
  if (!removes && !operation.value->IsString())
    refuse_scim("invalidValue", std::string{attribute.name} + " is a text");
  const auto text = removes ? std::nullopt : std::optional{std::string{json::view(*operation.value)}};
  if (attribute.name == "externalId") {
    change.group().external_id = external_id(text);
  } else {
    if (removes) refuse_scim("mutability", "displayName is required");
    change.group().name = group_name(text);
  }
}

}  // namespace

void MemberBudget::spend(std::size_t members) {
  left -= static_cast<std::int64_t>(members);
  if (left < 0) refuse_scim("tooMany", "The operations of one request look at too many members of groups");
}

store::Group make_group(const Work& work, const json::Document& wanted, MemberBudget& budget) {
  lock(work);
  store::Group group;
  group.id = crypto::new_id<GroupId>();
  group.name = group_name(json::maybe_text(wanted, "displayName"));
  group.external_id = external_id(json::maybe_text(wanted, "externalId"));
  group.created_at = group.updated_at = work.context.now;
  if (store::count_groups(work.txn, work.scope) >= kMostGroups)
    throw db::LimitReached{"groups of an organization", "groups"};
  try {
    store::insert_group(work.txn, work.scope, group);
  } catch (const db::DuplicateKey&) {
    refuse_duplicate("Another group of the organization has this displayName");
  }
  record(work, {"scim_group.created", "scim_group", group.id.bytes(), {}, told_of_group(group)});
  GroupChange change{work, group, budget};
  change.add(people_in(json::find(wanted, "members"), true));
  change.settle();
  const auto setup = store::find_scim_setup(work.txn, work.scope);
  if (setup && gives_role(*setup, group.name))
    follow_groups(work, *setup, change.moved(), provisioning_authority(work));
  return group;
}

store::Group replace_group(const Work& work, GroupId id, const std::string& if_match, const json::Value& body,
                           MemberBudget& budget) {
  GroupChange change{work, group_under_lock(work, id, if_match), budget};
  const auto wanted = scim::read_resource(body, scim::kGroup);
  change.group().name = group_name(json::maybe_text(wanted, "displayName"));
  change.group().external_id = external_id(json::maybe_text(wanted, "externalId"));
  change.set(people_in(json::find(wanted, "members"), true));
  return settle(work, change);
}

store::Group change_group(const Work& work, GroupId id, const std::string& if_match, const json::Value& body,
                          MemberBudget& budget) {
  GroupChange change{work, group_under_lock(work, id, if_match), budget};
  for (const auto& operation : scim::read_patch(body, scim::kGroup)) apply_operation(change, operation);
  return settle(work, change);
}

void delete_group(const Work& work, GroupId id, const std::string& if_match, MemberBudget& budget) {
  GroupChange change{work, group_under_lock(work, id, if_match), budget};
  const auto setup = store::find_scim_setup(work.txn, work.scope);
  const bool counts = setup && gives_role(*setup, change.group().name);
  // Whose role it gave is judged anew: of more people than one request changes it is emptied first.
  if (counts) change.take(change.all());
  change.settle();
  store::delete_group(work.txn, work.scope, id);
  record(work, {"scim_group.deleted", "scim_group", id.bytes(), told_of_group(change.group())});
  if (counts) follow_groups(work, *setup, change.moved(), provisioning_authority(work));
}

}  // namespace tenantd::service
