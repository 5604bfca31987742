// The same verdict as other software's on passkeys that are right, wrong, and wrong by chance: npm's
// @simplewebauthn/server is asked about each registration and each sign-in that the service was sent. Where
// the service is stricter on purpose, the row says so, and both verdicts are asserted.
#include <criterion/criterion.h>

#include <algorithm>
#include <map>
#include <random>

#include "passkeys_oracle.hpp"
#include "tenantd/base/bytes.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

using Kind = PasskeyDevice::Kind;
constexpr Kind kKinds[] = {Kind::es256, Kind::eddsa, Kind::rs256};

enum class Verdicts { same, refused_here, accepted_here };
struct Row {
  std::string what;
  std::function<void(PasskeyDevice&)> change;
  Verdicts verdicts = Verdicts::same;
};

std::string hex(std::string_view text) { return *from_hex(text); }

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  require(at != std::string::npos, from + " is there");
  text.replace(at, from.size(), to);
}

auto replacing(const std::string& from, const std::string& to) {
  return [=](std::string& text) { replace(text, from, to); };
}

auto in_client_data(const std::string& from, const std::string& to) {
  return [=](PasskeyDevice& d) { d.alter_client_data = replacing(from, to); };
}

// Adds members in front of the closing brace.
auto with_member(const std::string& member) {
  return [=](PasskeyDevice& d) {
    d.alter_client_data = [=](std::string& text) { text.insert(text.size() - 1, ',' + member); };
  };
}

auto with_data(const std::function<void(std::string&)>& change) {
  return [=](PasskeyDevice& d) { d.alter_data = change; };
}

auto with_extensions(const std::string& cbor) {
  return with_data([=](std::string& data) {
    data[32] = static_cast<char>(data[32] | '\x80');
    data += cbor;
  });
}

// Of what a browser collects (section 5.8.1), in a registration and in a sign-in.
std::vector<Row> client_data_rows() {
  return {
      {"as it is", [](auto&) {}},
      {"another origin", [](auto& d) { d.origin = "https://evil.example.com"; }},
      {"another port", [](auto& d) { d.origin = "http://localhost:1"; }},
      {"https", [](auto& d) { d.origin.replace(0, 4, "https"); }},
      {"a subdomain", [](auto& d) { d.origin.insert(7, "a."); }},
      {"an origin with a slash", [](auto& d) { d.origin += '/'; }},
      {"no origin", in_client_data("\"origin\"", "\"other\"")},
      {"another type", [](auto& d) { d.type = "payment.get"; }},
      {"a registration", [](auto& d) { d.type = "webauthn.create"; }},
      {"a sign-in", [](auto& d) { d.type = "webauthn.get"; }},
      {"no challenge of ours", [](auto& d) { d.challenge = std::string(75, 'A'); }},
      {"no challenge at all", in_client_data("\"challenge\"", "\"other\"")},
      {"a challenge with padding",
       [](auto& d) { d.alter_client_data = replacing("\",\"origin\"", "=\",\"origin\""); }},
      {"no word of frames", in_client_data(",\"crossOrigin\":false", "")},
      {"a member that nobody knows", with_member("\"new\":{\"a\":[1,null]}")},
      {"a member twice, the last right", in_client_data("{", "{\"type\":\"payment.get\","),
       Verdicts::refused_here},
      {"a member twice, the last wrong", with_member("\"type\":\"payment.get\"")},
      {"blanks", in_client_data(",", " ,\n\t")},
      {"a byte order mark", in_client_data("{", "\xef\xbb\xbf{")},
      {"escaped", in_client_data("webauthn", "\\u0077ebauthn")},
      {"cut off", [](auto& d) { d.alter_client_data = [](auto& text) { text.pop_back(); }; }},
      {"more behind", [](auto& d) { d.alter_client_data = [](auto& text) { text += '}'; }; }},
      {"a list", in_client_data("{", "[{")},
      {"null", [](auto& d) { d.alter_client_data = [](auto& text) { text = "null"; }; }},
      {"a token binding", with_member(R"("tokenBinding":{"status":"supported"})")},
      {"not UTF-8 in a member that nobody knows", with_member("\"new\":\"\xff\""), Verdicts::refused_here},
  };
}

