// The example's own server: the page, and the tokens of its users.
import { defineConfig } from "vite";
import { tokens } from "./tokens.ts";

export default defineConfig({
  plugins: [tokens()],
  // `restante` is a link to a folder that has a React of its own: a page has one.
  resolve: { dedupe: ["react", "react-dom"] },
  server: { port: 5173 },
  preview: { port: 5173 },
});
