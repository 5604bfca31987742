#include <criterion/criterion.h>

#include <stdexcept>
#include <string>

#include "tenantd/http/message.hpp"
#include "tenantd/http/problem.hpp"

using namespace tenantd::http;

namespace {

// Returns the code with which `parse` refuses, or "" if it does not.
template <class Parse>
std::string refusal(Parse parse) {
  try {
    parse();
  } catch (const BadRequest& refused) {
    return refused.code;
  }
  return {};
}

std::string query_refusal(const std::string& text) {
  return refusal([&] { parse_query(text); });
}

std::string form_refusal(const std::string& text) {
  return refusal([&] { parse_form(text); });
}

std::string numbered(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "k" : "&k") + std::to_string(i) + "=v";
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

Test(message, method_names_are_parsed_exactly) {
  cr_assert(parse_method("PATCH") == Method::PATCH);
  cr_assert(parse_method("DELETE") == Method::DELETE_);
  cr_assert(parse_method("patch") == Method::other);
  cr_assert(parse_method("TRACE") == Method::other);
  cr_assert(method_name(Method::DELETE_) == "DELETE");
}

Test(message, a_path_value_that_the_route_lacks_is_a_programming_error) {
  Request request;
  request.path_values = {{"org_id", "7"}};
  cr_assert(request.path_value("org_id") == "7");
  bool thrown = false;
  try {
    request.path_value("user_id");
  } catch (const std::logic_error&) {
    thrown = true;
  }
  cr_assert(thrown);
}

Test(query, pairs_are_decoded_in_order) {
  const auto pairs = parse_query("b=1&a=x%20y+z&flag&empty=&%C3%A4=%e2%82%ac");
  cr_assert(pairs == Pairs({{"b", "1"}, {"a", "x y z"}, {"flag", ""}, {"empty", ""}, {"\u00e4", "\u20ac"}}));
}

Test(query, an_empty_query_has_no_pairs) {
  cr_assert(parse_query("").empty());
  cr_assert(parse_query("&&").empty());
}

Test(query, a_value_may_hold_an_equals_sign) { cr_assert(parse_query("a=b=c") == Pairs({{"a", "b=c"}})); }

Test(query, an_absent_key_has_no_value) {
  Request request;
  request.query = parse_query("limit=5");
  cr_assert(request.query_value("limit") == "5");
  cr_assert(!request.query_value("Limit"));
}

Test(query, a_duplicate_is_refused_however_it_is_spelled) {
  cr_assert(query_refusal("a=1&b=2&a=1") == "duplicate_parameter");
  cr_assert(query_refusal("a=1&%61=2") == "duplicate_parameter");
}

Test(query, broken_escapes_are_refused) {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "%=1", "a=%%41"})
    cr_assert(query_refusal(text) == "malformed_query", "%s", text);
}

Test(query, nul_and_invalid_utf8_are_refused) {
  for (const char* text : {"a=%00", "a%00b=1", "a=%ff", "a=%c0%af", "a=%ed%a0%80"})
    cr_assert(query_refusal(text) == "malformed_query", "%s", text);
  cr_assert(query_refusal(std::string{"a=\0b", 4}) == "malformed_query");
}

Test(query, over_a_hundred_parameters_are_refused) {
  cr_assert(parse_query(numbered(100)).size() == 100);
  cr_assert(query_refusal(numbered(101)) == "too_many_parameters");
}

Test(form, pairs_are_decoded_in_order) {
  const auto pairs = parse_form("grant_type=password&user=a%40b.example&note=x+y%26z&empty=");
  cr_assert(pairs ==
            Pairs({{"grant_type", "password"}, {"user", "a@b.example"}, {"note", "x y&z"}, {"empty", ""}}));
}

Test(form, an_empty_body_has_no_pairs) { cr_assert(parse_form("").empty()); }

Test(form, runs_of_ampersands_never_reach_the_parser) {
  cr_assert(form_refusal("a=1&&b=2") == "malformed_form");
  cr_assert(form_refusal("&a=1") == "malformed_form");
  cr_assert(form_refusal(std::string(99, '&')) == "malformed_form");
  cr_assert(form_refusal(std::string(32768, '&')) == "too_many_parameters");
}

Test(form, a_part_without_equals_is_refused_instead_of_dropped) {
  cr_assert(form_refusal("a=1&flag") == "malformed_form");
}

Test(form, over_a_hundred_parameters_are_refused) {
  cr_assert(parse_form(numbered(100)).size() == 100);
  cr_assert(form_refusal(numbered(101)) == "too_many_parameters");
}

Test(form, over_32_kilobytes_are_refused) {
  cr_assert(parse_form("a=" + std::string(32766, 'x')).at(0).second.size() == 32766);
  cr_assert(form_refusal("a=" + std::string(32767, 'x')) == "body_too_large");
}

Test(form, broken_escapes_nul_and_invalid_utf8_are_refused) {
  for (const char* text : {"a=%", "a=%0", "a=%gg", "a=%00", "a=%ff", "%ff=a", "a=\xc3"})
    cr_assert(form_refusal(text) == "malformed_form", "%s", text);
  cr_assert(form_refusal(std::string{"a=\0b", 4}) == "malformed_form");
}

Test(form, a_duplicate_is_refused) { cr_assert(form_refusal("a=1&a=2") == "duplicate_parameter"); }

Test(problem, text_is_escaped) {
  const auto response = problem(400, "bad_path", "Bad Request", "a\"b\r\n\x1b<>", "req\"1");
  cr_assert(response.status == 400);
  cr_assert(response.content_type == "application/problem+json");
  cr_assert(contains(response.body, R"("type":"about:blank")"));
  cr_assert(contains(response.body, R"("status":400)"));
  cr_assert(contains(response.body, R"("detail":"a\"b\r\n\u001b<>")"));
  cr_assert(contains(response.body, R"("request_id":"req\"1")"));
}

Test(message, a_cookie_is_found_by_its_whole_name_unless_it_comes_twice) {
  Request request;
  request.cookie = "a=1; tenantd_sso_1=x=y;b=; tenantd_sso=no;c";
  cr_assert_eq(request.cookie_value("tenantd_sso_1"), "x=y");
  cr_assert_eq(request.cookie_value("b"), "");
  for (const char* name : {"tenantd_sso_", "c", "", "A", "x"})
    cr_assert_eq(request.cookie_value(name), std::nullopt);
  request.cookie = "a=1; a=2";
  cr_assert_eq(request.cookie_value("a"), std::nullopt);
}
