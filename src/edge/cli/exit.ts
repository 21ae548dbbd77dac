/** What the program's exit code says. Documented in the README. */
export const EXIT = { accepted: 0, violated: 1, badInput: 2, undecided: 3, interrupted: 130 } as const;
