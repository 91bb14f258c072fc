// The entry point of the hooks for React: everything that an application imports from `restante/react`.
export { type ProviderProps, RestanteProvider, useClient } from "./provider.ts";
export { useConnection, useConversations, useLive, useNotices, usePresence, useTyping } from "./use-live.ts";
export { useRestante } from "./use-restante.ts";
export { type ThreadState, useThread } from "./use-thread.ts";
