#include "completion.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "tenantd/base/text.hpp"

namespace tenantd::ctl {
namespace {

using Words = std::set<std::string>;
// What may follow the words so far: "mail suppressions" → list, remove.
using Followers = std::map<std::string, Words>;

bool is_word(std::string_view text) {
  return !text.empty() && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

// What stands between brackets and bars: "[--env|--markdown]" → --env, --markdown.
Arguments pieces_of(std::string_view text) {
  Arguments pieces;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" []|\n.,;:()"), text.size());
    if (end > 0) pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

void add_options(std::string_view text, Words& options) {
  for (const auto& piece : pieces_of(text))
    if (piece.starts_with("--") && is_word(std::string_view{piece}.substr(2))) options.insert(piece);
}

// A line of usage: "tenantctl mail suppressions list   addresses that …". What follows two blanks is prose.
void add_usage(std::string_view line, Followers& followers) {
  constexpr std::string_view kProgram = "tenantctl ";
  const auto begin = line.find(kProgram);
  if (begin == std::string_view::npos) return;
  const auto before = trim(line.substr(0, begin));
  if (!before.empty() && before != "Usage:") return;
  line.remove_prefix(begin + kProgram.size());
  std::string so_far;
  for (const auto& piece : split(line.substr(0, line.find("  ")), ' ')) {
    if (!is_word(piece)) return;
    if (!so_far.empty()) followers[so_far].insert(std::string{piece});
    so_far += (so_far.empty() ? "" : " ") + std::string{piece};
  }
}

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void put_command(const Command& command, std::ostream& out) {
  const std::string name = command.name;
  Followers followers;
  Words options{"--help"};
  add_options(command.arguments, options);
  for (const auto& piece : pieces_of(command.arguments))
    if (is_word(piece)) followers[name].insert(piece);
  if (command.page != nullptr) {
    add_options(command.page, options);
    for (const auto line : split(command.page, '\n')) add_usage(line, followers);
  }
  const auto put = [&](const std::string& pattern, const Words& words) {
    out << "    " << pattern << ") words='" << joined(words) << (words.empty() ? "" : " ") << joined(options)
        << "' ;;\n";
  };
  for (const auto& [before, words] : followers) put('\'' + before + '\'', words);
  if (!followers.contains(name)) put('\'' + name + '\'', {});
  put('\'' + name + " '*", {});
}

}  // namespace

std::string bash_completion(std::span<const Command> table) {
  Words names;
  for (const auto& command : table) names.insert(command.name);
  std::ostringstream out;
  out << "# The words of tenantctl for bash, as `tenantctl completion bash` prints them.\n"
         "_tenantctl() {\n"
         "  local at=1 words\n"
         "  COMPREPLY=()\n"
         "  if [ \"${COMP_WORDS[1]}\" = --config ] && [ \"$COMP_CWORD\" -gt 1 ]; then\n"
         "    [ \"$COMP_CWORD\" -gt 2 ] || return 0\n"
         "    at=3\n"
         "  fi\n"
         "  case \"${COMP_WORDS[*]:at:COMP_CWORD-at}\" in\n"
      << "    '') words='" << joined(names) << " help --config --help --version' ;;\n"
      << "    help) words='" << joined(names) << "' ;;\n";
  for (const auto& command : table) put_command(command, out);
  out << "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _tenantctl tenantctl\n";
  return out.str();
}

}  // namespace tenantd::ctl
