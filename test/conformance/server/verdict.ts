// How a case ends if it does not end well.

/** What was expected and did not come, or came otherwise. */
export class Broken extends Error {}

/** This deployment, or the way in which it is tested, does not have what the case needs. */
export class LeftOut extends Error {}
