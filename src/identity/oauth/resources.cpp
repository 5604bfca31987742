#include "identity/oauth/resources.hpp"

#include "identity/oauth/oauth_refusal.hpp"

namespace tenantd::service {

void refuse_target() {
  throw oauth_refusal(ErrorCode::invalid_request, "invalid_target",
                      "The client may not ask for tokens for this resource");
}

bool is_own_api(const Context& context, const std::string& resource) {
  const auto& own = context.settings.public_url;
  return resource == own || resource == own + '/';
}

bool may_use(db::Txn& txn, const store::FoundClient& client, const std::string& resource,
             const std::optional<OrgId>& org) {
  const auto owner = store::find_resource(txn, resource);
  if (!owner) return false;
  if (owner->org == store::kServiceClients) return true;
  return client.is_for_all() ? !org || *org == owner->org : client.org == owner->org;
}

std::optional<std::string> narrowed_resource(const Context& context, const std::optional<std::string>& held,
                                             const std::optional<std::string>& asked) {
  if (!asked) return held;
  if (held ? *asked != *held : !is_own_api(context, *asked)) refuse_target();
  return held;
}

}  // namespace tenantd::service
