#include "api/reference/postman_plan.hpp"

namespace tenantd::api {
namespace {

using enum Method;
using enum ErrorCode;

// An address of its own in each run, so that a used service takes it; and nothing that an earlier run has
// kept.
constexpr std::string_view kBegin =
    "const typed = pm.environment.get('email');\n"
    "pm.environment.set('email', typed.replace(/(\\+\\d+)?@/, '+' + Date.now() + '@'));\n"
    "for (const name of Object.keys(pm.environment.toObject()))\n"
    "  if (name.endsWith('_id')) pm.environment.set(name, '');";

// Signs in once more, where the session of before stays, and then does `more`, which knows the `token`.
std::string sign_in_and(std::string_view more) {
  return "const base = pm.environment.get('base_url');\n"
         "pm.sendRequest({\n"
         "  url: base + '/api/v1/auth/login',\n"
         "  method: 'POST',\n"
         "  header: { 'Content-Type': 'application/json' },\n"
         "  body: {\n"
         "    mode: 'raw',\n"
         "    raw: JSON.stringify({\n"
         "      email: pm.environment.get('email'), password: pm.environment.get('password')\n"
         "    })\n"
         "  }\n"
         "}, (error, reply) => {\n"
         "  const token = reply.json().access_token;\n"
         "  pm.environment.set('access_token', token);\n" +
         std::string{more} + "});";
}

const std::string kSignIn = sign_in_and("");

// What the organization is called by now.
const std::string kSignInAndReadName = sign_in_and(
    "  pm.sendRequest({\n"
    "    url: base + '/api/v1/organizations/' + pm.environment.get('org_id'),\n"
    "    method: 'GET',\n"
    "    header: { Authorization: 'Bearer ' + token }\n"
    "  }, (failure, found) => pm.environment.set('organization_name', found.json().name));\n");

// What has moved stays in the ledger: another one, of which nothing is told there, takes its place.
std::string make_spare(std::string_view path, std::string_view variable, std::string_view body) {
  return "const made = {\n"
         "  url: pm.environment.get('base_url') + '" +
         std::string{path} +
         "',\n"
         "  method: 'POST',\n"
         "  header: {\n"
         "    'Content-Type': 'application/json', Authorization: 'Bearer ' + "
         "pm.environment.get('access_token')\n"
         "  },\n"
         "  body: { mode: 'raw', raw: JSON.stringify(" +
         std::string{body} +
         ") }\n"
         "};\n"
         "pm.sendRequest(made, (error, reply) => pm.environment.set('" +
         std::string{variable} + "', reply.json().id));";
}

const std::string kSpareProduct =
    make_spare("/api/v1/products", "product_id", "{ sku: 'spare-' + Date.now(), name: 'Spare' }");
const std::string kSpareWarehouse = make_spare("/api/v1/warehouses", "warehouse_id", "{ name: 'Spare' }");
constexpr std::string_view kKeepUpload =
    "pm.environment.set('document_id', pm.response.json().document_id);\n"
    "pm.environment.set('upload_url', pm.response.json().upload_url);";

// The example's file.
constexpr std::string_view kSendFile =
    "pm.sendRequest({\n"
    "  url: pm.environment.get('upload_url'),\n"
    "  method: 'PUT',\n"
    "  header: { 'Content-Type': 'application/octet-stream' },\n"
    "  body: { mode: 'raw', raw: 'hello' }\n"
    "}, () => {});";

constexpr std::string_view kSwapPasswords =
    "const changed = pm.environment.get('new_password');\n"
    "pm.environment.set('new_password', pm.environment.get('password'));\n"
    "pm.environment.set('password', changed);";

// One's own request is decided by somebody else, unless the organization allows it.
constexpr std::string_view kAllowSelfApproval =
    "pm.sendRequest({\n"
    "  url: pm.environment.get('base_url') + '/api/v1/organizations/' + pm.environment.get('org_id'),\n"
    "  method: 'PUT',\n"
    "  header: {\n"
    "    'Content-Type': 'application/json', Authorization: 'Bearer ' + pm.environment.get('access_token')\n"
    "  },\n"
    "  body: { mode: 'raw', raw: JSON.stringify({ self_approval: true }) }\n"
    "}, () => {});";

// Or the role that they name could not be removed later.
constexpr std::string_view kForgetThresholds =
    "pm.sendRequest({\n"
    "  url: pm.environment.get('base_url') + '/api/v1/purchase-requests/thresholds',\n"
    "  method: 'PUT',\n"
    "  header: {\n"
    "    'Content-Type': 'application/json', Authorization: 'Bearer ' + pm.environment.get('access_token')\n"
    "  },\n"
    "  body: { mode: 'raw', raw: JSON.stringify({ thresholds: [] }) }\n"
    "}, () => {});";

constexpr std::string_view kMailed = "Only a mail carries the token.";
constexpr std::string_view kApp = "Only an authenticator app knows the code.";
constexpr std::string_view kProvider = "Only an identity provider gives the code.";
constexpr std::string_view kLinked = "Only a sign-in at an identity provider links one.";
constexpr std::string_view kUnsigned = "Off until the settings say how these are signed.";
// Of a paused webhook nothing is called; and an address needs no name server.
constexpr std::string_view kReceiver = "https://192.0.32.8/hooks";
constexpr std::string_view kStranger = "eve+{{$guid}}@example.com";

}  // namespace

std::span<const Step> steps() {
  static const std::vector<Step> kSteps = {
      {.method = POST, .path = "/signup", .phase = Phase::opening, .before = kBegin},
      {.method = POST, .path = "/users/register", .values = {{"email", kStranger}}, .kept = false},
      {.method = POST, .path = "/logout", .phase = Phase::closing, .before = kSignIn},
      {.method = POST, .path = "/api/v1/auth/logout", .phase = Phase::closing, .before = kSignIn},
      {.method = POST,
       .path = "/api/v1/auth/password-reset/confirm",
       .refusal = token_invalid,
       .why = kMailed},
      {.method = POST, .path = "/api/v1/auth/change-password", .after = kSwapPasswords},
      {.method = POST, .path = "/api/v1/auth/verify-email", .refusal = token_invalid, .why = kMailed},
      {.method = POST, .path = "/api/v1/auth/mfa/verify", .refusal = mfa_invalid, .why = kApp},
      {.method = POST,
       .path = "/api/v1/auth/mfa/enroll",
       .refusal = email_unverified,
       .why = "The link that verifies the address is in a mail."},
      {.method = POST, .path = "/api/v1/auth/mfa/confirm", .refusal = mfa_invalid, .why = kApp},
      {.method = POST, .path = "/api/v1/auth/mfa/disable", .refusal = mfa_not_enabled, .why = kApp},
      {.method = POST, .path = "/api/v1/auth/mfa/recovery-codes", .refusal = mfa_not_enabled, .why = kApp},
      {.method = POST,
       .path = "/api/v1/auth/end-impersonation",
       .refusal = conflict,
       .why = "Only a super-admin gets a token of an impersonation."},
      {.method = GET, .path = "/api/v1/users/{user_id}/sessions", .values = {{"user_id", "{{own_user_id}}"}}},
      {.method = DELETE_,
       .path = "/api/v1/users/{user_id}/sessions/{session_id}",
       .values = {{"user_id", "{{own_user_id}}"}},
       .before = kSignIn},
      // Not the role that the member has by then: each change shall be one.
      {.method = POST, .path = "/update_member_role", .values = {{"new_role_name", "member"}}},
      {.method = POST, .path = "/organization/register", .kept = false},
      {.method = POST, .path = "/api/v1/organizations", .kept = false},
      {.method = POST, .path = "/api/v1/webhooks", .values = {{"url", kReceiver}, {"status", "paused"}}},
      {.method = PUT,
       .path = "/api/v1/webhooks/{webhook_id}",
       .values = {{"url", kReceiver}, {"status", "paused"}}},
      {.method = POST,
       .path = "/api/v1/webhooks/{webhook_id}/deliveries/{event_id}/replay",
       .refusal = not_found,
       .why = "A paused webhook is sent nothing."},
      {.method = GET, .path = "/accept_invite", .refusal = invite_gone, .why = kMailed},
      {.method = POST, .path = "/accept_invite", .refusal = invite_gone, .why = kMailed},
      {.method = POST, .path = "/api/v1/invites/{invite_id}/decline", .refusal = invite_gone, .why = kMailed},
      {.method = DELETE_,
       .path = "/api/v1/organizations/{org_id}",
       .phase = Phase::closing,
       .values = {{"name", "{{organization_name}}"}},
       .before = kSignInAndReadName},
      {.method = POST,
       .path = "/api/v1/organizations/{org_id}/transfer-ownership",
       .refusal = reauthentication_required,
       .why = "The organization stays with the account that signed up: what follows is its to do.",
       .values = {{"password", "another password"}}},
      {.method = POST,
       .path = "/api/v1/tenants/{org_id}/identity-providers/microsoft",
       .values = {{"client_id", "tenantd"}, {"azure_tenant_id", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}}},
      {.method = POST,
       .path = "/api/v1/tenants/{org_id}/identity-providers/google",
       .values = {{"client_id", "tenantd"}}},
      {.method = PUT,
       .path = "/api/v1/tenants/{org_id}/identity-providers/{provider_id}",
       .values = {{"client_id", "tenantd"}}},
      {.method = GET,
       .path = "/api/v1/auth/oauth/{provider}/login/{tenant}",
       .refusal = not_found,
       .why = kProvider,
       .values = {{"provider", "google"}, {"tenant", "no-such-tenant"}}},
      {.method = POST,
       .path = "/api/v1/auth/oauth/{provider}/callback/{tenant}",
       .refusal = not_found,
       .why = kProvider,
       .values = {{"provider", "google"}, {"tenant", "no-such-tenant"}}},
      {.method = DELETE_,
       .path = "/api/v1/auth/identities/{identity_id}",
       .refusal = not_found,
       .why = kLinked,
       .values = {{"identity_id", "01890000-0000-7000-8000-000000000000"}}},
      {.method = DELETE_, .path = "/api/v1/products/{product_id}", .before = kSpareProduct},
      {.method = DELETE_, .path = "/api/v1/warehouses/{warehouse_id}", .before = kSpareWarehouse},
      {.method = POST,
       .path = "/api/v1/stock-movements/import",
       .values = {{"csv",
                   "product_id,warehouse_id,type,quantity\r\n{{product_id}},{{warehouse_id}},in,5\r\n"}}},
      {.method = PUT, .path = "/api/v1/purchase-requests/thresholds", .after = kForgetThresholds},
      {.method = POST,
       .path = "/api/v1/purchase-requests/{request_id}/approve",
       .before = kAllowSelfApproval},
      {.method = POST,
       .path = "/api/v1/purchase-requests/{request_id}/reject",
       .refusal = invalid_transition,
       .why = "It is approved by now."},
      {.method = POST,
       .path = "/api/v1/purchase-requests/{request_id}/withdraw",
       .refusal = invalid_transition,
       .why = "It is a draft still."},
      {.method = DELETE_,
       .path = "/api/v1/purchase-requests/{request_id}",
       .refusal = invalid_transition,
       .why = "It is received by now."},
      {.method = DELETE_, .path = "/api/v1/projects/{project_id}", .values = {{"with_documents", "true"}}},
      {.method = POST, .path = "/api/v1/projects/documents/upload", .kept = false, .after = kKeepUpload},
      {.method = PUT,
       .path = "/files/{document_id}",
       .refusal = upload_refused,
       .why = "The address with its signature is in the reply before, and the file is sent in the next."},
      {.method = POST,
       .path = "/api/v1/projects/documents/{document_id}/upload-complete",
       .before = kSendFile},
      {.method = POST, .path = "/api/v1/mail/events", .refusal = not_found, .why = kUnsigned},
      {.method = POST, .path = "/api/v1/mail/events/ses", .refusal = not_found, .why = kUnsigned},
  };
  return kSteps;
}

Step step_of(const Route& route) {
  Step step{.method = route.method, .path = route.path};
  for (const auto& known : steps())
    if (known.method == route.method && known.path == route.path) step = known;
  if (route.method == DELETE_ && step.phase == Phase::middle) step.phase = Phase::deletion;
  if (route.handler.access == Access::super && !step.refusal) {
    step.refusal = forbidden;
    step.why = "The account that signed up is no super-admin.";
  }
  return step;
}

}  // namespace tenantd::api
