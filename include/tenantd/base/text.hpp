// Encodings and small text helpers that several rooms need. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenantd {

// Returns 0–15 for a hexadecimal digit in either case, else -1.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Returns two lower-case hexadecimal digits a byte.
std::string to_hex(std::string_view bytes);

// Returns the bytes that pairs of hexadecimal digits spell, or nullopt if `text` is anything else.
std::optional<std::string> from_hex(std::string_view text);

// RFC 4648 section 5, without padding.
std::string base64url_encode(std::string_view bytes);

// Returns the bytes, or nullopt for padding, foreign characters, or bits beyond the last byte (so that
// each value has exactly one spelling).
std::optional<std::string> base64url_decode(std::string_view text);

// RFC 4648 section 4, in one line, with padding or without.
std::string base64_encode(std::string_view bytes);
std::string base64_encode_unpadded(std::string_view bytes);

// Returns the bytes of base64 in either alphabet, with padding or without, or nullopt.
std::optional<std::string> base64_decode(std::string_view text);

// Returns true if `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

// Returns the count of code points of well-formed UTF-8.
std::size_t count_code_points(std::string_view utf8);

// Returns the beginning of `utf8`: at most so many bytes, or code points, and no code point in part.
std::string_view cut_bytes(std::string_view utf8, std::size_t most);
std::string_view cut_code_points(std::string_view utf8, std::size_t most);

// True for a byte of UTF-8 that continues a code point.
constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Percent-encoding (RFC 3986 section 2.1) of what is neither an ASCII letter, nor a digit, nor in `plain`, by
// default the other unreserved characters.
std::string percent_encode(std::string_view text, std::string_view plain = "-._~");

// Percent-decoding of a query component, '+' as blank; nullopt if a '%' is not followed by two digits.
std::optional<std::string> url_decode(std::string_view text);

// Returns `text` cut into pieces at each `separator`; one empty piece for an empty text.
std::vector<std::string_view> split(std::string_view text, char separator);

// Returns `text` without ASCII blanks at either end.
std::string_view trim(std::string_view text);

// Returns `text` with ASCII letters in lower case; other bytes unchanged.
std::string ascii_lower(std::string_view text);

// Returns a non-negative or negative decimal number that fills `text`, or nullopt (overflow included).
std::optional<std::int64_t> parse_int(std::string_view text);

}  // namespace tenantd
