// Names in plain letters: what addresses and labels are made of.
#pragma once

#include <string>
#include <string_view>

namespace tenantd {

// Spells UTF-8 text in lower-case ASCII: "Söhne" is "soehne", "Łódź" is "lodz", "Αθήνα" is "athina", "Київ"
// is "kiyiv". Greek and Cyrillic by letter; what has no such spelling (other scripts, signs) becomes one
// blank each. Text that is no UTF-8 is blanks where it is not.
std::string transliterate(std::string_view text);

}  // namespace tenantd
