#include "manifest.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/passphrase.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::ctl {
namespace {

constexpr int kFormat = 1;

std::string text_of(const Manifest& manifest) {
  json::Writer json;
  json.begin_object()
      .field("format", kFormat)
      .field("id", manifest.id)
      .field("made_at", manifest.made_at)
      .field("program", manifest.program)
      .field("schema", manifest.schema)
      .field("server", manifest.server)
      .field("position", manifest.position)
      .field("salt", manifest.salt)
      .key("parts")
      .begin_array();
  for (const auto& part : manifest.parts)
    json.begin_object()
        .field("name", part.name)
        .field("bytes", part.bytes)
        .field("sha256", part.sha256)
        .end_object();
  json.end_array().end_object();
  return json.text();
}

std::string mac_of(const std::string& text, const Secret& key) {
  return to_hex(crypto::hmac_sha256(key.reveal(), "tenantd backup, 1: manifest\n" + text));
}

std::int64_t number_of(const json::Value& object, std::string_view name) {
  const auto* value = json::find(object, name);
  return value != nullptr && value->IsInt64() ? value->GetInt64() : -1;
}

std::optional<Manifest> read_manifest(const std::string& text) {
  const auto json = json::read_object(text);
  if (!json || number_of(*json, "format") != kFormat) return std::nullopt;
  Manifest manifest{json::text_of(*json, "id"),
                    json::text_of(*json, "salt"),
                    from_unix(number_of(*json, "made_at")),
                    json::text_of(*json, "program"),
                    json::text_of(*json, "server"),
                    json::text_of(*json, "position"),
                    number_of(*json, "schema"),
                    {}};
  const auto* parts = json::find(*json, "parts");
  if (parts == nullptr || !parts->IsArray()) return std::nullopt;
  for (const auto& part : parts->GetArray())
    manifest.parts.push_back(
        {json::text_of(part, "name"), number_of(part, "bytes"), json::text_of(part, "sha256")});
  return manifest;
}

}  // namespace

const Part* Manifest::find(const std::string& name) const {
  const auto found = std::ranges::find(parts, name, &Part::name);
  return found == parts.end() ? nullptr : &*found;
}

void write_manifest(const std::string& dir, const Manifest& manifest, const Secret& key) {
  const auto text = text_of(manifest);
  const auto file = open_file(dir + "/manifest", O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file || !write_all(file, text + '\n' + mac_of(text, key) + '\n') || ::fsync(file.get()) != 0)
    throw std::runtime_error(dir + "/manifest cannot be written: " + std::strerror(errno));
}

OpenBackup open_backup(const std::string& dir, const Secret& passphrase) {
  std::ifstream file{dir + "/manifest", std::ios::binary};
  std::string text, mac;
  if (!file || !std::getline(file, text) || !std::getline(file, mac))
    throw std::runtime_error(dir + " is no whole backup: it has no manifest");
  auto manifest = read_manifest(text);
  const auto salt = manifest ? from_hex(manifest->salt) : std::nullopt;
  if (!salt) throw std::runtime_error(dir + "/manifest is damaged, or of a later release");
  auto key = crypto::key_of_passphrase(passphrase, *salt);
  if (mac_of(text, key) != mac)
    throw std::runtime_error(dir +
                             "/manifest was changed, or BACKUP_PASSPHRASE is another than it was made with");
  return {dir, std::move(*manifest), std::move(key)};
}

}  // namespace tenantd::ctl
