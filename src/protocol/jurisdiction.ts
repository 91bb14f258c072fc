// Binds the objects' namespaces to the deployment's JURISDICTION. An object of the same name in another jurisdiction is
// another object. So all code gets its namespaces from here.

/** A namespace of objects that can be restricted to a jurisdiction. */
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

/** The bindings, with the namespaces restricted to JURISDICTION if it is set. Throws for an unknown jurisdiction. */
export function withJurisdiction<E extends object>(env: E): E {
  const { MAILBOX, CENSUS, REGISTRY, JURISDICTION = "" } = env as unknown as NamespaceBindings;
  if (JURISDICTION === "") return env;
  const cached = knownEnvs.get(env);
  if (cached !== undefined) return cached as E;
  const within = (namespace: Namespace) => namespace.jurisdiction(JURISDICTION);
  const spaces = { MAILBOX: within(MAILBOX), CENSUS: within(CENSUS), REGISTRY: within(REGISTRY) };
  const bound = { ...env, ...spaces } as E;
  knownEnvs.set(env, bound);
  return bound;
}
