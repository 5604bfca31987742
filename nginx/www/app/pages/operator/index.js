// For those who run the service: how it is, its tenants and people, its mail, what was done.
const page = (path, title, icon, load, menu = true) => ({ path, title, icon, load, menu, needs: 'super_admin', group: 'operator' });

export const pages = [
  page('/app/operator', 'operator.overview', 'pulse', () => import('./overview.js')),
  page('/app/operator/checklist', 'operator.checklist', 'check', () => import('./checklist.js')),
  page('/app/operator/growth', 'operator.growth', 'chart', () => import('./growth.js')),
  page('/app/operator/tenants', 'operator.tenants', 'building', () => import('./tenants.js')),
  page('/app/operator/tenants/:id', 'operator.tenant', 'building', () => import('./tenant.js'), false),
  page('/app/operator/users', 'operator.users', 'people', () => import('./users.js')),
  page('/app/operator/problems', 'operator.problem_users', 'alert', () => import('./problem_users.js')),
  page('/app/operator/threats', 'operator.threats', 'shield', () => import('./threats.js')),
  page('/app/operator/mail', 'operator.mail', 'mail', () => import('./mail.js')),
  page('/app/operator/maintenance', 'operator.maintenance', 'refresh', () => import('./maintenance.js')),
  page('/app/operator/limits', 'operator.limits', 'settings', () => import('./limits.js')),
  page('/app/operator/oauth-clients/new', 'oauth.new_client', 'key', () => import('./new_client.js'), false),
  page('/app/operator/oauth-clients', 'oauth.own_clients', 'key', () => import('./clients.js')),
  page('/app/operator/streams/new', 'streams.new', 'pulse', () => import('./new_stream.js'), false),
  page('/app/operator/streams', 'streams.system_title', 'pulse', () => import('./streams.js')),
  page('/app/operator/audit', 'operator.audit', 'file', () => import('./audit.js')),
];
