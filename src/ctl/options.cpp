#include "options.hpp"

#include <algorithm>

#include "usage.hpp"

namespace tenantd::ctl {

Arguments read_options(const Arguments& arguments, std::initializer_list<Option> options, std::size_t most) {
  Arguments words;
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    const auto* option =
        std::find_if(options.begin(), options.end(), [&](const Option& one) { return one.name == *at; });
    if (option == options.end()) {
      // By custom "-" is a word: what comes in, or goes out.
      if (at->starts_with('-') && *at != "-") throw UsageError("unknown option \"" + *at + '"');
      if (words.size() == most) throw UsageError("unexpected argument \"" + *at + '"');
      words.push_back(*at);
    } else if (option->flag != nullptr) {
      *option->flag = true;
    } else {
      if (at + 1 == arguments.end() || (at + 1)->empty()) throw UsageError(*at + " needs a value");
      *option->value = *++at;
    }
  }
  return words;
}

}  // namespace tenantd::ctl
