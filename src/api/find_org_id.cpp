#include "find_org_id.hpp"

namespace tenantd::api {

Json find_org_id(const std::string& body) {
  Json found;
  if (body.find("org_id") == std::string::npos && body.find('\\') == std::string::npos) return found;
  // The first counts; a body that names a member twice is refused when it is parsed.
  const auto id = json::find_text(body, "org_id");
  if (!OrgId::parse(id)) return found;
  found.SetObject();
  found.AddMember("org_id", JsonValue{id, found.GetAllocator()}, found.GetAllocator());
  return found;
}

}  // namespace tenantd::api
