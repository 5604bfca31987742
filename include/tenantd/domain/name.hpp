// Names and other short texts that people read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenantd {

// Returns the composed form (NFC, Unicode 15 annex 15), in which names are kept, so that one name has one
// spelling in bytes. nullopt if `text` is no well-formed UTF-8, or has more than 64 marks in a row, which
// take time squared to be put in order and are no writing.
std::optional<std::string> to_nfc(std::string_view text);

// True if a reader sees at least one character of `text`: no blank, control, format (zero width, direction),
// filler, mark that would stand on another, or code point without a meaning of its own.
bool shows_something(std::string_view text);

}  // namespace tenantd
