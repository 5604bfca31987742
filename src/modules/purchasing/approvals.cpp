#include "modules/purchasing/approvals.hpp"

#include <algorithm>

#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/budgets.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/roles_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

constexpr std::int64_t kMostRoles = 200;

json::Object told_thresholds(const std::vector<ApprovalThreshold>& thresholds) {
  std::vector<json::Object> list;
  for (const auto& threshold : thresholds)
    list.emplace_back()
        .set("currency", threshold.currency)
        .set("above_minor", threshold.above_minor)
        .set("role_id", threshold.role);
  return std::move(json::Object{}.set("thresholds", list));
}

PurchaseAmount amount_of(const PurchaseView& request) {
  const bool priced = std::all_of(request.lines.begin(), request.lines.end(),
                                  [](const auto& line) { return line.unit_price_minor.has_value(); });
  return {request.row.currency, request.row.total_minor, priced};
}

// What both mails say of a request.
mail::Mail mail_about(db::Txn& txn, const TenantScope& scope, mail::Template kind,
                      const PurchaseView& request) {
  const auto& row = request.row;
  mail::Mail mail{kind, "", {}};
  mail.values["number"] = std::to_string(row.number);
  mail.values["title"] = row.title;
  if (row.currency) mail.values["amount"] = format_money(row.total_minor, *row.currency);
  if (!amount_of(request).priced) mail.values["unpriced"] = "not all of its lines have a price";
  if (const auto organization = store::find_organization(txn, scope))
    mail.values["organization"] = organization->name;
  return mail;
}

std::optional<store::Member> active_member(db::Txn& txn, const TenantScope& scope,
                                           const std::optional<UserId>& user) {
  auto member = user ? store::find_member(txn, scope, *user) : std::nullopt;
  if (member && member->status != Status::active) return std::nullopt;
  return member;
}

bool may_approve(const PermissionSet& held, const PermissionSet& wanted) {
  return held.has(Permission::purchase_requests_approve) && held.covers(wanted);
}

// What one organization tells in an hour is bounded, by a budget that nothing else needs; the step itself is
// not held up.
bool may_tell(const Work& work) {
  const auto& context = work.context;
  if (!context.counts_mails) return true;
  const store::Budget budget{'q' + std::string{work.scope.org().raw()}, context.settings.limit_invite};
  return store::spend(work.txn, context.keys.seal_key(), {budget}, context.now).allowed;
}

}  // namespace

std::vector<ApprovalThreshold> replace_thresholds(const Work& work,
                                                  const std::vector<ApprovalThreshold>& thresholds) {
  // As whoever removes a role does.
  stand_for_good(work);
  const auto before = store::list_thresholds(work.txn, work.scope);
  store::delete_thresholds(work.txn, work.scope);
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    const auto refuse = [&](const char* member, const char* why) {
      throw ApiError(ErrorCode::validation_failed).field("/thresholds/" + std::to_string(i) + member, why);
    };
    try {
      store::insert_threshold(work.txn, work.scope, thresholds[i]);
    } catch (const db::ForeignKeyError&) {
      refuse("/role_id", "no such role");
    } catch (const db::DuplicateKey&) {
      refuse("/above_minor", "stands there twice in this currency");
    }
  }
  auto after = store::list_thresholds(work.txn, work.scope);
  record(work, {"purchase_request.thresholds_changed", "organization", work.scope.org().bytes(),
                told_thresholds(before), told_thresholds(after), told_thresholds(after)});
  return after;
}

PermissionSet wanted_permissions(db::Txn& txn, const TenantScope& scope, const PurchaseView& request) {
  PermissionSet wanted;
  const auto thresholds = store::list_thresholds(txn, scope);
  for (const auto& id : wanted_roles(thresholds, amount_of(request))) {
    if (const auto role = store::find_role(txn, scope, id)) wanted = wanted | role->permissions;
  }
  return wanted;
}

void mail_approvers(const Work& work, const PurchaseView& request) {
  if (!may_tell(work)) return;
  auto mail = mail_about(work.txn, work.scope, mail::Template::purchase_submitted, request);
  if (const auto requester = active_member(work.txn, work.scope, request.row.requested_by))
    mail.values["requester"] = requester->email;
  const auto wanted = wanted_permissions(work.txn, work.scope, request);
  std::int64_t left = kMostMails;
  for (const auto& role : store::list_roles(work.txn, work.scope, kMostRoles)) {
    if (left == 0) return;
    if (!may_approve(role.permissions, wanted)) continue;
    // Two more, since the requester and who submitted it are not told.
    for (const auto& holder :
         store::list_holders(work.txn, work.scope, role.id, work.context.now, left + 2)) {
      if (holder.user == request.row.requested_by || holder.user == work.scope.user() || left == 0) continue;
      offer_mail(work.txn, work.context, mail, work.scope.org(), {holder.email, holder.user, true});
      --left;
    }
  }
}

void mail_requester(const Work& work, const PurchaseView& request, const std::string& reason) {
  const auto requester = active_member(work.txn, work.scope, request.row.requested_by);
  if (!requester || !may_tell(work)) return;
  auto mail = mail_about(work.txn, work.scope, mail::Template::purchase_decided, request);
  mail.values["decision"] = purchase_status_name(request.row.status);
  mail.values["reason"] = reason;
  if (const auto decider = active_member(work.txn, work.scope, work.scope.user()))
    mail.values["decider"] = decider->email;
  offer_mail(work.txn, work.context, std::move(mail), work.scope.org(), reader_of(*requester));
}

}  // namespace tenantd::service
