#include <criterion/criterion.h>

#include <optional>
#include <string>

#include "support/check.hpp"
#include "tenantd/api/authorizer.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

const std::string kA = "0190b5a0-0000-7000-8000-00000000000a";
const std::string kB = "0190b5a0-0000-7000-8000-00000000000b";
const std::string kUpperA = "0190B5A0-0000-7000-8000-00000000000A";

struct Naming {
  std::string header{};
  std::optional<std::string> path{};
  std::string body = "null";
  std::string host{};
  std::string base_domain = "example.com";
};

api::NamedOrganization named(const Naming& naming) {
  http::Request request;
  request.tenant_id = naming.header;
  request.host = naming.host;
  if (naming.path) request.path_values = {{"user_id", kB}, {"org_id", *naming.path}};
  return api::named_organization(request, api::parse_json(naming.body), naming.base_domain);
}

std::string in_body(const std::string& id) { return R"({"org_id":")" + id + "\"}"; }

// The id and the slug that are named, or the refusal: "id/slug", "-" for none, or the error's name.
std::string outcome(const Naming& naming) {
  try {
    const auto found = named(naming);
    return (found.id ? found.id->str() : "-") + '/' + found.slug.value_or("-");
  } catch (const ApiError& e) {
    return e.what();
  }
}

}  // namespace

Test(named_organization, a_request_that_names_none_names_none) {
  require_equal(outcome({}), "-/-");
  require(!named({}).any(), "none");
  require_equal(outcome({.body = "{}"}), "-/-");
  require_equal(outcome({.body = R"({"org_id":null})"}), "-/-");
}

Test(named_organization, header_path_and_body_name_it_by_id) {
  require_equal(outcome({.header = kA}), kA + "/-");
  require_equal(outcome({.path = kA}), kA + "/-");
  require_equal(outcome({.body = in_body(kA)}), kA + "/-");
  require(named({.body = in_body(kA)}).any(), "one");
}

Test(named_organization, header_and_subdomain_name_it_by_slug) {
  require_equal(outcome({.header = "acme"}), "-/acme");
  require_equal(outcome({.host = "acme.example.com"}), "-/acme");
  require_equal(outcome({.host = "ACME.Example.COM:8443"}), "-/acme");
  require_equal(outcome({.host = "acme.example.com", .base_domain = "EXAMPLE.com"}), "-/acme");
}

Test(named_organization, the_same_one_named_in_several_ways_is_one) {
  require_equal(outcome({.header = kUpperA, .path = kA, .body = in_body(kA)}), kA + "/-");
  require_equal(outcome({.header = "acme", .host = "acme.example.com"}), "-/acme");
}

Test(named_organization, an_id_and_a_slug_are_both_handed_on_to_be_compared) {
  require_equal(outcome({.header = kA, .host = "acme.example.com"}), kA + "/acme");
  require_equal(outcome({.header = "acme", .path = kA}), kA + "/acme");
  require_equal(outcome({.body = in_body(kA), .host = "acme.example.com"}), kA + "/acme");
}

Test(named_organization, two_different_ones_are_ambiguous) {
  require_equal(outcome({.header = kA, .path = kB}), "tenant_ambiguous");
  require_equal(outcome({.header = kA, .body = in_body(kB)}), "tenant_ambiguous");
  require_equal(outcome({.path = kA, .body = in_body(kB)}), "tenant_ambiguous");
  require_equal(outcome({.header = "acme", .host = "other.example.com"}), "tenant_ambiguous");
  require_equal(outcome({.header = kA, .path = kA, .body = in_body(kB)}), "tenant_ambiguous");
}

Test(named_organization, a_path_that_holds_no_id_names_nothing_that_exists) {
  for (const char* garbage :
       {"", "x", "0190b5a0", "0190b5a0-0000-7000-8000-00000000000", "../admin", "' OR 1=1 --",
        "0190b5a0-0000-7000-8000-00000000000g", "0190b5a000007000800000000000000a"})
    require_equal(outcome({.path = garbage}), "not_found", garbage);
}

Test(named_organization, a_body_that_holds_no_id_is_refused_by_its_pointer) {
  for (const char* garbage : {"", "x", "acme", "0190b5a0-0000-7000-8000-00000000000g"}) {
    try {
      named({.body = in_body(garbage)});
      require(false, garbage);
    } catch (const ApiError& e) {
      require(e.code() == ErrorCode::validation_failed, garbage);
      require_equal(e.fields().at(0).pointer, "/org_id", garbage);
    }
  }
}

Test(named_organization, garbage_in_the_header_names_nobody) {
  for (const std::string& garbage :
       {std::string{"' OR 1=1 --"}, kA + " ", " " + kA, "{" + kA + "}", std::string(5000, 'a')})
    require_equal(outcome({.header = garbage}), "not_found", garbage);
}

Test(named_organization, a_host_outside_the_base_domain_names_nobody) {
  for (const char* host :
       {"", "example.com", "example.com:8080", ".example.com", "acme.example.org", "acmeexample.com",
        "example.com.evil.org", "acme.example.com.evil.org", "127.0.0.1:8080", "[::1]:8080", "localhost"})
    require_equal(outcome({.host = host}), "-/-", host);
}

Test(named_organization, without_a_base_domain_no_host_names_anybody) {
  require_equal(outcome({.host = "acme.example.com", .base_domain = ""}), "-/-");
}

Test(named_organization, slugs_are_compared_without_regard_to_case) {
  require_equal(outcome({.header = "Acme", .host = "acme.example.com"}), "-/acme");
}
