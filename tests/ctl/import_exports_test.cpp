// People as other systems export them.
#include <criterion/criterion.h>

#include <sstream>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/crypto/password.hpp"
#include "tenantd/ctl/import_reader.hpp"

using namespace tenantd;
using ctl::ImportFormat;
using test::require;
using test::require_equal;

namespace {

std::vector<ctl::ImportRecord> read(const std::string& text, ImportFormat format,
                                    const std::string& firebase = {}) {
  std::istringstream in{text};
  ctl::ImportReader reader{in, format, firebase};
  std::vector<ctl::ImportRecord> found;
  for (ctl::ImportRecord record; reader.next(record);) found.push_back(record);
  return found;
}

std::string fault_of(const std::string& text, ImportFormat format) {
  try {
    read(text, format);
  } catch (const ctl::ImportFileError& e) {
    return e.what();
  }
  return {};
}

bool signs_in(const std::string& password, const std::string& hash) {
  const auto [stored, problem] = crypto::adopt_hash(hash);
  require_equal(problem, std::string{}, hash);
  return crypto::verify_typed(password, stored);
}

}  // namespace

Test(import_exports, auth0) {
  const auto rows = read(
      R"({"_id":{"$oid":"5d"},"email":"a@example.com","email_verified":false,"passwordHash":"$2b$10$x","connection":"db","name":"a@example.com"}
{"email":"b@example.com","email_verified":true,"given_name":"Ada","family_name":"Lovelace"}
{"identifiers":[{"type":"phone","value":"1"},{"type":"email","value":"c@example.com","verified":true}]}
{"email":"d@example.com","blocked":true}
{"phone_number":"1"}
[]
)",
      ImportFormat::auth0);
  require_equal(rows.size(), 6U);
  require_equal(rows[0].row.password_hash, std::string{"$2b$10$x"});
  require(rows[0].row.email_verified == "false" && rows[0].row.name.empty(), "the first");
  require(rows[1].row.email_verified == "true" && rows[1].row.last_name == "Lovelace", "the second");
  require(rows[2].row.email == "c@example.com" && rows[2].row.email_verified == "true", "the third");
  require_equal(rows[3].problem, std::string{"is of somebody who is blocked there"});
  require_equal(rows[4].problem, std::string{"has no e-mail address"});
  require_equal(rows[5].problem, std::string{"is no JSON object"});
  require_equal(rows[5].line, 6);
}

Test(import_exports, supabase) {
  const auto rows = read(
      "instance_id,id,aud,role,email,encrypted_password,email_confirmed_at,raw_user_meta_data,banned_until,"
      "deleted_at\n"
      "0,1,authenticated,authenticated,a@example.com,$2a$10$x,2024-01-01 "
      "00:00:00+00,\"{\"\"full_name\"\":\"\"Ada "
      "L\"\"}\",,\n"
      "0,2,authenticated,authenticated,b@example.com,,,not json,,\n"
      "0,3,authenticated,authenticated,c@example.com,,,,2999-01-01,\n"
      "0,4,authenticated,authenticated,,,,,,\n",
      ImportFormat::supabase);
  require_equal(rows.size(), 4U);
  require(rows[0].row.role.empty() && rows[0].row.email_verified == "true" && rows[0].row.name == "Ada L",
          "first");
  require(rows[1].row.email_verified == "false" && rows[1].problem.empty(), "second");
  require_equal(rows[2].problem, std::string{"is of somebody who is banned there"});
  require_equal(rows[3].problem, std::string{"has no e-mail address"});
}

Test(import_exports, firebase) {
  std::istringstream config{
      "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: "
      "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\n"
      "  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n"};
  const std::string file =
      R"({"kind":"x","users": [
 {"localId":"1","email":"a@example.com","emailVerified":true,"displayName":"Ada } ] \" L","passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw=="},
 {"localId":"2","email":"b@example.com","disabled":true},
 {"localId":"3","phoneNumber":"+1"}]})";
  const auto rows = read(file, ImportFormat::firebase, ctl::firebase_parameters(config));
  require_equal(rows.size(), 3U);
  require(rows[0].row.email_verified == "true" && rows[0].row.name == "Ada } ] \" L" && rows[0].line == 2,
          "first");
  require(signs_in("user1password", rows[0].row.password_hash), rows[0].row.password_hash);
  require_equal(rows[1].problem, std::string{"is of somebody who is disabled there"});
  require_equal(rows[2].problem, std::string{"has no e-mail address"});
  require_equal(read(file, ImportFormat::firebase)[0].problem,
                std::string{"has a password, which needs --hash-config"});
  std::istringstream partial{"rounds: 8,\n"};
  try {
    ctl::firebase_parameters(partial);
    require(false, "half a config");
  } catch (const ctl::ImportFileError&) {
  }
}

