#include "support/impersonation.hpp"

#include <rapidjson/document.h>

#include "support/database.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {

Account new_super_admin() {
  const auto account = sign_up("Operators");
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(account.user_id));
  // The first token may be remembered as that of somebody else.
  auto again = account_of(expect(sign_in(account.email, account.password), 200), account.email);
  again.org_id = account.org_id;
  return again;
}

Response impersonate(const Account& admin, const std::string& tenant_id, const std::string& user_id,
                     const std::string& reason) {
  auto client = admin.client();
  const char* path = "/api/v1/auth/impersonate";
  if (user_id.empty()) return client.post(path, object({{"tenant_id", tenant_id}, {"reason", reason}}));
  return client.post(path, object({{"tenant_id", tenant_id}, {"user_id", user_id}, {"reason", reason}}));
}

Account acting_as(const Account& admin, const Account& target, const Account& tenant) {
  const auto reply = impersonate(admin, tenant.org_id, target.user_id);
  expect(reply, 200);
  Account acting = target;
  acting.org_id = tenant.org_id;
  acting.access_token = reply.text("/access_token");
  acting.refresh_token.clear();
  return acting;
}

std::string session_of(const Account& account) {
  rapidjson::Document payload;
  const auto text = base64url_decode(split(account.access_token, '.').at(1)).value();
  payload.Parse(text);
  return payload["sid"].GetString();
}

}  // namespace tenantd::test
