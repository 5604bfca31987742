// Making and ending API keys: "tnd_" and 43 base64url characters of 256 random bits. The beginning lets
// secret scanners recognise one.
#pragma once

#include <string>

#include "identity/keys/api_keys_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// What a key of the organization may hold: business data, and reading. Whatever gives rights to people, or
// sends data away on and on, stays with people, whose own rights bound it.
PermissionSet organization_key_permissions();

// What somebody must hold to set up a key of the organization, or a client that acts for itself, with these
// permissions. By scim:provision it changes whomever an administrator may change, and gives whatever the
// table of the directory's groups says: all of an administrator's permissions.
PermissionSet needed_to_set_up(const PermissionSet& permissions);

inline constexpr std::size_t kKeyPrefixCharacters = 12;  // "tnd_" and 48 of the 256 bits

struct MadeApiKey {
  store::ApiKey record;
  Secret key;  // the only time it is seen
};

// Makes a key that acts for the caller. `key`: as a body filled it. Throws ApiError: role_outranks (a
// permission that the caller lacks), validation_failed (it would have expired already).
MadeApiKey make_api_key(const Work& work, store::ApiKey key);

// Ends a key. Throws ApiError: not_found, role_outranks (another's key that may more than the caller).
void delete_api_key(const Work& work, ApiKeyId id);

}  // namespace tenantd::service
