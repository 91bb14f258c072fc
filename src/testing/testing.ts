// The entry point `restante/testing`: a server in memory, for the unit tests of an application.
export { fakeServer } from "./fake-server.ts";
export type { FakeMessage, FakeRefusal, FakeServer, FakeServerOptions } from "./api.ts";
