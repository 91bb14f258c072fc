// A proof that it is the user: the server asks for one before it changes who gets in. What asks for it waits here, and is done then.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused } from "../client/connect.ts";
import { useApp } from "./app-state.ts";

/** Does `act`; where the server asks for a proof, asks the user for one and does it again. Rejects where they would rather not. */
export type Proven = <T>(act: () => Promise<T>) => Promise<T>;

interface Asked {
  proved(): void;
  cancelled(): void;
}

/** How to do what may take a proof, and the dialog that asks for it, null while none is asked for. */
export function useProof(): readonly [Proven, JSX.Element | null] {
  const [asked, ask] = useState<Asked | null>(null);
  const proven: Proven = async (act) => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "proof_required") throw error;
      await new Promise<void>((done, fail) => ask({ proved: done, cancelled: () => fail(error) })).finally(() =>
        ask(null),
      );
      return act();
    }
  };
  return [proven, asked === null ? null : <ProofDialog {...asked} />];
}

function ProofDialog({ proved, cancelled }: Asked): JSX.Element {
  const { me, words } = useApp();
  const dialog = useRef<HTMLDialogElement>(null);
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const attempt = async (prove: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await prove();
      proved();
    } catch (error) {
      if (error instanceof Refused) setProblem(error.message);
      else setProblem(error instanceof DOMException ? words.noPasskey : words.unreachable);
    }
    setBusy(false);
  };
  return (
    <dialog ref={dialog} class="proof" onClose={cancelled} aria-labelledby="proof-title">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(() => me.account.prove(code));
        }}
      >
        <h2 id="proof-title">{words.proofTitle}</h2>
        <p class="soft">{words.proofHint}</p>
        <label for="proof-code">{words.recoveryCode}</label>
        <input
          id="proof-code"
          value={code}
          onInput={({ currentTarget }) => setCode(currentTarget.value)}
          autocomplete="one-time-code"
          autocapitalize="none"
          spellcheck={false}
          aria-describedby="proof-problem"
        />
        <p id="proof-problem" class="problem" role="alert">
          {problem}
        </p>
        <div class="row">
          <button type="submit" disabled={busy || code.trim() === ""}>
            {busy ? words.working : words.go}
          </button>
          <button
            type="button"
            class="quiet"
            disabled={busy}
            onClick={() => void attempt(() => me.account.proveWithPasskey())}
          >
            {words.usePasskey}
          </button>
          <button type="button" class="quiet" onClick={cancelled}>
            {words.cancel}
          </button>
        </div>
      </form>
    </dialog>
  );
}
