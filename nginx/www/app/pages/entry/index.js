// The doors: pages for who is not signed in yet, and those that mails lead to.
export const pages = [
  { path: '/sign-in', title: 'entry.sign_in', door: true, load: () => import('./sign_in.js') },
];
