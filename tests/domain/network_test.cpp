#include "tenantd/domain/network.hpp"

#include <criterion/criterion.h>

using tenantd::network_of;

Test(network, an_ipv4_address_is_one_place_in_either_form) {
  cr_assert_eq(network_of("192.0.2.9"), (std::string{"\xC0\x00\x02\x09", 4}));
  cr_assert_eq(network_of("::ffff:192.0.2.9"), network_of("192.0.2.9"));
  cr_assert_neq(network_of("192.0.2.8"), network_of("192.0.2.9"));
}

Test(network, an_ipv6_address_stands_for_its_64) {
  cr_assert_eq(network_of("2001:db8:1:2::1").size(), 8U);
  cr_assert_eq(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
  cr_assert_neq(network_of("2001:db8:1:3::1"), network_of("2001:db8:1:2::1"));
}

Test(network, what_is_no_address_is_nowhere) {
  for (const auto* text : {"", "unix:", "host.example", "192.0.2", "192.0.2.9/24", "fe80::1%eth0"})
    cr_assert_eq(network_of(text), "", "%s", text);
}
