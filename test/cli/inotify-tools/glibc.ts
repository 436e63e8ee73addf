/** The regular expressions of the C library itself, in the C locale: what ours are held against. */
import koffi from "koffi";

export interface GlibcRegex {
  /** The reason where the expression is refused. */
  compile(
    pattern: string,
    ignoreCase: boolean,
  ): { refused: string } | { matches: (text: string) => boolean; free: () => void };
}

const REG_EXTENDED = 1;
const REG_ICASE = 2;
const REG_NOSUB = 8;
/** More than any regex_t. */
const REGEX_BYTES = 256;

/** undefined where the C library is another. */
export function glibcRegex(): GlibcRegex | undefined {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  if (header.glibcVersionRuntime === undefined) return undefined;
  const library = koffi.load(null);
  const setlocale = library.func("str setlocale(int category, const char *locale)");
  const LC_ALL = 6;
  setlocale(LC_ALL, "C");
  const regcomp = library.func("int regcomp(uint8_t *regex, const uint8_t *pattern, int flags)");
  const regexec = library.func(
    "int regexec(uint8_t *regex, const uint8_t *text, size_t count, void *matches, int flags)",
  );
  const regerror = library.func(
    "size_t regerror(int error, uint8_t *regex, _Out_ uint8_t *into, size_t size)",
  );
  const regfree = library.func("void regfree(uint8_t *regex)");
  const zeroed = (text: string) => Buffer.from(`${text}\0`, "latin1");
  return {
    compile(pattern, ignoreCase) {
      const regex = Buffer.alloc(REGEX_BYTES);
      const flags = REG_EXTENDED | REG_NOSUB | (ignoreCase ? REG_ICASE : 0);
      const error = regcomp(regex, zeroed(pattern), flags) as number;
      if (error !== 0) {
        const message = Buffer.alloc(200);
        regerror(error, regex, message, message.length);
        return { refused: message.toString("latin1", 0, message.indexOf(0)) };
      }
      return {
        matches: (text) => regexec(regex, zeroed(text), 0, null, 0) === 0,
        free: () => void regfree(regex),
      };
    },
  };
}
