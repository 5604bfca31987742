// Which addresses a list of networks holds.
#include <criterion/criterion.h>

#include <optional>
#include <string>

#include "support/check.hpp"
#include "tenantd/domain/networks.hpp"

using tenantd::Networks;
using tenantd::test::require;
using tenantd::test::require_equal;

Test(networks, each_has_one_spelling) {
  const auto spelled = [](const std::string& typed) { return Networks::canonical(typed).value_or("none"); };
  require_equal(spelled("203.0.113.0/24"), "203.0.113.0/24");
  require_equal(spelled("203.0.113.7"), "203.0.113.7/32");
  require_equal(spelled("0.0.0.0/0"), "0.0.0.0/0");
  require_equal(spelled("2001:DB8:0::/32"), "2001:db8::/32");
  require_equal(spelled("::1"), "::1/128");
  require_equal(spelled("::/0"), "::/0");
  require_equal(spelled("::ffff:203.0.113.0/120"), "203.0.113.0/24");
  require_equal(spelled("::ffff:cb00:7107"), "203.0.113.7/32");
}

Test(networks, what_is_none_is_refused) {
  for (const char* typed : {"",
                            "/",
                            "/8",
                            "10.0.0.0/",
                            "10.0.0.0/33",
                            "10.0.0.0/-1",
                            "10.0.0.0/08",
                            "10.0.0.0/+8",
                            "10.0.0.0/8 ",
                            " 10.0.0.0/8",
                            "10.0.0.0/8/8",
                            "10.0.0.1/8",
                            "10.0.0/8",
                            "10.1",
                            "010.0.0.0/8",
                            "0x0a000000",
                            "2001:db8::1/32",
                            "2001:db8::/129",
                            "2001:db8::/32x",
                            "::ffff:0:0/90",
                            "::ffff:10.0.0.0/8",
                            "fe80::1%eth0",
                            "[::1]",
                            "10.0.0.0/8,11.0.0.0/8",
                            "example.com",
                            "10.0.0.0/255.0.0.0"})
    require(!Networks::canonical(typed), typed);
}

Test(networks, an_address_is_held_by_its_bits_and_its_kind) {
  const auto networks = Networks::parse("203.0.113.0/24,198.51.100.7/32,2001:db8:7::/48,10.128.0.0/9");
  for (const char* in :
       {"203.0.113.0", "203.0.113.255", "::ffff:203.0.113.9", "::ffff:cb00:7109", "198.51.100.7",
        "2001:db8:7::1", "2001:DB8:7:ffff::", "10.128.0.0", "10.255.255.255"})
    require(networks.hold(in), in);
  for (const char* out : {"203.0.112.255", "203.0.114.0", "198.51.100.8", "198.51.100.6", "2001:db8:8::1",
                          "2001:db8:6:ffff::", "10.127.255.255", "::203.0.113.9", "::cb00:7109",
                          "64:ff9b::203.0.113.9", "", "unix:", "localhost", "203.0.113.9, 1.1.1.1"})
    require(!networks.hold(out), out);
}

Test(networks, a_network_of_one_kind_holds_no_address_of_the_other) {
  require(!Networks::parse("::/0").hold("203.0.113.9") && Networks::parse("::/0").hold("2001:db8::1"), "six");
  require(!Networks::parse("::/0").hold("::ffff:203.0.113.9"), "IPv4 in IPv6 form is IPv4");
  require(Networks::parse("0.0.0.0/0").hold("::ffff:203.0.113.9"), "four");
  require(!Networks::parse("0.0.0.0/0").hold("2001:db8::1"), "four alone");
}

Test(networks, no_list_holds_everything_and_a_broken_one_nothing) {
  require(
      Networks::parse("").any() && Networks::parse("").hold("203.0.113.9") && Networks::parse("").hold(""),
      "from everywhere");
  require(!Networks::parse("nonsense").any() && !Networks::parse("nonsense").hold("203.0.113.9"), "nonsense");
}

Test(networks, what_was_packed_is_read_back) {
  for (const char* joined : {"", "nonsense", "203.0.113.0/24", "203.0.113.0/24,2001:db8::/32,0.0.0.0/0"}) {
    const auto networks = Networks::parse(joined);
    require(Networks::from_packed(networks.packed()) == networks, joined);
  }
}
