// Certificates that sign messages. The keys and certificates are made by OpenSSL's own program.
#include <criterion/criterion.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/crypto/certificate.hpp"

using namespace tenantd;
using crypto::Certificate;
using test::require;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/tenantd-certificate-XXXXXX";
    require(::mkdtemp(name.data()) != nullptr, "no folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void openssl(std::vector<std::string> words) const {
    words.insert(words.begin(), "openssl");
    const auto ran = test::run_program(words);
    require(ran.status == 0, ran.output);
  }
  std::string make(const std::string& key, const std::string& subject) const {
    openssl({"req", "-x509", "-newkey", key, "-nodes", "-days", "2", "-subj", subject, "-keyout", path("key"),
             "-out", path("cert")});
    return read("cert");
  }
  std::string sign(const std::string& text, const std::string& digest) const {
    std::ofstream{path("text"), std::ios::binary} << text;
    openssl({"dgst", "-" + digest, "-sign", path("key"), "-out", path("signature"), path("text")});
    return read("signature");
  }

 private:
  std::string path(const std::string& name) const { return path_ + '/' + name; }
  std::string read(const std::string& name) const {
    std::ifstream file{path(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  std::string path_;
};

}  // namespace

Test(certificate, tells_its_own_signatures_from_others) {
  const Folder folder;
  const auto certificate = Certificate::parse(folder.make("rsa:2048", "/CN=sns.amazonaws.com"));
  require(certificate.has_value(), "not read");
  for (const char* name : {"sha1", "sha256"}) {
    const auto digest = std::string{"sha1"} == name ? Certificate::Digest::sha1 : Certificate::Digest::sha256;
    const auto other = std::string{"sha1"} == name ? Certificate::Digest::sha256 : Certificate::Digest::sha1;
    auto signature = folder.sign("Message\nhello\n", name);
    require(certificate->has_signed("Message\nhello\n", signature, digest), name);
    require(!certificate->has_signed("Message\nhello\n", signature, other), "another digest");
    require(!certificate->has_signed("Message\nhallo\n", signature, digest), "another text");
    require(!certificate->has_signed("Message\nhello\n", signature.substr(1), digest), "cut");
    require(!certificate->has_signed("Message\nhello\n", "", digest), "empty");
    signature[100] = static_cast<char>(signature[100] ^ 1);
    require(!certificate->has_signed("Message\nhello\n", signature, digest), "spoilt");
  }
}

Test(certificate, knows_its_time_and_its_name) {
  const Folder folder;
  const auto certificate = Certificate::parse(folder.make("rsa:2048", "/CN=sns.amazonaws.com"));
  require(certificate.has_value(), "not read");
  require(certificate->is_valid_at(now()), "now");
  require(!certificate->is_valid_at(now() + Seconds{3 * 86400}), "expired");
  require(!certificate->is_valid_at(now() - Seconds{86400}), "not yet");
  require(certificate->is_for("sns.amazonaws.com"), "its name");
  require(!certificate->is_for("amazonaws.com") && !certificate->is_for("x.sns.amazonaws.com") &&
              !certificate->is_for(""),
          "others");
}

Test(certificate, what_is_none_or_has_another_key_is_not_taken) {
  const Folder folder;
  require(!Certificate::parse(""), "nothing");
  require(!Certificate::parse("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"),
          "nonsense");
  require(!Certificate::parse(folder.make("rsa:1024", "/CN=x")), "a short key");
  require(!Certificate::parse(folder.make("ed25519", "/CN=x")), "another algorithm");
}
