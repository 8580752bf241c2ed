/**
 * What only groups a code's letters: white space, and hyphens of every kind, because mail programs and phones make dashes
 * of them and put invisible marks between. The platform drops the same.
 */
const LAYOUT = /[\s\p{Pd}\u00AD\u2212\u200B-\u200F\u2060]+/gu;

/** What is sent of what was typed, without the ticket's layout; letters keep their case. */
export const typedCode = (text: string): string => text.replace(LAYOUT, "");
