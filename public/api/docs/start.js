// Shows the description of this server. The viewer makes HTML of the description's Markdown: plain elements without attributes get
// through, and anything else is shown as the text that it is.
const PLAIN = /<(?!\/?(?:p|code|em|strong|ul|ol|li|pre|br)>)/;

globalThis.trustedTypes?.createPolicy("default", {
  createHTML: (html) => (PLAIN.test(html) ? html.replaceAll("<", "&lt;") : html),
});

globalThis.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  requestSnippetsEnabled: true,
});
