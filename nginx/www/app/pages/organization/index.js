// The organization: its people and roles, how it is run, what has happened.
const page = (path, title, needs, icon, load, menu = true) => ({ path, title, needs, icon, load, menu, group: 'organization' });

export const pages = [
  page('/app/members/invite', 'organization.invite_many', 'users:invite', 'mail', () => import('./invite.js'), false),
  page('/app/members/:id', 'organization.member', 'users:read', 'person', () => import('./member.js'), false),
  page('/app/members', 'organization.members', ['users:read', 'users:invite'], 'people', () => import('./members.js')),
  page('/app/roles/new', 'organization.new_role', 'roles:create', 'shield', () => import('./role.js'), false),
  page('/app/roles/:id', 'organization.role', 'roles:read', 'shield', () => import('./role.js'), false),
  page('/app/roles', 'organization.roles', 'roles:read', 'shield', () => import('./roles.js')),
  page('/app/organization', 'organization.settings', 'tenant:manage', 'settings', () => import('./settings.js')),
  page('/app/organization/ownership', 'organization.ownership', ['tenant:transfer', 'tenant:delete'], 'key', () => import('./ownership.js')),
  page('/app/audit', 'organization.audit', 'audit:read', 'file', () => import('./audit.js')),
  page('/app/providers/new', 'organization.new_provider', 'identity_providers:manage', 'link', () => import('./provider_wizard.js'), false),
  page('/app/providers/tested', 'sign_in_test.title', 'identity_providers:manage', 'link', () => import('./sign_in_test.js'), false),
  page('/app/providers/own/:id', 'organization.provider', 'identity_providers:manage', 'link', () => import('./own_provider.js'), false),
  page('/app/providers/:id', 'organization.provider', 'identity_providers:manage', 'link', () => import('./provider.js'), false),
  page('/app/providers', 'organization.providers', 'identity_providers:manage', 'link', () => import('./providers.js')),
  page('/app/provisioning', 'scim.title', 'identity_providers:manage', 'refresh', () => import('./provisioning.js')),
  page('/app/domains', 'domains.title', 'domains:manage', 'link', () => import('./domains.js')),
  page('/app/statistics', 'organization.statistics', 'stats:read', 'chart', () => import('./statistics.js')),
];
