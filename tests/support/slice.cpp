// One part of the suite: with TENANTD_SLICE=k/n only every n-th test runs, from the k-th on.
#include <criterion/criterion.h>
#include <criterion/hooks.h>

#include <cstdio>
#include <cstdlib>

namespace {

// Calls `each` with every element of the set. The elements stand behind their nodes.
template <class Element>
void walk(const criterion_ordered_set* set, const auto& each) {
  if (set == nullptr) return;
  for (auto* node = set->first; node != nullptr; node = node->next)
    each(*reinterpret_cast<Element*>(node + 1));
}

}  // namespace

ReportHook(PRE_ALL)(criterion_test_set* set) {
  const char* slice = std::getenv("TENANTD_SLICE");
  if (slice == nullptr || *slice == '\0') return;
  unsigned part = 0;
  unsigned parts = 0;
  if (std::sscanf(slice, "%u/%u", &part, &parts) != 2 || part < 1 || part > parts) {
    std::fprintf(stderr, "tests: TENANTD_SLICE must be k/n, such as 1/2\n");
    std::exit(2);
  }
  unsigned count = 0;
  walk<criterion_suite_set>(set->suites, [&](criterion_suite_set& suite) {
    walk<criterion_test>(suite.tests, [&](criterion_test& test) {
      if (count++ % parts != part - 1) test.data->disabled = true;
    });
  });
}
