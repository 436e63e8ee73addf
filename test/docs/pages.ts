/** The pages people read: README, docs, and what else lies beside them as Markdown. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

export interface Page {
  /** Relative to the root of the project. */
  readonly name: string;
  readonly text: string;
}

export function pages(): Page[] {
  const inRoot = readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  const inDocs = readdirSync(join(ROOT, "docs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
  return [...inRoot, ...inDocs].map(page);
}

export function page(name: string): Page {
  return { name, text: readFileSync(join(ROOT, name), "utf8") };
}

/** Without code blocks, in which `#` and `[` mean other things. */
export function prose(text: string): string {
  return text.replace(/^( *)```.*?^\1```$/gms, "");
}

/** The code blocks of one language. */
export function codeBlocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\S*)\n(.*?)^```$/gms)]
    .filter(([, named]) => named === language)
    .map(([, , code = ""]) => code);
}

/** Headings as the anchors that lead to them, as GitHub makes them. */
export function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}
