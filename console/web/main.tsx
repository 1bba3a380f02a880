/** The console's pages: puts them into the document and starts what they all share. */
import { render } from 'preact';
import { Shell } from './shell.tsx';
import { startLive } from './state/live.ts';
import { followLinks } from './state/route.ts';
import { askSession } from './state/session.ts';
import './state/theme.ts';

const root = document.getElementById('app');
if (root !== null) {
  followLinks(root);
  startLive();
  void askSession();
  render(<Shell />, root);
}
