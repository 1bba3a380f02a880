/** Line drawings of 24 units, by what they stand for. Always beside a word or under a label: they are hidden from readers. */
const PATHS = {
  overview: 'M4 13h6V4H4zM14 20h6V11h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  map: 'M4 6h3c6 0 4 12 10 12h3M4 18h3c6 0 4-12 10-12h3M4 12h16',
  blocked: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9.5 9.5l5 5M14.5 9.5l-5 5',
  policies: 'M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7',
  sensor:
    'M12 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.6 18.4a9 9 0 0 1 0-12.8M18.4 5.6a9 9 0 0 1 0 12.8',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4M8 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warning: 'M12 4l9 16H3zM12 10v4M12 17v.5',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 11v5M12 8v.5',
  down: 'M6 9l6 6 6-6',
  right: 'M9 6l6 6-6 6',
  left: 'M15 6l-6 6 6 6',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8 8 0 1 0 20 14.5',
  screen: 'M4 5h16v11H4zM9 20h6M12 16v4',
  leave: 'M14 4h5v16h-5M10 16l-4-4 4-4M6 12h9',
  filter: 'M4 6h16l-6 7v6l-4-2v-4z',
  table: 'M4 5h16v14H4zM4 10h16M4 15h16M10 5v14',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  refresh: 'M20 11a8 8 0 0 0-14-4L4 9M4 4v5h5M4 13a8 8 0 0 0 14 4l2-2M20 20v-5h-5',
  keyboard: 'M3 7h18v11H3zM7 11v.1M11 11v.1M15 11v.1M17.5 14v.1M8 15h7',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  flask: 'M10 3h4M11 3v6l-6 10a1.3 1.3 0 0 0 1 2h12a1.3 1.3 0 0 0 1-2L13 9V3M8 15h8',
  history: 'M4 12a8 8 0 1 0 3-6L4 8M4 4v4h4M12 8v5l3 2',
  undo: 'M9 14l-5-5 5-5M4 9h10a6 6 0 0 1 0 12h-3',
  plus: 'M12 5v14M5 12h14',
  weir: 'M3 7c3 0 3 2.5 6 2.5S12 7 15 7s3 2.5 6 2.5M3 12.5h18M7 12.5V18M12 12.5V20M17 12.5V18',
} as const;

export type IconName = keyof typeof PATHS;

/** One of them, in the colour of its text. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
