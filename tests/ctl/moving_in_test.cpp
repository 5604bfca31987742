// People of each system that tenantctl import knows, from its own export to their second sign-in here. The
// hashes are made here by other implementations (libxcrypt, Python's hashlib, libargon2), or are published:
// Firebase's is the example of its scrypt utility (github.com/firebase/scrypt).
#include <criterion/criterion.h>
#include <crypt.h>
#include <sysexits.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/password.hpp"

using namespace tenantd::test;

namespace {

const char* const kPublishedPassword = "user1password";
const char* const kFirebaseConfig =
    "hash_config {\n  algorithm: SCRYPT,\n"
    "  base64_signer_key: "
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\n"
    "  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n";

// What an export is read with, and is removed with it.
class Exported {
 public:
  explicit Exported(const std::string& text) : path_(run_dir() + '/' + fresh_name("export")) {
    std::ofstream{path_, std::ios::binary} << text;
  }
  ~Exported() { std::filesystem::remove(path_); }
  Exported(const Exported&) = delete;
  Exported& operator=(const Exported&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string crypted(const char* kind) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  require(::crypt_gensalt_rn(kind, 4, nullptr, 0, salt.data(), salt.size()) != nullptr, "no salt");
  crypt_data data{};
  return ::crypt_r(kPassword, salt.data(), &data);
}

// Keycloak writes both parts in padded base64; `bytes`: what it makes of a digest.
std::string pbkdf2_by_python(const std::string& digest, int rounds, int bytes) {
  const auto made = run_program(
      {"python3", "-c",
       "import base64,hashlib,sys\n"
       "print(base64.b64encode(hashlib.pbkdf2_hmac(sys.argv[1],sys.argv[2].encode(),bytes(range(16)),int(sys."
       "argv[3]),int(sys.argv[4]))).decode(),end='')",
       digest, kPassword, std::to_string(rounds), std::to_string(bytes)});
  require_equal(made.status, 0, made.output);
  return made.output;
}

std::string credential_of_keycloak(const std::string& algorithm, int rounds, const std::string& salt,
                                   const std::string& value, const std::string& more = "{}") {
  return R"([{"type":"password","secretData":"{\"value\":\")" + value + R"(\",\"salt\":\")" + salt +
         R"(\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":)" +
         std::to_string(rounds) + R"(,\"algorithm\":\")" + algorithm + R"(\",\"additionalParameters\":)" +
         more + R"(}"}])";
}

std::string padded(std::string base64) { return base64 + std::string((4 - base64.size() % 4) % 4, '='); }

// With the costs that Keycloak 24 and later choose.
std::string argon2_of_keycloak() {
  const auto phc = tenantd::crypto::hash_password(tenantd::Secret{std::string{kPassword}}, {7168, 5, 1});
  const auto parts = tenantd::split(phc, '$');
  return credential_of_keycloak(
      "argon2", 5, padded(std::string{parts.at(4)}), padded(std::string{parts.at(5)}),
      R"({\"hashLength\":[\"32\"],\"memory\":[\"7168\"],\"type\":[\"id\"],\"version\":[\"1.3\"],\"parallelism\":[\"1\"]})");
}

Finished move_in(const Account& owner, const std::string& format, const Exported& file,
                 std::vector<std::string> options = {}) {
  options.insert(options.begin(), {setting("TENANTD_BUILD") + "/tenantctl", "import", "--organization",
                                   owner.org_id, "--format", format});
  options.push_back(file.path());
  return run_program(options);
}

std::string hash_kept_of(const std::string& email) {
  return text_of("SELECT COALESCE(password, '') FROM user WHERE email = " + literal(email));
}

struct Arrival {
  std::string email;
  std::string password = kPassword;
};

// A wrong password changes nothing; the first right one replaces the hash, and goes on being right.
void expect_arrival(const Account& owner, const Arrival& arrival) {
  const auto& [email, password] = arrival;
  const auto came_with = hash_kept_of(email);
  require(!came_with.empty() && !came_with.starts_with("$argon2id$"), email + ": " + came_with);
  expect_problem(sign_in(email, "plum orbit canyon 43"), 401, "invalid_credentials");
  require_equal(hash_kept_of(email), came_with, "a wrong password changes nothing");
  const auto first = sign_in(email, password);
  expect(first, 200);
  require_equal(first.text("/organization/id"), owner.org_id);
  const auto own = hash_kept_of(email);
  require(own.starts_with("$argon2id$v=19$m="), "not hashed anew: " + own);
  expect(sign_in(email, password), 200);
  require_equal(hash_kept_of(email), own, "hashed once");
  expect_problem(sign_in(email, "plum orbit canyon 43"), 401, "invalid_credentials");
}

