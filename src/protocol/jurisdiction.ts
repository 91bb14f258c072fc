// Where the objects are: anywhere, or within a jurisdiction. An object of the same name in another jurisdiction is another object, so
// this is decided once for a deployment, here, and everybody gets their namespaces from here.

/** A namespace of objects, as far as places go. */
interface Namespace {
  jurisdiction(name: string): unknown;
}

interface NamespaceBindings {
  readonly MAILBOX: Namespace;
  readonly CENSUS: Namespace;
  readonly REGISTRY: Namespace;
  readonly JURISDICTION?: string;
}

const knownEnvs = new WeakMap<object, unknown>();

/** The bindings, with the namespaces of JURISDICTION in place of those of the whole world. Throws where there is no such jurisdiction. */
export function withJurisdiction<E extends object>(env: E): E {
  const { MAILBOX, CENSUS, REGISTRY, JURISDICTION = "" } = env as unknown as NamespaceBindings;
  if (JURISDICTION === "") return env;
  const before = knownEnvs.get(env);
  if (before !== undefined) return before as E;
  const within = (namespace: Namespace) => namespace.jurisdiction(JURISDICTION);
  const spaces = { MAILBOX: within(MAILBOX), CENSUS: within(CENSUS), REGISTRY: within(REGISTRY) };
  const there = { ...env, ...spaces } as E;
  knownEnvs.set(env, there);
  return there;
}
