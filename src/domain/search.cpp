#include "tenantd/domain/search.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

// InnoDB leaves out tokens of more than 84 characters (innodb_ft_max_token_size).
constexpr std::size_t kLongestWord = 64;

bool is_word_part(utf8proc_category_t category) {
  switch (category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return true;
    default: return false;
  }
}

// Written without blanks between words: Han and kana.
bool is_ideograph(utf8proc_int32_t c) {
  return (c >= 0x2e80 && c <= 0x2fdf) || (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

bool is_hangul(utf8proc_int32_t c) { return c >= 0xac00 && c <= 0xd7a3; }
bool is_accent(utf8proc_int32_t c) { return c >= 0x300 && c <= 0x36f; }

// Letters with a stroke, which Unicode does not take apart.
utf8proc_int32_t without_stroke(utf8proc_int32_t c) {
  switch (c) {
    case 0x111: return 'd';
    case 0x127: return 'h';
    case 0x131: return 'i';
    case 0x142: return 'l';
    case 0xf8: return 'o';
    default: return c;
  }
}

void append_folded(std::string& word, utf8proc_int32_t c) {
  if (is_accent(c)) return;
  c = without_stroke(c);
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
    word += static_cast<char>(c);
    return;
  }
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), c, 16).ptr;
  word += '_';
  word.append(digits.data(), end);
}

void fold_into(std::string& word, utf8proc_int32_t c) {
  if (is_hangul(c)) return append_folded(word, c);
  std::array<utf8proc_int32_t, 32> parts{};
  int boundary = 0;
  constexpr auto kForm =
      static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  const auto count = utf8proc_decompose_char(c, parts.data(), parts.size(), kForm, &boundary);
  if (count < 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) return append_folded(word, c);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) append_folded(word, parts[i]);
}

bool is_wanted(const std::string& folded, const std::vector<std::string>& words) {
  return folded.starts_with(words.back()) || std::find(words.begin(), words.end(), folded) != words.end();
}

// The beginning of a code point, at `at` or behind it.
std::size_t code_point_at(std::string_view text, std::size_t at) {
  while (at < text.size() && is_continuation(text[at])) ++at;
  return std::min(at, text.size());
}

// A part of the id that is random: two organizations that shared it would only read a little more.
std::string prefix_of(OrgId org) { return 'o' + to_hex(org.raw().substr(11)); }

std::map<std::string, int> weights_of(const SearchedText& text) {
  std::map<std::string, int> weights;
  for (auto& word : words_of(text.description)) {
    auto& weight = weights[std::move(word.folded)];
    weight = std::min(weight + 1, 3);
  }
  for (auto& word : words_of(text.tags)) weights[std::move(word.folded)] += 2;
  for (auto& word : words_of(text.name)) weights[std::move(word.folded)] += 4;
  return weights;
}

}  // namespace

std::vector<Word> words_of(std::string_view utf8) {
  std::vector<Word> words;
  bool inside = false;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(utf8.data());
  for (std::size_t at = 0; at < utf8.size();) {
    utf8proc_int32_t c = 0;
    const auto length = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(utf8.size() - at), &c);
    if (length <= 0) break;
    const auto next = at + static_cast<std::size_t>(length);
    const bool alone = is_ideograph(c);
    if (is_word_part(utf8proc_category(c))) {
      if (!inside || alone) words.push_back({at, at, {}});
      fold_into(words.back().folded, c);
      words.back().end = next;
      inside = !alone;
    } else {
      inside = false;
    }
    at = next;
  }
  for (auto& word : words)
    if (word.folded.size() > kLongestWord) word.folded.resize(kLongestWord);
  std::erase_if(words, [](const Word& word) { return word.folded.empty(); });
  return words;
}

std::string search_tokens(OrgId org, const SearchedText& text) {
  const auto weights = weights_of(text);
  const auto prefix = prefix_of(org);
  std::string tokens;
  for (const auto& [word, weight] : weights)
    for (int i = 0; i < weight; ++i) tokens.append(tokens.empty() ? "" : " ").append(prefix).append(word);
  return tokens;
}

int relevance(const SearchedText& text, const std::vector<std::string>& words) {
  const auto weights = weights_of(text);
  int sum = 0;
  for (const auto& [word, weight] : weights)
    if (is_wanted(word, words)) sum += weight;
  return sum;
}

std::vector<std::string> searched_words(std::string_view typed) {
  std::vector<std::string> words;
  for (auto& word : words_of(typed)) {
    // The last one is a beginning: what was typed before it is not the same word.
    std::erase(words, word.folded);
    words.push_back(std::move(word.folded));
    if (words.size() > kMostSearchWords) break;
  }
  return words;
}

std::string search_expression(OrgId org, const std::vector<std::string>& words) {
  const auto prefix = prefix_of(org);
  std::string expression;
  for (const auto& word : words)
    expression.append(expression.empty() ? "+" : " +").append(prefix).append(word);
  return expression + '*';
}

std::vector<Part> highlight(std::string_view text, const std::vector<std::string>& words,
                            std::size_t longest) {
  const auto found = words_of(text);
  const auto first = std::find_if(found.begin(), found.end(),
                                  [&](const Word& word) { return is_wanted(word.folded, words); });
  if (first == found.end()) return {};
  // A third of what is shown stands before the first match, beginning with a word.
  auto begin = first->begin;
  for (auto word = first; text.size() > longest && word != found.begin(); --word) {
    if (first->begin - std::prev(word)->begin > longest / 3) break;
    begin = std::prev(word)->begin;
  }
  if (text.size() <= longest || begin == found.front().begin) begin = 0;
  auto end = text.size();
  if (end - begin > longest) {
    end = std::min(code_point_at(text, std::max(begin + longest, first->end)), text.size());
    for (const auto& word : found)
      if (word.begin < end && word.end > end) end = std::max(word.begin, first->end);
  }
  std::vector<Part> parts;
  if (begin > 0) parts.push_back({"…", false});
  auto at = begin;
  for (const auto& word : found) {
    if (word.begin < begin || word.end > end || !is_wanted(word.folded, words)) continue;
    if (word.begin > at) parts.push_back({std::string{text.substr(at, word.begin - at)}, false});
    parts.push_back({std::string{text.substr(word.begin, word.end - word.begin)}, true});
    at = word.end;
  }
  if (end > at) parts.push_back({std::string{text.substr(at, end - at)}, false});
  if (end < text.size()) parts.push_back({"…", false});
  return parts;
}

}  // namespace tenantd
