#include "find_org_id.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace tenantd::api {
namespace {

class Finder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Finder> {
 public:
  const std::string& found() const { return found_; }

  bool Default() {
    is_next_ = false;
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    is_next_ = depth_ == 1 && std::string_view{text, length} == "org_id";
    return true;
  }
  // The first counts; a body that names a member twice is refused when it is parsed.
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (is_next_) found_.assign(text, length);
    return !is_next_;
  }
  bool StartObject() { return enter(); }
  bool StartArray() { return enter(); }
  bool EndObject(rapidjson::SizeType) { return --depth_, true; }
  bool EndArray(rapidjson::SizeType) { return --depth_, true; }

 private:
  // Of a list outside all objects no member is the body's own.
  bool enter() {
    is_next_ = false;
    ++depth_;
    return true;
  }

  int depth_ = 0;
  bool is_next_ = false;
  std::string found_;
};

}  // namespace

Json find_org_id(const std::string& body) {
  Json found;
  if (body.find("org_id") == std::string::npos && body.find('\\') == std::string::npos) return found;
  Finder finder;
  rapidjson::Reader reader;
  rapidjson::MemoryStream memory{body.data(), body.size()};
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> in{memory};
  reader.Parse<rapidjson::kParseIterativeFlag>(in, finder);
  if (!OrgId::parse(finder.found())) return found;
  found.SetObject();
  found.AddMember("org_id", JsonValue{finder.found(), found.GetAllocator()}, found.GetAllocator());
  return found;
}

}  // namespace tenantd::api
