// What a User-Agent header says of the device, in a few words for people.
#pragma once

#include <string>
#include <string_view>

namespace tenantd {

// "Firefox on Linux", "Safari on iPhone", "curl 7.88"; "Unknown device" for anything that cannot be told. The
// words are this function's own or letters, digits and "._-": whoever sent the header cannot put a text here.
std::string device_of(std::string_view agent);

}  // namespace tenantd
