// Line drawings, 24 × 24, decoration only: the words beside them say it.
import { html } from '../dom.js';

const kPaths = {
  alert: 'M12 4 2.5 20h19zM12 10v4.5M12 17.4v.1',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4',
  box: 'M4 7.5 12 3l8 4.5v9L12 21l-8-4.5zM4 7.5l8 4.5 8-4.5M12 12v9',
  building: 'M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3',
  cart: 'M3 4h2.5l2 11h10l2-8H6.5M9 19.5v.1M16 19.5v.1',
  chart: 'M4 20V4M4 20h16M8 16v-4M12.5 16V8M17 16v-6',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  chevron: 'm6 9.5 6 6 6-6',
  close: 'm6 6 12 12M18 6 6 18',
  code: 'm8 7-5 5 5 5M16 7l5 5-5 5',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  download: 'M12 4v11m-4.5-4.5L12 15l4.5-4.5M4 20h16',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  folder: 'M3 6h6l2 2.5h10V19H3z',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  hook: 'M12 5v7M12 3v.1M12 12a4.5 4.5 0 1 1-7 3.7M19 15.7A4.5 4.5 0 0 1 13.500 20',
  home: 'M4 11 12 4l8 7v9h-5.5v-5h-5v5H4z',
  inbox: 'M4 13 6.500 5h11L20 13v6H4zM4 13h5l1 2.500h4l1-2.500h5',
  key: 'M14.500 9.500a4.500 4.500 0 1 0-3.200 4.300L13 15.500h2.500V18H18v2.500h3V17l-6.700-6.200a4.500 4.500 0 0 0 .2-1.300zM8.500 9v.1',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  lock: 'M5 11h14v9H5zM8 11V8a4 4 0 0 1 8 0v3',
  mail: 'M3 6h18v12H3zM3 7l9 6 9-6',
  menu: 'M4 7h16M4 12h16M4 17h16',
  more: 'M12 4.700a.8.8 0 1 0 0 1.600.8.8 0 0 0 0-1.600zM12 11.200a.8.8 0 1 0 0 1.600.8.8 0 0 0 0-1.600zM12 17.700a.8.8 0 1 0 0 1.600.8.8 0 0 0 0-1.600z',
  people: 'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 20c0-4 2.700-6 6-6s6 2 6 6M16 11a3 3 0 0 0 0-6M17.500 14.300c2.200.7 3.500 2.600 3.500 5.700',
  person: 'M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c0-4.200 3.300-6.500 7.500-6.500s7.500 2.300 7.500 6.500',
  plus: 'M12 5v14M5 12h14',
  pulse: 'M3 12h4l3-7 4 14 3-7h4',
  refresh: 'M20 11a8 8 0 0 0-14.500-3.500L4 9M4 4v5h5M4 13a8 8 0 0 0 14.500 3.500L20 15M20 20v-5h-5',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5',
  shield: 'M12 3l8 3v6c0 5-3.500 8-8 9.500C7.500 20 4 17 4 12V6z',
  trash: 'M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13M10 11v5M14 11v5',
  upload: 'M12 15V4m-4.500 4.500L12 4l4.500 4.500M4 20h16',
  warehouse: 'M3 20V9l9-5 9 5v11M7 20v-8h10v8M7 16h10',
};

export function Icon({ name, size = 20 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
    stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${kPaths[name] || kPaths.more} /></svg>`;
}
