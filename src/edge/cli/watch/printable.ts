/**
 * A text without what a terminal would take for orders: control characters, and the invisible ones that turn text around. What
 * devices report, and what is told of it, reaches the screen of whoever watches.
 */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
