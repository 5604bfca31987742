#include "tenantd/domain/auth_methods.hpp"

#include <array>
#include <utility>

#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

constexpr std::array<std::pair<AuthMethod, std::string_view>, 6> kMethodNames{{{AuthMethod::pwd, "pwd"},
                                                                               {AuthMethod::otp, "otp"},
                                                                               {AuthMethod::mail, "mail"},
                                                                               {AuthMethod::pop, "pop"},
                                                                               {AuthMethod::user, "user"},
                                                                               {AuthMethod::mfa, "mfa"}}};

}  // namespace

AuthMethods AuthMethods::parse(std::string_view words) {
  AuthMethods methods;
  for (const auto word : split(words, ' '))
    for (const auto& [method, name] : kMethodNames)
      if (name == word) methods = methods | AuthMethods{method};
  return methods;
}

std::string AuthMethods::words() const {
  std::string text;
  for (const auto& [method, name] : kMethodNames)
    if (has(method)) text.append(text.empty() ? "" : " ").append(name);
  return text;
}

std::vector<std::string_view> AuthMethods::amr() const {
  const auto told = has(AuthMethod::mail) ? *this | AuthMethods{AuthMethod::otp} : *this;
  std::vector<std::string_view> names;
  for (const auto& [method, name] : kMethodNames)
    if (told.has(method) && method != AuthMethod::mail) names.push_back(name);
  return names;
}

std::string_view AuthMethods::acr() const { return has(AuthMethod::mfa) ? kTwoFactors : kOneFactor; }

}  // namespace tenantd
