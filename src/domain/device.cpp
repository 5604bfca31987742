#include "tenantd/domain/device.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tenantd {
namespace {

using AgentWord = std::pair<std::string_view, std::string_view>;  // what the agent holds, what it stands for

// The order counts: nearly every browser also names the ones it wants to be taken for.
constexpr std::array kBrowsers{AgentWord{"Edg", "Edge"},
                               AgentWord{"OPR/", "Opera"},
                               AgentWord{"SamsungBrowser/", "Samsung Internet"},
                               AgentWord{"FxiOS/", "Firefox"},
                               AgentWord{"Firefox/", "Firefox"},
                               AgentWord{"CriOS/", "Chrome"},
                               AgentWord{"Chrome/", "Chrome"},
                               AgentWord{"Safari/", "Safari"}};
constexpr std::array kSystems{AgentWord{"iPhone", "iPhone"},   AgentWord{"iPad", "iPad"},
                              AgentWord{"Android", "Android"}, AgentWord{"Windows", "Windows"},
                              AgentWord{"CrOS", "ChromeOS"},   AgentWord{"Macintosh", "macOS"},
                              AgentWord{"Linux", "Linux"}};

template <std::size_t N>
std::string_view first_found(const std::array<AgentWord, N>& words, std::string_view agent) {
  for (const auto& [sign, name] : words)
    if (agent.find(sign) != std::string_view::npos) return name;
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name_character(char c) { return is_digit(c) || is_letter(c) || c == '.' || c == '_' || c == '-'; }

// "curl/7.88.1 …" is "curl 7.88"; empty if the text begins with no product and version (RFC 9110 section
// 10.1.5).
std::string first_product(std::string_view agent) {
  constexpr std::size_t longest_name = 30;
  constexpr std::size_t longest_number = 6;
  const auto slash = agent.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash > longest_name) return {};
  const auto name = agent.substr(0, slash);
  if (!is_letter(name.front()) || !std::all_of(name.begin(), name.end(), is_name_character)) return {};
  std::string version;
  int dots = 0;
  for (const char c : agent.substr(slash + 1, 2 * longest_number)) {
    if (c == '.' && ++dots == 2) break;
    if (c != '.' && !is_digit(c)) break;
    version += c;
  }
  while (version.ends_with('.')) version.pop_back();
  if (version.empty()) return {};
  return std::string{name} + ' ' + version;
}

}  // namespace

std::string device_of(std::string_view agent) {
  const bool is_browser = agent.starts_with("Mozilla/");
  if (is_browser) {
    const auto browser = first_found(kBrowsers, agent);
    const auto system = first_found(kSystems, agent);
    if (browser.empty() && system.empty()) return "Unknown device";
    if (system.empty()) return std::string{browser};
    return (browser.empty() ? "A browser" : std::string{browser}) + " on " + std::string{system};
  }
  auto tool = first_product(agent);
  return tool.empty() ? "Unknown device" : tool;
}

}  // namespace tenantd
