// Every failure the API can answer with: one row a code, its HTTP status and its public title (RFC 9457).
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenantd {

// X(code, status, "Title"). The second part refuses what is no whole request, in http and nginx,
// the third what OAuth has words of its own for.
#define TENANTD_ERRORS(X)                                                              \
  X(bad_request, 400, "The request cannot be understood")                              \
  X(malformed_json, 400, "The body is not valid JSON")                                 \
  X(token_invalid, 400, "The link is invalid, used or expired")                        \
  X(tenant_ambiguous, 400, "The request names two organizations")                      \
  X(oauth_state_invalid, 400, "The sign-in was not begun in this browser, or is over") \
  X(unauthenticated, 401, "Authentication is required")                                \
  X(invalid_token, 401, "The access token is invalid or its session has ended")        \
  X(invalid_credentials, 401, "E-mail or password is wrong")                           \
  X(mfa_required, 401, "A second factor is required")                                  \
  X(mfa_invalid, 401, "The code is wrong, expired or used")                            \
  X(refresh_reused, 401, "The refresh token was used before")                          \
  X(oauth_token_refused, 401, "The identity provider's token is refused")              \
  X(signature_invalid, 401, "The signature is not valid")                              \
  X(forbidden, 403, "The caller lacks the permission")                                 \
  X(reauthentication_required, 403, "Prove again who you are")                         \
  X(email_unverified, 403, "The address must be verified first")                       \
  X(mfa_session_required, 403, "Sign in with a second factor to do this")              \
  X(mfa_enrollment_required, 403, "The organization requires a second factor")         \
  X(sign_in_way_refused, 403, "The organization does not take this way to sign in")    \
  X(session_required, 403, "An API key cannot do this: sign in")                       \
  X(account_shared, 403, "The account belongs to other organizations too")             \
  X(system_role, 403, "System roles cannot be changed")                                \
  X(role_outranks, 403, "The role outranks the caller's own")                          \
  X(wrong_account, 403, "The invitation is for another account")                       \
  X(session_bound, 403, "The session is good for one organization alone")              \
  X(impersonating, 403, "Not while impersonating somebody")                            \
  X(impersonation_refused, 403, "This account cannot be impersonated")                 \
  X(domain_not_allowed, 403, "The address's domain may not sign in here")              \
  X(own_request, 403, "One's own request is decided by somebody else")                 \
  X(approval_limit, 403, "The amount needs an approver of a higher role")              \
  X(upload_refused, 403, "The upload address is invalid, used or expired")             \
  X(not_provisioned, 403, "No account here belongs to this identity")                  \
  X(temporary_right, 403, "A right with an end cannot do this")                        \
  X(origin_refused, 403, "The page that asks is not this service's own")               \
  X(signup_closed, 403, "New accounts arise by invitation alone")                      \
  X(sso_required, 403, "The organization lets its members in by its provider alone")   \
  X(network_refused, 403, "The key is not taken from this network")                    \
  X(not_found, 404, "Not found")                                                       \
  X(method_not_allowed, 405, "The path does not know this method")                     \
  X(conflict, 409, "The change conflicts with what exists")                            \
  X(email_taken, 409, "The e-mail address is registered")                              \
  X(already_member, 409, "The user is a member already")                               \
  X(mfa_enabled, 409, "A second factor is enabled already")                            \
  X(mfa_not_enabled, 409, "No second factor is enabled")                               \
  X(role_in_use, 409, "The role is held by members or invitations")                    \
  X(insufficient_stock, 409, "There is not as much in stock")                          \
  X(invalid_transition, 409, "It is not in a status that allows this")                 \
  X(resource_in_use, 409, "Other things stand on it")                                  \
  X(sku_taken, 409, "Another product has this SKU")                                    \
  X(upload_incomplete, 409, "The file has not arrived")                                \
  X(limit_reached, 409, "The organization has reached its limit")                      \
  X(identity_taken, 409, "The identity belongs to another account")                    \
  X(invite_pending, 409, "An invitation is pending for this address")                  \
  X(account_unverified, 409, "The account has not proven its address")                 \
  X(domain_taken, 409, "Another organization has proven the domain")                   \
  X(domain_unproven, 409, "The record that proves the domain was not found")           \
  X(contended, 409, "Another change of the same thing is under way")                   \
  X(last_owner, 409, "An organization keeps at least one owner")                       \
  X(idempotency_in_progress, 409, "A request with this key is running")                \
  X(invite_gone, 410, "The invitation was used, revoked or has expired")               \
  X(setup_done, 410, "The service is set up: sign in")                                 \
  X(precondition_failed, 412, "The resource has changed since it was read")            \
  X(body_too_large, 413, "The body is too large")                                      \
  X(unsupported_media_type, 415, "The path takes no body of this type")                \
  X(validation_failed, 422, "The request does not fit its schema")                     \
  X(password_required, 422, "A new account needs a password")                          \
  X(password_refused, 422, "The password cannot be used")                              \
  X(confirmation_mismatch, 422, "The confirmation does not match")                     \
  X(url_refused, 422, "The address must not be called")                                \
  X(upload_mismatch, 422, "The file is not the one that was announced")                \
  X(idempotency_mismatch, 422, "The key was used with another request")                \
  X(rate_limited, 429, "Too many requests")                                            \
  X(busy, 429, "Too many requests of the caller are under way")                        \
  X(internal, 500, "The service failed")                                               \
  X(provider_unavailable, 502, "The identity provider does not answer as it should")   \
  X(dns_unavailable, 502, "The name servers do not answer as they should")             \
  X(storage_unavailable, 502, "The file store does not answer as it should")           \
  X(unavailable, 503, "The service cannot answer now")                                 \
  X(bad_content_length, 400, "Content-Length is not a number")                         \
  X(bad_path, 400, "The path cannot be understood")                                    \
  X(duplicate_header, 400, "A header is sent twice")                                   \
  X(duplicate_parameter, 400, "A parameter is named twice")                            \
  X(malformed_form, 400, "The form cannot be understood")                              \
  X(malformed_query, 400, "The query cannot be understood")                            \
  X(too_many_parameters, 400, "The request names too many parameters")                 \
  X(truncated_body, 400, "The body is shorter than its Content-Length")                \
  X(request_timeout, 408, "The request took too long to arrive")                       \
  X(length_required, 411, "The request must name its length")                          \
  X(uri_too_long, 414, "The address is too long")                                      \
  X(range_not_satisfiable, 416, "The range does not exist")                            \
  X(headers_too_large, 431, "The headers are too large")                               \
  X(invalid_request, 400, "The request of the client is not as OAuth wants it")        \
  X(invalid_grant, 400, "The code or token is invalid, used, expired or another's")    \
  X(unauthorized_client, 400, "The client may not do this")                            \
  X(unsupported_grant_type, 400, "The grant type is not known")                        \
  X(invalid_scope, 400, "A scope is not known, or not open to the client")             \
  X(invalid_client, 401, "The client is not known, or did not authenticate")           \
  X(insufficient_scope, 403, "The client was not given the scope")

enum class ErrorCode {
#define X(code, status, title) code,
  TENANTD_ERRORS(X)
#undef X
};

int http_status(ErrorCode code);
std::string_view error_name(ErrorCode code);
std::string_view error_title(ErrorCode code);
// nullopt if no code has this name.
std::optional<ErrorCode> find_error(std::string_view name);

struct FieldError {
  std::string pointer;  // JSON Pointer (RFC 6901) into the body, or "?limit" for a query parameter
  std::string detail;
};

// A refusal or failure on its way to the one catch. The public text and the log's detail never share a
// string.
class ApiError : public std::exception {
 public:
  explicit ApiError(ErrorCode code, std::string public_text = {})
      : code_(code), text_(std::move(public_text)) {}

  // For the log only; never sent.
  ApiError&& detail(std::string text) && {
    detail_ = std::move(text);
    return std::move(*this);
  }
  ApiError&& field(std::string pointer, std::string text) && {
    fields_.push_back({std::move(pointer), std::move(text)});
    return std::move(*this);
  }
  void add_field(std::string pointer, std::string text) {
    fields_.push_back({std::move(pointer), std::move(text)});
  }
  ApiError&& header(std::string name, std::string value) && {
    headers_.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }

  // A member of the problem document besides the standard ones (RFC 9457 section 3.2).
  ApiError&& member(std::string name, std::string value) && {
    members_.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }

  ErrorCode code() const { return code_; }
  const std::string& public_text() const { return text_; }
  const std::string& log_detail() const { return detail_; }
  const std::vector<FieldError>& fields() const { return fields_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  const std::vector<std::pair<std::string, std::string>>& members() const { return members_; }
  const char* what() const noexcept override { return error_name(code_).data(); }

 private:
  ErrorCode code_;
  std::string text_;
  std::string detail_;
  std::vector<FieldError> fields_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<std::pair<std::string, std::string>> members_;
};

}  // namespace tenantd
