/** The values of the design for what is drawn on canvas, which knows no custom properties. */

/** The colour of a custom property as it holds now, in light or dark. */
export function colourOf(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  probe.hidden = true;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
