#include <criterion/criterion.h>

#include <utility>

#include "support/check.hpp"
#include "tenantd/base/transliterate.hpp"

using namespace tenantd;
using tenantd::test::require_equal;

Test(transliterate, letters_become_what_their_languages_write_for_them) {
  for (const auto& [name, plain] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Söhne", "soehne"},
           {"SÖHNE & Straße", "soehne & strasse"},
           {"So\u0308hne", "soehne"},
           {"Łódź", "lodz"},
           {"Ærø Ørsted Œuvre", "aeroe oersted oeuvre"},
           {"Crème Brûlée Ñandú Çelik", "creme brulee nandu celik"},
           {"İstanbul Işık", "istanbul isik"},
           {"Αθήνα Ψυχή", "athina psychi"},
           {"Київ", "kiyiv"},
           {"Ёлка Щука Чайковский", "yolka shchuka chaykovskiy"},
           {"ﬁne №5 ½", "fine no5 1 2"},
           {"Việt Nam", "viet nam"},
           {"Þórr Đorđe", "thorr dorde"},
           {"", ""}})
    require_equal(transliterate(name), plain, name);
}

Test(transliterate, what_has_no_spelling_is_blanks) {
  require_equal(transliterate("東京 A"), "   a");
  require_equal(transliterate("😀x"), " x");
  require_equal(transliterate("a\xFFz"), "a z");
  require_equal(transliterate("\xC3"), " ");
  require_equal(transliterate("a\tb\x7F"), "a b ");
}
