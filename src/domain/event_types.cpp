#include "tenantd/domain/event_types.hpp"

#include <algorithm>
#include <array>

#include "tenantd/domain/resources.hpp"

namespace tenantd {
namespace {

// A change that service::record tells of stands here, and in the list of src/modules/webhooks/README.md. The
// types of described resources follow from their names.
constexpr std::array kOwnTypes = {
    EventType{"api_key.created", "an API key was made"},
    EventType{"api_key.deleted", "an API key was ended"},
    EventType{"api_key.ending",
              "a key of the organization or of a service account ends soon; data says when"},
    EventType{"document.created", "a document was made"},
    EventType{"document.deleted", "a document was removed"},
    EventType{"document.updated", "a document's name, text or tags changed"},
    EventType{"document.uploaded", "a document's file has arrived"},
    EventType{"domain.created", "a domain was claimed"},
    EventType{"domain.deleted", "a claim of a domain was given up"},
    EventType{"domain.dropped", "a domain counts as proven no more: its record was missing for too long"},
    EventType{"domain.missed",
              "the record of a proven domain was not found; data says until when it still counts"},
    EventType{"domain.proven", "a domain's record was found: the domain is the organization's"},
    EventType{"identity.linked", "an identity of the provider leads to a member's account"},
    EventType{"identity_provider.created", "an identity provider was added"},
    EventType{"identity_provider.deleted", "an identity provider was removed"},
    EventType{"identity_provider.updated", "an identity provider changed"},
    EventType{"impersonation.ended", "a super-admin has stopped acting as a member"},
    EventType{"impersonation.started", "a super-admin acts as a member; data says why"},
    EventType{"invite.accepted", "an invited person has joined"},
    EventType{"invite.asked_again", "an invited person asks for a new one in place of an expired one"},
    EventType{"invite.created", "a person was invited"},
    EventType{"invite.declined", "an invited person does not want to join"},
    EventType{"invite.expired", "an invitation ran out"},
    EventType{"invite.resent", "an invitation was mailed again"},
    EventType{"invite.revoked", "an invitation was taken back"},
    EventType{"member.activated", "a member may act here again"},
    EventType{"member.deactivated", "a member may not act here any more, and stays one"},
    EventType{"member.imported", "a person came in by an import"},
    EventType{"member.provisioned",
              "a person who has an account joined by a first sign-in at the provider, or by the directory"},
    EventType{"member.removed", "a membership ended"},
    EventType{"member.role_changed", "a member has another role"},
    EventType{"oauth_client.created", "an OAuth client was registered"},
    EventType{"oauth_client.deleted", "an OAuth client was ended, with all that it held"},
    EventType{"oauth_client.secret_rotated", "an OAuth client has another secret"},
    EventType{"oauth_client.updated", "an OAuth client changed"},
    EventType{"organization.activated", "the organization's tokens and keys count again"},
    EventType{"organization.created", "the organization was made"},
    EventType{"organization.deactivated", "the organization's tokens and keys are refused"},
    EventType{"organization.ownership_transferred", "another member owns the organization"},
    EventType{"organization.reclaimed",
              "an owner's account came to its address's reader; what others had there is off"},
    EventType{"organization.updated", "name, slug or settings changed"},
    EventType{"project.created", "a project was made"},
    EventType{"project.deleted", "a project was removed"},
    EventType{"project.updated", "a project changed"},
    EventType{"purchase_request.approved", "a purchase request may be ordered"},
    EventType{"purchase_request.created", "a purchase request was drafted"},
    EventType{"purchase_request.deleted",
              "a draft was removed, by who asked for it or since nobody touched it for long"},
    EventType{"purchase_request.partially_received",
              "a part of what was requested is in stock; data says which"},
    EventType{"purchase_request.received", "what was requested has arrived and is in stock"},
    EventType{"purchase_request.rejected", "a purchase request was refused; data says why"},
    EventType{"purchase_request.submitted", "a purchase request waits for a decision"},
    EventType{"purchase_request.thresholds_changed", "other amounts want other approvers"},
    EventType{"purchase_request.updated", "a draft of a purchase request changed"},
    EventType{"purchase_request.withdrawn", "who asked does not want a decision yet: it is a draft again"},
    EventType{"role.created", "a role was made"},
    EventType{"role.deleted", "a role was removed"},
    EventType{"role.updated", "a role's name, description or permissions changed"},
    EventType{"scim_group.created", "the organization's directory has made a group"},
    EventType{"scim_group.deleted", "the organization's directory has removed a group"},
    EventType{"scim_group.updated",
              "a group of the organization's directory has another name or other members"},
    EventType{"scim_roles.updated", "other groups of the organization's directory give roles"},
    EventType{"scim_user.updated", "the organization's directory says something else of a person"},
    EventType{"service_account.created", "a service account was made"},
    EventType{"service_account.deleted", "a service account was ended, with its keys"},
    EventType{"service_account.refused",
              "a key of a service account was shown from outside its networks; told once an hour"},
    EventType{"service_account.rotated",
              "a service account has another key; data says when those of before end"},
    EventType{"service_account.updated",
              "what a service account may do, its networks, its status or its description changed"},
    EventType{"sso.bypassed", "an owner signed in without the provider that members must use"},
    EventType{"sso.enforced", "members with addresses of proven domains sign in by the provider alone"},
    EventType{"sso.released", "members may sign in in every way again"},
    EventType{"stock.low", "a product has come to its reorder level or under it"},
    EventType{"stock.moved", "stock was taken, brought, counted or moved"},
    EventType{"stream.created", "a stream was made"},
    EventType{"stream.deleted", "a stream was removed"},
    EventType{"stream.secret_rotated", "a stream has another secret"},
    EventType{"stream.suspended", "a stream is paused: who answered for it may not make one any more"},
    EventType{"stream.test", "somebody tries a stream; it comes in its place in the order"},
    EventType{"stream.updated", "a stream's receiver, contents or status changed"},
    EventType{"user.created", "an account was made in the organization"},
    EventType{"user.provisioned",
              "an account was made by a first sign-in at the provider, or by the directory"},
    EventType{"user.updated", "a member's profile changed"},
    EventType{"webhook.created", "a webhook was made; the first thing that it hears of"},
    EventType{"webhook.deleted", "a webhook was removed"},
    EventType{"webhook.delivery_replayed", "an event is sent to a webhook once more"},
    EventType{"webhook.secret_rotated", "a webhook has another secret"},
    EventType{"webhook.suspended", "a webhook is paused: who answered for it may not make one any more"},
    EventType{"webhook.test", "somebody tries a webhook; no other one gets it"},
    EventType{"webhook.updated", "a webhook's address, events or status changed"},
};

constexpr bool begins_with_vowel(std::string_view name) {
  return std::string_view{"aeiou"}.find(name.front()) != std::string_view::npos;
}

constexpr std::array kResourceTypes = {
#define TENANTD_EVENT(one, what, words) \
  EventType { #one "." what, begins_with_vowel(#one) ? "an " #one " " words : "a " #one " " words }
#define TENANTD_EVENTS(X, one, many)                                                       \
  TENANTD_EVENT(one, "created", "was made"), TENANTD_EVENT(one, "deleted", "was removed"), \
      TENANTD_EVENT(one, "updated", "changed"),
    TENANTD_RESOURCES(TENANTD_EVENTS, )
#undef TENANTD_EVENTS
#undef TENANTD_EVENT
};

constexpr bool comes_before(const EventType& a, const EventType& b) { return a.name < b.name; }
static_assert(std::is_sorted(kOwnTypes.begin(), kOwnTypes.end(), comes_before),
              "in the order of their names");

constexpr auto all_types() {
  std::array<EventType, kOwnTypes.size() + kResourceTypes.size()> all;
  std::copy(kOwnTypes.begin(), kOwnTypes.end(), all.begin());
  std::copy(kResourceTypes.begin(), kResourceTypes.end(), all.begin() + kOwnTypes.size());
  std::sort(all.begin(), all.end(), comes_before);
  return all;
}
constexpr auto kTypes = all_types();

// webhook.events is a VARCHAR(4000): every name, each with its comma, must fit.
constexpr std::size_t all_names() {
  std::size_t length = 0;
  for (const auto& type : kTypes) length += type.name.size() + 1;
  return length;
}
static_assert(all_names() <= 4000);

}  // namespace

std::span<const EventType> event_types() { return kTypes; }

bool is_event_type(std::string_view name) {
  return std::binary_search(kTypes.begin(), kTypes.end(), EventType{name, {}}, comes_before);
}

}  // namespace tenantd
