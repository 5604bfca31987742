#include "support/contract.hpp"

#include <algorithm>

#include "support/check.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/api/refusals.hpp"
#include "tenantd/api/router.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/http/problem.hpp"

namespace tenantd::test {
namespace {

const api::Schemas& schemas() {
  static const api::Schemas compiled;
  return compiled;
}

std::optional<std::string> path_of(const std::string& target) {
  return url_decode(target.substr(0, target.find('?')));
}

// What nginx and the router find for a request target: without its query, decoded.
api::Router::Match match_of(const std::string& method, const std::string& target) {
  static const api::Router router{api::routes()};
  auto path = path_of(target);
  if (path && path->size() > 1 && path->back() == '/') path->pop_back();
  return path ? router.find(http::parse_method(method), *path) : api::Router::Match{};
}

class Contract {
 public:
  Contract(const api::Router::Match& match, bool of_scim, const Response& reply)
      : row_(match.route), of_oauth_(match.is_oauth), of_scim_(of_scim), reply_(reply) {}

  void check(bool has_body) const {
    need(reply_.count_headers("x-request-id") == 1, "no X-Request-Id");
    if (reply_.status >= 400) return check_refusal(has_body);
    if (row_ == nullptr) return need(!is_json(), "a path that is in no row answers JSON");
    const bool not_modified =
        reply_.status == 304 && row_->method == api::Method::GET && api::has_etag(*row_);
    if (not_modified) return need(reply_.body.empty() && !reply_.header("etag").empty(), "no bare 304");
    need(reply_.status == row_->reply.status || reply_.status == row_->reply.other, "no status of this row");
    need((reply_.status != 201 && reply_.status != 303) || !reply_.header("location").empty(), "no Location");
    const bool versioned = api::has_etag(*row_);
    need(versioned || api::is_sent_by_nginx(*row_) || reply_.header("etag").empty(),
         "an ETag that the reply's schema does not announce");
    need(!versioned || !reply_.header("etag").empty(), "no ETag, which the reply's schema announces");
    if (has_body) check_body();
  }

 private:
  std::string schema() const { return "reply/" + std::string{row_->reply.schema}; }
  bool is_json() const { return reply_.header("content-type").starts_with("application/json"); }

  void need(bool holds, const std::string& what) const {
    if (holds) return;
    const std::string row =
        row_ == nullptr ? "no row"
                        : std::string{http::method_name(row_->method)} + ' ' + std::string{row_->path};
    throw std::runtime_error("not as documented (" + row + "): " + what + ": " + reply_.describe());
  }

  void fit(const std::string& name) const {
    try {
      schemas().check(name, reply_.json);
    } catch (const ApiError& e) {
      std::string faults;
      for (const auto& fault : e.fields()) faults += " \"" + fault.pointer + "\" " + fault.detail;
      need(false, "does not fit " + name + ':' + faults);
    }
  }

  void check_body() const {
    const bool bodiless = reply_.status == 204 || reply_.body.empty();
    const bool may_be_empty = row_->reply.media == "application/x-ndjson";
    need(!bodiless || may_be_empty || reply_.status == 204 || reply_.status == row_->reply.other ||
             reply_.status == 303,
         "no body");
    need(reply_.status != 204 || reply_.body.empty(), "a body at 204");
    if (bodiless) return;
    if (row_->reply.schema.empty())
      return need(reply_.header("content-type").starts_with(row_->reply.media), "another content type");
    need(of_scim_ ? reply_.header("content-type") == row_->reply.media : is_json(),
         "the content type is " + reply_.header("content-type"));
    fit(schema());
  }

  void check_refusal(bool has_body) const {
    need(reply_.status != 401 || !reply_.header("www-authenticate").empty(), "no WWW-Authenticate");
    need(reply_.status != 405 || !reply_.header("allow").empty(), "no Allow");
    need((reply_.status != 429 && reply_.status != 503) || !reply_.header("retry-after").empty(),
         "no Retry-After");
    need(reply_.header("content-type") == (of_scim_    ? "application/scim+json"
                                           : of_oauth_ ? "application/json"
                                                       : "application/problem+json"),
         "the content type of a refusal");
    if (!has_body) return;
    if (of_scim_) {
      need(reply_.text("/schemas/0") == "urn:ietf:params:scim:api:messages:2.0:Error" &&
               !reply_.text("/detail").empty(),
           "no error of SCIM");
      fit("reply/scim_error");
    } else {
      fit("reply/problem");
    }
    const auto name = reply_.text("/code");
    const auto code = find_error(name);
    need(code.has_value(), name + " is no code of error.hpp");
    // nginx says `unavailable` when a worker does not answer it.
    const bool of_nginx = code == ErrorCode::unavailable && reply_.status > 500;
    need(http_status(*code) == reply_.status || of_nginx, name + " has another status");
    need(of_scim_ ? reply_.text("/status") == std::to_string(reply_.status)
                  : reply_.number("/status") == reply_.status,
         "another status in the body");
    if (row_ == nullptr || api::may_always_occur(*code)) return;
    const auto known = api::refusals_of(*row_);
    need(!known.complete || std::find(known.codes.begin(), known.codes.end(), *code) != known.codes.end(),
         "its row does not say in refuses that the handler may answer " + name);
  }

  const api::Route* row_;
  bool of_oauth_;  // its path is one of OAuth's own
  bool of_scim_;   // its path is one of SCIM's, in a row or not
  const Response& reply_;
};

}  // namespace

void require_documented(const std::string& method, const std::string& target, const Response& reply) {
  if (reply.status == 0) return;
  // What was sent as bytes has no target here.
  const bool of_scim = target.starts_with('/') ? http::speaks_scim(path_of(target).value_or(""))
                                               : reply.header("content-type") == "application/scim+json";
  Contract{match_of(method, target), of_scim, reply}.check(method != "HEAD");
}

}  // namespace tenantd::test
