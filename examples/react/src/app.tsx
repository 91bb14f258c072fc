// Who uses the page, and their client: it is open as long as somebody is signed in.
import { type FormEvent, type ReactElement, useState } from "react";
import { RestanteProvider, useRestante } from "restante/react";
import { Mailbox } from "./mailbox.tsx";

/** Another origin than this page: the server names this one in ALLOWED_ORIGINS. */
const url = import.meta.env.VITE_RESTANTE_URL ?? "http://localhost:8787";

/** Called before each attempt to connect, and before the last token expires. After an error the SDK tries again. */
async function fetchToken(userName: string): Promise<string> {
  const response = await fetch(`/token?${new URLSearchParams({ user: userName })}`, { method: "POST" });
  if (!response.ok) throw new Error(`No token: ${response.status}`);
  return response.text();
}

export function App(): ReactElement {
  const [userName, setUserName] = useState(() => localStorage.getItem("user"));
  const client = useRestante(userName === null ? null : { url, userName, token: () => fetchToken(userName) });

  function signIn(name: string): void {
    localStorage.setItem("user", name);
    setUserName(name);
  }

  async function signOut(): Promise<void> {
    localStorage.removeItem("user");
    // Deletes the messages that the browser has stored.
    await client?.close({ forget: true });
    setUserName(null);
  }

  if (userName === null) return <SignIn signIn={signIn} />;
  return (
    <RestanteProvider client={client}>
      <Mailbox userName={userName} signOut={() => void signOut()} />
    </RestanteProvider>
  );
}

function SignIn({ signIn }: { readonly signIn: (name: string) => void }): ReactElement {
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    signIn(String(new FormData(event.currentTarget).get("name")));
  }

  return (
    <form className="sign-in" onSubmit={submit}>
      <label>
        Your name <input name="name" required pattern="[a-z0-9]+" />
      </label>
      <button type="submit">Sign in</button>
    </form>
  );
}
