#include "modules/documents/projects.hpp"

#include "modules/documents/documents.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/identity/members_store.hpp"

namespace tenantd::service {
namespace {

[[noreturn]] void refuse(const char* pointer, const char* why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

bool is_active_member(db::Txn& txn, const TenantScope& scope, UserId user) {
  const auto member = store::find_member(txn, scope, user);
  return member && member->status == Status::active;
}

// Who was a member when the project became theirs may go and stay its owner.
void require_owner(db::Txn& txn, const TenantScope& scope, const std::optional<UserId>& owner) {
  if (owner && !is_active_member(txn, scope, *owner)) refuse("/owner_id", "no active member has this id");
}

json::Object values_of(const store::Project& p) { return store::project_table.audit_values(p); }

json::Object data_of(const store::Project& p) {
  json::Object values;
  values.set("name", p.name).set("project_id", p.id).set("status", project_status_name(p.status));
  return values;
}

void take_place(db::Txn& txn, const TenantScope& scope) {
  const auto usage = store::count_project(txn, scope, 1);
  if (usage.most && usage.projects > *usage.most)
    throw ApiError(ErrorCode::limit_reached, "The organization's limit of projects is reached")
        .member("limit", "projects");
}

}  // namespace

store::Project make_project(const Work& work, store::Project p, bool names_owner) {
  if (names_owner) {
    require_owner(work.txn, work.scope, p.owner);
  } else if (is_active_member(work.txn, work.scope, work.scope.user())) {
    p.owner = work.scope.user();
  }
  take_place(work.txn, work.scope);
  p.id = crypto::new_id<ProjectId>();
  p.created_by = work.scope.user();
  p.created_at = p.updated_at = work.context.now;
  store::insert_project(work.txn, work.scope, p);
  record(work, {"project.created", "project", p.id.bytes(), {}, values_of(p), data_of(p)});
  return p;
}

store::Project change_project(const Work& work, ProjectId id,
                              const std::function<void(store::Project&)>& edit) {
  auto p = store::lock_project(work.txn, work.scope, id);
  if (!p) throw ApiError(ErrorCode::not_found);
  require_expected(work.context, p->revision);
  auto before = values_of(*p);
  const auto owner = p->owner;
  edit(*p);
  p->updated_at = work.context.now;
  if (p->owner != owner) require_owner(work.txn, work.scope, p->owner);
  store::update_project(work.txn, work.scope, *p);
  ++p->revision;
  record(work, {"project.updated", "project", id.bytes(), std::move(before), values_of(*p), data_of(*p)});
  return *std::move(p);
}

void remove_project(const Work& work, ProjectId id, bool with_documents) {
  const auto p = store::lock_project(work.txn, work.scope, id);
  if (!p) throw ApiError(ErrorCode::not_found);
  require_expected(work.context, p->revision);
  const auto documents =
      store::lock_documents_of(work.txn, work.scope, id, with_documents ? kMostRemovedDocuments + 1 : 1);
  if (!documents.empty() && !with_documents)
    throw ApiError(ErrorCode::resource_in_use, "The project has documents");
  if (static_cast<std::int64_t>(documents.size()) > kMostRemovedDocuments)
    throw ApiError(ErrorCode::resource_in_use, "The project has more documents than go at once: remove some");
  if (!documents.empty() && !work.scope.permissions().has(Permission::documents_delete))
    throw ApiError(ErrorCode::forbidden);
  remove_locked(work, documents);
  store::delete_project(work.txn, work.scope, id);
  store::count_project(work.txn, work.scope, -1);
  record(work, {"project.deleted", "project", id.bytes(), values_of(*p), {}, data_of(*p)});
}

}  // namespace tenantd::service