// The file is tried first, which changes nothing; then `refused` rows stay out and the arrivals come in.
void expect_moved(const Account& owner, const std::string& format, const Exported& file,
                  const std::vector<Arrival>& arrivals, const std::vector<std::string>& refused,
                  const std::vector<std::string>& options = {}) {
  const auto said = std::to_string(arrivals.size()) + " created, 0 joined, 0 skipped, " +
                    std::to_string(refused.size()) + " refused";
  auto dry = options;
  dry.emplace_back("--dry-run");
  {
    Unchanged database;
    const auto tried = move_in(owner, format, file, dry);
    require_equal(tried.status, EX_DATAERR, tried.output);
    require(tried.output.find("would be: " + said) != std::string::npos, tried.output);
    database.check("a dry run");
  }
  const auto done = move_in(owner, format, file, options);
  require_equal(done.status, EX_DATAERR, done.output);
  require(done.output.find(said) != std::string::npos, done.output);
  for (const auto& reason : refused)
    require(done.output.find("tenantctl: " + reason) != std::string::npos, reason + " in " + done.output);
  for (const auto& arrival : arrivals) expect_arrival(owner, arrival);
}

}  // namespace

Test(moving_in, from_auth0) {
  const auto owner = sign_up();
  const auto ada = fresh_email("ada"), bob = fresh_email("bob");
  const Exported file{
      R"({"_id":{"$oid":"60425dc43519d90068f82973"},"email_verified":true,"email":")" + ada +
      R"(","passwordHash":")" + crypted("$2b$") +
      R"(","password_set_date":{"$date":"2021-03-05T16:34:16.775Z"},"tenant":"acme","connection":"Users","_tmp_is_unique":true})"
      "\n" +
      R"({"_id":{"$oid":"60425dc43519d90068f82974"},"identifiers":[{"type":"email","value":")" + bob +
      R"(","verified":true}],"passwordHash":")" + crypted("$2b$") +
      R"(","version":"1.1"})"
      "\n" +
      R"({"email":"c@example.com","passwordHash":"$2b$31$)" + std::string(53, 'a') + "\"}\n" +
      R"({"email":"d@example.com","passwordHash":)"
      "\n" +
      R"({"email":"e@example.com","custom_password_hash":{"algorithm":"md5"}})"
      "\n"};
  expect_moved(owner, "auth0", file, {{ada}, {bob}},
               {"line 3: password_hash is bcrypt of a cost outside 4 to 14", "line 4: row is not valid JSON",
                "line 5: row has a custom_password_hash, which is not read"});
}

Test(moving_in, from_supabase) {
  const auto owner = sign_up();
  const auto ada = fresh_email("ada");
  const Exported file{
      "instance_id,id,aud,role,email,encrypted_password,email_confirmed_at,raw_user_meta_data,banned_until,"
      "deleted_at,is_anonymous\n"
      "0,1,authenticated,authenticated," +
      ada + ',' + crypted("$2a$") +
      ",2024-01-01 00:00:00+00,\"{\"\"full_name\"\":\"\"Ada Lovelace\"\"}\",,,f\n"
      "0,2,authenticated,authenticated,c@example.com,$2a$10$short,,{},,,f\n"
      "0,3,authenticated,authenticated,,,,{},,,t\n"
      "0,4,authenticated\n"};
  expect_moved(owner, "supabase", file, {{ada}},
               {"line 3: password_hash is of no form that is known here, or not whole",
                "line 4: row has no e-mail address", "line 5: row has 3 fields, the header row 11"});
  const auto reply = sign_in(ada, kPassword);
  require_equal(reply.text("/user/profile/name"), "Ada Lovelace");
}

Test(moving_in, from_laravel) {
  const auto owner = sign_up();
  const auto ada = fresh_email("ada"), bob = fresh_email("bob");
  const std::string head =
      "id\tname\temail\temail_verified_at\tpassword\tremember_token\tcreated_at\tdeleted_at\n";
  const Exported file{head + "1\tAda Lovelace\t" + ada + "\t2024-01-01 00:00:00\t" + crypted("$2y$") +
                      "\tNULL\t2024-01-01 00:00:00\tNULL\n" + "2\tBob\t" + bob + "\tNULL\t" +
                      tenantd::crypto::hash_password(tenantd::Secret{std::string{kPassword}}, {1024, 2, 1}) +
                      "\tx\t2024-01-01 00:00:00\tNULL\n" + "3\tCy\tc@example.com\tNULL\t$2y$15$" +
                      std::string(53, 'a') + "\tNULL\tNULL\tNULL\n" +
                      "4\tDi\td@example.com\tNULL\t5f4dcc3b5aa765d61d8327deb882cf99\tNULL\tNULL\tNULL\n" +
                      "5\tEd\te@example.com\tNULL\t\tNULL\tNULL\t2024-02-02 00:00:00\n"};
  expect_moved(owner, "laravel", file, {{ada}, {bob}},
               {"line 4: password_hash is bcrypt of a cost outside 4 to 14",
                "line 5: password_hash is of no form that is known here, or not whole",
                "line 6: row is of somebody who was deleted there"});
  const auto reply = sign_in(ada, kPassword);
  require_equal(reply.text("/user/profile/name"), "Ada Lovelace");
  require(reply.at("/user/email_verified").GetBool(), "verified there");
  require(!sign_in(bob, kPassword).at("/user/email_verified").GetBool(), "not verified there");
}