Test(import_exports, keycloak) {
  const std::string pbkdf2 =
      R"({"type":"password","secretData":"{\"value\":\"1QUS9zLjDmR/O6XM6gOK8XVS88ju/TPkY19cRny5UZxeBaneBEgFNhZ3BHDRfVOwt+hmlJ9LKZOItPHnfXAxKw==\",\"salt\":\"AAECAwQFBgcICQoLDA0ODw==\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":1000,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}"})";
  const std::string argon2 =
      R"({"type":"password","secretData":"{\"value\":\"nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4=\",\"salt\":\"c29tZXNhbHQ=\"}","credentialData":"{\"hashIterations\":2,\"algorithm\":\"argon2\",\"additionalParameters\":{\"hashLength\":[\"32\"],\"memory\":[\"256\"],\"type\":[\"id\"],\"version\":[\"1.3\"],\"parallelism\":[\"1\"]}}"})";
  const auto rows = read(R"({"realm":"r","roles":{"realm":[{"name":"users"}]},"groups":[],"users":[
{"username":"a","email":"a@example.com","emailVerified":true,"enabled":true,"firstName":"Ada","credentials":[{"type":"otp"},)" +
                             pbkdf2 + R"(]},
{"username":"b","email":"b@example.com","enabled":true,"credentials":[)" +
                             argon2 + R"(]},
{"username":"c","email":"c@example.com","enabled":false},
{"username":"d","email":"d@example.com","credentials":[{"type":"password","secretData":"{\"value\":\"x\"}","credentialData":"{\"algorithm\":\"md5\"}"}]},
{"username":"service-account-x"}],"clients":[]})",
                         ImportFormat::keycloak);
  require_equal(rows.size(), 5U);
  require(rows[0].row.email_verified == "true" && rows[0].row.first_name == "Ada", "first");
  require(signs_in("m²-pässword-lila", rows[0].row.password_hash), rows[0].row.password_hash);
  require(rows[1].row.email_verified == "false", "not said to be verified");
  require(signs_in("password", rows[1].row.password_hash), rows[1].row.password_hash);
  require_equal(rows[2].problem, std::string{"is of somebody who is disabled there"});
  require_equal(rows[3].problem, std::string{"has a password of an algorithm that is not known here"});
  require_equal(rows[4].problem, std::string{"has no e-mail address"});
}

Test(import_exports, what_is_no_export_says_so) {
  for (const char* text :
       {"", "x", "{}", "{\"users\":{}}", "{\"users\":1}", "{\"users\"", "{\"a\":\"", "{\"a\":[", "\"users\""})
    require_equal(fault_of(text, ImportFormat::keycloak),
                  std::string{"the file is no JSON with a list \"users\""}, text);
  require_equal(read("[]", ImportFormat::firebase).size(), 0U);
  require_equal(fault_of("id,role\n1,x\n", ImportFormat::supabase),
                std::string{"the header row does not name the column \"email\""});
}

Test(import_exports, a_list_that_breaks_off_or_holds_other_things_ends, .timeout = 10) {
  const auto problems = [](const std::string& text) {
    std::string out;
    for (const auto& record : read(text, ImportFormat::firebase)) out += record.problem + ';';
    return out;
  };
  require_equal(problems(R"({"users":[{"email":"a@b.c"},{"email":"d)"),
                std::string{";is cut off: the file ends in the middle of it;"});
  require_equal(problems(R"({"users":[1,"x",null,[],{"email":"a@b.c"}]})"),
                std::string{"is no JSON object;is no JSON object;is no JSON object;is no JSON object;;"});
  require_equal(problems(R"({"users":[}]})"), std::string{"is no JSON object;"});
  require_equal(problems("{\"users\":[" + std::string(1'000'000, '[')),
                std::string{"is cut off: the file ends in the middle of it;"});
  const auto rows = read("{\"users\":[{\"email\":\"a@b.c\",\"x\":\"" + std::string(2'000'000, 'x') +
                             "\"},{\"email\":\"d@e.f\"}]}",
                         ImportFormat::firebase);
  require_equal(rows.size(), 2U);
  require_equal(rows[0].problem, std::string{"is longer than 65536 bytes"});
  require_equal(rows[1].row.email, std::string{"d@e.f"});
}

Test(import_exports, laravel) {
  const auto rows = read(
      "id,name,email,email_verified_at,password,remember_token,created_at,deleted_at\n"
      "1,Ada L,a@example.com,2024-01-01 00:00:00,$2y$12$x,,,\n"
      "2,b@example.com,b@example.com,NULL,NULL,NULL,NULL,NULL\n"
      "3,C,c@example.com,\\N,$2y$12$y,\\N,\\N,2024-01-01\n"
      "4,D,,,,,,\n",
      ImportFormat::laravel);
  require_equal(rows.size(), 4U);
  require(rows[0].row.email_verified == "true" && rows[0].row.password_hash == "$2y$12$x" &&
              rows[0].row.name == "Ada L" && rows[0].problem.empty(),
          "the first");
  require(rows[1].row.email_verified == "false" && rows[1].row.password_hash.empty() &&
              rows[1].row.name.empty() && rows[1].problem.empty(),
          "the second: " + rows[1].problem);
  require_equal(rows[2].problem, std::string{"is of somebody who was deleted there"});
  require_equal(rows[3].problem, std::string{"has no e-mail address"});
  require_equal(fault_of("id,name\n1,x\n", ImportFormat::laravel),
                std::string{"the header row does not name the column \"email\""});
}
