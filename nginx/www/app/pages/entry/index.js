// The doors: pages for who is not signed in yet, and those that mails lead to.
const door = (path, title, load) => ({ path, title, door: true, load });

export const pages = [
  door('/sign-in', 'entry.sign_in', () => import('./sign_in.js')),
  door('/sign-up', 'entry.sign_up', () => import('./sign_up.js')),
  door('/setup', 'entry.setup', () => import('./setup.js')),
  door('/invite', 'entry.invitation', () => import('./invite.js')),
  door('/reset', 'entry.reset', () => import('./reset.js')),
  door('/verify', 'entry.verify', () => import('./verify.js')),
  door('/unlock', 'entry.unlock', () => import('./unlock.js')),
  door('/app/authorize', 'oauth.sign_in', () => import('./authorize.js')),
  door('/app/device', 'oauth.device', () => import('./device.js')),
  door('/app/sign-out', 'oauth.sign_out', () => import('./sign_out.js')),
  door('/sso', 'entry.signing_in', () => import('./sso.js')),
  door('/sso/:organization/:provider', 'entry.signing_in', () => import('./sso.js')),
];