// Of what an authenticator says (section 6.1), in a registration and in a sign-in.
std::vector<Row> data_rows() {
  std::vector<Row> rows = {
      {"another relying party", [](auto& d) { d.party = "example.com"; }},
      {"extensions of no length", with_extensions("")},
      {"extensions, none", with_extensions(hex("a0"))},
      {"extensions that are known", with_extensions(hex("a16b6372656450726f7465637403"))},
      {"extensions that nobody knows", with_extensions(hex("a1617801"))},
      {"extensions that are no map", with_extensions(hex("01"))},
      {"extensions and more", with_extensions(hex("a000"))},
      {"one byte more", with_data([](auto& data) { data += '\0'; })},
      {"a map more", with_data([](auto& data) { data += '\xa0'; })},
      {"no data", with_data([](auto& data) { data.clear(); })},
  };
  for (unsigned flags = 0; flags < 0x40; ++flags)
    rows.push_back(
        {"flags " + std::to_string(flags), [=](auto& d) { d.flags = static_cast<std::uint8_t>(flags); }});
  for (const std::size_t size : {1U, 31U, 32U, 33U, 36U})
    rows.push_back({"cut to " + std::to_string(size), with_data([=](auto& data) { data.resize(size); })});
  return rows;
}

void add_all(std::vector<Row>& rows, std::vector<Row> more) {
  for (auto& each : more) rows.push_back(std::move(each));
}

