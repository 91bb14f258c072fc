// The entry point of the web page.
import { render } from "preact";
import { App } from "./app.tsx";
import { keepShell } from "./shell.ts";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
keepShell();
