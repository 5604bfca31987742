// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the reply is stored in the change's own
// transaction, so that whoever got no answer asks again and finds the change done exactly once.
#pragma once

#include <optional>
#include <string>

#include "tenantd/api/request.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::api {

// Who may repeat a request.
struct Repeater {
  std::string name;       // one key means one thing to one name
  std::string share;      // whose replies together the setting idempotency_bytes bounds
  bool is_known = false;  // false: of an anonymous caller the request itself is a part of the name
};

// One idempotency key means one thing to one person, or to one API key, in one organization.
// Nobody knows who an anonymous caller is. Its network, its cookies and all that it sends stand for it: two
// callers that chose the same key do not disturb each other, and a reply, which may hold tokens, goes to
// nobody but one who sends the same secrets from the same network again. Cookies and bodies cost nothing to
// make up: the replies of a network count together.
Repeater repeater(const std::optional<Principal>& principal, const http::Request& request, bool of_session);

class Idempotency {
 public:
  // Claims the key of `request` for `caller`; waits while another request holds it. Throws ApiError:
  // bad_request (no usable key), idempotency_mismatch (a known caller's other body), idempotency_in_progress.
  // `in_cookie`: the reply's refresh token goes into a cookie.
  Idempotency(db::Txn& txn, const http::Request& request, const Repeater& caller,
              const service::Context& context, bool in_cookie);

  // The reply that was stored, if this is a repetition.
  const std::optional<http::Response>& stored() const { return stored_; }
  // Stores `response` with the change. A handler that waits for others gives its claim up meanwhile: it is
  // taken again.
  void store(const http::Response& response);

 private:
  bool claim();
  std::string context_text() const;
  db::Txn& txn_;
  const service::Context& context_;
  std::string share_;  // its hash
  std::string id_;
  std::string body_;  // its MAC
  std::optional<http::Response> stored_;
};

}  // namespace tenantd::api
