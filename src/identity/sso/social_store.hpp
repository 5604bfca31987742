// Sign-ins that are on their way to one of the service's own providers and back.
#pragma once

#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"

namespace tenantd::store {

// `state` and `browser` are SHA-256 of what the browser holds.
struct SocialState {
  std::string state;
  std::string provider;
  std::string browser;
  std::optional<UserId> user;        // who asked for a link to the own account
  std::optional<SessionId> session;  // in which, and with which it is gone
  std::string values_sealed;
  TimePoint created_at;
  TimePoint expires_at;
};
void insert_social_state(db::Txn& txn, const SocialState& state);
std::optional<SocialState> find_social_state(db::Txn& txn, const std::string& state);
// Uses it up: of any number that ask, one gets it. Expiry is the caller's to judge.
std::optional<SocialState> take_social_state(db::Txn& txn, const std::string& state);

}  // namespace tenantd::store
