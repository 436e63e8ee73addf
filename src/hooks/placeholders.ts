/**
 * Words in braces that stand for something: `{path}`. Braces around anything but a word are ordinary
 * text, as in JSON, and `{{word}}` is `{word}` itself.
 */

const PLACEHOLDER = /\{\{([A-Za-z]+)\}\}|\{([A-Za-z]+)\}/g;

/** The words that stand for something in a text, each once. */
export function placeholdersIn(text: string): string[] {
  const words = [...text.matchAll(PLACEHOLDER)].map((match) => match[2]);
  return [...new Set(words.filter((word) => word !== undefined))];
}

/** What is put in is not read again. A word that `valueOf` gives undefined for stays. */
export function fill(text: string, valueOf: (word: string) => string | undefined): string {
  return text.replace(PLACEHOLDER, (whole, plain: string | undefined, word: string | undefined) =>
    plain === undefined ? (valueOf(word ?? "") ?? whole) : `{${plain}}`,
  );
}
