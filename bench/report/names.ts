// Those who take part, by the names that tables, charts and goals ask for.

export const SDK = "restante sdk";
export const FRAMES = "restante frames";
/** The same code of another commit. */
export const BEFORE = "before";
export const BUSIEST = "8 pairs, 512 in flight";
