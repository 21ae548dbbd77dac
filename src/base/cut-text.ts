/**
 * At most `limit` UTF-16 units of a text, and whole characters only: half a character has no encoding, so a record that held one
 * could not be kept.
 */
export const cutText = (text: string, limit: number): string => text.slice(0, limit).toWellFormed();
