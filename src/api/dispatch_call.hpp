// What is known of one request while it is answered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shares.hpp"
#include "tenantd/api/dispatch.hpp"

namespace tenantd::api {

struct Dispatch::Call {
  Call(http::Request& request, service::Context given, std::shared_ptr<const crypto::KeyRing> ring)
      : http(request), keys(std::move(ring)), context(std::move(given)) {}

  http::Request& http;
  std::shared_ptr<const crypto::KeyRing> keys;  // which the context refers to
  service::Context context;
  Router::Match match;
  Json body;
  Json query;
  std::optional<Principal> principal;
  bool account_counted = false;
  bool again = false;                        // was put aside before
  const http::BadRequest* unread = nullptr;  // why a part of it could not be read
  std::int64_t started_us = 0;
  std::optional<trace::Place> parent = std::nullopt;  // as the caller says
  trace::Place place = {};
  std::int64_t in_nginx_us = 0;                             // before it was handed over
  std::int64_t queued_us = 0;                               // from nginx to here
  mutable std::optional<ErrorCode> refusal = std::nullopt;  // with which it was answered
  Shares::Held held;
  bool body_read = false;
  std::vector<std::function<void(db::Txn&)>> afterwards = {};
  bool in_cookie = false;    // X-Session asks for it
  bool open_origin = false;  // pages of every origin may read the reply
  bool by_cookie = false;    // the refresh token of the cookie stands for the caller
  std::optional<std::string> media_type = std::nullopt;
};

}  // namespace tenantd::api
