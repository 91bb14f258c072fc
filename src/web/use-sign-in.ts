// The state of signing in, for each mode of the server: what was entered, what went wrong, and what the form does. It
// draws nothing.
import { useEffect, useState } from "preact/hooks";
import { claim, type Entrance, nameOf, Refused, type SignedIn, signIn, signInWithPasskey } from "../client/connect.ts";
import type { DeviceLink } from "./link-address.ts";
import { refusalSentence } from "./refusal-sentence.ts";
import type { Translations } from "./translations.ts";
import { holdCode } from "./unsaved-code.ts";
import { useAttemptIn } from "./use-attempt.ts";
import { type NameState, rememberTaken, useFreeName } from "./use-free-name.ts";

/** A user who has signed in: with a token only where there is no cookie. */
export interface Entered {
  readonly userName: string;
  readonly token?: string;
}

/**
 * How the user comes in. `choose`: they have not said it yet. `new`: with a name that they claim. `known`: with a code.
 * `passkey`. `link`: with the link of another device. `name`: where the server has no accounts.
 */
export type Way = "choose" | "new" | "known" | "passkey" | "link" | "name";

export type Field = "userName" | "code" | "extra";

export interface SignInState {
  readonly way: Way;
  /** The only way is the first one, so there is none to go back to. */
  readonly hasOtherWays: boolean;
  readonly values: Readonly<Record<Field, string>>;
  /** What is known of the entered name. */
  readonly named: NameState;
  readonly problem: string | null;
  readonly isBusy: boolean;
  /** The field that has to be corrected. */
  readonly focused: { readonly field: Field } | null;
  choose(way: Way): void;
  /** To the first choice. */
  back(): void;
  set(field: Field, value: string): void;
  submit(): void;
  usePasskey(): void;
}

export interface SignInOptions {
  readonly entrance: Entrance;
  readonly words: Translations;
  readonly link: DeviceLink | null;
  /** What was entered before the server has refused it. */
  readonly before: Entered | null;
  /** Why the server has refused it, where that is the fault of what was entered. */
  readonly wrong: string | null;
  entered(user: Entered): void;
}

export function useSignIn(options: SignInOptions): SignInState {
  const { entrance, words, link, before, wrong } = options;
  const first = firstWay(entrance);
  const [way, setWay] = useState<Way>(link === null ? first : "link");
  const [values, setValues] = useState({ userName: before?.userName ?? "", code: "", extra: before?.token ?? "" });
  const [focused, focus] = useState<SignInState["focused"]>(null);
  const { problem, isBusy, attempt, setProblem } = useAttemptIn(words, "enter");
  const isAsking = way === "new" && (entrance.registration === "open" || values.extra !== "");
  const named = useFreeName(values.userName, values.extra.trim(), isAsking);
  useEffect(() => setProblem(wrong), [wrong]);
  useEffect(() => {
    if (link === null) return;
    setWay("link");
    setProblem(null);
  }, [link]);

  const choose = (next: Way) => {
    setWay(next);
    setProblem(null);
    focus(null);
  };
  const fail = (field: Field, why: string) => {
    setProblem(why);
    focus({ field });
  };
  const ways = waysOf(options, { values, named, way, fail, choose });
  return {
    way,
    values,
    named,
    problem,
    isBusy,
    focused,
    choose,
    hasOtherWays: way !== first,
    back: () => choose(first),
    set: (field, value) => {
      setValues((now) => ({ ...now, [field]: value }));
      setProblem(null);
    },
    submit: () => attempt(ways.submit),
    usePasskey: () => attempt(ways.usePasskey),
  };
}

interface Now extends Pick<SignInState, "values" | "named" | "way" | "choose"> {
  fail(field: Field, why: string): void;
}

/** What the buttons do. */
function waysOf({ entrance, words, link, entered }: SignInOptions, now: Now) {
  const { values, named, way, fail } = now;
  const proceed = ({ userName, recoveryCode }: SignedIn, replaces: boolean) => {
    if (recoveryCode !== null) holdCode({ userName, code: recoveryCode, replaces });
    entered({ userName });
  };
  const withName = async (act: (userName: string) => Promise<void>) => {
    if (values.userName.trim() === "") return fail("userName", words.enterUserName);
    const read = nameOf(values.userName.trim());
    if ("refused" in read) return fail("userName", refusalSentence(read.refused, words));
    await act(read.name);
  };
  const create = async (userName: string) => {
    if (named.is === "taken") return fail("userName", words.nameTaken(userName));
    const invitation = values.extra.trim();
    try {
      proceed(await claim(location.origin, { userName, ...(invitation !== "" && { invitation }) }), false);
      rememberTaken(userName, invitation);
    } catch (error) {
      if (!(error instanceof Refused && error.code === "name_taken")) throw error;
      rememberTaken(userName, invitation);
      fail("userName", words.nameTaken(userName));
    }
  };
  const bringCode = async (userName: string, code: string) => {
    try {
      proceed(await signIn(location.origin, { userName, code }), true);
    } catch (error) {
      if (link === null) fail("code", "");
      throw error;
    }
  };
  return {
    submit: async () => {
      if (way === "link" && link !== null) return bringCode(link.userName, link.code);
      await withName(async (userName) => {
        if (way === "new") return create(userName);
        if (way === "known" && values.code.trim() === "") return fail("code", words.enterCode);
        if (way === "known") return bringCode(userName, values.code);
        const token = values.extra.trim();
        entered(entrance.auth === "jwt" ? { userName, token } : { userName });
      });
    },
    usePasskey: () => withName((userName) => enterWithPasskey(userName, words, now, entered)),
  };
}

async function enterWithPasskey(
  userName: string,
  words: Translations,
  { fail }: Now,
  entered: SignInOptions["entered"],
): Promise<void> {
  try {
    entered({ userName: (await signInWithPasskey(location.origin, { userName })).userName });
  } catch (error) {
    // The browser offers all passkeys of this site, also those of the user's other names.
    if (!(error instanceof Refused && error.code === "unauthorized")) throw error;
    fail("userName", words.otherPasskey(userName));
  }
}

function firstWay({ auth, registration }: Entrance): Way {
  if (auth !== "accounts") return "name";
  return registration === "closed" ? "known" : "choose";
}
