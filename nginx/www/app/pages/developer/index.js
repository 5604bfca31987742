// For programs: keys, webhooks, and how to begin.
const page = (path, title, needs, icon, load, menu = true) => ({ path, title, needs, icon, load, menu, group: 'developer' });
const member = (who) => who.organization;

export const pages = [
  page('/app/developer', 'developer.first_call', member, 'code', () => import('./first_call.js')),
  page('/app/api-keys/new', 'developer.new_key', 'api_keys:manage', 'key', () => import('./new_key.js'), false),
  page('/app/api-keys', 'developer.keys', 'api_keys:manage', 'key', () => import('./keys.js')),
  page('/app/service-accounts/new', 'service_accounts.new', 'api_keys:manage', 'key', () => import('./account_edit.js'), false),
  page('/app/service-accounts/:id/edit', 'service_accounts.change', 'api_keys:manage', 'key', () => import('./account_edit.js'), false),
  page('/app/service-accounts/:id', 'service_accounts.one', 'api_keys:manage', 'key', () => import('./account.js'), false),
  page('/app/service-accounts', 'service_accounts.title', 'api_keys:manage', 'key', () => import('./accounts.js')),
  page('/app/oauth-clients/new', 'oauth.new_client', 'oauth_clients:manage', 'key', () => import('./new_client.js'), false),
  page('/app/oauth-clients', 'oauth.clients', 'oauth_clients:manage', 'key', () => import('./clients.js')),
  page('/app/webhooks/new', 'developer.new_webhook', 'webhooks:manage', 'hook', () => import('./webhook_edit.js'), false),
  page('/app/webhooks/:id/edit', 'developer.change_webhook', 'webhooks:manage', 'hook', () => import('./webhook_edit.js'), false),
  page('/app/webhooks/:id', 'developer.webhook', 'webhooks:manage', 'hook', () => import('./webhook.js'), false),
  page('/app/webhooks', 'developer.webhooks', 'webhooks:manage', 'hook', () => import('./webhooks.js')),
  page('/app/streams/new', 'streams.new', 'streams:manage', 'pulse', () => import('./new_stream.js'), false),
  page('/app/streams', 'streams.title', 'streams:manage', 'pulse', () => import('./streams.js')),
  page('/app/developer/verify', 'developer.verify', member, 'shield', () => import('./verify.js')),
];
