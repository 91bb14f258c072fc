// The operators' page: the metrics as numbers and small charts.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { forgetToken, poll, pollingWith, type State, storedToken } from "./poll-metrics.ts";
import { Numbers } from "./numbers.tsx";

function Status() {
  const stored = storedToken();
  const [state, set] = useState<State>(stored === null ? { is: "asking", why: "" } : pollingWith(stored));
  const token = state.is === "polling" ? state.token : null;
  useEffect(() => (token === null ? undefined : poll(token, set)), [token]);
  if (state.is === "asking") return <TokenForm why={state.why} enter={(given) => set(pollingWith(given))} />;
  const leave = () => {
    forgetToken();
    set({ is: "asking", why: "" });
  };
  return <Numbers samples={state.samples} late={state.late} leave={leave} />;
}

function TokenForm({ why, enter }: { readonly why: string; enter(token: string): void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get("token");
    if (typeof given === "string" && given.trim() !== "") enter(given.trim());
  };
  return (
    <form onSubmit={submit}>
      <h1>Restante: status</h1>
      <label for="token">An operator's token</label>
      <input id="token" name="token" type="password" autocomplete="off" required autofocus />
      {why !== "" && (
        <p class="problem" role="alert">
          {why}
        </p>
      )}
      <button type="submit">Sign in</button>
    </form>
  );
}

const root = document.getElementById("status");
if (root !== null) render(<Status />, root);