Test(moving_in, from_firebase) {
  const auto owner = sign_up();
  const auto ada = fresh_email("ada");
  const Exported config{kFirebaseConfig};
  const Exported file{
      R"({"users":[
{"localId":"1","email":")" +
      ada +
      R"(","emailVerified":true,"passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw=="},
{"localId":"2","phoneNumber":"+15555550100"},
{"localId":"3","email":"c@example.com","passwordHash":"AAAA","salt":"AAAA"}]})"};
  expect_moved(owner, "firebase", file, {{ada, kPublishedPassword}},
               {"line 3: row has no e-mail address",
                "line 4: password_hash is of no form that is known here, or not whole"},
               {"--hash-config", config.path()});
}

// The config is the operator's, and a wrong digit in it must not hang every sign-in.
Test(moving_in, from_firebase_with_absurd_parameters) {
  const auto owner = sign_up();
  auto text = std::string{kFirebaseConfig};
  text.replace(text.find("mem_cost: 14"), 12, "mem_cost: 30");
  const Exported config{text};
  const Exported file{
      R"({"users":[{"email":"c@example.com","passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw=="}]})"};
  Unchanged database;
  const auto done = move_in(owner, "firebase", file, {"--hash-config", config.path(), "--dry-run"});
  require_equal(done.status, EX_DATAERR, done.output);
  require(done.output.find("is scrypt of costs that are none or fill more than 256 MiB") != std::string::npos,
          done.output);
  database.check("refused");
}

Test(moving_in, from_keycloak) {
  const auto owner = sign_up();
  const auto ada = fresh_email("ada"), bob = fresh_email("bob"), cy = fresh_email("cy");
  const std::string salt = "AAECAwQFBgcICQoLDA0ODw==";
  const auto user = [](const std::string& email, const std::string& credentials) {
    return R"({"username":"x","emailVerified":true,"enabled":true,"email":")" + email +
           R"(","credentials":)" + credentials + "}";
  };
  const Exported file{
      R"({"realm":"acme","roles":{},"users":[)"
      "\n" +
      user(ada, credential_of_keycloak("pbkdf2-sha256", 27500, salt, pbkdf2_by_python("sha256", 27500, 64))) +
      ",\n" +
      user(bob,
           credential_of_keycloak("pbkdf2-sha512", 210000, salt, pbkdf2_by_python("sha512", 210000, 64))) +
      ",\n" + user(cy, argon2_of_keycloak()) + ",\n" +
      user("d@example.com",
           credential_of_keycloak("pbkdf2-sha256", 2147483647, salt, pbkdf2_by_python("sha256", 1, 64))) +
      ",\n" + user("e@example.com", credential_of_keycloak("md5", 1, salt, "AAAA")) + "]}\n"};
  expect_moved(owner, "keycloak", file, {{ada}, {bob}, {cy}},
               {"line 5: password_hash is PBKDF2 of more than",
                "line 6: row has a password of an algorithm that is not known here"});
}

// The dearest hashes that are taken: a sign-in by one of them is slow, and stays a sign-in.
Test(moving_in, the_dearest_row_that_is_taken_is_bounded, .timeout = 120) {
  const std::string salt_and_hash = "$AAECAwQFBgcICQoLDA0ODw$1QUS9zLjDmR/O6XM6gOK8XVS88ju/TPkY19cRny5UZw";
  for (const auto& dear :
       {"$2y$14$" + std::string(53, 'a'), "$argon2id$v=19$m=262144,t=4,p=1" + salt_and_hash,
        "$pbkdf2-sha256$i=2000000" + salt_and_hash, "$scrypt$ln=18,r=8,p=1" + salt_and_hash}) {
    const auto taken = tenantd::crypto::adopt_hash(dear);
    require_equal(taken.problem, std::string{}, dear);
    const auto begun = std::chrono::steady_clock::now();
    require(!tenantd::crypto::verify_typed("plum orbit canyon 42", taken.stored), dear);
    const auto took = std::chrono::steady_clock::now() - begun;
    // Ten times what it takes on a machine with nothing else to do.
    require(took < std::chrono::seconds{20}, dear);
  }
}
