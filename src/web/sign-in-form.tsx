// The form of one way in: its fields, what is known of the name while it is typed, and its buttons.
import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Entrance } from "../client/connect.ts";
import { Problem } from "./problem.tsx";
import { refusalSentence } from "./refusal-sentence.ts";
import type { Translations } from "./translations.ts";
import type { Field, SignInState } from "./use-sign-in.ts";

interface Props {
  readonly entrance: Entrance;
  readonly words: Translations;
  readonly form: SignInState;
}

export function SignInForm({ entrance, words, form }: Props): JSX.Element {
  const { way, isBusy } = form;
  const invited = way === "new" && entrance.registration === "invite";
  const box = useRef<HTMLFormElement>(null);
  useFocusedField(box, form);
  return (
    <form
      ref={box}
      onSubmit={(event) => {
        event.preventDefault();
        if (way === "passkey") form.usePasskey();
        else form.submit();
      }}
      noValidate
      aria-labelledby="way"
    >
      <h2 id="way">{titleOf(way, words)}</h2>
      <p class="soft">{hintOf(entrance, form, words)}</p>
      {invited && <TextField form={form} field="extra" label={words.invitation} autocomplete="off" />}
      <TextField form={form} field="userName" label={words.userName} autocomplete="username" />
      {way === "new" && <NameLine words={words} form={form} />}
      {way === "known" && (
        <TextField form={form} field="code" label={words.code} autocomplete="one-time-code" hint={words.codeHint} />
      )}
      {way === "name" && entrance.auth === "jwt" && (
        <TextField form={form} field="extra" label={words.token} autocomplete="off" />
      )}
      <Problem id="problem" problem={form.problem} />
      {/* Not disabled: a button that is loses the focus. */}
      <button type="submit" aria-disabled={isBusy}>
        {isBusy ? words.working : buttonOf(way, words)}
      </button>
      {way === "known" && (
        <button type="button" class="quiet" onClick={form.usePasskey}>
          {words.usePasskey}
        </button>
      )}
      {form.hasOtherWays && (
        <button type="button" class="quiet" onClick={form.back}>
          {words.back}
        </button>
      )}
    </form>
  );
}

/** The focus is in the field that has to be corrected, or in the first empty one. */
function useFocusedField(box: RefObject<HTMLFormElement | null>, { focused, way }: SignInState): void {
  useEffect(() => {
    const fields = [...(box.current?.querySelectorAll("input") ?? [])];
    const wanted = fields.find(({ id, value }) => (focused === null ? value === "" : id === focused.field));
    (wanted ?? fields.at(-1))?.focus();
  }, [focused, way]);
}

function titleOf(way: SignInState["way"], words: Translations): string {
  if (way === "new") return words.createTitle;
  return way === "passkey" ? words.passkeyTitle : words.signInTitle;
}

function buttonOf(way: SignInState["way"], words: Translations): string {
  if (way === "new") return words.create;
  return way === "passkey" ? words.usePasskey : words.signIn;
}

function hintOf({ auth, registration }: Entrance, { way }: SignInState, words: Translations): string {
  if (way === "name") return auth === "jwt" ? words.tokenHint : words.openHint;
  if (way === "new") return registration === "invite" ? words.inviteHint : words.nameHint;
  return registration === "closed" ? words.closedHint : "";
}

interface FieldProps {
  readonly form: SignInState;
  readonly field: Field;
  readonly label: string;
  readonly autocomplete: string;
  readonly hint?: string;
}

function TextField({ form, field, label, autocomplete, hint }: FieldProps): JSX.Element {
  return (
    <>
      <label for={field}>{label}</label>
      <input
        id={field}
        value={form.values[field]}
        onInput={({ currentTarget }) => form.set(field, currentTarget.value)}
        autocomplete={autocomplete}
        autocapitalize="none"
        spellcheck={false}
        aria-describedby={`${field === "userName" ? "named" : `${field}-hint`} problem`}
      />
      {hint !== undefined && (
        <small id={`${field}-hint`} class="soft">
          {hint}
        </small>
      )}
    </>
  );
}

/** What is known of the name: that it is free, taken or impossible, and how it will be written. */
function NameLine({ words, form }: Omit<Props, "entrance">): JSX.Element {
  const { named } = form;
  return (
    <p id="named" class={`named ${named.is}`} role="status">
      {nameSentence(named, form.values.userName, words)}{" "}
      {named.is === "taken" && (
        <button type="button" class="link" onClick={() => form.choose("known")}>
          {words.thatIsMe}
        </button>
      )}
    </p>
  );
}

function nameSentence(named: SignInState["named"], typed: string, words: Translations): string {
  switch (named.is) {
    case "empty":
      return "";
    case "refused":
      return refusalSentence(named.code, words);
    case "free":
      return words.nameFree(named.name);
    case "taken":
      return words.nameTaken(named.name);
    case "unknown":
      return named.name === typed.trim() ? "" : words.nameWillBe(named.name);
    default:
      return named satisfies never;
  }
}
