// The client that the components below share. It knows no option and no state of a client.
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from "react";
import type { Restante } from "../client/connect.ts";

const Context = createContext<Restante | null>(null);

/** The props of `RestanteProvider`. */
export interface ProviderProps<Body = unknown> {
  /** Of `useRestante`, or one that the application has opened itself. Null while there is none. */
  readonly client: Restante<Body> | null;
  readonly children?: ReactNode;
}

/** Gives a client to all hooks below. It neither opens nor closes it. */
export function RestanteProvider<Body = unknown>({ client, children }: ProviderProps<Body>): ReactElement {
  return createElement(Context.Provider, { value: client as Restante | null }, children);
}

/**
 * The client of the nearest `RestanteProvider`, to send with; null on the server, and until it is open. `Body`, here and
 * in other hooks: the type of all bodies, as in `connect`.
 */
export function useClient<Body = unknown>(): Restante<Body> | null {
  return useContext(Context) as Restante<Body> | null;
}
