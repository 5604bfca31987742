// What a new password must be: long enough, not on the list of common ones, not made of what everybody knows
// of its owner, and not guessed early by zxcvbn (Wheeler, USENIX Security 2016).
#include <zxcvbn.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "tenantd/base/embedded.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/password.hpp"
#include "unicode.hpp"

namespace tenantd::crypto {
namespace {

// zxcvbn's time grows with the cube of the length for repetitive input; 100 bytes are judged within some
// milliseconds, and a password whose first 100 bytes are weak is refused whatever follows.
constexpr std::size_t kJudgedBytes = 100;

// Bounds on what the caller's context may cost.
constexpr std::size_t kMaxContextBytes = 256;
constexpr std::size_t kMaxWords = 64;
constexpr std::size_t kMinWordBytes = 3;

bool is_common(std::string_view password) {
  static const auto words = [] {
    std::vector<std::string_view> lines;
    for (const auto& file : embedded::common_passwords())
      for (const auto line : split(file.text, '\n'))
        if (!line.empty()) lines.push_back(line);
    std::ranges::sort(lines);
    return lines;
  }();
  return std::ranges::binary_search(words, password);
}

// Letters, digits and all that is not ASCII.
bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<std::uint8_t>(c) >= 0x80;
}

Secret without_punctuation(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::ranges::copy_if(text, std::back_inserter(out), is_word_byte);
  return Secret{std::move(out)};
}

void add_word(std::vector<std::string>& words, std::string_view word) {
  if (word.size() < kMinWordBytes || words.size() >= kMaxWords) return;
  if (std::ranges::find(words, word) == words.end()) words.emplace_back(word);
}

void add_pieces(std::vector<std::string>& words, std::string_view text) {
  while (!text.empty()) {
    const auto begin = std::ranges::find_if(text, is_word_byte);
    const auto end = std::find_if_not(begin, text.end(), is_word_byte);
    add_word(words, {begin, end});
    text = {end, text.end()};
  }
}

// Returns the words of `context` in folded case: each text, the sides of an '@', and their pieces.
std::vector<std::string> known_words(const std::vector<std::string>& context) {
  std::vector<std::string> words;
  for (const auto& text : context) {
    if (text.size() > kMaxContextBytes || text.find('\0') != std::string::npos || !is_utf8(text)) continue;
    const auto folded = fold_case(text);
    if (!folded) continue;
    add_word(words, folded->reveal());
    for (const auto side : split(folded->reveal(), '@')) {
      add_word(words, side);
      add_pieces(words, side);
    }
  }
  return words;
}

// True if the password is one of the words, with or without punctuation.
bool is_known_word(const Secret& folded, const std::vector<std::string>& words) {
  const Secret bare = without_punctuation(folded.reveal());
  return std::ranges::any_of(words, [&](const std::string& word) {
    return word == folded.reveal() || (!bare.empty() && without_punctuation(word).reveal() == bare.reveal());
  });
}

// Guesses to score, the paper's thresholds.
int score_of(double entropy_bits) {
  const double guesses = std::exp2(entropy_bits);
  if (guesses < 1e3) return 0;
  if (guesses < 1e6) return 1;
  if (guesses < 1e8) return 2;
  if (guesses < 1e10) return 3;
  return 4;
}

const char* advice_for(int match_type) {
  switch (match_type & ~static_cast<int>(MULTIPLE_MATCH)) {
    case DICTIONARY_MATCH:
    case DICT_LEET_MATCH: return "It rests on a common word or password. Use several unrelated words.";
    case USER_MATCH:
    case USER_LEET_MATCH:
      return "It holds a name, address or organization that others know. Use unrelated words.";
    case REPEATS_MATCH: return "It repeats characters. Use several unrelated words.";
    case SEQUENCE_MATCH: return "It follows a sequence such as abc or 987. Use several unrelated words.";
    case SPATIAL_MATCH: return "It follows the rows of a keyboard. Use several unrelated words.";
    case DATE_MATCH:
    case YEAR_MATCH: return "It rests on a date. Use several unrelated words.";
    default: return "It is easy to guess. Make it longer, or use several unrelated words.";
  }
}

struct FreeMatches {
  void operator()(ZxcMatch_t* matches) const { ZxcvbnFreeInfo(matches); }
};

std::optional<PasswordProblem> judge_strength(const Secret& password, const std::vector<std::string>& words,
                                              int min_score) {
  const Secret judged{password.reveal().substr(0, kJudgedBytes)};
  std::vector<const char*> dictionary;
  for (const auto& word : words) dictionary.push_back(word.c_str());
  dictionary.push_back(nullptr);
  ZxcMatch_t* list = nullptr;
  const double entropy_bits = ZxcvbnMatch(judged.reveal().c_str(), dictionary.data(), &list);
  const std::unique_ptr<ZxcMatch_t, FreeMatches> matches{list};
  if (score_of(entropy_bits) >= min_score) return std::nullopt;
  int longest = 0;
  int type = NON_MATCH;
  for (const auto* match = matches.get(); match != nullptr; match = match->Next) {
    if (match->Length <= longest || match->Type == BRUTE_MATCH) continue;
    longest = match->Length;
    type = match->Type;
  }
  return PasswordProblem{"password_too_weak", advice_for(type)};
}

}  // namespace

std::optional<PasswordProblem> judge_password(const Secret& password, const std::vector<std::string>& context,
                                              int min_score) {
  if (count_code_points(password.reveal()) < kPasswordMinCodePoints)
    return PasswordProblem{"password_too_short",
                           "Use at least " + std::to_string(kPasswordMinCodePoints) + " characters."};
  const auto folded = fold_case(password.reveal());
  if (is_common(password.reveal()) || (folded && is_common(folded->reveal())))
    return PasswordProblem{"password_too_common",
                           "It is among the most used passwords. Use several unrelated words."};
  const auto words = known_words(context);
  if (folded && is_known_word(*folded, words))
    return PasswordProblem{"password_too_common",
                           "It is a name, address or organization that others know. Use unrelated words."};
  if (min_score <= 0) return std::nullopt;
  return judge_strength(password, words, min_score);
}

}  // namespace tenantd::crypto
