// Which domains an organization can claim: those that have one owner, under whom the addresses are.
#pragma once

#include <string>
#include <string_view>

namespace tenantd {

// What is wrong with a claim of `domain` (parse_domain() has spelled it); empty: nothing is. Refused are
// addresses of machines, names under which anybody registers (the Public Suffix List's, companies' among
// them), and hosts of other people's mailboxes.
std::string_view fault_of_claim(const std::string& domain);

}  // namespace tenantd
