// Single sign-on enforced: an organization lets those members in by its provider alone whose addresses are of
// a domain that it has proven. The views sso_member and sso_session (sql/views.sql) say whom it wants that of
// and which sessions it lets in; what authenticates, renews, selects and lists sessions goes by them. Here is
// what remains: who may not begin a session at all, and who did so as an owner.
#pragma once

#include "identity/domains/domains_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Of an account that does not begin its session by a provider. Throws ApiError(sso_required) if it has
// organizations, and each of them lets it in by its provider alone.
void require_own_way(db::Txn& txn, UserId user);

// Throws ApiError(sso_required) if an organization lets the account in by its provider alone: with another
// address it would be a guest there, whom no provider vouches for.
void require_movable_address(db::Txn& txn, UserId user);

// Of an organization in which the session of `user` was not found: throws ApiError(sso_required) if that is
// for want of its provider's word.
void require_let_in(db::Txn& txn, UserId user, OrgId org);

// A session of `user` has begun without a provider: in each organization that wants its provider's word, and
// of which the account is an owner, this is written down and mailed to all owners. There alone it counts.
void tell_of_bypass(db::Txn& txn, const Context& context, const UserRecord& user, SessionId session);

// Throws ApiError: domain_unproven (the organization has proven none), conflict (it has no active provider).
// Sessions that began otherwise are shut out on the next request, on every host; `session`, an owner's,
// counts on.
void enforce_sso(const Work& work, const Session& session);
// They are let in again.
void release_sso(const Work& work);

}  // namespace tenantd::service
