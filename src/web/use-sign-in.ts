// The state of signing in, for each mode of the server: what was entered, what went wrong, and what the form does. It
// draws nothing.
import { useState } from "preact/hooks";
import {
  claim,
  type Entrance,
  problemOfName,
  Refused,
  type SignedIn,
  signIn,
  signInWithPasskey,
} from "../client/connect.ts";
import type { Translations } from "./translations.ts";

/** A user who has signed in: with a token only where there is no cookie. */
export interface Entered {
  readonly userName: string;
  readonly token?: string;
}

/** A recovery code that has to be shown before the mailbox opens. */
interface NewRecoveryCode {
  readonly userName: string;
  readonly code: string;
}

export interface SignInState {
  readonly name: string;
  readonly code: string;
  /** The invitation, or the token. */
  readonly extra: string;
  /** The name is taken: a code or a passkey has to prove that the caller is its user. */
  readonly isTaken: boolean;
  readonly problem: string | null;
  readonly isBusy: boolean;
  readonly recovery: NewRecoveryCode | null;
  setName(name: string): void;
  setCode(code: string): void;
  setExtra(extra: string): void;
  submit(): void;
  usePasskey(): void;
  chooseOtherName(): void;
}

export function useSignIn(
  { auth, registration }: Entrance,
  words: Translations,
  reason: string | null,
  entered: (user: Entered) => void,
): SignInState {
  const [name, setName] = useState("");
  const [code, setCode] = useState("");
  const [extra, setExtra] = useState("");
  const [isTaken, setIsTaken] = useState(false);
  const [recovery, setRecovery] = useState<NewRecoveryCode | null>(null);
  const { problem, setProblem, isBusy, attempt } = useAttempt(words, reason, () => setIsTaken(true));

  const proceed = ({ userName, recoveryCode }: SignedIn) =>
    recoveryCode === null ? entered({ userName }) : setRecovery({ userName, code: recoveryCode });

  const submit = () => {
    const userName = name.trim();
    const nameProblem = problemOfName(userName);
    if (nameProblem !== null) return setProblem(nameProblem);
    if (auth === "open") return entered({ userName });
    if (auth === "jwt") return entered({ userName, token: extra.trim() });
    const invitation = registration === "invite" && extra !== "" ? { invitation: extra.trim() } : {};
    const request = () =>
      isTaken ? signIn(location.origin, { userName, code }) : claim(location.origin, { userName, ...invitation });
    attempt(async () => proceed(await request()));
  };

  const fields = { name, code, extra, isTaken, problem, isBusy, recovery };
  return {
    ...fields,
    setCode,
    setExtra,
    submit,
    setName: (next) => {
      setName(next);
      setProblem(null);
    },
    usePasskey: () =>
      attempt(async () => {
        const { userName } = await signInWithPasskey(location.origin, { userName: name.trim() });
        entered({ userName });
      }),
    chooseOtherName: () => {
      setIsTaken(false);
      setCode("");
      setProblem(null);
    },
  };
}

/** Runs one request at a time; `problem` is the sentence of its failure. `taken` is called where the name is taken. */
function useAttempt(words: Translations, reason: string | null, taken: () => void) {
  const [problem, setProblem] = useState(reason);
  const [isBusy, setIsBusy] = useState(false);
  const run = async (act: () => Promise<void>) => {
    setIsBusy(true);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      if (error instanceof Refused && error.code === "name_taken") taken();
      else if (error instanceof Refused) setProblem(error.message);
      else setProblem(error instanceof DOMException ? words.noPasskey : words.unreachable);
    }
    setIsBusy(false);
  };
  return { problem, setProblem, isBusy, attempt: (act: () => Promise<void>) => void run(act) };
}
