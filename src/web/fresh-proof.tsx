// A proof that the caller is the user: the server asks for one before it changes who can come in. The request waits for
// the proof, and is sent again.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused } from "../client/connect.ts";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";
import { useAccount } from "./use-account.ts";

/**
 * Runs `act`. Where the server asks for a proof, asks the user for one and runs `act` again. Rejects where the user
 * cancels.
 */
export type WithProof = <T>(act: () => Promise<T>) => Promise<T>;

interface ProofRequest {
  proved(): void;
  cancelled(): void;
}

/** The function that runs requests with a proof, and the dialog for it, null while no proof is asked for. */
export function useProof(): readonly [WithProof, JSX.Element | null] {
  const [request, setRequest] = useState<ProofRequest | null>(null);
  const withProof: WithProof = async (act) => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "proof_required") throw error;
      const proof = new Promise<void>((proved, fail) => setRequest({ proved, cancelled: () => fail(error) }));
      await proof.finally(() => setRequest(null));
      return act();
    }
  };
  return [withProof, request === null ? null : <ProofDialog {...request} />];
}

function ProofDialog({ proved, cancelled }: ProofRequest): JSX.Element {
  const { me, words } = useAccount();
  const dialog = useRef<HTMLDialogElement>(null);
  const [code, setCode] = useState("");
  const { problem, isBusy, attempt } = useAttempt("prove");
  // Closed before it goes: that gives the focus back.
  const close = () => dialog.current?.close();
  const prove = (act: () => Promise<void>) =>
    attempt(async () => {
      await act();
      proved();
      close();
    });
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="small" onClose={cancelled} aria-labelledby="proof-title">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          prove(() => me.account.prove(code));
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
        <Problem id="proof-problem" problem={problem} />
        <div class="row">
          <button type="submit" aria-disabled={isBusy} disabled={code.trim() === ""}>
            {isBusy ? words.working : words.go}
          </button>
          <button type="button" class="quiet" onClick={() => prove(() => me.account.proveWithPasskey())}>
            {words.usePasskey}
          </button>
          <button type="button" class="quiet" onClick={close}>
            {words.cancel}
          </button>
        </div>
      </form>
    </dialog>
  );
}
