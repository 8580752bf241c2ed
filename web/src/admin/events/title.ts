/**
 * Whether somebody typed this title: exactly, but not by the bytes.
 *
 * One letter with an accent can be written as one character or as two, and keyboards differ in that; nobody can see it.
 */
export const isTitle = (typed: string, title: string) =>
  typed.normalize("NFC").trim() === title.normalize("NFC").trim();
