#include "tenantd/config/retention.hpp"

#include <array>
#include <stdexcept>

namespace tenantd {
namespace {

using enum Keeping;

constexpr Seconds kKnownOrigins{90 * 86400};  // what LOGIN_ALERT says of a new device

constexpr Retained with(std::string_view table, Keeping keeping) { return {table, table, keeping}; }

constexpr std::array kRetained = {
    Retained{"audit", "audit_log", after_making, "AUDIT_SECONDS", &Settings::audit_seconds, {}, true},
    Retained{"events", "event", after_making, "EVENT_SECONDS", &Settings::event_seconds, {}, true},
    Retained{"account_events", "account_event", after_making, "ACCOUNT_EVENT_SECONDS",
             &Settings::account_event_seconds},
    Retained{"outbox", "outbox", after_making, "SENT_MAIL_SECONDS", &Settings::sent_mail_seconds},
    Retained{"dead_mails", "outbox", after_making, "DEAD_MAIL_SECONDS", &Settings::dead_mail_seconds},
    Retained{"deliveries", "webhook_delivery", after_making, "DELIVERY_SECONDS", &Settings::delivery_seconds},
    Retained{"dead_deliveries", "webhook_delivery", after_making, "DEAD_DELIVERY_SECONDS",
             &Settings::dead_delivery_seconds},
    Retained{"invites", "invite", after_end, "INVITE_KEEP_SECONDS", &Settings::invite_keep_seconds},
    Retained{"sessions", "session", after_end, "SESSION_IDLE_SECONDS"},
    Retained{"session_cuts", "session_cut", after_making, {}, nullptr, kSessionCutsKept},
    Retained{"tokens", "one_time_token", after_end},
    Retained{"mailed_codes", "mailed_code", after_end},
    Retained{"passkey_challenges", "passkey_challenge", after_end},
    Retained{"oauth_states", "oauth_state", after_end, "OAUTH_STATE_SECONDS"},
    Retained{"social_states", "social_state", after_end, "OAUTH_STATE_SECONDS"},
    Retained{"oauth_codes", "oauth_code", after_end, "USED_CODE_SECONDS", &Settings::used_code_seconds},
    Retained{"oauth_devices", "oauth_device", after_end, "USED_CODE_SECONDS", &Settings::used_code_seconds},
    Retained{"oauth_assertions", "oauth_assertion", after_end},
    Retained{"idempotency", "idempotency", after_end, "IDEMPOTENCY_SECONDS"},
    Retained{"budgets", "budget", after_end},
    Retained{"known_networks", "known_network", after_use, {}, nullptr, kKnownOrigins},
    Retained{"known_devices", "known_device", after_use, {}, nullptr, kKnownOrigins},
    Retained{"uploads", "document", after_end, "UPLOAD_SECONDS"},
    Retained{"runs", "sweep_run", after_making, "SWEEP_RUN_SECONDS", &Settings::sweep_run_seconds},
    Retained{"requests", "sweep_request", after_end, "SWEEP_RUN_SECONDS", &Settings::sweep_run_seconds},
    Retained{"import_runs",
             "import_run",
             after_making,
             "IMPORT_RUN_SECONDS",
             &Settings::import_run_seconds,
             {},
             true},
    with("organization", with_organization),
    with("organization_turn", with_organization),
    with("organization_usage", with_organization),
    with("organization_count", with_organization),
    with("role", with_organization),
    with("member", with_organization),
    with("member_total", with_organization),
    with("member_count", with_organization),
    with("member_text", with_organization),
    with("former_member", with_organization),
    with("api_key", with_organization),
    with("service_account", with_organization),
    with("identity_provider", with_organization),
    with("provider_group", with_organization),
    with("domain", with_organization),
    with("oauth_client", with_organization),
    with("oauth_resource", with_organization),
    with("scim_setup", with_organization),
    with("scim_user", with_organization),
    with("scim_group", with_organization),
    with("scim_group_member", with_organization),
    with("scim_group_role", with_organization),
    with("webhook", with_organization),
    with("webhook_backlog", with_organization),
    with("stream", with_organization),
    with("stream_position", with_organization),
    with("change_head", with_organization),
    with("audit_start", with_organization),
    with("audit_redaction", with_organization),
    with("project", with_organization),
    with("document", with_organization),
    with("supplier", with_organization),
    with("warehouse", with_organization),
    with("product", with_organization),
    with("stock_level", with_organization),
    with("stock_movement", with_organization),
    with("approval_threshold", with_organization),
    with("purchase_request", with_organization),
    with("purchase_request_line", with_organization),
    with("purchase_request_step", with_organization),
    with("purchase_request_counter", with_organization),
    with("user", with_account),
    with("identity", with_account),
    with("totp", with_account),
    with("recovery_code", with_account),
    with("passkey", with_account),
    with("oauth_consent", with_account),
    with("client_session", with_account),
    with("sso_bypass", with_account),
    with("suppression", for_ever),
    with("erasure", for_ever),
    with("oauth_logout", bounded),
    with("oauth_client_gone", bounded),
    with("oauth_registration_token", bounded),
    with("file_removal", bounded),
    with("job_run", bounded),
    with("invalidation", bounded),
    with("invalidation_ack", bounded),
    with("host", bounded),
    with("setup_link", bounded),
    with("deployment", bounded),
    with("kept", bounded),
    with("unfilled", bounded),
    with("version", bounded),
    with("definition", bounded),
    with("migration_lock", bounded),
};

}  // namespace

std::string_view name_of(Keeping keeping) {
  switch (keeping) {
    case after_making: return "after_making";
    case after_use: return "after_use";
    case after_end: return "after_end";
    case with_organization: return "with_organization";
    case with_account: return "with_account";
    case bounded: return "bounded";
    case for_ever: return "for_ever";
  }
  throw std::logic_error("no such keeping");
}

bool Retained::goes_by_time() const {
  return keeping == after_making || keeping == after_use || keeping == after_end;
}

std::optional<Seconds> Retained::kept(const Settings& settings) const {
  if (!goes_by_time()) return std::nullopt;
  const auto after = seconds == nullptr ? fixed : Seconds{settings.*seconds};
  if (zero_is_ever && after.count() == 0) return std::nullopt;
  return after;
}

std::span<const Retained> retained() { return kRetained; }

}  // namespace tenantd
