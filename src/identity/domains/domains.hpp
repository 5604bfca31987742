// Domains of an organization: claimed, proven by a TXT record, proven again, given up.
#pragma once

#include <string>

#include "identity/domains/domains_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// `typed`: as somebody wrote it. Throws ApiError: validation_failed (no domain, or one that nobody can
// claim), conflict (claimed already), limit_reached.
store::Domain claim_domain(const Work& work, const std::string& typed);

// Looks its record up, and proves the domain if the record is there. Waits for name servers, while nothing is
// locked and no transaction is open: a claim that was made before is given up. Of two organizations whose
// records are there one proves it. Throws ApiError: not_found, domain_unproven, domain_taken,
// dns_unavailable, rate_limited.
store::Domain verify_domain(const Work& work, DomainId id);

// The domain means nothing here any more, at once. Throws ApiError(not_found).
void give_up_domain(const Work& work, DomainId id);

}  // namespace tenantd::service
