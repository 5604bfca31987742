#include <criterion/criterion.h>

#include "support/check.hpp"
#include "tenantd/domain/device.hpp"

using tenantd::device_of;
using tenantd::test::require;
using tenantd::test::require_equal;

Test(device, browsers_are_told_from_those_they_want_to_be_taken_for) {
  for (const auto& [agent, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"},
           {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/131.0.0.0 "
            "Safari/537.36",
            "Chrome on Windows"},
           {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/131.0.0.0 "
            "Safari/537.36 Edg/131.0.0.0",
            "Edge on Windows"},
           {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.4 Safari/605.1.15",
            "Safari on macOS"},
           {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.4 Mobile/15E148 Safari/604.1",
            "Safari on iPhone"},
           {"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/131.0.0.0 "
            "Mobile Safari/537.36",
            "Chrome on Android"},
           {"Mozilla/5.0 (X11; Linux x86_64)", "A browser on Linux"},
       })
    require_equal(device_of(agent), words);
}

Test(device, tools_are_called_by_their_name_and_version) {
  require_equal(device_of("curl/7.88.1"), "curl 7.88");
  require_equal(device_of("curl/8"), "curl 8");
  require_equal(device_of("python-requests/2.31.0 extra"), "python-requests 2.31");
  require_equal(device_of("Go-http-client/1.1"), "Go-http-client 1.1");
}

Test(device, whatever_cannot_be_told_is_unknown) {
  for (const char* agent : {"", "x", "Mozilla/5.0", "Mozilla/5.0 (compatible)", "/1.0", "curl/", "curl/x",
                            "a b/1", "<script>/1.0", "\x1b[31m/1.0", "1/1", "../1.0"})
    require_equal(device_of(agent), "Unknown device", agent);
  require_equal(device_of(std::string(31, 'a') + "/1.0"), "Unknown device");
  require(device_of("a/" + std::string(400, '1')).size() < 20, "a long version");
}
