// The format of the mailboxes' tables, as a number. It grows with a change that older code can't live with: see
// docs/RELEASES.md. 1: versions 0.1 and 0.2. 2: notes of read messages, which 0.3 reads and later versions write.

/** The format that this code writes, and the newest that it reads. */
export const STORAGE_FORMAT = { writes: 2, reads: 2 } as const;
