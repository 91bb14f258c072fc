// Shows the description of this server. The viewer makes HTML of the description's Markdown: plain elements without
// attributes get through, and anything else is shown as the text that it is.
const PLAIN = /<(?!\/?(?:p|code|em|strong|ul|ol|li|pre|br)>)/;

globalThis.trustedTypes?.createPolicy("default", {
  createHTML: (html) => (PLAIN.test(html) ? html.replaceAll("<", "&lt;") : html),
});

// The viewer has dark colours, under a class.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

/** What the viewer leaves out for people who do not see it (version 5.35): names, and what is a heading of which level. */
const MISSING = [
  ["select#servers", "aria-label", "Server"],
  ["select.content-type", "aria-label", "Media type"],
  ["textarea.body-param__text", "aria-label", "Body of the request"],
  ["h3.opblock-tag", "aria-level", "2"],
  ["h4.opblock-title", "aria-level", "3"],
  [".models > h4", "aria-level", "2"],
  [".information-container", "role", "region"],
  [".information-container", "aria-label", "About"],
  [".schemes-server-container", "role", "region"],
  [".schemes-server-container", "aria-label", "Server and token"],
];

function complete() {
  for (const [selector, name, value] of MISSING) {
    for (const element of document.querySelectorAll(`${selector}:not([${name}])`)) element.setAttribute(name, value);
  }
  // A link inside a button. The button does the same, and the address follows it.
  for (const link of document.querySelectorAll(".opblock-summary-control a[href]")) link.removeAttribute("href");
}

new MutationObserver(complete).observe(document.getElementById("reference"), { childList: true, subtree: true });

globalThis.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  requestSnippetsEnabled: true,
});
