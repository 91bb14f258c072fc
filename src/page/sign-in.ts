// Signing in, where the server has accounts: a free name is claimed, a taken one asks for a code.
import { claim, entranceOf, Refused, signedInAs, signIn, signInWithPasskey } from "../client/connect.ts";
import { find, showProblem } from "./field.ts";

export const code = find("code", HTMLInputElement);
const name = find("name", HTMLInputElement);

/** Who this browser is signed in as, where the server has accounts; null for nobody; undefined where there are none. */
let signedIn: string | null | undefined;

export const account = (): string | null | undefined => signedIn;

/** Claims the name in the field or, where it is taken, asks for a code and signs in. True once this browser is signed in. */
export async function enter(): Promise<boolean> {
  if (signedIn !== null) return true;
  const userName = name.value.trim();
  try {
    const entered = code.value.trim();
    const signed = await (entered === ""
      ? claim(location.origin, { userName })
      : signIn(location.origin, { userName, code: entered }));
    showAccount(signed.userName);
    find("recovery", HTMLElement).hidden = signed.recoveryCode === null;
    find("recovery-code", HTMLOutputElement).textContent = signed.recoveryCode;
    return true;
  } catch (error) {
    if (error instanceof Refused && error.code === "name_taken")
      askForCode(
        "This name is taken. If it is yours, enter its recovery code, or a code that another of your devices shows.",
      );
    else if (code.value === "") showProblem(name, sentenceOf(error));
    else askForCode(sentenceOf(error));
    return false;
  }
}

function askForCode(why: string): void {
  find("code-field", HTMLElement).hidden = false;
  showProblem(code, why);
  code.focus();
}

export function showAccount(userName: string | null): void {
  signedIn = userName;
  name.value = userName ?? "";
  name.readOnly = userName !== null;
  code.value = "";
  find("code-field", HTMLElement).hidden = true;
  find("account", HTMLElement).hidden = userName === null;
  if (userName === null) for (const id of ["recovery-code", "link-code"]) find(id, HTMLOutputElement).textContent = "";
  if (userName === null) find("recovery", HTMLElement).hidden = true;
}

/** Signs in as the name in the field, with a passkey. True once this browser is signed in. */
export async function enterWithPasskey(): Promise<boolean> {
  try {
    showAccount((await signInWithPasskey(location.origin, { userName: name.value.trim() })).userName);
    return true;
  } catch (error) {
    showProblem(code, sentenceOf(error));
    return false;
  }
}

/** Looks whether there are accounts, and whether this browser is signed in. */
export async function begin(): Promise<void> {
  const { auth } = await entranceOf(location.origin);
  if (auth === "accounts") showAccount(await signedInAs(location.origin));
}

function sentenceOf(error: unknown): string {
  if (error instanceof DOMException) return "The browser has used no passkey.";
  return error instanceof Refused ? error.message : "The server can't be reached.";
}
