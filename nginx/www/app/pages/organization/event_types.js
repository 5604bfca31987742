// What can happen in an organization, by the names that the API has for it.
const kBasic = ['created', 'deleted', 'updated'];
const kTypes = {
  api_key: ['created', 'deleted', 'ending'],
  document: [...kBasic, 'uploaded'],
  identity: ['linked'],
  identity_provider: kBasic,
  impersonation: ['ended', 'started'],
  invite: ['accepted', 'asked_again', 'created', 'declined', 'expired', 'resent', 'revoked'],
  member: ['activated', 'deactivated', 'imported', 'provisioned', 'removed', 'role_changed'],
  organization: ['activated', 'created', 'deactivated', 'ownership_transferred', 'reclaimed', 'updated'],
  product: kBasic,
  project: kBasic,
  purchase_request: ['approved', 'created', 'deleted', 'partially_received', 'received', 'rejected', 'submitted', 'thresholds_changed', 'updated', 'withdrawn'],
  role: kBasic,
  service_account: [...kBasic, 'refused', 'rotated'],
  stock: ['low', 'moved'],
  supplier: kBasic,
  user: ['created', 'provisioned', 'updated'],
  warehouse: kBasic,
  webhook: ['created', 'deleted', 'delivery_replayed', 'secret_rotated', 'suspended', 'updated'],
};

export const eventTypes = Object.entries(kTypes).map(([resource, happened]) => [resource, happened.map((each) => `${resource}.${each}`)]);
export const eventNames = eventTypes.flatMap(([, names]) => names);

// What stands in an organization's audit log besides: changes of its people's own accounts, and what is no event.
const kAuditOnly = {
  account: ['taken_over', 'unlocked'],
  alerts: ['changed'],
  audit: ['exported'],
  email: ['change_requested', 'changed', 'verified'],
  identity: ['unlinked'],
  mail: ['suppressed'],
  mfa: ['disabled', 'enabled', 'enrollment_started', 'recovery_code_used', 'recovery_codes_renewed'],
  organization: ['deleted', 'settings_read'],
  passkey: ['added', 'cloned', 'removed', 'renamed'],
  password: ['changed', 'reset'],
  session: ['all_ended', 'ended', 'token_reused'],
  webhook: ['test'],
};

export const auditActions = [...eventNames, ...Object.entries(kAuditOnly).flatMap(([resource, happened]) => happened.map((each) => `${resource}.${each}`))].sort();
