// The table of errors, the states, and the problem document of each error.
#include <criterion/criterion.h>
#include <rapidjson/document.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/status.hpp"
#include "tenantd/http/problem.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

constexpr std::array kCodes = {
#define X(code, status, title) ErrorCode::code,
    TENANTD_ERRORS(X)
#undef X
};

std::string name_of(ErrorCode code) { return std::string{error_name(code)}; }

}  // namespace

Test(error, each_status_is_one_that_http_knows_as_a_failure) {
  for (const auto code : kCodes) {
    const int status = http_status(code);
    require(status >= 400 && status < 600, name_of(code));
    require(http::reason_phrase(status) != "Status", name_of(code));
    if (status >= 500)
      require(code == ErrorCode::internal || code == ErrorCode::unavailable ||
                  code == ErrorCode::provider_unavailable || code == ErrorCode::storage_unavailable ||
                  code == ErrorCode::dns_unavailable,
              name_of(code));
  }
}

Test(error, a_code_is_found_by_its_name) {
  for (const auto code : kCodes) require(find_error(error_name(code)) == code, name_of(code));
  for (const char* name : {"", "no_such", "Internal", "internal "}) require(!find_error(name), name);
}

// The first map of problem.conf: "    404     not_found;".
Test(error, nginx_refuses_with_codes_of_the_table) {
  std::ifstream file{test::setting("TENANTD_TOP") + "/nginx/http/problem.conf"};
  std::size_t codes = 0;
  for (std::string line; std::getline(file, line) && line != "}";) {
    std::istringstream words{line};
    std::string status, name;
    if (!(words >> status >> name) || status.find_first_not_of("0123456789") != std::string::npos) continue;
    name.pop_back();
    const auto code = find_error(name);
    require(code.has_value(), name);
    require(code == ErrorCode::unavailable || std::to_string(http_status(*code)) == status, line);
    ++codes;
  }
  require(codes > 10, "read");
}

Test(error, names_are_unique_and_in_snake_case) {
  std::set<std::string_view> names;
  for (const auto code : kCodes) {
    const auto name = error_name(code);
    require(names.insert(name).second, name_of(code));
    require_equal(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos,
                  name_of(code));
    require(!name.empty() && name.front() != '_' && name.back() != '_', name_of(code));
    require(name.find("__") == std::string_view::npos, name_of(code));
  }
}

Test(error, titles_are_unique_sentences_without_a_full_stop) {
  std::set<std::string_view> titles;
  for (const auto code : kCodes) {
    const auto title = error_title(code);
    require(titles.insert(title).second, name_of(code));
    require(title.front() >= 'A' && title.front() <= 'Z' && title.back() != '.', name_of(code));
  }
}

Test(error, an_error_carries_its_public_text_its_detail_its_fields_and_headers_apart) {
  const auto error = ApiError(ErrorCode::conflict, "for the client")
                         .detail("for the log")
                         .field("/email", "is taken")
                         .field("/name", "too")
                         .header("Retry-After", "3");
  require(error.code() == ErrorCode::conflict, "code");
  require_equal(error.public_text(), "for the client");
  require_equal(error.log_detail(), "for the log");
  require_equal(error.fields().size(), 2U);
  require_equal(error.fields()[0].pointer, "/email");
  require_equal(error.fields()[1].detail, "too");
  require(error.headers() == std::vector<std::pair<std::string, std::string>>{{"Retry-After", "3"}},
          "headers");
  require_equal(std::string{error.what()}, "conflict");
}

Test(error, each_becomes_a_whole_problem_document) {
  for (const auto code : kCodes) {
    const auto reply =
        http::problem(http_status(code), error_name(code), error_title(code), "it\r\n\"failed\"", "r-1");
    require_equal(reply.status, http_status(code), name_of(code));
    require_equal(reply.content_type, "application/problem+json", name_of(code));
    rapidjson::Document body;
    body.Parse(reply.body.data(), reply.body.size());
    require(!body.HasParseError() && body.IsObject() && body.MemberCount() == 6, name_of(code));
    const auto text = [&](const char* member) {
      return std::string{body[member].GetString(), body[member].GetStringLength()};
    };
    require_equal(text("type"), "about:blank", name_of(code));
    require_equal(text("title"), error_title(code), name_of(code));
    require_equal(body["status"].GetInt(), http_status(code), name_of(code));
    require_equal(text("detail"), "it\r\n\"failed\"", name_of(code));
    require_equal(text("code"), name_of(code), name_of(code));
    require_equal(text("request_id"), "r-1", name_of(code));
  }
}

Test(status, words_and_numbers_are_read_and_nothing_else) {
  require(parse_status("active") == Status::active && parse_status("0") == Status::active, "active");
  require(parse_status("inactive") == Status::inactive && parse_status("1") == Status::inactive, "inactive");
  for (const char* text : {"", "Active", "2", "-1", "00", " active", "active ", "deleted", "true"})
    require(!parse_status(text), text);
}

Test(status, each_state_has_a_word_of_its_own_and_zero_is_the_live_one) {
  require_equal(status_name(Status{0}), "active");
  require_equal(status_name(Status{1}), "inactive");
  for (const auto status : {Status::active, Status::inactive})
    require(parse_status(status_name(status)) == status, "back");
  require_equal(invite_status_name(InviteStatus{0}), "pending");
  std::set<std::string_view> words;
  for (const auto status : {InviteStatus::pending, InviteStatus::accepted, InviteStatus::revoked,
                            InviteStatus::declined, InviteStatus::expired})
    require(words.insert(invite_status_name(status)).second, std::string{invite_status_name(status)});
}

Test(status, a_number_outside_the_table_is_unknown) {
  require_equal(status_name(Status{7}), "unknown");
  require_equal(invite_status_name(InviteStatus{7}), "unknown");
}
