// What goes through shared memory and through the client's hands: cached principals and cursors.
#include <criterion/criterion.h>

#include <limits>
#include <string>

#include "support/check.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/principal_codec.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/shm/session_cache.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

api::CachedToken full_token() {
  api::CachedToken token;
  token.claims = {crypto::new_id<UserId>(), crypto::new_id<SessionId>(), crypto::new_id<OrgId>(),
                  crypto::new_id<UserId>(), from_unix(1'700'000'000),    from_unix(1'700'000'900)};
  auto& p = token.principal;
  p.session = token.claims.session;
  p.session_ends_at = from_unix(1'700'600'000);
  p.user = {token.claims.user,
            "ada@example.com",
            R"({"name":"Ada","note":"\u0000"})",
            Status::inactive,
            true,
            from_unix(1'600'000'000),
            true,
            from_unix(1'500'000'000),
            from_unix(1'500'000'001)};
  p.organization = OrganizationRecord{*token.claims.org,
                                      std::string{"Ac\0me \xC3\xA4", 8},
                                      "acme",
                                      Status::inactive,
                                      true,
                                      true,
                                      from_unix(1),
                                      from_unix(2)};
  p.role = {crypto::new_id<RoleId>(), "owner",
            PermissionSet{PermissionSet::Words{0x8000'0000'0000'0001U, 2, 3, 0x8000'0000'0000'0004U}},
            from_unix(1'700'000'500)};
  p.member_since = from_unix(3);
  p.api_key = crypto::new_id<ApiKeyId>();
  p.account = AccountAccess{crypto::new_id<ServiceAccountId>(), "Nightly export",
                            Networks::parse("203.0.113.0/24,2001:db8::/32"), from_unix(1'700'000'600)};
  return token;
}

api::CachedToken bare_token() {
  auto token = full_token();
  token.claims.org.reset();
  token.claims.actor.reset();
  token.principal.api_key.reset();
  token.principal.account.reset();
  token.principal.organization.reset();
  token.principal.role = {};
  token.principal.member_since = {};
  token.principal.user.email_verified_at.reset();
  token.principal.user.email.clear();
  return token;
}

void expect_same(const api::CachedToken& a, const api::CachedToken& b) {
  require(a.claims.user == b.claims.user && a.claims.session == b.claims.session, "sub, sid");
  require(a.claims.org == b.claims.org && a.claims.actor == b.claims.actor, "org, act");
  require(a.claims.issued_at == b.claims.issued_at && a.claims.expires_at == b.claims.expires_at, "iat, exp");
  const auto& p = a.principal;
  const auto& q = b.principal;
  require(p.session == q.session && p.session_ends_at == q.session_ends_at, "session");
  require(p.api_key == q.api_key, "API key");
  require(p.account.has_value() == q.account.has_value(), "service account");
  if (p.account)
    require(p.account->id == q.account->id && p.account->name == q.account->name &&
                p.account->networks == q.account->networks && p.account->refused_at == q.account->refused_at,
            "what its networks are");
  require(p.user.id == q.user.id && p.user.email == q.user.email && p.user.profile == q.user.profile, "user");
  require(p.user.status == q.user.status && p.user.is_super == q.user.is_super, "user's status");
  require(p.user.email_verified_at == q.user.email_verified_at && p.user.mfa_enabled == q.user.mfa_enabled,
          "verified, second factor");
  require(p.user.created_at == q.user.created_at && p.user.updated_at == q.user.updated_at, "user's times");
  require(p.organization.has_value() == q.organization.has_value(), "organization");
  if (p.organization) {
    const auto& o = *p.organization;
    const auto& r = *q.organization;
    require(o.id == r.id && o.name == r.name && o.slug == r.slug && o.status == r.status &&
                o.personal == r.personal && o.require_mfa == r.require_mfa,
            "it");
    require(o.created_at == r.created_at && o.updated_at == r.updated_at, "its times");
  }
  require(p.role.id == q.role.id && p.role.name == q.role.name && p.role.permissions == q.role.permissions &&
              p.role.expires_at == q.role.expires_at,
          "role");
  require(p.member_since == q.member_since, "member since");
}

api::Page page_of(const std::string& cursor) {
  api::Json query;
  query.SetObject();
  query.AddMember("cursor", api::JsonValue{cursor, query.GetAllocator()}, query.GetAllocator());
  return api::page_of(query);
}

}  // namespace

Test(principal_codec, a_token_with_everything_is_read_back_whole) {
  const auto token = full_token();
  const auto back = api::decode_token(api::encode_token(token));
  require(back.has_value(), "decoded");
  expect_same(token, *back);
}

Test(principal_codec, a_token_without_organization_actor_or_verification_is_read_back_whole) {
  const auto token = bare_token();
  const auto back = api::decode_token(api::encode_token(token));
  require(back.has_value(), "decoded");
  expect_same(token, *back);
}

Test(principal_codec, bytes_that_were_cut_anywhere_are_refused) {
  for (const auto& token : {full_token(), bare_token()}) {
    const auto bytes = api::encode_token(token);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      require(!api::decode_token(std::string_view{bytes}.substr(0, size)), std::to_string(size) + " bytes");
  }
}

Test(principal_codec, bytes_after_the_end_are_refused) {
  for (const auto& token : {full_token(), bare_token()}) {
    const auto bytes = api::encode_token(token);
    require(!api::decode_token(bytes + '\0') && !api::decode_token(bytes + bytes), "more");
  }
}

Test(principal_codec, a_length_beyond_the_bytes_is_refused) {
  const auto bytes = api::encode_token(full_token());
  // user, session, org, actor, three times: then the length of the address.
  constexpr std::size_t kAt = 4 * 16 + 3 * 8;
  for (const std::int64_t length : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max(), std::int64_t{1} << 32}) {
    auto changed = bytes;
    changed.replace(kAt, sizeof length, reinterpret_cast<const char*>(&length), sizeof length);
    require(!api::decode_token(changed), std::to_string(length));
  }
}

Test(principal_codec, random_bytes_never_crash_it) {
  for (std::size_t size = 0; size < 512; ++size) api::decode_token(crypto::random_bytes(size));
  const auto bytes = api::encode_token(full_token());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    api::decode_token(changed);
  }
}

Test(principal_codec, a_usual_token_fits_into_the_cache) {
  auto token = full_token();
  token.principal.account.reset();
  token.principal.user.email = std::string(254, 'e');
  token.principal.organization->name = std::string(200, 'n');
  token.principal.organization->slug = std::string(63, 's');
  token.principal.role.name = std::string(64, 'r');
  token.principal.user.profile = '{' + std::string(900, ' ') + '}';
  require(api::encode_token(token).size() <= shm::SessionCache::kValueBytes, "fits");
}

Test(cursor, a_cursor_is_read_back_as_the_place_it_names) {
  for (const std::int64_t seconds :
       {std::int64_t{0}, std::int64_t{1'700'000'000}, std::int64_t{253'402'300'799}}) {
    const auto id = crypto::new_id<UserId>();
    const auto page = page_of(api::make_cursor({from_unix(seconds), id.bytes()}));
    require(page.from.has_value() && page.from->time == from_unix(seconds) && page.from->id == id.bytes(),
            "the same");
  }
}

Test(cursor, a_cursor_is_short_and_safe_in_a_query) {
  for (int i = 0; i < 100; ++i) {
    const auto cursor = api::make_cursor({from_unix(1'700'000'000 + i), crypto::new_id<UserId>().bytes()});
    require(cursor.size() <= 64, cursor);
    require(cursor.find_first_of("+/=%&?# ") == std::string::npos, cursor);
  }
}

Test(cursor, what_is_no_cursor_is_refused_by_name) {
  const auto whole = api::make_cursor({from_unix(1), crypto::new_id<UserId>().bytes()});
  for (const std::string& garbage :
       {std::string{}, std::string{"x"}, std::string{"not a cursor"}, whole + "A", whole + "=",
        whole.substr(1), whole.substr(0, whole.size() - 1), base64url_encode(std::string(25, 'x')),
        base64url_encode(std::string(23, 'x')), std::string(32, '+'), std::string(32, '\xC3')}) {
    try {
      page_of(garbage);
      require(false, garbage);
    } catch (const ApiError& e) {
      require(e.code() == ErrorCode::validation_failed, garbage);
      require_equal(e.fields().at(0).pointer, "?cursor", garbage);
    }
  }
}

Test(cursor, a_query_without_one_begins_at_the_start) {
  api::Json query;
  query.SetObject();
  const auto page = api::page_of(query);
  require(!page.from && page.limit == 50 && !page.include_total, "the first page");
}
