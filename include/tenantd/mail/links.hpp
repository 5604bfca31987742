// What somebody typed must not become a link in a mail that the service signs.
#pragma once

#include <string>
#include <string_view>

namespace tenantd::mail {

// Returns `text` with a blank behind each mark by which a mail program would find a link in it: the dot of a
// host name, the colon of a scheme, the @ of an address, each also in the forms that look alike or that
// browsers take for it. `text` is well-formed UTF-8.
std::string unlinked(std::string_view text);

// True if unlinked() would change it. Such a text is left out of subjects.
bool carries_link(std::string_view text);

}  // namespace tenantd::mail
