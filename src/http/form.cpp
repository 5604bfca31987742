// Form bodies through cgicc, behind the guards that it needs: a body of '&' costs it quadratic time, and a
// pair without '=' it drops without a word.
#include <cgicc/CgiInput.h>
#include <cgicc/Cgicc.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "tenantd/base/text.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::http {
namespace {

constexpr std::size_t kMaxForm = 32768;
constexpr std::size_t kMaxFormParameters = 100;

// What cgicc would read from standard input and the environment.
class FormInput : public cgicc::CgiInput {
 public:
  explicit FormInput(std::string_view body) : rest_(body), length_(std::to_string(body.size())) {}

  std::size_t read(char* data, std::size_t length) override {
    const std::size_t count = std::min(length, rest_.size());
    std::memcpy(data, rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

  std::string getenv(const char* name) override {
    const std::string_view key{name};
    if (key == "REQUEST_METHOD") return "POST";
    if (key == "CONTENT_TYPE") return "application/x-www-form-urlencoded";
    if (key == "CONTENT_LENGTH") return length_;
    return {};
  }

 private:
  std::string_view rest_;
  std::string length_;
};

[[noreturn]] void refuse(const char* detail) { throw BadRequest{400, "malformed_form", detail}; }

void check_component(std::string_view text) {
  const auto decoded = url_decode(text);
  if (!decoded) refuse("A '%' in the form is not followed by two digits");
  if (decoded->find('\0') != std::string::npos) refuse("The form holds a NUL");
  if (!is_utf8(*decoded)) refuse("The form is not UTF-8");
}

void check_form(std::string_view body) {
  if (body.size() > kMaxForm) throw BadRequest{413, "body_too_large", "A form is limited to 32 KB"};
  if (static_cast<std::size_t>(std::count(body.begin(), body.end(), '&')) >= kMaxFormParameters)
    throw BadRequest{400, "too_many_parameters", "The form has over 100 parameters"};
  for (const auto piece : split(body, '&')) {
    const auto equals = piece.find('=');
    if (equals == std::string_view::npos) refuse("A part of the form has no '='");
    check_component(piece.substr(0, equals));
    check_component(piece.substr(equals + 1));
  }
}

}  // namespace

Pairs parse_form(const std::string& body) {
  Pairs pairs;
  if (body.empty()) return pairs;
  check_form(body);
  try {
    FormInput input{body};
    const cgicc::Cgicc form{&input};
    for (const auto& entry : form.getElements()) pairs.emplace_back(entry.getName(), entry.getValue());
  } catch (const std::exception&) {
    refuse("The form cannot be read");
  }
  auto names = std::vector<std::string_view>{};
  for (const auto& [name, value] : pairs) names.push_back(name);
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end())
    throw BadRequest{400, "duplicate_parameter", "The form names a parameter twice"};
  return pairs;
}

}  // namespace tenantd::http
