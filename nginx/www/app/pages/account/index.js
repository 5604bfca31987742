// One's own account.
const page = (path, title, icon, load, menu = true) => ({ path, title, icon, load, menu, group: 'account' });

export const pages = [
  page('/app/account', 'account.profile', 'person', () => import('./profile.js')),
  page('/app/account/security', 'account.security', 'shield', () => import('./security.js')),
  page('/app/account/sessions', 'account.sessions', 'globe', () => import('./sessions.js')),
  page('/app/account/apps', 'oauth.apps', 'globe', () => import('./apps.js')),
  page('/app/account/organizations', 'account.organizations', 'building', () => import('./organizations.js')),
  page('/app/account/data', 'account.data', 'download', () => import('./data.js')),
];
