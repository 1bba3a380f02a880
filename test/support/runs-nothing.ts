/** Whether anything that stood in a text has become part of a page, or has run. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** Dialogs that the page opens from now on; each is closed. */
export function dialogsOf(page: Page): readonly string[] {
  const seen: string[] = [];
  page.on('dialog', (dialog) => {
    seen.push(dialog.message());
    dialog.dismiss().catch(() => {}); // the page may be gone by then
  });
  return seen;
}

/** Runs in the page, which has other globals than the tests: a text. Gives a line for each thing that should not be there. */
const LOOK = `(() => {
  const wrong = [];
  if ('ran' in globalThis) wrong.push('a script ran');
  const isOwn = (value) => {
    try {
      return new URL(value, location.href).origin === location.origin;
    } catch {
      return false;
    }
  };
  const strange = 'img, image, iframe, object, embed, video, audio, marquee, base, style, template, math, foreignObject, animate, slot, meta[http-equiv]';
  const look = (root) => {
    for (const element of root.querySelectorAll(strange)) wrong.push(element.outerHTML.slice(0, 120));
    for (const element of root.querySelectorAll('script, link')) {
      const { pathname } = new URL(element.src ?? element.href, location.href);
      if (!pathname.startsWith('/assets/')) wrong.push(element.outerHTML.slice(0, 120));
    }
    for (const element of root.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        if (/^on/i.test(name)) wrong.push(element.tagName + ' has ' + name);
        if (/^(?:href|src|action|formaction|xlink:href|data)$/i.test(name) && !isOwn(value)) {
          wrong.push(element.tagName + ' leads away by ' + name + ': ' + value.slice(0, 60));
        }
      }
      if (element.shadowRoot !== null) look(element.shadowRoot);
    }
  };
  look(document);
  return wrong;
})()`;

/** Fails where a script ran, or an element or attribute is there that the pages do not make. */
export async function assertNothingRan(page: Page, where: string): Promise<void> {
  assert.deepEqual(await page.evaluate(LOOK), [], where);
}
