// The variables of the environment that the page is built with.

interface ImportMetaEnv {
  /** The address of the Restante server. */
  readonly VITE_RESTANTE_URL?: string;
}
