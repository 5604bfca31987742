// What judging a body costs at worst: every place of every body and of every query, with the largest and
// slowest values that fit into a request.
#include <criterion/criterion.h>
#include <time.h>

#include <cstdio>
#include <fstream>
#include <set>

#include "support/check.hpp"
#include "support/hostile.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/message.hpp"

using namespace tenantd;
using test::require;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kPlain = false;
#else
constexpr bool kPlain = true;
#endif
#if defined(__OPTIMIZE__)
constexpr bool kOptimized = true;
#else
constexpr bool kOptimized = false;
#endif

// Of this thread's own time, which a busy machine does not lengthen.
constexpr std::int64_t kMostUs = (kPlain && kOptimized) ? 20'000 : 400'000;
// Of one body while it is judged: the parsed form of the densest takes sixteen bytes for two.
constexpr std::int64_t kMostKib = 16 * 1024;

const api::Schemas& schemas() {
  static const api::Schemas compiled;
  return compiled;
}

std::int64_t thread_us() {
  struct timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

// KiB of a line of /proc/self/status.
std::int64_t status_kib(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ':')) return std::stoll(line.substr(name.size() + 1));
  return 0;
}

// Lets the kernel begin to measure the peak anew.
void forget_peak() { std::ofstream{"/proc/self/clear_refs"} << 5; }

struct Most {
  std::int64_t value = 0;
  std::string what;

  void see(std::int64_t seen, const std::string& of) {
    if (seen <= value) return;
    value = seen;
    what = of;
  }
};

class Measure {
 public:
  explicit Measure(const char* name) : name_(name) {}

  // Judges until it was quick, three times at most: the first time pays for memory that is new.
  template <class Judge>
  void run(const std::string& what, bool may_fit, Judge judge) {
    forget_peak();
    const auto before = status_kib("VmRSS");
    std::int64_t least = INT64_MAX;
    for (int round = 0; round < 3 && least > kMostUs; ++round) {
      const auto began = thread_us();
      const bool fits = judged_to_fit(judge);
      least = std::min(least, thread_us() - began);
      require(!fits || may_fit, what + " was taken");
    }
    ++count_;
    slowest_.see(least, what);
    largest_.see(status_kib("VmHWM") - before, what);
    require(least <= kMostUs, what + " took " + std::to_string(least) + " us");
  }

  void tell(std::size_t least) {
    std::printf("%s: %zu values; slowest %lld us (%s); largest growth %lld KiB (%s)\n", name_, count_,
                static_cast<long long>(slowest_.value), slowest_.what.c_str(),
                static_cast<long long>(largest_.value), largest_.what.c_str());
    std::fflush(stdout);
    require(count_ >= least, "only " + std::to_string(count_) + " values");
    if (kPlain)
      require(largest_.value <= kMostKib, largest_.what + " took " + std::to_string(largest_.value) + " KiB");
  }

 private:
  template <class Judge>
  static bool judged_to_fit(Judge& judge) {
    try {
      judge();
      return true;
    } catch (const ApiError& e) {
      require(http_status(e.code()) == 400 || http_status(e.code()) == 422, e.what());
      require(e.fields().size() <= 20, "too many faults are told");
    } catch (const http::BadRequest& e) {
      require(e.status == 400, e.code);
    }
    return false;
  }

  const char* name_;
  std::size_t count_ = 0;
  Most slowest_, largest_;
};

}  // namespace

Test(hostile_values, no_body_costs_more_than_twenty_milliseconds) {
  std::set<std::string_view> names;
  for (const auto& route : api::routes())
    if (!route.body.empty()) names.insert(route.body);
  schemas();  // compiled before anything is measured
  Measure measure{"bodies"};
  for (const auto name : names)
    for (const auto& body : test::hostile_bodies(name))
      measure.run(body.what, body.may_fit, [&] {
        const auto document = api::parse_json(body.json);
        schemas().check(name, document);
      });
  measure.tell(5000);
}

Test(hostile_values, no_query_costs_more_than_twenty_milliseconds) {
  constexpr std::size_t bytes = 8000;  // of a request's first line
  std::vector<std::string> values{std::string(bytes, 'A'), std::string(bytes, '9'), "1e400",
                                  "-" + std::string(bytes, '1')};
  for (const auto& text : test::regex_hostile(bytes)) values.push_back(text);
  std::string many;
  for (int i = 0; i < 1500; ++i) many += "&p" + std::to_string(i) + "=1";
  schemas();
  Measure measure{"queries"};
  std::set<std::string_view> names{"no_query"};
  for (const auto& route : api::routes())
    if (!route.query.empty()) names.insert(route.query);
  for (const auto name : names) {
    const auto schema = test::schema_of(name);
    measure.run(std::string{name} + ": many parameters", false,
                [&] { schemas().check_query(name, http::parse_query(many.substr(1))); });
    if (!schema.HasMember("properties")) continue;
    for (const auto& property : schema["properties"].GetObject())
      for (const auto& value : values)
        measure.run(std::string{name} + " ?" + property.name.GetString(), value == "1e400", [&] {
          schemas().check_query(name, {{property.name.GetString(), value}});
        });
  }
  measure.tell(500);
}
