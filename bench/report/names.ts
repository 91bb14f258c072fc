// Those who take part, by the names that tables, charts and goals ask for.

export const SDK = "restante sdk";
export const FRAMES = "restante frames";
/** Two objects that write a row each. */
export const BARE = "bare objects";
/** The code of another commit. */
export const BEFORE = "sdk before";
export const BUSIEST = "8 pairs, 512 in flight";
