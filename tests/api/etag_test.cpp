#include <criterion/criterion.h>

#include "support/check.hpp"
#include "tenantd/api/etag.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

Test(etag, a_tag_is_the_revision_in_quotes) { require_equal(api::etag(7), "\"7\""); }

Test(etag, a_request_without_if_match_or_with_a_star_goes_on) {
  for (const char* header : {"", "*", " * "}) require(api::if_match_allows(header, 7), header);
}

Test(etag, a_list_of_tags_must_hold_the_revisions_own) {
  for (const char* header : {"\"7\"", " \"7\" ", "\"6\", \"7\"", "\"7\",\"8\"", "\"a,b\",\"7\""})
    require(api::if_match_allows(header, 7), header);
  for (const char* header : {"\"6\"", "7", "\"77\"", "\"7", "\"\"", ",", "\"*\"", "\"7\" x"})
    require(!api::if_match_allows(header, 7), header);
}

Test(etag, a_weakened_tag_names_the_same_revision) {
  for (const char* header : {"W/\"7\"", " W/\"7\" ", "\"1\", W/\"7\""})
    require(api::if_match_allows(header, 7), header);
  for (const char* header : {"W/\"8\"", "w/\"7\"", "W/7", "W/W/\"7\"", "W/"})
    require(!api::if_match_allows(header, 7), header);
  for (const char* header : {"\"7\"", "W/\"7\"", "*", "\"1\",\"7\""})
    require(api::if_none_match_names(header, "\"7\""), header);
  for (const char* header : {"\"8\"", "7", "", "\"77\""})
    require(!api::if_none_match_names(header, "\"7\""), header);
}
