// Texts that a test recognizes, and whose order it checks.

/** `mark 0`, `mark 1` … */
export const numbered = (end: number, mark: string) => Array.from({ length: end }, (_, i) => `${mark} ${i}`);
