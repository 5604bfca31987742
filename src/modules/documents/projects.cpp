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

store::Project make_project(db::Txn& txn, const Context& context, const TenantScope& scope, store::Project p,
                            bool names_owner) {
  if (names_owner) {
    require_owner(txn, scope, p.owner);
  } else if (is_active_member(txn, scope, scope.user())) {
    p.owner = scope.user();
  }
  take_place(txn, scope);
  p.id = crypto::new_id<ProjectId>();
  p.created_by = scope.user();
  p.created_at = p.updated_at = context.now;
  store::insert_project(txn, scope, p);
  record(txn, context, scope, {"project.created", "project", p.id.bytes(), {}, values_of(p), data_of(p)});
  return p;
}

store::Project change_project(db::Txn& txn, const Context& context, const TenantScope& scope, ProjectId id,
                              const std::function<bool(std::int64_t revision)>& is_expected,
                              const std::function<void(store::Project&)>& edit) {
  auto p = store::lock_project(txn, scope, id);
  if (!p) throw ApiError(ErrorCode::not_found);
  if (!is_expected(p->revision)) throw ApiError(ErrorCode::precondition_failed);
  auto before = values_of(*p);
  const auto owner = p->owner;
  edit(*p);
  p->updated_at = context.now;
  if (p->owner != owner) require_owner(txn, scope, p->owner);
  store::update_project(txn, scope, *p);
  ++p->revision;
  record(txn, context, scope,
         {"project.updated", "project", id.bytes(), std::move(before), values_of(*p), data_of(*p)});
  return *std::move(p);
}

void remove_project(db::Txn& txn, const Context& context, const TenantScope& scope, ProjectId id,
                    bool with_documents) {
  const auto p = store::lock_project(txn, scope, id);
  if (!p) throw ApiError(ErrorCode::not_found);
  const auto documents =
      store::lock_documents_of(txn, scope, id, with_documents ? kMostRemovedDocuments + 1 : 1);
  if (!documents.empty() && !with_documents)
    throw ApiError(ErrorCode::resource_in_use, "The project has documents");
  if (static_cast<std::int64_t>(documents.size()) > kMostRemovedDocuments)
    throw ApiError(ErrorCode::resource_in_use, "The project has more documents than go at once: remove some");
  if (!documents.empty() && !scope.permissions().has(Permission::documents_delete))
    throw ApiError(ErrorCode::forbidden);
  remove_locked(txn, context, scope, documents);
  store::delete_project(txn, scope, id);
  store::count_project(txn, scope, -1);
  record(txn, context, scope, {"project.deleted", "project", id.bytes(), values_of(*p), {}, data_of(*p)});
}

}  // namespace tenantd::service
