/** The words of `rsync._extra`: what lsyncd has a key for is read like that key. */
import { checkOptions } from "../../../rsync/options.js";
import type { DraftText } from "../draft.js";
import { text } from "../draft.js";
import type { Place } from "../../problem.js";
import { quote } from "../../quote.js";
import { DELETING, HARMLESS, LETTERS, RSYNC_KEYS, takesArgument } from "./rsync-keys.js";
import type { Reader, Stated } from "./stated.js";

export type Extra =
  | { readonly kind: "key"; readonly stated: Stated }
  | { readonly kind: "option"; readonly words: readonly DraftText[] };

interface ExtraContext {
  readonly reader: Reader;
  readonly deletes: boolean;
  readonly addRule: (rule: DraftText) => void;
}

export function extraOptions(stated: Stated, context: ExtraContext): Extra[] {
  const { findings } = context.reader;
  const { name, place: table } = stated;
  const words = context.reader.texts(stated);
  const found: Extra[] = [];
  for (let at = 0; at < words.length; at++) {
    const { value: word, place = table } = words[at] ?? text("", table);
    const what = `${name}: ${quote(word)}`;
    const key = (known: string, value: string | true, argumentPlace = place): Extra => ({
      kind: "key",
      stated: {
        key: known,
        name,
        what,
        place,
        value:
          value === true
            ? { kind: "flag", value, place }
            : { kind: "text", value, place: argumentPlace },
      },
    });
    const letters = lettersOf(word);
    if (letters !== undefined) {
      found.push(...letters.map((letter) => key(letter, true)));
      if (/r/.test(word)) findings.carried(place, what, undefined, HARMLESS["-r"]);
      continue;
    }
    const [, option = word, attached] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
    const known = option.startsWith("--") ? option.slice(2).replaceAll("-", "_") : "";
    if (Object.hasOwn(RSYNC_KEYS, known)) {
      if (!takesArgument(known)) found.push(key(known, true));
      else {
        const next = attached === undefined ? words[++at] : text(attached, place);
        if (next === undefined) refuse(word, "it needs an argument", place);
        else found.push(key(known, next.value, next.place));
      }
      continue;
    }
    if (option === "--exclude") {
      const next = attached === undefined ? words[++at] : text(attached, place);
      if (next === undefined) refuse(word, "it needs an argument", place);
      else {
        context.addRule(text(`- ${next.value}`, next.place));
        findings.carried(place, what, `filter: ${quote(`- ${next.value}`)}`);
      }
      continue;
    }
    const idle = Object.hasOwn(HARMLESS, option) ? HARMLESS[option] : undefined;
    if (idle !== undefined) {
      findings.noEqual(place, what, idle);
      continue;
    }
    if (DELETING.has(option) && context.deletes) {
      findings.noEqual(place, what, "what is deleted is decided by `deletes`");
      continue;
    }
    // An option and its argument may be two words.
    const length = checkOptions([word])[0]?.reason === "it needs an argument" ? 2 : 1;
    const all = words.slice(at, at + length);
    const [wrong] = checkOptions(all.map(({ value }) => value));
    if (wrong !== undefined) {
      refuse(word, wrong.reason, place);
      continue;
    }
    at += length - 1;
    found.push({ kind: "option", words: all });
    const shown = all.map(({ value }) => value).join(" ");
    findings.carried(place, what, `rsyncOptions: ${shown}`);
  }
  return found;

  function refuse(word: string, reason: string, place: Place): void {
    const message = `Cannot use the rsync option ${quote(word)}: ${reason}`;
    findings.problem(place, name, message);
  }
}

/** The keys that the letters of `-zv` stand for; undefined where one of them has no key. */
function lettersOf(word: string): string[] | undefined {
  if (!/^-[A-Za-z46]+$/.test(word)) return undefined;
  const letters = Array.from(word.slice(1)).filter((letter) => letter !== "r");
  const keys = letters.map((letter) => LETTERS[letter]);
  return keys.includes(undefined) ? undefined : (keys as string[]);
}
