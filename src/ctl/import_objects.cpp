#include "import_objects.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::ctl {
namespace {

using api::Json;
using api::JsonValue;

// A member's text; empty if it is absent or none.
std::string text_in(const JsonValue& object, std::string_view name) {
  const auto* found = object.IsObject() ? api::member(object, name) : nullptr;
  return found != nullptr && found->IsString() ? std::string{found->GetString(), found->GetStringLength()}
                                               : "";
}

bool is_true(const JsonValue& object, std::string_view name) {
  const auto* found = api::member(object, name);
  return found != nullptr && found->IsBool() && found->GetBool();
}

bool is_false(const JsonValue& object, std::string_view name) {
  const auto* found = api::member(object, name);
  return found != nullptr && found->IsBool() && !found->GetBool();
}

std::string first_of(const JsonValue& object, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (auto text = text_in(object, name); !text.empty()) return text;
  return "";
}

std::optional<Json> parsed(const std::string& text) {
  try {
    return api::parse_json(text);
  } catch (const ApiError&) {
    return std::nullopt;
  }
}

std::string without_padding(std::string base64) {
  base64.erase(base64.find_last_not_of('=') + 1);
  return base64;
}

// Auth0's newer exports have the address among several identifiers.
void read_identifiers(ImportRecord& record, const JsonValue& object) {
  const auto* identifiers = api::member(object, "identifiers");
  if (!record.row.email.empty() || identifiers == nullptr || !identifiers->IsArray()) return;
  for (const auto& one : identifiers->GetArray())
    if (one.IsObject() && text_in(one, "type") == "email") {
      record.row.email = text_in(one, "value");
      record.row.email_verified = is_true(one, "verified") ? "true" : "false";
      return;
    }
}

// A number, or the text or only item of a list that spells one.
std::string number_in(const JsonValue& object, std::string_view name) {
  const auto* found = object.IsObject() ? api::member(object, name) : nullptr;
  if (found != nullptr && found->IsArray() && found->Size() == 1) found = &(*found)[0];
  if (found == nullptr) return "";
  if (found->IsInt64()) return std::to_string(found->GetInt64());
  return found->IsString() ? found->GetString() : "";
}

std::string argon2_of(const JsonValue& data, const std::string& salt, const std::string& value) {
  const auto* more = api::member(data, "additionalParameters");
  if (more == nullptr || !more->IsObject()) return "";
  const auto version = number_in(*more, "version") == "1.0" ? "16" : "19";
  return "$argon2" + number_in(*more, "type") + "$v=" + version + "$m=" + number_in(*more, "memory") +
         ",t=" + number_in(data, "hashIterations") + ",p=" + number_in(*more, "parallelism") + '$' +
         without_padding(salt) + '$' + without_padding(value);
}

// In the form that adopt_hash() takes; empty if the credential is of no kind that is known.
std::string keycloak_hash(const JsonValue& credential) {
  auto salt = text_in(credential, "salt"), value = text_in(credential, "hashedSaltedValue");
  const auto secret = parsed(text_in(credential, "secretData"));
  const auto described = parsed(text_in(credential, "credentialData"));
  if (secret && secret->IsObject()) salt = text_in(*secret, "salt"), value = text_in(*secret, "value");
  // Before credentials were described in a text of their own.
  const JsonValue& data = described && described->IsObject() ? *described : credential;
  const auto algorithm = text_in(data, "algorithm");
  if (algorithm == "argon2") return argon2_of(data, salt, value);
  if (algorithm.starts_with("pbkdf2"))
    return '$' + algorithm + "$i=" + number_in(data, "hashIterations") + '$' + salt + '$' + value;
  return algorithm == "bcrypt" ? value : "";
}

void read_keycloak_password(ImportRecord& record, const JsonValue& object) {
  const auto* credentials = api::member(object, "credentials");
  if (credentials == nullptr || !credentials->IsArray()) return;
  for (const auto& one : credentials->GetArray()) {
    if (!one.IsObject() || text_in(one, "type") != "password") continue;
    record.row.password_hash = keycloak_hash(one);
    if (record.row.password_hash.empty())
      record.fault("has a password of an algorithm that is not known here");
    return;
  }
}

void require_address(ImportRecord& record) {
  if (record.row.email.empty()) record.fault("has no e-mail address");
}

}  // namespace

std::string plain_name(std::string name) {
  return name.find('@') == std::string::npos ? name : std::string{};
}

void read_auth0(ImportRecord& record, const JsonValue& object) {
  auto& row = record.row;
  row.email = text_in(object, "email");
  row.email_verified = is_true(object, "email_verified") ? "true" : "false";
  row.password_hash = first_of(object, {"passwordHash", "password_hash"});
  row.first_name = text_in(object, "given_name");
  row.last_name = text_in(object, "family_name");
  row.name = plain_name(text_in(object, "name"));
  read_identifiers(record, object);
  require_address(record);
  if (api::member(object, "custom_password_hash") != nullptr && row.password_hash.empty())
    record.fault("has a custom_password_hash, which is not read");
  if (is_true(object, "blocked")) record.fault("is of somebody who is blocked there");
}

void read_keycloak(ImportRecord& record, const JsonValue& object) {
  auto& row = record.row;
  row.email = text_in(object, "email");
  row.email_verified = is_true(object, "emailVerified") ? "true" : "false";
  row.first_name = text_in(object, "firstName");
  row.last_name = text_in(object, "lastName");
  require_address(record);
  read_keycloak_password(record, object);
  if (is_false(object, "enabled")) record.fault("is of somebody who is disabled there");
}

void read_firebase(ImportRecord& record, const JsonValue& object, const std::string& parameters) {
  auto& row = record.row;
  row.email = text_in(object, "email");
  row.email_verified = is_true(object, "emailVerified") ? "true" : "false";
  row.name = text_in(object, "displayName");
  require_address(record);
  if (is_true(object, "disabled")) record.fault("is of somebody who is disabled there");
  const auto hash = text_in(object, "passwordHash");
  if (hash.empty()) return;
  if (parameters.empty()) record.fault("has a password, which needs --hash-config");
  row.password_hash = parameters + '$' + text_in(object, "salt") + '$' + hash;
}

void read_supabase_names(service::ImportRow& row, const std::string& meta_data) {
  const auto json = parsed(meta_data.empty() ? "{}" : meta_data);
  if (!json || !json->IsObject()) return;
  row.first_name = first_of(*json, {"first_name", "given_name"});
  row.last_name = first_of(*json, {"last_name", "family_name"});
  row.name = plain_name(first_of(*json, {"full_name", "name", "display_name"}));
}

}  // namespace tenantd::ctl