std::vector<Row> registration_rows() {
  auto rows = client_data_rows();
  add_all(rows, data_rows());
  add_all(
      rows,
      {{"in another site's frame", [](auto& d) { d.framed = true; }, Verdicts::refused_here},
       {"in a page inside another site's", with_member(R"("topOrigin":"https://evil.example.com")"),
        Verdicts::refused_here},
       {"in a frame, says a text", in_client_data("false", "\"false\""), Verdicts::refused_here},
       {"no credential in it", with_data([](auto& data) { data[32] = '\x05'; })},
       {"nothing behind the counter", with_data([](auto& data) { data.resize(37); })},
       {"an id of no length", [](auto& d) { d.id.clear(); }},
       {"an id of 1023 bytes", [](auto& d) { d.id = std::string(1023, 'i'); }},
       {"an id of more", [](auto& d) { d.id = std::string(1024, 'i'); }, Verdicts::refused_here},
       {"an id that ends behind the data", with_data([](auto& data) { data.replace(53, 2, hex("ffff")); })},
       {"a key that says it is RSA's", [](auto& d) { d.algorithm = -257; }, Verdicts::refused_here},
       {"a key that says it is EdDSA's", [](auto& d) { d.algorithm = -8; }, Verdicts::refused_here},
       {"a key of no algorithm that was offered", [](auto& d) { d.algorithm = -35; }},
       {"a key without its algorithm", [](auto& d) { d.alter_key = replacing(hex("0326"), hex("0426")); }},
       {"a key of another type", [](auto& d) { d.alter_key = replacing(hex("a50102"), hex("a50101")); },
        Verdicts::refused_here},
       {"a key on another curve", [](auto& d) { d.alter_key = replacing(hex("2001"), hex("2002")); },
        Verdicts::refused_here},
       {"a point that is none", [](auto& d) { d.alter_key = [](auto& key) { key[20] ^= 1; }; },
        Verdicts::refused_here},
       {"half a key", [](auto& d) { d.alter_key = [](auto& key) { key.resize(40); }; }},
       {"a key twice", [](auto& d) { d.alter_key = [](auto& key) { key += key; }; }},
       {"format packed", [](auto& d) { d.format = "packed"; }},
       {"format packed, signed otherwise", [](auto& d) { d.format = "packed", d.before_signing = "x"; }},
       {"format packed, a bit of the signature",
        [](auto& d) {
          d.format = "packed";
          d.alter_signature = [](auto& signature) { signature[20] ^= 1; };
        }},
       {"format packed, another algorithm",
        [](auto& d) {
          d.format = "packed";
          d.alter_statement = replacing(hex("63616c6726"), hex("63616c6727"));
        }},
       {"format packed, no algorithm",
        [](auto& d) {
          d.format = "packed";
          d.alter_statement = replacing(hex("63616c67"), hex("63616c68"));
        }},
       {"format packed, no statement",
        [](auto& d) {
          d.format = "packed";
          d.alter_statement = [](auto& statement) { statement = hex("a0"); };
        }},
       {"format packed, no certificate in the list",
        [](auto& d) {
          d.format = "packed";
          d.alter_statement = [](auto& statement) { statement[0] = '\xa3', statement += hex("6378356380"); };
        }},
       {"format none with a statement",
        [](auto& d) { d.alter_statement = [](auto& statement) { statement = hex("a1616101"); }; }},
       {"format none with a statement that is a list",
        [](auto& d) { d.alter_statement = [](auto& statement) { statement = hex("80"); }; },
        Verdicts::refused_here},
       {"format fido-u2f", [](auto& d) { d.format = "fido-u2f"; }},
       {"format tpm", [](auto& d) { d.format = "tpm"; }},
       {"format apple", [](auto& d) { d.format = "apple"; }},
       {"format android-key", [](auto& d) { d.format = "android-key"; }},
       {"a format that nobody knows", [](auto& d) { d.format = "x"; }},
       {"no format", [](auto& d) { d.alter_object = replacing("fmt", "fmu"); }},
       {"no data in the object", [](auto& d) { d.alter_object = replacing("authData", "authDatb"); }},
       {"an object that is a list", [](auto& d) { d.alter_object = [](auto& o) { o[0] = '\x83'; }; }},
       {"an object with more behind", [](auto& d) { d.alter_object = [](auto& o) { o += '\0'; }; },
        Verdicts::refused_here},
       {"an object with another member",
        [](auto& d) { d.alter_object = [](auto& o) { o[0] = '\xa4', o += hex("617801"); }; },
        Verdicts::refused_here},
       {"an object cut off", [](auto& d) { d.alter_object = [](auto& o) { o.pop_back(); }; },
        Verdicts::refused_here},
       {"an object without an end",
        [](auto& d) { d.alter_object = [](auto& o) { o[0] = '\xbf', o += '\xff'; }; }},
       {"of another type", [](auto& d) { d.alter_sent = replacing("public-key", "password"); }},
       {"two ids", [](auto& d) { d.alter_sent = replacing("\"rawId\":\"", "\"rawId\":\"AAAA"); }}});
  return rows;
}

std::vector<Row> sign_in_rows(const PasskeyDevice& right, Kind kind) {
  auto rows = client_data_rows();
  add_all(rows, data_rows());
  for (auto& row : rows) {
    // Whether it is another kind than it was is the service's to know: the oracle is not told what it was.
    PasskeyDevice changed = right;
    row.change(changed);
    if ((changed.flags & 0x0dU) == 0x0dU) row.verdicts = Verdicts::refused_here;
  }
  const auto foreign = PasskeyDevice{right.origin};
  add_all(rows,
          {{"in another site's frame", [](auto& d) { d.framed = true; }, Verdicts::refused_here},
           {"in a page inside another site's", with_member(R"("topOrigin":"https://evil.example.com")")},
           {"a counter that stays", [](auto& d) { d.counter = SignIns::kHeld; }},
           {"a counter that goes back", [](auto& d) { d.counter = SignIns::kHeld - 1; }},
           {"a counter that ends", [](auto& d) { d.counter = 0; }},
           {"the last counter", [](auto& d) { d.counter = 0xffffffffU; }},
           {"a bit of the signature", [](auto& d) { d.alter_signature = [](auto& s) { s[20] ^= 1; }; }},
           {"a signature of something else", [](auto& d) { d.before_signing = "x"; }},
           {"a signature cut off", [](auto& d) { d.alter_signature = [](auto& s) { s.pop_back(); }; }},
           {"a signature with more behind", [](auto& d) { d.alter_signature = [](auto& s) { s += '\0'; }; },
            // Of DER, after which another reader looks no further.
            kind == Kind::es256 ? Verdicts::refused_here : Verdicts::same},
           {"no signature", [](auto& d) { d.alter_signature = [](auto& s) { s.clear(); }; }},
           {"another's key",
            [=](auto& d) {
              const auto id = d.id;
              d = foreign, d.id = id, d.counter = SignIns::kHeld + 1;
            }},
           {"nobody's credential", [](auto& d) { d.id = std::string(32, 'n'); }},
           {"of another type", [](auto& d) { d.alter_sent = replacing("public-key", "password"); }},
           {"two ids", [](auto& d) { d.alter_sent = replacing("\"type\"", "\"rawId\":\"AAAA\",\"type\""); }},
           {"another's handle", [](auto& d) { d.user = std::string(16, 'h'); }, Verdicts::refused_here},
           {"no handle", [](auto& d) { d.user.clear(); }}});
  return rows;
}

const char* described(bool accepted) { return accepted ? "accepted" : "refused"; }

Verdicts seen_in(const PasskeyOracle::Verdict& verdict) {
  if (verdict.accepted == verdict.of.accepted) return Verdicts::same;
  return verdict.accepted ? Verdicts::refused_here : Verdicts::accepted_here;
}

// What the two say, of those of which `expected` is not true.
void compare(const PasskeyOracle& oracle, std::size_t least,
             const std::function<bool(const PasskeyOracle::Verdict&)>& expected) {
  std::map<std::string, std::pair<int, std::string>> differ;
  std::size_t accepted = 0;
  const auto verdicts = oracle.verdicts();
  for (const auto& each : verdicts) {
    accepted += each.of.accepted ? 1 : 0;
    if (expected(each)) continue;
    auto& [times, first] = differ[each.of.what + ": here " + described(each.of.accepted) + ' ' +
                                  each.of.said + ", there " + described(each.accepted) + ' ' + each.why];
    if (++times == 1) first = each.of.line;
  }
  std::string text;
  for (const auto& [what, example] : differ)
    text += "\n" + std::to_string(example.first) + " × " + what + "\n" + example.second;
  require(differ.empty(), text);
  require(accepted >= least,
          std::to_string(accepted) + " of " + std::to_string(verdicts.size()) + " accepted");
}

void compare(const PasskeyOracle& oracle, std::size_t least,
             const std::map<std::string, Verdicts>& intended) {
  compare(oracle, least, [&](const auto& verdict) {
    const auto found = intended.find(verdict.of.what);
    return seen_in(verdict) == (found == intended.end() ? Verdicts::same : found->second);
  });
}

std::map<std::string, Verdicts> intended_of(const std::vector<Row>& rows) {
  std::map<std::string, Verdicts> found;
  for (const auto& row : rows) require(found.emplace(row.what, row.verdicts).second, row.what + " once");
  return found;
}

// Up to three of: a bit, a byte, a byte more, a few bytes less, a few bytes twice.
void mutate(std::string& bytes, std::mt19937& random) {
  const auto below = [&](std::size_t end) { return random() % std::max<std::size_t>(end, 1); };
  for (auto left = 1 + below(3); left > 0; --left) {
    if (bytes.empty()) bytes = "x";
    const auto at = below(bytes.size());
    switch (below(5)) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
      case 1: bytes[at] = static_cast<char>(random()); break;
      case 2: bytes.insert(at, 1, static_cast<char>(random())); break;
      case 3: bytes.erase(at, 1 + below(4)); break;
      default: bytes.insert(at, bytes.substr(at, 1 + below(4)));
    }
  }
}

using Part = PasskeyDevice::Alteration PasskeyDevice::*;

PasskeyDevice mutated(PasskeyDevice device, Part part, std::mt19937& random) {
  device.*part = [&random](std::string& bytes) { mutate(bytes, random); };
  return device;
}

}  // namespace

Test(passkeys_oracle, registrations_are_judged_as_elsewhere, .timeout = 120) {
  const Named stack;
  PasskeyOracle oracle{stack.url()};
  Registrations registrations{oracle};
  const auto rows = registration_rows();
  for (const auto& row : rows) {
    PasskeyDevice device{stack.url()};
    row.change(device);
    registrations.add(row.what, device);
  }
  for (const auto kind : kKinds)
    for (const auto* format : {"none", "packed"}) {
      PasskeyDevice device{stack.url(), kind};
      device.format = format;
      require(registrations.add("another kind", device), format);
    }
  compare(oracle, 20, intended_of(rows));
}

Test(passkeys_oracle, sign_ins_are_judged_as_elsewhere, .timeout = 120) {
  const Named stack;
  PasskeyOracle oracle{stack.url()};
  std::map<std::string, Verdicts> intended;
  for (const auto kind : kKinds) {
    SignIns sign_ins{oracle, kind};
    const auto rows = sign_in_rows(sign_ins.device(), kind);
    for (const auto& row : rows) {
      const auto what = row.what + ", kind " + std::to_string(static_cast<int>(kind));
      require(intended.emplace(what, row.verdicts).second, row.what + " once");
      auto device = sign_ins.device();
      row.change(device);
      sign_ins.use(what, device);
    }
  }
  compare(oracle, 45, intended);
}

Test(passkeys_oracle, registrations_that_are_wrong_by_chance_are_judged_as_elsewhere, .timeout = 120) {
  const Named stack;
  PasskeyOracle oracle{stack.url()};
  Registrations registrations{oracle};
  std::mt19937 random{7};  // NOLINT: the same each time
  const std::pair<const char*, Part> parts[] = {{"a key", &PasskeyDevice::alter_key},
                                                {"data", &PasskeyDevice::alter_data},
                                                {"client data", &PasskeyDevice::alter_client_data},
                                                {"a signature", &PasskeyDevice::alter_signature},
                                                {"a statement", &PasskeyDevice::alter_statement},
                                                {"an object", &PasskeyDevice::alter_object}};
  for (const auto kind : kKinds)
    for (const auto* format : {"none", "packed"}) {
      PasskeyDevice device{stack.url(), kind};
      device.format = format;
      for (const auto& [what, part] : parts)
        for (int i = 0; i < 60; ++i)
          registrations.add(std::string{format} + ", " + what, mutated(device, part, random));
    }
  // A key that is none, or that is of another algorithm than it says, would be found at the first sign-in.
  const auto is_stricter_on_purpose = [](const std::string& said) {
    const char* const reasons[] = {"the authenticator data cannot be read", "the stored key cannot be read",
                                   "clientDataJSON is no JSON object",
                                   "the attestation object has a member that it should not have",
                                   "the attestation object is no CBOR"};
    return std::any_of(std::begin(reasons), std::end(reasons),
                       [&](const auto* each) { return said.find(each) != std::string::npos; });
  };
  compare(oracle, 200, [&](const auto& verdict) {
    const auto seen = seen_in(verdict);
    return seen == Verdicts::same ||
           (seen == Verdicts::refused_here && is_stricter_on_purpose(verdict.of.said));
  });
}

Test(passkeys_oracle, sign_ins_that_are_wrong_by_chance_are_judged_as_elsewhere, .timeout = 120) {
  const Named stack;
  PasskeyOracle oracle{stack.url()};
  std::mt19937 random{7};  // NOLINT: the same each time
  const std::pair<const char*, Part> parts[] = {{"data", &PasskeyDevice::alter_data},
                                                {"client data", &PasskeyDevice::alter_client_data},
                                                {"a signature", &PasskeyDevice::alter_signature}};
  for (const auto kind : kKinds) {
    SignIns sign_ins{oracle, kind};
    for (const auto& [what, part] : parts)
      for (int i = 0; i < 150; ++i) sign_ins.use(what, mutated(sign_ins.device(), part, random));
  }
  // Of DER another reader forgives what the library does not, and it is not told which passkeys can be backed
  // up.
  int stricter = 0;
  compare(oracle, 10, [&](const auto& verdict) {
    const auto seen = seen_in(verdict);
    if (seen == Verdicts::refused_here) ++stricter;
    return seen != Verdicts::accepted_here;
  });
  require(stricter < 20, std::to_string(stricter) + " refused here alone");
}
