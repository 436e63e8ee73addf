/**
 * `\<` and `\>` for RE2, which knows where a word borders on something else, but not on which side
 * the word is. The text is spread for it: between two bytes stand two signs, and the place that an
 * expression can ask about lies between these two. RE2's own tests then tell the kinds of places:
 *
 *     a word starts    \n | -     (?m:^) holds
 *     a word ends       - | \n    (?m:$) holds
 *     neither           w | -     \b holds, and at no other place
 *
 * The first place has no sign before it and the last none behind it, so that `\A` and `\z` hold there.
 */
import { type Dialect, setText } from "./posix-dialect.js";
import { WORD } from "./posix-syntax.js";

/** For a text as `withGaps` gives it. */
export const GAPPED: Dialect = {
  byte: (set) => `[-\\nw]${setText(set)}[-\\nw]`,
  places: {
    start: "\\A",
    end: "\\z",
    "word-edge": "\\B",
    "no-word-edge": "\\b",
    // The other half is for the two ends, where RE2 finds the start and the end of a line.
    "word-start": "(?:(?m:^)\\B)",
    "word-end": "(?:(?m:$)\\B)",
  },
};

/** Three characters for each byte: an expression must not begin anywhere else. */
export function withGaps(text: string): string {
  let spread = "";
  let inWord = false;
  for (let at = 0; at < text.length; at++) {
    const wasInWord: boolean = inWord;
    inWord = WORD.has(text.charCodeAt(at));
    if (at === 0) spread += inWord ? "-" : "w";
    else if (inWord === wasInWord) spread += "w-";
    else spread += inWord ? "\n-" : "-\n";
    spread += text.charAt(at);
  }
  if (text !== "") spread += inWord ? "-" : "w";
  return spread;
}
